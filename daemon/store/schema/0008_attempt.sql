-- Version 8: what each server answered, try after try. A delivery's own row has the last answer, so one that is sent at
-- once has no rows here.

CREATE TABLE attempt (
    id            INTEGER PRIMARY KEY,
    delivery_id   INTEGER NOT NULL REFERENCES delivery (id) ON DELETE CASCADE,
    at            INTEGER NOT NULL,
    result        TEXT NOT NULL,           -- retry, failed, uncertain; not_counted: refused because of us
    relay         TEXT,
    step          TEXT,                    -- where in the conversation
    code          INTEGER,
    status        TEXT,
    reply         TEXT
) STRICT;
CREATE INDEX attempt_delivery ON attempt (delivery_id, id);
