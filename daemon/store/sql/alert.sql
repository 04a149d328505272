-- Alerts: whom they are for, and their way.

-- The active groups of one municipality ...
-- name: alert_groups_municipality scoped
SELECT g.id, g.kind, g.municipality_code FROM watch_group AS g
WHERE g.municipality_code = $3 AND g.state = 'active' AND {whole g} AND {scope g.municipality_code}

-- ... of a police area ...
-- name: alert_groups_area scoped
SELECT g.id, g.kind, g.municipality_code FROM scope_municipality AS s
JOIN watch_group AS g ON g.municipality_code = s.municipality_code
WHERE s.kind = 'police_area' AND s.code = $3 AND g.state = 'active' AND {whole g} AND {scope g.municipality_code}

-- ... and of all that the acting person reaches.
-- name: alert_groups_scope scoped
SELECT g.id, g.kind, g.municipality_code FROM scope_municipality AS s
JOIN watch_group AS g ON g.municipality_code = s.municipality_code
WHERE s.kind = $1 AND s.code = $2 AND g.state = 'active' AND {whole g}

-- What may lie in a circle or polygon: $3 to $4 north, $5 to $6 east. The rest is reckoned in core/geo.
-- name: alert_groups_box scoped
SELECT g.id, g.kind, g.municipality_code, g.latitude_udeg, g.longitude_udeg FROM watch_group AS g
WHERE g.latitude_udeg BETWEEN $3 AND $4 AND g.longitude_udeg BETWEEN $5 AND $6
  AND g.state = 'active' AND {whole g} AND {scope g.municipality_code}

-- name: alert_group_one scoped
SELECT g.id, g.kind, g.municipality_code, g.state, g.name FROM watch_group AS g
WHERE g.id = $3 AND {whole g} AND {scope g.municipality_code}

-- name: alert_groups_without_point scoped
SELECT count(*) FROM scope_municipality AS s JOIN watch_group AS g ON g.municipality_code = s.municipality_code
WHERE s.kind = $1 AND s.code = $2 AND g.state = 'active' AND g.latitude_udeg IS NULL AND {whole g}

-- name: alert_area_municipalities
SELECT s.municipality_code FROM scope_municipality AS s WHERE s.kind = 'police_area' AND s.code = $1

-- name: municipality_name
SELECT name FROM municipality WHERE code = $1

-- name: police_area_name
SELECT name FROM police_area WHERE code = $1

-- Names, for the one that was probably meant.
-- name: municipality_all_names
SELECT name FROM municipality ORDER BY code

-- name: police_area_all_names
SELECT name FROM police_area ORDER BY code

-- name: group_all_names scoped
SELECT g.name FROM watch_group AS g WHERE {whole g} AND {scope g.municipality_code} ORDER BY g.municipality_code, g.name_key

-- Everybody who is warned with group $1, an address a row; whoever has stopped alerts is left out by the caller, and so
-- nothing but two indexes is read ...
-- name: alert_group_addresses
SELECT a.address_key FROM membership AS m JOIN contact_address AS a ON a.contact_id = m.contact_id WHERE m.group_id = $1

-- ... but while an import is being written.
-- name: alert_group_addresses_whole
SELECT a.address_key FROM membership AS m JOIN contact AS c ON c.id = m.contact_id
JOIN contact_address AS a ON a.contact_id = c.id
WHERE m.group_id = $1 AND {whole c}

-- name: register_is_staging
SELECT count(*) FROM register_staging

-- Mailboxes that have stopped alerts: few.
-- name: alert_stopped
SELECT address_key FROM contact_address WHERE alerts_stopped_at IS NOT NULL

-- One of them to show; nobody protected.
-- name: alert_group_sample
SELECT c.name, g.name, k.name FROM membership AS m JOIN contact AS c ON c.id = m.contact_id
JOIN watch_group AS g ON g.id = m.group_id JOIN municipality AS k ON k.code = g.municipality_code
WHERE m.group_id = $1 AND c.protected = 0 AND {whole c}
  AND EXISTS (SELECT 1 FROM contact_address AS a WHERE a.contact_id = c.id AND a.alerts_stopped_at IS NULL)
ORDER BY CASE m.role WHEN 'lead_rep' THEN 0 ELSE 1 END, c.name_key, c.id LIMIT 1

-- How often the register of a municipality has changed.
-- name: audience_version
SELECT version FROM audience_change WHERE municipality_code = $1

-- name: alert_get
SELECT a.id, a.root_id, a.type, a.kind, a.severity, a.urgency, a.certainty, a.is_exercise, a.life_danger, a.classification,
       a.title, a.text, a.instruction, a.title_en, a.text_en, a.sms, a.target, a.area_text, a.state, a.author_id, a.author,
       a.content_hash, a.recipients, a.not_before, a.expires_at, a.origin, a.origin_id, a.origin_url, a.message_id,
       a.created_at, a.sent_at, a.ended_at, a.override_reason
