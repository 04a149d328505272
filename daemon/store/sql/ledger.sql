-- Messages and deliveries.

-- name: message_insert
INSERT INTO message (id, kind, lane, letter_id, state, title, source, content_hash, scope_kind, scope_code, period,
    open_until, created_at, walked)
SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, coalesce(max(a.version), 0) FROM audience_change AS a

-- name: message_expanding
SELECT id, letter_id, cursor, lane, scope_kind, scope_code FROM message
WHERE state = 'expanding' ORDER BY lane, id LIMIT 1

-- The last contact person of the next chunk: $2 the cursor, $3 how many. NULL when nobody is left.
-- name: audience_chunk_end
SELECT max(p.id) FROM (
    SELECT c.id FROM contact AS c
    WHERE c.id > $2 AND c.municipality_code IN (SELECT t.municipality_code FROM letter_target AS t WHERE t.letter_id = $1)
    ORDER BY c.id LIMIT $3) AS p

-- One chunk of the audience becomes rows: everybody who represents an active group of the letter's area, at each
-- address that has not said no. $1 message, $2 letter, $3 after, $4 up to and with, $5 first id, $6 now, $7 lane,
-- $8 one group or 0. Who has a row already keeps it.
-- name: audience_insert
INSERT INTO delivery (id, message_id, municipality_code, group_id, contact_id, address_id, address, address_key, to_name,
    lane, state, due_at, created_at)
SELECT $5 + row_number() OVER (ORDER BY c.id, a.position, a.id) - 1, $1, c.municipality_code,
       (SELECT g.id FROM membership AS m JOIN watch_group AS g ON g.id = m.group_id
        WHERE m.contact_id = c.id AND g.state = 'active' AND ($8 = 0 OR g.id = $8)
        ORDER BY CASE m.role WHEN 'lead_rep' THEN 0 ELSE 1 END, g.name_key, g.id LIMIT 1),
       c.id, a.id, a.address, a.address_key, c.name, $7, 'pending', $6, $6
FROM contact AS c JOIN contact_address AS a ON a.contact_id = c.id
WHERE c.id > $3 AND c.id <= $4 AND a.unsubscribed_at IS NULL
  AND c.municipality_code IN (SELECT t.municipality_code FROM letter_target AS t WHERE t.letter_id = $2)
  AND EXISTS (SELECT 1 FROM membership AS m JOIN watch_group AS g ON g.id = m.group_id
              WHERE m.contact_id = c.id AND g.state = 'active' AND ($8 = 0 OR g.id = $8))
ON CONFLICT (message_id, address_key) DO NOTHING

-- How many a chunk may give, so that as many ids are set aside.
-- name: audience_chunk_size
SELECT count(*) FROM contact AS c JOIN contact_address AS a ON a.contact_id = c.id WHERE c.id > $1 AND c.id <= $2

-- name: message_cursor
UPDATE message SET cursor = $2 WHERE id = $1

-- name: message_expanded
UPDATE message SET state = 'sending', cursor = 0, expanded_at = coalesce(expanded_at, $2) WHERE id = $1

-- Messages whose audience has changed since the last walk through it began: newcomers get the current letter.
-- name: message_reopen
UPDATE message SET state = 'expanding', cursor = 0, walked = (SELECT max(a.version) FROM audience_change AS a)
WHERE state IN ('sending', 'finished') AND open_until > $1 AND id IN (
    SELECT m.id FROM message AS m
    JOIN letter_target AS t ON t.letter_id = m.letter_id
    JOIN audience_change AS a ON a.municipality_code = t.municipality_code
    WHERE m.open_until > $1 AND a.version > m.walked)

-- name: delivery_claim
WITH c AS MATERIALIZED (
    SELECT id FROM delivery WHERE state = 'pending' AND lane = $1 AND due_at <= $2
    ORDER BY due_at, id LIMIT $3 {lock})
UPDATE delivery SET state = 'claimed', attempts = attempts + 1, last_at = $2, first_at = coalesce(first_at, $2)
FROM c WHERE delivery.id = c.id AND delivery.state = 'pending'
RETURNING delivery.id

