-- The archive is numbered, so that an index of its words can point into it.
CREATE TABLE archived (
    position  INTEGER PRIMARY KEY,
    id        TEXT NOT NULL UNIQUE,
    kind      TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    closed_at INTEGER NOT NULL,
    summary   TEXT NOT NULL,
    body      BLOB NOT NULL
);
INSERT INTO archived (id, kind, opened_at, closed_at, summary, body)
    SELECT id, kind, opened_at, closed_at, summary, body FROM archive ORDER BY closed_at, id;
DROP TABLE archive;
ALTER TABLE archived RENAME TO archive;
CREATE INDEX archive_opened ON archive (opened_at DESC, id DESC);
CREATE INDEX archive_closed ON archive (closed_at DESC, id DESC);
CREATE VIRTUAL TABLE archive_words USING fts5 (words, content = '', contentless_delete = 1);
CREATE TRIGGER archive_gone AFTER DELETE ON archive BEGIN
    DELETE FROM archive_words WHERE rowid = old.position;
    DELETE FROM charts WHERE case_id = old.id;
END;

-- People who sign in with a password. The password is kept as argon2id's own string.
CREATE TABLE users (
    name       TEXT PRIMARY KEY,
    role       TEXT NOT NULL,
    team       TEXT NOT NULL,
    password   TEXT NOT NULL,
    -- The secret of the second factor (base32), and the last step in which a code was used: each works once.
    totp       TEXT NOT NULL DEFAULT '',
    totp_step  INTEGER NOT NULL DEFAULT 0,
    disabled   INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL
);

-- Lists that a person has named.
CREATE TABLE views (
    owner TEXT NOT NULL,
    name  TEXT NOT NULL,
    query TEXT NOT NULL,
    PRIMARY KEY (owner, name)
);

-- Who came in, was refused, was given or lost access. Acts on cases are in the log.
CREATE TABLE audit (
    position INTEGER PRIMARY KEY,
    at       INTEGER NOT NULL,
    who      TEXT NOT NULL,
    what     TEXT NOT NULL,
    about    TEXT NOT NULL
);
CREATE INDEX audit_at ON audit (at);

-- A wall's link is bound to an address; sessions and tokens are listed by when they were used last.
ALTER TABLE access ADD COLUMN team TEXT NOT NULL DEFAULT '';
ALTER TABLE access ADD COLUMN address TEXT NOT NULL DEFAULT '';
ALTER TABLE access ADD COLUMN used_at INTEGER NOT NULL DEFAULT 0;

-- The samples around what a case was made of, so that its charts can be read after a restart and in a month.
CREATE TABLE charts (
    case_id TEXT NOT NULL,
    signal  TEXT NOT NULL,
    body    BLOB NOT NULL,
    PRIMARY KEY (case_id, signal)
);
