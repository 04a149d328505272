-- Version 5: answers kept for repeated requests (Idempotency-Key), 7 days.
CREATE TABLE idempotency (
    actor        TEXT NOT NULL,
    idem_key     TEXT NOT NULL,
    request_hash TEXT NOT NULL,            -- of method, path and body: another request under the same key is refused
    status       INTEGER NOT NULL,
    answer       TEXT NOT NULL,
    at           INTEGER NOT NULL,
    PRIMARY KEY (actor, idem_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_at ON idempotency (at);