-- name: delivery_job
SELECT d.id, d.message_id, d.address_id, d.lane, d.attempts, m.created_at, d.created_at, d.municipality_code, d.address,
       d.to_name, g.name, k.name,
       (SELECT p.name FROM scope_municipality AS s JOIN police_area AS p ON p.code = s.code
        WHERE s.kind = 'police_area' AND s.municipality_code = d.municipality_code LIMIT 1)
FROM delivery AS d JOIN message AS m ON m.id = d.message_id
LEFT JOIN watch_group AS g ON g.id = d.group_id
LEFT JOIN municipality AS k ON k.code = d.municipality_code
WHERE d.id = $1

-- name: delivery_next_due
SELECT min(due_at) FROM delivery WHERE state = 'pending' AND lane = $1 AND due_at > $2

-- Was a claimed row recalled before it got on the wire?
-- name: delivery_recalled
SELECT recalled FROM delivery WHERE id = $1 AND state = 'claimed'

-- A row that would come back for another try after it was recalled is withdrawn.
-- name: delivery_record
UPDATE delivery SET state = CASE WHEN $2 = 'pending' AND recalled = 1 THEN 'withdrawn' ELSE $2 END,
    due_at = $3, last_at = $4, attempts = attempts - $5, code = $6, status = $7, reply = $8, step = $9, relay = $10
WHERE id = $1 AND state = 'claimed'
RETURNING state, message_id

-- Claimed and not tried: as if it had not been claimed. It keeps its due time, and what its last attempt said.
-- name: delivery_give_back
UPDATE delivery SET state = CASE recalled WHEN 1 THEN 'withdrawn' ELSE 'pending' END, attempts = attempts - 1,
    first_at = CASE attempts WHEN 1 THEN NULL ELSE first_at END
WHERE id = $1 AND state = 'claimed'
RETURNING state, message_id

-- name: delivery_recover
UPDATE delivery SET state = CASE recalled WHEN 1 THEN 'withdrawn' ELSE 'pending' END, due_at = $1 WHERE state = 'claimed'

-- Rows that lie further ahead ($2) than any wait is long: the clock was ahead when they were written. Due now ($1).
-- name: delivery_pull_back
UPDATE delivery SET due_at = $1 WHERE state = 'pending' AND lane IN (0, 1, 2) AND due_at > $2

-- name: message_finishable
SELECT id, letter_id FROM message
WHERE state = 'sending'
  AND NOT EXISTS (SELECT 1 FROM delivery AS d WHERE d.message_id = message.id AND d.state IN ('pending', 'claimed'))

-- name: message_finish
UPDATE message SET state = 'finished', finished_at = coalesce(finished_at, $2) WHERE id = $1

-- name: delivery_insert
INSERT INTO delivery (id, message_id, municipality_code, group_id, contact_id, address_id, address, address_key, to_name,
    lane, state, due_at, created_at)
VALUES ($1, $2, $3, $4, NULL, NULL, $5, $6, $7, $8, 'pending', $9, $9)

-- name: message_withdraw
UPDATE message SET state = 'withdrawn', open_until = 0, finished_at = coalesce(finished_at, $2) WHERE id = $1

-- Withdrawing: what is pending is withdrawn at once; what is claimed is recalled, which keeps it here if it is not
-- on the wire yet, or if it would come back for another try.
-- name: delivery_withdraw_message
UPDATE delivery SET state = CASE state WHEN 'pending' THEN 'withdrawn' ELSE state END, recalled = 1,
    last_at = CASE state WHEN 'pending' THEN $2 ELSE last_at END
WHERE message_id = $1 AND state IN ('pending', 'claimed')

-- name: delivery_withdraw_group
UPDATE delivery SET state = CASE state WHEN 'pending' THEN 'withdrawn' ELSE state END, recalled = 1,
    last_at = CASE state WHEN 'pending' THEN $2 ELSE last_at END
WHERE group_id = $1 AND state IN ('pending', 'claimed')

