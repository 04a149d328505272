-- The private copy of a register on which an import is tried out (core/register_copy.h). In the copy the times of rows
-- tell what became of them: 0 as it is stored, the copy's stamp when the import made or changed it; a membership's
-- joined_at is 1 when only the role was changed.

-- --- out of the store, into the copy ---------------------------------------------------------------------------------

-- name: register_copy_scope
INSERT INTO scope_municipality (kind, code, municipality_code) VALUES ('municipality', $1, $1)

-- name: register_copy_groups
SELECT id, municipality_code, name, name_key, kind, state, district, district_key, postal_code, activated_on,
       household_count, households_joined, sign_count, last_meeting_on, 0
FROM watch_group WHERE municipality_code = $1

-- name: register_copy_contacts
SELECT id, municipality_code, name, name_key, phone, phone_alt, trained, trained_year, protected, 0
FROM contact WHERE municipality_code = $1

-- name: register_copy_addresses
SELECT a.id, a.contact_id, a.position, a.address, a.address_key, 0
FROM contact AS c JOIN contact_address AS a ON a.contact_id = c.id WHERE c.municipality_code = $1

-- name: register_copy_memberships
SELECT ms.group_id, ms.contact_id, ms.role, 0
FROM contact AS c JOIN membership AS ms ON ms.contact_id = c.id WHERE c.municipality_code = $1

-- name: register_copy_noes
SELECT address_hash, at FROM suppression

-- In the copy only: the role, with its mark.
-- name: register_copy_set_role
UPDATE membership SET role = $3, joined_at = CASE joined_at WHEN 0 THEN 1 ELSE joined_at END
WHERE group_id = $1 AND contact_id = $2 AND role <> $3

-- --- out of the copy, into the store: what differs; $1 is the stamp --------------------------------------------------

-- name: register_new_groups
SELECT id, municipality_code, name, name_key, kind, state, district, district_key, postal_code, activated_on,
       household_count, households_joined, sign_count, last_meeting_on, created_at
FROM watch_group WHERE created_at = $1

-- name: register_changed_groups
SELECT id, name, name_key, kind, district, district_key, postal_code, activated_on, household_count, households_joined,
       sign_count, last_meeting_on, updated_at
FROM watch_group WHERE updated_at = $1 AND created_at = 0

-- The copy holds no older history than its own.
-- name: register_new_states
SELECT id, group_id, from_state, to_state, at, actor, note FROM group_state_change WHERE at = $1

-- name: register_moved_groups
SELECT id, state, state_changed_at, activated_on FROM watch_group WHERE state_changed_at = $1 AND created_at = 0

-- name: register_new_contacts
SELECT id, municipality_code, name, name_key, phone, phone_alt, trained, trained_year, protected, created_at
FROM contact WHERE created_at = $1

-- name: register_changed_contacts
SELECT id, name, name_key, phone, phone_alt, trained, trained_year, protected, updated_at
FROM contact WHERE updated_at = $1 AND created_at = 0

-- name: register_new_addresses
SELECT id, contact_id, position, address, address_key, created_at, unsubscribed_at
FROM contact_address WHERE created_at = $1

-- name: register_new_memberships
SELECT group_id, contact_id, role, joined_at FROM membership WHERE joined_at = $1

-- name: register_changed_roles
SELECT group_id, contact_id, role FROM membership WHERE joined_at = 1 AND $1 > 1

-- name: address_carry
INSERT INTO contact_address (id, contact_id, position, address, address_key, created_at, unsubscribed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)

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
