-- Staff users and API tokens.

-- name: staff_insert
INSERT INTO staff_user (id, name, full_name, email, role, scope_kind, scope_code, unix_uid, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- name: staff_disable
UPDATE staff_user SET disabled_at = $2 WHERE name = $1 AND disabled_at IS NULL

-- name: staff_by_name
SELECT id, name, role, scope_kind, scope_code FROM staff_user WHERE name = $1 AND disabled_at IS NULL

-- name: staff_by_uid
SELECT id, name, role, scope_kind, scope_code FROM staff_user WHERE unix_uid = $1 AND disabled_at IS NULL

-- name: staff_list
SELECT id, name, full_name, email, role, scope_kind, scope_code, unix_uid, created_at, disabled_at
FROM staff_user WHERE $1 = '' OR name = $1 ORDER BY name

-- Who is reminded of a letter to this scope: officers and coordinators who may write it, with an address. $1, $2: the
-- series' scope; a person's own scope must cover all of it.
-- name: staff_to_remind
SELECT u.id, u.name, u.full_name, u.email FROM staff_user AS u
WHERE u.disabled_at IS NULL AND u.email IS NOT NULL AND u.role IN ('officer', 'coordinator', 'admin')
  AND NOT EXISTS (
    SELECT 1 FROM scope_municipality AS t
    WHERE t.kind = $1 AND t.code = $2
      AND t.municipality_code NOT IN (SELECT s.municipality_code FROM scope_municipality AS s
                                      WHERE s.kind = u.scope_kind AND s.code = u.scope_code))
ORDER BY u.name

-- name: token_insert
INSERT INTO api_token (id, name, sha256, user_id, role, scope_kind, scope_code, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- name: token_revoke
UPDATE api_token SET revoked_at = $2 WHERE name = $1 AND revoked_at IS NULL

-- name: token_by_hash
SELECT t.id, t.name, t.user_id, t.role, t.scope_kind, t.scope_code, t.expires_at, u.name, u.disabled_at
FROM api_token AS t LEFT JOIN staff_user AS u ON u.id = t.user_id
WHERE t.sha256 = $1 AND t.revoked_at IS NULL

-- name: token_list
SELECT t.id, t.name, u.name AS user_name, t.role, t.scope_kind, t.scope_code, t.created_at, t.expires_at, t.revoked_at
FROM api_token AS t LEFT JOIN staff_user AS u ON u.id = t.user_id ORDER BY t.name
