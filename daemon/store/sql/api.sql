-- The API's own memory: answers to requests that may be repeated.

-- name: idempotency_get
SELECT request_hash, status, answer FROM idempotency WHERE actor = $1 AND idem_key = $2 AND at > $3

-- name: idempotency_put
INSERT INTO idempotency (actor, idem_key, request_hash, status, answer, at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (actor, idem_key) DO UPDATE SET request_hash = excluded.request_hash, status = excluded.status,
    answer = excluded.answer, at = excluded.at

-- name: idempotency_clear
DELETE FROM idempotency WHERE at <= $1