-- name: delivery_withdraw_address
UPDATE delivery SET state = CASE state WHEN 'pending' THEN 'withdrawn' ELSE state END, recalled = 1,
    last_at = CASE state WHEN 'pending' THEN $2 ELSE last_at END
WHERE address_id = $1 AND state IN ('pending', 'claimed')

-- name: delivery_withdraw_contact
UPDATE delivery SET state = CASE state WHEN 'pending' THEN 'withdrawn' ELSE state END, recalled = 1,
    last_at = CASE state WHEN 'pending' THEN $2 ELSE last_at END
WHERE contact_id = $1 AND state IN ('pending', 'claimed')

-- name: delivery_withdraw_key
UPDATE delivery SET state = CASE state WHEN 'pending' THEN 'withdrawn' ELSE state END, recalled = 1,
    last_at = CASE state WHEN 'pending' THEN $2 ELSE last_at END
WHERE address_key = $1 AND state IN ('pending', 'claimed') AND lane = 2

-- name: message_source
SELECT m.kind, m.letter_id, m.title, m.source, m.scope_kind, m.scope_code, m.period, m.created_at, l.classification
FROM message AS m LEFT JOIN letter AS l ON l.id = m.letter_id WHERE m.id = $1

-- How far a message has come. $3 the message; rows of a tenant's register are within the scope. Rows without a
-- municipality (reminders to staff) belong to no tenant: only who sees all sees them, here and below.
-- name: message_counts scoped
SELECT d.state, count(*) FROM delivery AS d
WHERE d.message_id = $3 AND (d.municipality_code IS NULL AND $1 = 'all' OR {scope d.municipality_code}) GROUP BY d.state

-- name: message_counts_municipality scoped
SELECT d.municipality_code, m.name AS municipality, d.state, count(*) AS deliveries, count(DISTINCT d.group_id) AS groups
FROM delivery AS d JOIN municipality AS m ON m.code = d.municipality_code
WHERE d.message_id = $3 AND {scope d.municipality_code}
GROUP BY d.municipality_code, m.name, d.state ORDER BY d.municipality_code, d.state

-- name: message_show
SELECT id, kind, lane, letter_id, state, title, content_hash, created_at, expanded_at, finished_at
FROM message WHERE id = $1

-- $3 a message or 0, $4 a state or '', $5 an address' key or '', after id $6, at most $7.
-- name: delivery_list scoped
SELECT d.id, d.message_id, d.address, d.to_name, d.municipality_code, d.group_id, d.lane, d.state, d.due_at, d.attempts,
       d.code, d.status, d.reply, d.step, d.relay, d.created_at, d.first_at, d.last_at
FROM delivery AS d
WHERE ($3 = 0 OR d.message_id = $3) AND ($4 = '' OR d.state = $4) AND ($5 = '' OR d.address_key = $5) AND d.id > $6
  AND (d.municipality_code IS NULL AND $1 = 'all' OR {scope d.municipality_code})
  AND (d.contact_id IS NULL OR d.contact_id NOT IN (SELECT c.id FROM contact AS c WHERE c.protected = 1))
ORDER BY d.id LIMIT $7

-- name: delivery_show scoped
SELECT d.id, d.message_id, d.address, d.to_name, d.municipality_code, d.group_id, d.lane, d.state, d.due_at, d.attempts,
       d.code, d.status, d.reply, d.step, d.relay, d.created_at, d.first_at, d.last_at
FROM delivery AS d
WHERE d.id = $3 AND (d.municipality_code IS NULL AND $1 = 'all' OR {scope d.municipality_code})
  AND (d.contact_id IS NULL OR d.contact_id NOT IN (SELECT c.id FROM contact AS c WHERE c.protected = 1))

-- For status and metrics: the queue per lane.
-- name: queue_counts
SELECT lane, state, count(*), min(due_at) FROM delivery WHERE state IN ('pending', 'claimed') GROUP BY lane, state

-- name: ledger_counts
SELECT state, count(*) FROM delivery GROUP BY state

