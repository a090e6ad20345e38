-- What people conclude of a case after it is over, when it may long be in the archive. Each change is a row; the newest
-- that was not taken back holds. verdict: confirmed | rejected | '' (open again) | NULL (nothing was said of it here).
CREATE TABLE conclusions (
    number  INTEGER PRIMARY KEY AUTOINCREMENT,
    case_id TEXT NOT NULL,
    at      INTEGER NOT NULL,
    who     TEXT NOT NULL,
    verdict TEXT,
    cause   TEXT NOT NULL,
    measure TEXT NOT NULL,
    owner   TEXT NOT NULL,
    due     TEXT NOT NULL,
    done    INTEGER NOT NULL,
    undone  INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX conclusions_case ON conclusions (case_id, number DESC);

-- What people said of an archived case, on the case or afterwards.
ALTER TABLE archive ADD COLUMN verdict TEXT NOT NULL DEFAULT '';
UPDATE archive SET verdict = CASE WHEN json_extract(summary, '$.rejected') THEN 'rejected'
    WHEN json_extract(summary, '$.confirmed') THEN 'confirmed' ELSE '' END;

-- What «Разбор» looks through: nobody has said anything of it, and the engine is not sure. The same words stand in
-- archive.rs, which asks for them.
CREATE INDEX archive_doubtful ON archive (opened_at DESC, id DESC) WHERE verdict = ''
    AND (json_extract(summary, '$.cause[1]') < 0.6 OR json_extract(summary, '$.system_count') >= 5
         OR json_extract(summary, '$.reopened') > 0 OR instr(summary, '"kind":"absorbed"') > 0);

-- The rules whose findings were in an archived case: counted with what people said of it.
CREATE TABLE archive_rules (
    position INTEGER NOT NULL,
    rule     TEXT NOT NULL,
    PRIMARY KEY (position, rule)
) WITHOUT ROWID;

CREATE TRIGGER archive_gone_review AFTER DELETE ON archive BEGIN
    DELETE FROM archive_rules WHERE position = old.position;
    DELETE FROM conclusions WHERE case_id = old.id;
END;