FROM alert AS a WHERE a.id = $1

-- name: alert_municipalities
SELECT t.municipality_code, m.name FROM alert_municipality AS t JOIN municipality AS m ON m.code = t.municipality_code
WHERE t.alert_id = $1 ORDER BY t.municipality_code

-- What was sent in the thread $1 before its message $2, in the order of sending.
-- name: alert_earlier
SELECT a.id, a.sent_at FROM message AS m JOIN alert AS a ON a.id = m.alert_id
WHERE m.thread_id = $1 AND NOT EXISTS (SELECT 1 FROM alert AS y JOIN message AS x ON x.id = y.message_id
                                       WHERE y.id = $2 AND x.thread_pos <= m.thread_pos)
ORDER BY m.thread_pos

-- name: alert_visible scoped
SELECT t.alert_id FROM alert_municipality AS t WHERE t.alert_id = $3 AND {scope t.municipality_code} LIMIT 1

-- name: alert_uncovered scoped
SELECT count(*) FROM alert_municipality AS t WHERE t.alert_id = $3 AND NOT {scope t.municipality_code}

-- name: alert_add
INSERT INTO alert (id, root_id, type, kind, severity, urgency, certainty, is_exercise, life_danger, classification, title,
    text, instruction, title_en, text_en, sms, target, area_text, state, author_id, author, content_hash, override_reason,
    note, recipients, not_before, expires_at, origin, origin_id, origin_url, created_at, sent_at, ended_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25,
    $26, $27, $28, $29, $30, $31, $32, $33)
-- name: alert_latest scoped
SELECT a.id FROM alert AS a
WHERE EXISTS (SELECT 1 FROM alert_municipality AS t WHERE t.alert_id = a.id AND {scope t.municipality_code})
ORDER BY a.id DESC LIMIT 1

-- name: alert_group_insert
INSERT INTO alert_group (alert_id, group_id) VALUES ($1, $2)

-- Sixteen at a time: there may be tens of thousands.
-- name: alert_group_insert_16
INSERT INTO alert_group (alert_id, group_id)
VALUES ($1, $2), ($1, $3), ($1, $4), ($1, $5), ($1, $6), ($1, $7), ($1, $8), ($1, $9), ($1, $10), ($1, $11), ($1, $12),
    ($1, $13), ($1, $14), ($1, $15), ($1, $16), ($1, $17)

-- What is asked for or reached; the municipalities of a thread stay.
-- name: alert_municipality_insert
INSERT INTO alert_municipality (alert_id, municipality_code) VALUES ($1, $2)

-- name: alert_municipalities_copy
INSERT INTO alert_municipality (alert_id, municipality_code)
SELECT $2, t.municipality_code FROM alert_municipality AS t WHERE t.alert_id = $1

-- Groups that have gone to sleep since an alert was drafted or submitted.
-- name: alert_groups_drop_inactive
DELETE FROM alert_group WHERE alert_id = $1
  AND group_id IN (SELECT g.id FROM watch_group AS g WHERE g.state <> 'active')

-- name: alert_groups_of
SELECT t.group_id FROM alert_group AS t JOIN watch_group AS g ON g.id = t.group_id
WHERE t.alert_id = $1 AND g.state = 'active' ORDER BY t.group_id

-- name: alert_set_sent
UPDATE alert SET state = 'active', sent_at = $2, recipients = $3, not_before = $4, message_id = $5,
    approved_by = $6, approved_at = $7, override_reason = coalesce($8, override_reason)
WHERE id = $1

-- name: alert_set_message
UPDATE alert SET message_id = $2 WHERE id = $1

-- name: alert_set_state
UPDATE alert SET state = $2, ended_at = $3, note = coalesce($4, note) WHERE id = $1

-- The thread's part that is in force: the first alert or its last update.
-- name: alert_current
SELECT a.id FROM alert AS a WHERE a.root_id = $1 AND a.state = 'active' ORDER BY a.id DESC LIMIT 1

-- name: alert_end_thread
UPDATE alert SET state = $2, ended_at = $3 WHERE root_id = $1 AND state IN ('active', 'updated')

-- name: alert_due
SELECT id FROM alert WHERE state IN ('draft', 'submitted', 'active') AND expires_at <= $1
ORDER BY expires_at, id LIMIT $2

-- How many somebody has sent since $2, and when the one was that must be an hour old first ($3 of them may be younger).
-- name: alert_sent_since
SELECT count(*) FROM alert WHERE author = $1 AND sent_at > $2 AND type <> 'recall'

-- name: alert_sent_nth
SELECT sent_at FROM alert WHERE author = $1 AND sent_at > $2 AND type <> 'recall' ORDER BY sent_at DESC LIMIT 1 OFFSET $3
