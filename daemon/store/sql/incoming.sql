-- What comes in: the sources that are asked, VMA, the police's events.

-- name: source_ensure
INSERT INTO source (name, url) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING

-- Another address is another source: it has answered nothing yet.
-- name: source_move
UPDATE source SET url = $2, answered_at = 0, next_at = 0, problem = '', problem_since = 0, is_stopped = 0, asked_for = '',
    etag = '', last_modified = '', faults = 0, fault = ''
WHERE name = $1 AND url <> $2

-- A question noted while the clock was ahead was asked now, and what was planned after it begins now.
-- name: source_pull_back
UPDATE source SET next_at = $2 + (next_at - asked_at), asked_at = $2 WHERE name = $1 AND asked_at > $2

-- name: source_read
SELECT name, url, asked_at, answered_at, next_at, problem, problem_since, is_stopped, asked_for, etag, last_modified,
       faults, fault
FROM source WHERE name = $1

-- name: source_asked
UPDATE source SET asked_at = $2, next_at = $3 WHERE name = $1

-- name: source_answered
UPDATE source SET answered_at = $2, next_at = $3, problem = '', problem_since = 0, asked_for = $4, etag = $5,
    last_modified = $6, faults = $7, fault = $8
WHERE name = $1

-- name: source_same
UPDATE source SET answered_at = $2, next_at = $3, problem = '', problem_since = 0 WHERE name = $1

-- name: source_failed
UPDATE source SET next_at = $3, problem = $4, is_stopped = $5,
    problem_since = CASE WHEN problem_since = 0 THEN $2 ELSE problem_since END
WHERE name = $1

-- name: source_resume
UPDATE source SET is_stopped = 0, next_at = 0, problem = '', problem_since = 0 WHERE name = $1 AND is_stopped = 1

-- name: source_call_insert
INSERT INTO source_call (source, at) VALUES ($1, $2)

-- Calls noted while the clock was ahead are as old as now at most.
-- name: source_call_pull_back
UPDATE source_call SET at = $2 WHERE source = $1 AND at > $2

-- name: source_call_clear
DELETE FROM source_call WHERE source = $1 AND at <= $2

-- name: source_call_count
SELECT count(*), coalesce(min(at), 0), coalesce(max(at), 0) FROM source_call WHERE source = $1

-- Every municipality, and whether any group is or will be there.
-- name: source_places
SELECT m.code, m.name, m.name_key, m.county_code, c.name,
       EXISTS (SELECT 1 FROM watch_group AS g WHERE g.municipality_code = m.code AND g.state <> 'closed')
FROM municipality AS m JOIN county AS c ON c.code = m.county_code ORDER BY m.code

-- --- VMA

-- name: vma_incident_read
SELECT identifier, type, sent_at, alert_id FROM vma_incident WHERE incident = $1

-- name: vma_incident_put
INSERT INTO vma_incident (incident, identifier, type, sent_at, alert_id, seen_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (incident) DO UPDATE SET identifier = excluded.identifier, type = excluded.type, sent_at = excluded.sent_at,
    alert_id = excluded.alert_id, seen_at = excluded.seen_at

-- name: vma_incident_clear
DELETE FROM vma_incident WHERE seen_at < $1

-- How the thread of an alert stands: of the alert itself, and whether anything of its thread is in force.
-- name: vma_thread
SELECT a.root_id, a.type, a.state, r.title, a.sent_at,
       (SELECT count(*) FROM alert AS t WHERE t.root_id = a.root_id AND t.state = 'active' AND t.type <> 'recall')
FROM alert AS a JOIN alert AS r ON r.id = a.root_id WHERE a.id = $1

-- A suggestion to change ($2 'update') or to take back ($2 'recall') what was sent: a draft in the thread of $3, for whom
-- and of what kind that was; $14 0: it ends with what is in force.
-- name: vma_follow_insert
INSERT INTO alert (id, root_id, type, kind, severity, urgency, certainty, is_exercise, life_danger, classification, title,
                   text, instruction, title_en, text_en, target, area_text, state, author_id, author, content_hash,
                   expires_at, origin, origin_id, origin_url, created_at)
SELECT $1, r.id, $2, r.kind, $4, $5, $6, r.is_exercise, r.life_danger, r.classification, $7,
       $8, $9, $10, $11, r.target, r.area_text, 'draft', 0, $12, $13,
       CASE WHEN $14 > 0 THEN $14 ELSE (SELECT max(t.expires_at) FROM alert AS t WHERE t.root_id = r.id AND t.state = 'active') END,
       r.origin, $15, $16, $17
FROM alert AS r WHERE r.id = $3

-- name: vma_follow_places
INSERT INTO alert_municipality (alert_id, municipality_code)
SELECT $1, m.municipality_code FROM alert_municipality AS m WHERE m.alert_id = $2

-- Who is told of a suggestion: those who may send it, with an address, whose scope has one of its municipalities.
-- name: staff_to_suggest
SELECT u.id, u.name, u.full_name, u.email FROM staff_user AS u
WHERE u.disabled_at IS NULL AND u.email IS NOT NULL AND u.role IN ('officer', 'coordinator', 'admin')
  AND EXISTS (SELECT 1 FROM alert_municipality AS a JOIN scope_municipality AS s ON s.municipality_code = a.municipality_code
              WHERE a.alert_id = $1 AND s.kind = u.scope_kind AND s.code = u.scope_code)
ORDER BY u.name LIMIT $2

-- --- the police's events

-- name: police_event_put
INSERT INTO police_event (id, published_at, happened_at, name, type, summary, url, place, municipality_code, county_code,
                          first_seen_at, changed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)
ON CONFLICT (id) DO UPDATE SET published_at = excluded.published_at, happened_at = excluded.happened_at,
    name = excluded.name, type = excluded.type, summary = excluded.summary, url = excluded.url, place = excluded.place,
    municipality_code = excluded.municipality_code, county_code = excluded.county_code, changed_at = excluded.changed_at
WHERE police_event.published_at <> excluded.published_at OR police_event.name <> excluded.name
   OR police_event.type <> excluded.type OR police_event.summary <> excluded.summary OR police_event.url <> excluded.url
   OR police_event.place <> excluded.place
   OR police_event.municipality_code IS DISTINCT FROM excluded.municipality_code

-- name: police_event_clear
DELETE FROM police_event WHERE first_seen_at < $1

-- Those of a municipality ($3, '': all) that happened from $4 to before $5, and those that the police only placed in its
-- county; newest first, after ($6, $7).
-- name: police_event_list scoped
SELECT e.id, e.happened_at, e.published_at, e.type, e.place, e.name, e.summary, e.url, e.municipality_code, e.county_code,
       e.changed_at
FROM police_event AS e
WHERE e.happened_at >= $4 AND e.happened_at < $5
  AND (e.happened_at < $6 OR (e.happened_at = $6 AND e.id < $7))
  AND EXISTS (SELECT 1 FROM municipality AS m
              WHERE (m.code = e.municipality_code OR m.county_code = e.county_code)
                AND {scope m.code} AND ($3 = '' OR m.code = $3))
ORDER BY e.happened_at DESC, e.id DESC LIMIT $8

-- Since when events are kept; NULL: none is.
-- name: police_event_since
SELECT min(first_seen_at) FROM police_event

-- What a municipality and its county are called, within the scope.
-- name: police_municipality scoped
SELECT m.name, c.name FROM municipality AS m JOIN county AS c ON c.code = m.county_code WHERE m.code = $3 AND {scope m.code}
