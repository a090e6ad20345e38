-- A lane is what must happen in order: a Problem's own ticket, its alert, or one user's ticket. What
-- fails holds back its lane and nothing else.
ALTER TABLE outbox ADD COLUMN lane TEXT NOT NULL DEFAULT '';
UPDATE outbox SET lane = problem;
-- When the last attempt began: until the other side has had time to show it, looking finds nothing.
ALTER TABLE outbox ADD COLUMN attempted_at INTEGER NOT NULL DEFAULT 0;
CREATE INDEX outbox_lane ON outbox (channel, lane, position) WHERE state IN ('pending', 'in_flight');
