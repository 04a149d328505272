-- Version 4: the ledger. One row per message and recipient; a row ends in exactly one final state.

CREATE TABLE message (
    id            INTEGER PRIMARY KEY,
    kind          TEXT NOT NULL,           -- letter, test, reminder
    lane          INTEGER NOT NULL,        -- 0 alerts, 1 personal, 2 letters; smaller goes first
    letter_id     INTEGER REFERENCES letter (id),
    state         TEXT NOT NULL,           -- expanding, sending, finished, withdrawn
    title         TEXT NOT NULL,
    source        TEXT NOT NULL,           -- exactly what was approved (Markdown), or the plain text of a reminder
    content_hash  TEXT NOT NULL,
    scope_kind    TEXT NOT NULL,
    scope_code    TEXT NOT NULL,
    period        TEXT,
    open_until    INTEGER NOT NULL DEFAULT 0, -- newcomers get it until then
    walked        INTEGER NOT NULL,        -- audience_change.version when the last walk through the audience began
    cursor        INTEGER NOT NULL DEFAULT 0, -- expansion: the last contact person that has been taken
    created_at    INTEGER NOT NULL,
    expanded_at   INTEGER,
    finished_at   INTEGER
) STRICT;
CREATE INDEX message_state ON message (state) WHERE state IN ('expanding', 'sending');
CREATE INDEX message_open ON message (open_until) WHERE open_until > 0;

CREATE TABLE delivery (
    id                INTEGER PRIMARY KEY,
    message_id        INTEGER NOT NULL REFERENCES message (id),
    municipality_code TEXT,                -- NULL: not in a tenant's register (test, reminder)
    group_id          INTEGER,
    contact_id        INTEGER,
    address_id        INTEGER,
    address           TEXT NOT NULL,
    address_key       TEXT NOT NULL,
    to_name           TEXT NOT NULL,
    lane              INTEGER NOT NULL,
    state             TEXT NOT NULL,
    due_at            INTEGER NOT NULL,
    attempts          INTEGER NOT NULL DEFAULT 0,
    recalled          INTEGER NOT NULL DEFAULT 0 CHECK (recalled IN (0, 1)), -- withdrawn, perhaps while it was claimed
    code              INTEGER,             -- of the last reply
    status            TEXT,                -- its enhanced status code
    reply             TEXT,                -- its text
    step              TEXT,                -- where in the conversation
    relay             TEXT,
    created_at        INTEGER NOT NULL,
    first_at          INTEGER,             -- first attempt
    last_at           INTEGER,             -- last attempt's end
    UNIQUE (message_id, address_key)       -- an address is told once per message
) STRICT;
CREATE INDEX delivery_due ON delivery (lane, due_at, id) WHERE state = 'pending';
CREATE INDEX delivery_claimed ON delivery (id) WHERE state = 'claimed';
CREATE INDEX delivery_open ON delivery (message_id) WHERE state IN ('pending', 'claimed');
CREATE INDEX delivery_address ON delivery (address_key);
