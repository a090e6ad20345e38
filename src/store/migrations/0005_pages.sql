-- What tickets say, masked before it comes here, for the pages alone: nothing is decided from it. By the ticket
-- system's own id; `at` is its last change there.
CREATE TABLE ticket_texts (
    ticket INTEGER PRIMARY KEY,
    number TEXT NOT NULL,
    title  TEXT NOT NULL,
    body   TEXT NOT NULL,
    at     INTEGER NOT NULL
);
CREATE INDEX ticket_texts_at ON ticket_texts (at);

-- How each system stood, from each moment at which that changed: what the page of systems showed. The system
-- without a name is the watch itself: `on`, `off`.
CREATE TABLE system_states (
    system TEXT NOT NULL,
    at     INTEGER NOT NULL,
    word   TEXT NOT NULL,
    cases  INTEGER NOT NULL,
    PRIMARY KEY (system, at)
) WITHOUT ROWID;
CREATE INDEX system_states_at ON system_states (at);
