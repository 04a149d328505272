-- Watch groups and contact persons.

-- name: group_insert
INSERT INTO watch_group (id, municipality_code, name, name_key, kind, state, district, district_key, postal_code,
    activated_on, household_count, households_joined, sign_count, last_meeting_on, state_changed_at, created_at, updated_at,
    latitude_udeg, longitude_udeg)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15, $15, $16, $17)

-- Only what differs is written, so that the count of rows tells whether anything did.
-- name: group_update
UPDATE watch_group SET name = $2, name_key = $3, kind = $4, district = $5, district_key = $6, postal_code = $7,
    activated_on = $8, household_count = $9, households_joined = $10, sign_count = $11, last_meeting_on = $12,
    updated_at = $13, latitude_udeg = $14, longitude_udeg = $15
WHERE id = $1
  AND (name, kind, district, postal_code, activated_on, household_count, households_joined, sign_count, last_meeting_on,
       latitude_udeg, longitude_udeg)
      IS DISTINCT FROM ($2, $4, $5, $7, $8, $9, $10, $11, $12, $14, $15)

-- The whole row, for a change.
-- name: group_get scoped
SELECT g.id, g.municipality_code, g.name, g.kind, g.state, g.district, g.postal_code, g.activated_on,
       g.household_count, g.households_joined, g.sign_count, g.last_meeting_on, g.latitude_udeg, g.longitude_udeg
FROM watch_group AS g WHERE g.id = $3 AND {whole g} AND {scope g.municipality_code}

-- The key of a group in a register.
-- name: group_by_key
SELECT id FROM watch_group WHERE municipality_code = $1 AND name_key = $2 AND district_key = $3

-- name: group_municipality scoped
SELECT g.municipality_code FROM watch_group AS g WHERE g.id = $3 AND {whole g} AND {scope g.municipality_code}

-- name: group_by_name scoped
SELECT g.id FROM watch_group AS g WHERE g.name_key = $3 AND {whole g} AND {scope g.municipality_code} LIMIT 2

-- name: group_state_update
UPDATE watch_group SET state = $2, state_changed_at = $3, updated_at = $3,
    activated_on = CASE WHEN $2 = 'active' AND activated_on IS NULL THEN $4 ELSE activated_on END
WHERE id = $1

-- name: group_state_change_insert
INSERT INTO group_state_change (id, group_id, from_state, to_state, at, actor, note) VALUES ($1, $2, $3, $4, $5, $6, $7)

-- $3 '' or a municipality; $4 '' or a state; $5 '' or a kind; $6 '' or part of the folded name; after ($7, $8) in the
-- order of the list, at most $9.
-- name: group_list scoped
SELECT g.id, g.name, g.municipality_code, m.name AS municipality, g.kind, g.state, g.district, g.postal_code,
       g.activated_on, g.household_count, g.households_joined, g.sign_count, g.last_meeting_on,
       (SELECT count(*) FROM membership AS ms JOIN contact AS c ON c.id = ms.contact_id
        WHERE ms.group_id = g.id AND c.protected = 0 AND {whole c}) AS contacts,
       g.created_at, g.updated_at, g.name_key
FROM watch_group AS g JOIN municipality AS m ON m.code = g.municipality_code
WHERE {scope g.municipality_code} AND {whole g}
  AND ($3 = '' OR g.municipality_code = $3) AND ($4 = '' OR g.state = $4) AND ($5 = '' OR g.kind = $5)
  AND ($6 = '' OR g.name_key LIKE '%' || $6 || '%') AND (g.name_key, g.id) > ($7, $8)
ORDER BY g.name_key, g.id LIMIT $9

-- name: group_show scoped
SELECT g.id, g.name, g.municipality_code, m.name AS municipality, g.kind, g.state, g.district, g.postal_code,
       g.activated_on, g.household_count, g.households_joined, g.sign_count, g.last_meeting_on, g.state_changed_at,
       g.created_at, g.updated_at, g.latitude_udeg, g.longitude_udeg
FROM watch_group AS g JOIN municipality AS m ON m.code = g.municipality_code
WHERE g.id = $3 AND {whole g} AND {scope g.municipality_code}

-- name: group_states scoped
SELECT s.from_state, s.to_state, s.at, s.actor, s.note
FROM group_state_change AS s JOIN watch_group AS g ON g.id = s.group_id
WHERE s.group_id = $3 AND {whole g} AND {scope g.municipality_code} ORDER BY s.at, s.id

