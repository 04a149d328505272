-- The store itself: migrations, settings, the audit log.

-- name: schema_table_count
SELECT count(*) FROM sqlite_master WHERE type = 'table'

-- name: schema_is_ours
SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'schema_migration'

-- name: migration_list
SELECT version, sha256 FROM schema_migration ORDER BY version

-- name: migration_insert
INSERT INTO schema_migration (version, name, sha256, applied_at) VALUES ($1, $2, $3, $4)

-- name: setting_get
SELECT value FROM setting WHERE name = $1

-- name: setting_put
INSERT INTO setting (name, value) VALUES ($1, $2)
ON CONFLICT (name) DO UPDATE SET value = excluded.value

-- name: audit_last
SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1

-- name: audit_insert
INSERT INTO audit (seq, at, actor, via, action, object, detail, prev_hash, hash)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- name: audit_all
SELECT seq, at, actor, via, action, object, detail, prev_hash, hash FROM audit ORDER BY seq

-- Newest first, before $1, at most $2; $3 an object's id or ''.
-- name: audit_page
SELECT seq, at, actor, via, action, object, detail, prev_hash, hash FROM audit
WHERE seq < $1 AND ($3 = '' OR object = $3) ORDER BY seq DESC LIMIT $2

-- name: store_size
SELECT c.page_count * s.page_size FROM pragma_page_count() AS c, pragma_page_size() AS s

-- After $1, at most $2; oldest first.
-- name: audit_after
SELECT seq, at, actor, via, action, object, detail, prev_hash, hash FROM audit WHERE seq > $1 ORDER BY seq LIMIT $2

-- The newest thing that the store knows of, 0 for nothing: when it was last written to, as far as it matters.
-- name: store_newest
SELECT max(coalesce((SELECT max(at) FROM audit), 0), coalesce((SELECT max(created_at) FROM message), 0),
           coalesce((SELECT max(last_at) FROM delivery), 0))
