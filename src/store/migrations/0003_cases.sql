-- Each record says in which format it was written.
ALTER TABLE events ADD COLUMN format INTEGER NOT NULL DEFAULT 1;

-- Dated snapshots: the state after event `seq`, compressed. Those of the first format are not read any more:
-- the log is folded again once.
DROP TABLE snapshots;
CREATE TABLE snapshots (
    seq    INTEGER PRIMARY KEY,
    at     INTEGER NOT NULL,
    format INTEGER NOT NULL,
    body   BLOB NOT NULL
);

-- Effects belong to cases; their keys are typed: alert3, join/7/1, leave/7/2.
-- state: pending → in_flight (an attempt has begun) → done | rejected | expired | superseded
ALTER TABLE outbox RENAME COLUMN problem TO case_id;
UPDATE outbox SET key = replace(key, '/alertmanager/', '/alertmanager/alert') WHERE channel = 'alertmanager';
UPDATE outbox SET key = replace(replace(key, '/join/', '/leave/'), '/left', '/') WHERE key LIKE '%/left%';
UPDATE outbox SET key = key || '/1' WHERE key LIKE '%/otrs/join/%';
UPDATE outbox SET body = json_set(body, '$.key', key);
CREATE INDEX outbox_decided ON outbox (decided_at);

-- Cases that are done: a line for lists, and all of it compressed.
DROP TABLE archive;
CREATE TABLE archive (
    id        TEXT PRIMARY KEY,
    kind      TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    closed_at INTEGER NOT NULL,
    summary   TEXT NOT NULL,
    body      BLOB NOT NULL
);
CREATE INDEX archive_opened ON archive (opened_at DESC, id DESC);

-- Who writes the log: an append of an earlier epoch is refused.
CREATE TABLE epoch (
    id     INTEGER PRIMARY KEY CHECK (id = 1),
    number INTEGER NOT NULL
);
INSERT INTO epoch (id, number) VALUES (1, 0);