-- Protected persons are shown in no list.
-- name: group_contacts scoped
SELECT c.id, c.name, ms.role, c.phone, c.trained, c.trained_year, ms.joined_at
FROM membership AS ms JOIN contact AS c ON c.id = ms.contact_id JOIN watch_group AS g ON g.id = ms.group_id
WHERE ms.group_id = $3 AND c.protected = 0 AND {whole c} AND {scope g.municipality_code}
ORDER BY CASE ms.role WHEN 'lead_rep' THEN 0 ELSE 1 END, c.name_key, c.id

-- The register as it is exported: one row per group and contact person. $3 '' or a municipality.
-- name: register_export scoped
SELECT g.municipality_code, g.name, g.kind, g.district, g.postal_code, g.activated_on, g.state, g.household_count,
       g.households_joined, g.sign_count, g.last_meeting_on, ms.role, c.name, c.phone, c.phone_alt, c.trained,
       c.trained_year, c.id, g.latitude_udeg, g.longitude_udeg
FROM watch_group AS g
LEFT JOIN membership AS ms ON ms.group_id = g.id
     AND ms.contact_id IN (SELECT k.id FROM contact AS k WHERE k.protected = 0 AND {whole k})
LEFT JOIN contact AS c ON c.id = ms.contact_id
WHERE {scope g.municipality_code} AND {whole g} AND ($3 = '' OR g.municipality_code = $3)
ORDER BY g.municipality_code, g.name_key, g.id, CASE ms.role WHEN 'lead_rep' THEN 0 ELSE 1 END, c.name_key, c.id

-- name: contact_insert
INSERT INTO contact (id, municipality_code, name, name_key, phone, phone_alt, trained, trained_year, protected,
    created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)

-- name: contact_update
UPDATE contact SET name = $2, name_key = $3, phone = $4, phone_alt = $5, trained = $6, trained_year = $7,
    protected = $8, updated_at = $9
WHERE id = $1
  AND (name, phone, phone_alt, trained, trained_year, protected) IS DISTINCT FROM ($2, $4, $5, $6, $7, $8)

-- name: contact_delete
DELETE FROM contact WHERE id = $1

-- name: contact_get scoped
SELECT c.id, c.municipality_code, c.name, c.phone, c.phone_alt, c.trained, c.trained_year, c.protected
FROM contact AS c WHERE c.id = $3 AND {whole c} AND {scope c.municipality_code}

-- The same person in one municipality: the same name and an address in common ...
-- name: contact_by_address
SELECT c.id FROM contact AS c JOIN contact_address AS a ON a.contact_id = c.id
WHERE a.address_key = $3 AND c.municipality_code = $1 AND c.name_key = $2 AND {whole c} LIMIT 1

-- ... or the same name and telephone ...
-- name: contact_by_phone
SELECT c.id FROM contact AS c
WHERE c.municipality_code = $1 AND c.name_key = $2 AND c.phone = $3 AND {whole c} LIMIT 1

-- ... or the same name in the same group.
-- name: contact_by_group
SELECT c.id FROM membership AS ms JOIN contact AS c ON c.id = ms.contact_id
WHERE ms.group_id = $1 AND c.name_key = $2 AND {whole c} LIMIT 1

-- name: address_insert
INSERT INTO contact_address (id, contact_id, position, address, address_key, created_at) VALUES ($1, $2, $3, $4, $5, $6)

-- name: address_list
SELECT id, address, address_key, unsubscribed_at, alerts_stopped_at FROM contact_address WHERE contact_id = $1 ORDER BY position, id

-- name: address_count
SELECT count(*) FROM contact_address WHERE contact_id = $1 AND address_key = $2

-- name: address_next_position
SELECT coalesce(max(position), 0) + 1 FROM contact_address WHERE contact_id = $1

-- name: address_delete_all
DELETE FROM contact_address WHERE contact_id = $1

-- name: address_delete
DELETE FROM contact_address WHERE id = $1

-- name: address_touch
UPDATE contact_address SET position = $2, address = $3 WHERE id = $1 AND (position <> $2 OR address <> $3)

-- name: address_get
SELECT a.contact_id, a.address, a.address_key, a.unsubscribed_at, c.municipality_code
FROM contact_address AS a JOIN contact AS c ON c.id = a.contact_id WHERE a.id = $1

-- An address unsubscribes for everybody who gave it: it is one mailbox.
-- name: address_unsubscribe
UPDATE contact_address SET unsubscribed_at = $2
WHERE address_key = (SELECT a.address_key FROM contact_address AS a WHERE a.id = $1) AND unsubscribed_at IS NULL

