-- The private copy of a register on which an import is tried out (core/register_copy.h). In the copy the times of rows
-- tell what became of them: 0 as it is stored, the copy's stamp when the import made or changed it; a membership's
-- joined_at is 1 when only the role was changed.

-- --- out of the store, into the copy ---------------------------------------------------------------------------------

-- name: register_copy_scope
INSERT INTO scope_municipality (kind, code, municipality_code) VALUES ('municipality', $1, $1)

-- name: register_copy_groups
SELECT g.id, g.municipality_code, g.name, g.name_key, g.kind, g.state, g.district, g.district_key, g.postal_code,
       g.activated_on, g.household_count, g.households_joined, g.sign_count, g.last_meeting_on, 0, g.latitude_udeg,
       g.longitude_udeg
FROM watch_group AS g WHERE g.municipality_code = $1 AND {whole g}

-- name: register_copy_contacts
SELECT c.id, c.municipality_code, c.name, c.name_key, c.phone, c.phone_alt, c.trained, c.trained_year, c.protected, 0
FROM contact AS c WHERE c.municipality_code = $1 AND {whole c}

-- name: register_copy_addresses
SELECT a.id, a.contact_id, a.position, a.address, a.address_key, 0
FROM contact AS c JOIN contact_address AS a ON a.contact_id = c.id WHERE c.municipality_code = $1 AND {whole c}

-- name: register_copy_memberships
SELECT ms.group_id, ms.contact_id, ms.role, 0
FROM contact AS c JOIN membership AS ms ON ms.contact_id = c.id WHERE c.municipality_code = $1 AND {whole c}

-- name: register_copy_noes
SELECT address_hash, at FROM suppression

-- In the copy only: the role, with its mark.
-- name: register_copy_set_role
UPDATE membership SET role = $3, joined_at = CASE joined_at WHEN 0 THEN 1 ELSE joined_at END
WHERE group_id = $1 AND contact_id = $2 AND role <> $3

-- In the copy only: something of this person is new or changed.
-- name: register_copy_touch
UPDATE contact SET updated_at = $2 WHERE id = $1 AND updated_at <> $2

-- In the copy only: where what differs is found without a look at what does not.
-- name: register_copy_mark_new_groups
CREATE INDEX copy_new_groups ON watch_group (created_at) WHERE created_at > 0

-- name: register_copy_mark_changed_groups
CREATE INDEX copy_changed_groups ON watch_group (updated_at) WHERE updated_at > 0 AND created_at = 0

-- name: register_copy_mark_new_contacts
CREATE INDEX copy_new_contacts ON contact (created_at) WHERE created_at > 0

-- name: register_copy_mark_changed_contacts
CREATE INDEX copy_changed_contacts ON contact (updated_at) WHERE updated_at > 0 AND created_at = 0

-- --- out of the copy, into the store: what differs -------------------------------------------------------------------

-- name: register_new_groups
SELECT g.id, g.municipality_code, g.name, g.name_key, g.kind, g.state, g.district, g.district_key, g.postal_code,
       g.activated_on, g.household_count, g.households_joined, g.sign_count, g.last_meeting_on, g.created_at, g.latitude_udeg,
       g.longitude_udeg
FROM watch_group AS g WHERE g.created_at > 0

-- name: register_new_groups_states
SELECT s.id, s.group_id, s.from_state, s.to_state, s.at, s.actor, s.note
FROM watch_group AS g CROSS JOIN group_state_change AS s ON s.group_id = g.id WHERE g.created_at > 0

-- name: register_new_contacts
SELECT c.id, c.municipality_code, c.name, c.name_key, c.phone, c.phone_alt, c.trained, c.trained_year, c.protected,
       c.created_at
FROM contact AS c WHERE c.created_at > 0

-- name: register_new_persons_addresses
SELECT a.id, a.contact_id, a.position, a.address, a.address_key, a.created_at, a.unsubscribed_at, a.alerts_stopped_at
FROM contact AS c CROSS JOIN contact_address AS a ON a.contact_id = c.id WHERE c.created_at > 0

-- name: register_new_persons_memberships
SELECT ms.group_id, ms.contact_id, ms.role, ms.joined_at
FROM contact AS c CROSS JOIN membership AS ms ON ms.contact_id = c.id WHERE c.created_at > 0

-- How many come in each municipality: groups, active ones, persons.
-- name: register_new_counts
SELECT m.municipality_code,
       (SELECT count(*) FROM watch_group AS g WHERE g.created_at > 0 AND g.municipality_code = m.municipality_code),
       (SELECT count(*) FROM watch_group AS g WHERE g.created_at > 0 AND g.municipality_code = m.municipality_code
        AND g.state = 'active'),
       (SELECT count(*) FROM contact AS c WHERE c.created_at > 0 AND c.municipality_code = m.municipality_code)
FROM scope_municipality AS m

-- name: register_changed_groups
SELECT g.id, g.name, g.name_key, g.kind, g.district, g.district_key, g.postal_code, g.activated_on, g.household_count,
       g.households_joined, g.sign_count, g.last_meeting_on, g.updated_at, g.latitude_udeg, g.longitude_udeg
FROM watch_group AS g WHERE g.updated_at > 0 AND g.created_at = 0

-- name: register_moved_groups
SELECT g.id, g.state, g.state_changed_at, g.activated_on FROM watch_group AS g
WHERE g.updated_at > 0 AND g.created_at = 0 AND g.state_changed_at > 0