-- What goes out just now. Messages without a letter (reminders) are for who sees all.
-- name: message_running scoped
SELECT m.id, m.kind, m.title, m.state, m.letter_id, m.created_at FROM message AS m
WHERE m.state IN ('expanding', 'sending')
  AND (m.letter_id IS NULL AND $1 = 'all'
       OR EXISTS (SELECT 1 FROM letter_target AS t WHERE t.letter_id = m.letter_id AND {scope t.municipality_code}))
ORDER BY m.lane, m.id LIMIT 20

-- Groups that are active today and have at least one contact person to whom a copy of message $3 has gone. A row names
-- one group only, but its reader may represent several.
-- name: message_groups_reached scoped
SELECT g.municipality_code, count(*) FROM watch_group AS g
WHERE g.state = 'active' AND ($4 = 0 OR g.id = $4) AND {scope g.municipality_code}
  AND (g.id IN (SELECT d.group_id FROM delivery AS d WHERE d.message_id = $3 AND d.state = 'sent')
       OR g.id IN (SELECT ms.group_id FROM delivery AS d JOIN membership AS ms ON ms.contact_id = d.contact_id
                   WHERE d.message_id = $3 AND d.state = 'sent'))
GROUP BY g.municipality_code

-- What did not arrive, or may not have. Protected persons are shown without their address.
-- name: message_failures scoped
SELECT d.id, d.municipality_code, d.state, d.status, d.reply,
       CASE WHEN d.contact_id IN (SELECT c.id FROM contact AS c WHERE c.protected = 1) THEN NULL ELSE d.address END
FROM delivery AS d
WHERE d.message_id = $3 AND d.state IN ('failed', 'uncertain') AND {scope d.municipality_code}
ORDER BY d.id LIMIT $4

-- May this row be tried again? What it is, what became of its message, and whether its reader still wants it.
-- name: delivery_retry_look scoped
SELECT d.state, d.message_id, m.state, d.address_id, a.id, a.unsubscribed_at, d.group_id, g.state
FROM delivery AS d JOIN message AS m ON m.id = d.message_id
LEFT JOIN contact_address AS a ON a.id = d.address_id
LEFT JOIN watch_group AS g ON g.id = d.group_id
WHERE d.id = $3 AND (d.municipality_code IS NULL AND $1 = 'all' OR {scope d.municipality_code})

-- name: delivery_retry
UPDATE delivery SET state = 'pending', due_at = $2 WHERE id = $1 AND state IN ('failed', 'uncertain')

-- name: message_resend
UPDATE message SET state = 'sending' WHERE id = $1 AND state = 'finished'

-- All that was sent to one address ($3 its key), newest first, before id $4, at most $5.
-- name: delivery_why scoped
SELECT d.id, d.message_id, m.kind, m.title, m.letter_id, d.municipality_code, d.group_id, d.state, d.due_at, d.attempts,
       d.code, d.status, d.reply, d.step, d.relay, d.created_at, d.first_at, d.last_at
FROM delivery AS d JOIN message AS m ON m.id = d.message_id
WHERE d.address_key = $3 AND d.id < $4
  AND (d.municipality_code IS NULL AND $1 = 'all' OR {scope d.municipality_code})
  AND (d.contact_id IS NULL OR d.contact_id NOT IN (SELECT c.id FROM contact AS c WHERE c.protected = 1))
ORDER BY d.id DESC LIMIT $5

-- Who has given this address, for which groups, and whether letters were refused.
-- name: address_registrations scoped
SELECT c.id, c.name, c.municipality_code, a.address, a.unsubscribed_at, a.created_at, g.id, g.name, g.state, ms.role,
       ms.joined_at
FROM contact_address AS a JOIN contact AS c ON c.id = a.contact_id
LEFT JOIN membership AS ms ON ms.contact_id = c.id
LEFT JOIN watch_group AS g ON g.id = ms.group_id
WHERE a.address_key = $3 AND c.protected = 0 AND {scope c.municipality_code}
ORDER BY c.name_key, c.id, g.name_key, g.id