-- name: address_stop_alerts
UPDATE contact_address SET alerts_stopped_at = $2
WHERE address_key = (SELECT a.address_key FROM contact_address AS a WHERE a.id = $1) AND alerts_stopped_at IS NULL

-- Whether this mailbox has said no, at any time.
-- name: suppression_get
SELECT at FROM suppression WHERE address_hash = $1

-- name: suppression_put
INSERT INTO suppression (address_hash, at) VALUES ($1, $2) ON CONFLICT (address_hash) DO NOTHING

-- name: address_mark_no
UPDATE contact_address SET unsubscribed_at = $2 WHERE id = $1

-- name: address_mark_no_alerts
UPDATE contact_address SET alerts_stopped_at = $2 WHERE id = $1

-- name: membership_insert
INSERT INTO membership (group_id, contact_id, role, joined_at) VALUES ($1, $2, $3, $4)

-- name: membership_role
SELECT role FROM membership WHERE group_id = $1 AND contact_id = $2

-- name: membership_set_role
UPDATE membership SET role = $3 WHERE group_id = $1 AND contact_id = $2 AND role <> $3

-- name: membership_delete
DELETE FROM membership WHERE contact_id = $1 AND ($2 = 0 OR group_id = $2)

-- name: membership_count
SELECT count(*) FROM membership WHERE contact_id = $1

-- $3 '' or a municipality; $4 '' or part of the folded name; after ($5, $6), at most $7.
-- name: contact_list scoped
SELECT c.id, c.name, c.municipality_code, m.name AS municipality, c.phone, c.phone_alt, c.trained, c.trained_year,
       (SELECT count(*) FROM membership AS ms WHERE ms.contact_id = c.id) AS groups, c.created_at, c.updated_at, c.name_key
FROM contact AS c JOIN municipality AS m ON m.code = c.municipality_code
WHERE {scope c.municipality_code} AND c.protected = 0 AND {whole c}
  AND ($3 = '' OR c.municipality_code = $3) AND ($4 = '' OR c.name_key LIKE '%' || $4 || '%')
  AND (c.name_key, c.id) > ($5, $6)
ORDER BY c.name_key, c.id LIMIT $7

-- The same of those who have the address with key $8.
-- name: contact_list_at scoped
SELECT c.id, c.name, c.municipality_code, m.name AS municipality, c.phone, c.phone_alt, c.trained, c.trained_year,
       (SELECT count(*) FROM membership AS ms WHERE ms.contact_id = c.id) AS groups, c.created_at, c.updated_at, c.name_key
FROM contact AS c JOIN municipality AS m ON m.code = c.municipality_code
WHERE {scope c.municipality_code} AND c.protected = 0 AND {whole c}
  AND ($3 = '' OR c.municipality_code = $3) AND ($4 = '' OR c.name_key LIKE '%' || $4 || '%')
  AND (c.name_key, c.id) > ($5, $6)
  AND c.id IN (SELECT a.contact_id FROM contact_address AS a WHERE a.address_key = $8)
ORDER BY c.name_key, c.id LIMIT $7

-- name: contact_show scoped
SELECT c.id, c.name, c.municipality_code, m.name AS municipality, c.phone, c.phone_alt, c.trained, c.trained_year,
       c.protected, c.created_at, c.updated_at
FROM contact AS c JOIN municipality AS m ON m.code = c.municipality_code
WHERE c.id = $3 AND {whole c} AND {scope c.municipality_code}

-- name: contact_groups scoped
SELECT g.id, g.name, g.state, ms.role, ms.joined_at
FROM membership AS ms JOIN watch_group AS g ON g.id = ms.group_id
WHERE ms.contact_id = $3 AND {scope g.municipality_code} ORDER BY g.name_key, g.id

-- name: audience_changed
INSERT INTO audience_change (municipality_code, changed_at, version)
SELECT $1, $2, coalesce(max(a.version), 0) + 1 FROM audience_change AS a WHERE true
ON CONFLICT (municipality_code) DO UPDATE SET changed_at = excluded.changed_at, version = excluded.version

-- Figures for status and reports.
-- name: register_counts scoped
SELECT coalesce(sum(t.groups), 0), coalesce(sum(t.active_groups), 0), coalesce(sum(t.contacts), 0)
FROM register_tally AS t WHERE {scope t.municipality_code}
