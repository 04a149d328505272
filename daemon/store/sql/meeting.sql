-- Meetings to come.

-- name: meeting_insert
INSERT INTO meeting (id, scope_kind, scope_code, title, place, note, starts_at, ends_at, author, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)

-- Those that concern some municipality of the scope and begin after $4; one of them ($3, or 0), $5 how many at most.
-- name: meeting_list scoped
SELECT m.id, m.title, m.starts_at, m.ends_at, m.place, m.note, m.scope_kind, m.scope_code, m.author, m.created_at,
       m.updated_at, m.sequence
FROM meeting AS m
WHERE m.starts_at > $4 AND ($3 = 0 OR m.id = $3)
  AND EXISTS (SELECT 1 FROM scope_municipality AS t
              WHERE t.kind = m.scope_kind AND t.code = m.scope_code AND {scope t.municipality_code})
ORDER BY m.starts_at, m.id LIMIT $5

-- name: meeting_update
UPDATE meeting SET scope_kind = $2, scope_code = $3, title = $4, place = $5, note = $6, starts_at = $7, ends_at = $8,
    updated_at = $9, sequence = sequence + 1
WHERE id = $1

-- name: meeting_delete
DELETE FROM meeting WHERE id = $1

-- name: meeting_forget
DELETE FROM meeting WHERE starts_at < $1 AND ends_at < $1
