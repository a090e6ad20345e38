-- The log: everything that reached the core, in the order it did. State is this log folded.
CREATE TABLE events (
    seq  INTEGER PRIMARY KEY,
    at   INTEGER NOT NULL,
    body TEXT NOT NULL
);

-- The state as it was after event `seq`, to start fast. One row.
CREATE TABLE snapshots (
    id   INTEGER PRIMARY KEY CHECK (id = 1),
    seq  INTEGER NOT NULL,
    body BLOB NOT NULL
);

-- What is to be done outside, and what became of it.
-- state: pending → in_flight (an attempt has begun) → done | rejected
CREATE TABLE outbox (
    position  INTEGER PRIMARY KEY AUTOINCREMENT,
    key       TEXT NOT NULL UNIQUE,
    problem   TEXT NOT NULL,
    channel   TEXT NOT NULL,
    body      TEXT NOT NULL,
    decided_at INTEGER NOT NULL,
    state     TEXT NOT NULL DEFAULT 'pending',
    attempts  INTEGER NOT NULL DEFAULT 0,
    next_at   INTEGER NOT NULL DEFAULT 0,
    reference TEXT NOT NULL DEFAULT '',
    error     TEXT NOT NULL DEFAULT ''
);
CREATE INDEX outbox_waiting ON outbox (channel, position) WHERE state IN ('pending', 'in_flight');
CREATE INDEX outbox_problem ON outbox (problem, channel, position);

-- Problems that are done: closed, and everybody who had to be told was.
CREATE TABLE archive (
    id        TEXT PRIMARY KEY,
    opened_at INTEGER NOT NULL,
    body      TEXT NOT NULL
);
CREATE INDEX archive_opened ON archive (opened_at DESC, id DESC);

-- Who may come in: bearer tokens of programs, sessions of people, one-time sign-in links.
-- Only SHA-256 hashes of the tokens are kept.
CREATE TABLE access (
    hash       TEXT PRIMARY KEY,
    kind       TEXT NOT NULL,
    name       TEXT NOT NULL,
    role       TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER
);

-- Small things that must survive: watermarks of sources, detector state, the masking key.
CREATE TABLE notes (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
);