-- The copy holds no older history than its own.
-- name: register_known_groups_states
SELECT s.id, s.group_id, s.from_state, s.to_state, s.at, s.actor, s.note
FROM watch_group AS g CROSS JOIN group_state_change AS s ON s.group_id = g.id
WHERE g.updated_at > 0 AND g.created_at = 0

-- name: register_changed_contacts
SELECT c.id, c.name, c.name_key, c.phone, c.phone_alt, c.trained, c.trained_year, c.protected, c.updated_at
FROM contact AS c WHERE c.updated_at > 0 AND c.created_at = 0

-- name: register_known_persons_addresses
SELECT a.id, a.contact_id, a.position, a.address, a.address_key, a.created_at, a.unsubscribed_at, a.alerts_stopped_at
FROM contact AS c CROSS JOIN contact_address AS a ON a.contact_id = c.id
WHERE c.updated_at > 0 AND c.created_at = 0 AND a.created_at > 0

-- name: register_known_persons_memberships
SELECT ms.group_id, ms.contact_id, ms.role, ms.joined_at
FROM contact AS c CROSS JOIN membership AS ms ON ms.contact_id = c.id
WHERE c.updated_at > 0 AND c.created_at = 0 AND ms.joined_at > 1

-- name: register_changed_roles
SELECT ms.group_id, ms.contact_id, ms.role
FROM contact AS c CROSS JOIN membership AS ms ON ms.contact_id = c.id
WHERE c.updated_at > 0 AND c.created_at = 0 AND ms.joined_at = 1

-- name: address_carry
INSERT INTO contact_address (id, contact_id, position, address, address_key, created_at, unsubscribed_at, alerts_stopped_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)

-- --- what stands aside until the import is whole ---------------------------------------------------------------------

-- name: register_staging_get
SELECT first_id, last_id, stamp FROM register_staging

-- name: register_staging_begin
INSERT INTO register_staging (one, stamp, first_id, last_id) VALUES (1, $1, $2, $3)

-- What was staged is counted.
-- name: register_staging_tally
UPDATE register_tally SET groups = groups + $2, active_groups = active_groups + $3, contacts = contacts + $4
WHERE municipality_code = $1

-- From here on everybody sees it.
-- name: register_staging_end
DELETE FROM register_staging

-- Undoing: some hundred persons at a time, what points to them first. $1 first id, $2 last id, $3 stamp.
-- name: register_staging_drop_memberships
DELETE FROM membership WHERE contact_id IN (
    SELECT c.id FROM contact AS c WHERE c.id BETWEEN $1 AND $2 AND c.created_at = $3 ORDER BY c.id LIMIT 200)

-- name: register_staging_drop_addresses
DELETE FROM contact_address WHERE contact_id IN (
    SELECT c.id FROM contact AS c WHERE c.id BETWEEN $1 AND $2 AND c.created_at = $3 ORDER BY c.id LIMIT 200)

-- name: register_staging_drop_contacts
DELETE FROM contact WHERE id IN (
    SELECT c.id FROM contact AS c WHERE c.id BETWEEN $1 AND $2 AND c.created_at = $3 ORDER BY c.id LIMIT 200)

-- name: register_staging_drop_states
DELETE FROM group_state_change WHERE group_id IN (
    SELECT g.id FROM watch_group AS g WHERE g.id BETWEEN $1 AND $2 AND g.created_at = $3 ORDER BY g.id LIMIT 200)

-- name: register_staging_drop_groups
DELETE FROM watch_group WHERE id IN (
    SELECT g.id FROM watch_group AS g WHERE g.id BETWEEN $1 AND $2 AND g.created_at = $3 ORDER BY g.id LIMIT 200)

-- --- has anybody else written to the register since? -----------------------------------------------------------------

-- name: register_edit_head
SELECT coalesce(max(seq), 0) FROM audit

-- Every change of a group or person is in the audit log, after entry $1.
-- name: register_edits
SELECT action, object FROM audit WHERE seq > $1
  AND (action LIKE 'group.%' OR action LIKE 'contact.%' OR action LIKE 'register.%' OR action LIKE 'area.%')

-- Which municipality a group or person belongs to.
-- name: register_edit_group
SELECT municipality_code FROM watch_group WHERE id = $1

-- name: register_edit_contact
SELECT municipality_code FROM contact WHERE id = $1

-- Mailboxes of a person that have said no, wherever else they stand.
-- name: address_spread_no
UPDATE contact_address SET unsubscribed_at = (
    SELECT max(a.unsubscribed_at) FROM contact_address AS a
    WHERE a.contact_id = $1 AND a.address_key = contact_address.address_key)
WHERE unsubscribed_at IS NULL AND address_key IN (
    SELECT a.address_key FROM contact_address AS a WHERE a.contact_id = $1 AND a.unsubscribed_at IS NOT NULL)

-- name: address_spread_no_alerts
UPDATE contact_address SET alerts_stopped_at = (
    SELECT max(a.alerts_stopped_at) FROM contact_address AS a
    WHERE a.contact_id = $1 AND a.address_key = contact_address.address_key)
WHERE alerts_stopped_at IS NULL AND address_key IN (
    SELECT a.address_key FROM contact_address AS a WHERE a.contact_id = $1 AND a.alerts_stopped_at IS NOT NULL)
