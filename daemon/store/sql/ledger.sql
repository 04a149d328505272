-- Messages and deliveries.

-- name: message_insert
INSERT INTO message (id, kind, lane, letter_id, state, title, source, content_hash, scope_kind, scope_code, period,
    open_until, created_at, walked)
SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, coalesce(max(a.version), 0) FROM audience_change AS a

-- A message of an alert: $4 the root alert, $5 its place in the thread, $6 whom it walks through.
-- name: message_insert_alert
INSERT INTO message (id, kind, lane, state, alert_id, title, source, content_hash, scope_kind, scope_code, walked,
    thread_id, thread_pos, walk, is_exercise, not_before, expires_at, created_at)
VALUES ($1, 'alert', 0, 'expanding', $2, $3, $7, $8, 'all', '', 0, $4, $5, $6, $9, $10, $11, $12)

-- name: message_expanding
SELECT id, letter_id, cursor, lane, scope_kind, scope_code, walk, thread_id, thread_pos, cursor_person, cursor_key,
       not_before
FROM message WHERE state IN ('expanding', 'sending') AND state = 'expanding' ORDER BY lane, id LIMIT 1

-- Do mails of alerts wait that are due?
-- name: alert_waiting
SELECT count(*) FROM lane_queue WHERE lane = 0 AND due_at <= $1

-- Is there a mail of an alert that has not gone?
-- name: alert_under_way
SELECT count(*) FROM (
    SELECT m.id FROM message AS m
    WHERE m.state IN ('expanding', 'sending') AND m.lane = 0
      AND EXISTS (SELECT 1 FROM delivery AS d WHERE d.message_id = m.id AND (d.state = 'pending' OR d.state = 'claimed'))
    LIMIT 1) AS a

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
WHERE c.id > $3 AND c.id <= $4 AND a.unsubscribed_at IS NULL AND {whole c}
  AND c.municipality_code IN (SELECT t.municipality_code FROM letter_target AS t WHERE t.letter_id = $2)
  AND EXISTS (SELECT 1 FROM membership AS m JOIN watch_group AS g ON g.id = m.group_id
              WHERE m.contact_id = c.id AND g.state = 'active' AND ($8 = 0 OR g.id = $8))
ON CONFLICT (message_id, address_key) DO NOTHING

-- How many a chunk may give, so that as many ids are set aside.
-- name: audience_chunk_size
SELECT count(*) FROM contact AS c JOIN contact_address AS a ON a.contact_id = c.id WHERE c.id > $1 AND c.id <= $2

-- name: message_cursor
UPDATE message SET cursor = $2, cursor_person = $3, cursor_key = $4, walk = $5 WHERE id = $1

-- The next $4 memberships of the groups of alert $1, after person $3 of group $2, and how many addresses each brings.
-- name: alert_part
SELECT ms.group_id, ms.contact_id,
       (SELECT count(*) FROM contact_address AS a WHERE a.contact_id = ms.contact_id)
FROM alert_group AS t CROSS JOIN membership AS ms ON ms.group_id = t.group_id
WHERE t.alert_id = $1 AND t.group_id >= $2 AND (t.group_id > $2 OR ms.contact_id > $3)
ORDER BY t.group_id, ms.contact_id LIMIT $4

-- They become rows of message $1: everybody who represents a group of alert $2 that is active, at each address that has
-- not stopped alerts. After person $4 of group $3 up to and with person $6 of group $5; $7 first id, $8 now, $9 due. Who
-- stands in two groups, and an address that two share, gets one row.
-- name: alert_insert
INSERT INTO delivery (id, message_id, municipality_code, group_id, contact_id, address_id, address, address_key, to_name,
    lane, state, due_at, created_at)
SELECT $7 + row_number() OVER (ORDER BY ms.group_id, ms.contact_id, a.position, a.id) - 1, $1, c.municipality_code,
       ms.group_id, c.id, a.id, a.address, a.address_key, c.name, 0, 'pending', $9, $8
FROM alert_group AS t
CROSS JOIN watch_group AS g ON g.id = t.group_id
CROSS JOIN membership AS ms ON ms.group_id = t.group_id
CROSS JOIN contact AS c ON c.id = ms.contact_id
CROSS JOIN contact_address AS a ON a.contact_id = c.id
WHERE t.alert_id = $2 AND t.group_id >= $3 AND t.group_id <= $5
  AND (t.group_id > $3 OR ms.contact_id > $4) AND (t.group_id < $5 OR ms.contact_id <= $6)
  AND g.state = 'active' AND a.alerts_stopped_at IS NULL AND {whole g} AND {whole c}
ON CONFLICT (message_id, address_key) DO NOTHING

-- The $3 messages of thread $1 that come before place $2, newest first.
-- name: thread_earlier
SELECT id FROM message WHERE thread_id = $1 AND thread_pos < $2 ORDER BY thread_pos DESC LIMIT $3

-- name: thread_next_pos
SELECT coalesce(max(thread_pos), -1) + 1 FROM message WHERE thread_id = $1

-- name: thread_message
SELECT id FROM message WHERE thread_id = $1 AND thread_pos = $2

-- How far the last of them that went through the groups has come, when it was stopped in the middle.
-- name: thread_unreached
SELECT cursor, cursor_person, expanded_at FROM message
WHERE thread_id = $1 AND thread_pos < $2 AND walk = 'groups' ORDER BY thread_pos DESC LIMIT 1

-- The next $3 addresses of message $1 after key $2: first, last, how many.
-- name: thread_part
SELECT min(p.address_key), max(p.address_key), count(*) FROM (
    SELECT d.address_key FROM delivery AS d WHERE d.message_id = $1 AND d.address_key > $2
    ORDER BY d.address_key LIMIT $3) AS p

-- Rows of message $1 (at place $3 of thread $2) for those who stand in the earlier message $4 with a key from $5 to $6.
-- $7 first id, $8 now, $9 due; $10: 0 who got an earlier copy or may have, 1 and whose copy was still queued when its
-- message was closed (what was recalled had another reason, or was claimed), 2 and whose claimed copy has come back.
-- An address' last row in the thread speaks for it. Only mailboxes that still are in the register and have not stopped
-- alerts: whoever has left must not be written to again, not even to be told that a warning is over. A group that is not
-- active any more keeps nobody from learning what became of the warning that he got.
-- name: thread_insert
WITH r AS MATERIALIZED (
    SELECT d.address_key, d.contact_id, d.group_id, d.state, d.recalled,
           (SELECT e.id FROM message AS m CROSS JOIN delivery AS e
              ON e.message_id = m.id AND e.address_key = d.address_key
            WHERE m.thread_id = $2 AND m.thread_pos < $3
              AND (e.state = 'sent' OR e.state = 'uncertain' OR e.in_doubt = 1)
            ORDER BY m.thread_pos LIMIT 1) AS got,
           coalesce((SELECT b.id FROM contact_address AS b CROSS JOIN contact AS k ON k.id = b.contact_id
                     WHERE b.id = d.address_id AND b.address_key = d.address_key AND b.alerts_stopped_at IS NULL
                       AND {whole k}),
                    (SELECT min(b.id) FROM contact_address AS b CROSS JOIN contact AS k ON k.id = b.contact_id
                     WHERE b.address_key = d.address_key AND b.alerts_stopped_at IS NULL AND {whole k})) AS mailbox
    FROM delivery AS d
    WHERE d.message_id = $4 AND d.address_key >= $5 AND d.address_key <= $6
      AND NOT EXISTS (SELECT 1 FROM message AS m CROSS JOIN delivery AS e
                        ON e.message_id = m.id AND e.address_key = d.address_key
                      WHERE m.thread_id = $2 AND m.thread_pos < $3
                        AND m.thread_pos > (SELECT n.thread_pos FROM message AS n WHERE n.id = $4)))
INSERT INTO delivery (id, message_id, municipality_code, group_id, contact_id, address_id, address, address_key, to_name,
    lane, state, due_at, created_at, follows)
SELECT $7 + row_number() OVER (ORDER BY r.address_key) - 1, $1, c.municipality_code,
       CASE WHEN c.id = r.contact_id THEN r.group_id END, c.id, a.id, a.address, r.address_key, c.name, 0, 'pending', $9,
       $8, r.got
FROM r CROSS JOIN contact_address AS a ON a.id = r.mailbox CROSS JOIN contact AS c ON c.id = a.contact_id
WHERE r.got IS NOT NULL
   OR ((($10 > 0 AND (r.state = 'pending' OR (r.state = 'withdrawn' AND r.recalled = 0)))
        OR ($10 = 2 AND r.state = 'withdrawn'))
       AND EXISTS (SELECT 1 FROM watch_group AS g WHERE g.id = r.group_id AND g.state = 'active'))
ON CONFLICT (message_id, address_key) DO NOTHING

-- What is claimed in the messages of thread $2 before place $3, and what they themselves wait for: message $1 waits for
-- the end of it.
-- name: thread_wait_take
INSERT INTO thread_wait (message_id, delivery_id)
SELECT $1, d.id FROM message AS m CROSS JOIN delivery AS d ON d.message_id = m.id
WHERE m.thread_id = $2 AND m.thread_pos < $3 AND d.state = 'claimed'
UNION
SELECT $1, w.delivery_id FROM message AS m CROSS JOIN thread_wait AS w ON w.message_id = m.id
WHERE m.thread_id = $2 AND m.thread_pos < $3

-- Of what is waited for, some that has been decided.
-- name: thread_wait_decided
SELECT w.message_id, w.delivery_id, m.thread_id, m.thread_pos, m.not_before, m.walk, d.message_id, d.address_key
FROM thread_wait AS w CROSS JOIN delivery AS d ON d.id = w.delivery_id CROSS JOIN message AS m ON m.id = w.message_id
WHERE d.state <> 'claimed' ORDER BY w.message_id, w.delivery_id LIMIT $1

-- name: thread_wait_delete
DELETE FROM thread_wait WHERE message_id = $1 AND delivery_id = $2

-- name: thread_wait_clear
DELETE FROM thread_wait WHERE message_id = $1

-- name: message_expanded
UPDATE message SET state = 'sending', cursor = 0, expanded_at = coalesce(expanded_at, $2) WHERE id = $1

-- Messages whose audience has changed since the last walk through it began: newcomers get the current letter.
-- name: message_reopen
UPDATE message SET state = 'expanding', cursor = 0, walked = (SELECT max(a.version) FROM audience_change AS a)
WHERE state IN ('sending', 'finished') AND open_until > 0 AND open_until > $1
  AND EXISTS (SELECT 1 FROM letter_target AS t JOIN audience_change AS a ON a.municipality_code = t.municipality_code
              WHERE t.letter_id = message.letter_id AND a.version > message.walked)

-- Messages of lane $1 with rows that may be due at $4, in the order of their turn: after $2, up to and with $3. One
-- whose time is over (at $5) is passed by even before it is closed.
-- name: lane_turn
SELECT q.message_id FROM lane_queue AS q CROSS JOIN message AS m ON m.id = q.message_id
WHERE q.lane = $1 AND q.message_id > $2 AND q.message_id <= $3 AND q.due_at <= $4
  AND (m.expires_at = 0 OR m.expires_at > $5)
ORDER BY q.message_id

-- The first $3 rows of message $1 that are due at $2.
-- name: delivery_claim
WITH c AS MATERIALIZED (
    SELECT id FROM delivery WHERE message_id = $1 AND state = 'pending' AND due_at <= $2
    ORDER BY due_at, id LIMIT $3 {lock})
UPDATE delivery SET state = 'claimed', attempts = attempts + 1, last_at = $2, first_at = coalesce(first_at, $2)
FROM c WHERE delivery.id = c.id AND delivery.state = 'pending'
RETURNING delivery.id, delivery.message_id, delivery.address_id, delivery.attempts, delivery.created_at, delivery.due_at,
    delivery.municipality_code, delivery.address, delivery.address_key, delivery.to_name, delivery.group_id, delivery.first_at,
    delivery.follows

-- The personal lane: the first $2 rows that are due at $1, whatever their message.
-- name: delivery_claim_personal
WITH c AS MATERIALIZED (
    SELECT id FROM delivery WHERE state = 'pending' AND lane = 1 AND due_at <= $1 ORDER BY due_at, id LIMIT $2 {lock})
UPDATE delivery SET state = 'claimed', attempts = attempts + 1, last_at = $1, first_at = coalesce(first_at, $1)
FROM c WHERE delivery.id = c.id AND delivery.state = 'pending'
RETURNING delivery.id, delivery.message_id, delivery.address_id, delivery.attempts, delivery.created_at, delivery.due_at,
    delivery.municipality_code, delivery.address, delivery.address_key, delivery.to_name, delivery.group_id, delivery.first_at,
    delivery.follows

-- Message $2 has no row that is due: it waits until its first one is, or leaves the queue.
-- name: lane_queue_leave
DELETE FROM lane_queue WHERE lane = $1 AND message_id = $2
  AND NOT EXISTS (SELECT 1 FROM delivery AS d WHERE d.message_id = $2 AND d.state = 'pending')

-- name: lane_queue_wait
UPDATE lane_queue SET due_at = (SELECT min(d.due_at) FROM delivery AS d WHERE d.message_id = $2 AND d.state = 'pending')
WHERE lane = $1 AND message_id = $2

-- What is the same for many rows of a claim: asked once for each.
-- name: job_message
SELECT created_at FROM message WHERE id = $1

-- name: job_group
SELECT name FROM watch_group WHERE id = $1

-- name: job_municipality
SELECT k.name, (SELECT p.name FROM scope_municipality AS s JOIN police_area AS p ON p.code = s.code
                WHERE s.kind = 'police_area' AND s.municipality_code = k.code LIMIT 1)
FROM municipality AS k WHERE k.code = $1

-- name: lane_next_due
SELECT min(due_at) FROM lane_queue WHERE due_at > $1

-- name: personal_next_due
SELECT min(due_at) FROM delivery WHERE state = 'pending' AND lane = 1 AND due_at > $1

-- Was a claimed row recalled before it got on the wire?
-- name: delivery_recalled
SELECT recalled FROM delivery WHERE id = $1 AND state = 'claimed'

-- The end of a claimed row.
-- name: delivery_record
UPDATE delivery SET state = $2, due_at = $3, last_at = $4, code = $5, status = $6, reply = $7, step = $8, relay = $9
WHERE id = $1 AND state = 'claimed'

-- A row that would come back for another try after it was recalled is withdrawn, and expired when the time of its message
-- is over. No try is due after that: the last one is $10 before. That time is by the clock as far as it is proven, from
-- which $3 is $11 ahead.
-- name: delivery_postpone
UPDATE delivery SET
    state = CASE WHEN recalled = 1 THEN CASE m.state WHEN 'expired' THEN 'expired' ELSE 'withdrawn' END
                 WHEN m.expires_at > 0 AND m.expires_at + $11 <= $3 THEN 'expired' ELSE 'pending' END,
    due_at = CASE WHEN m.expires_at = 0 OR $2 <= m.expires_at + $11 - $10 THEN $2
                  WHEN $3 < m.expires_at + $11 - $10 THEN m.expires_at + $11 - $10
                  WHEN $2 < m.expires_at + $11 THEN $2 ELSE m.expires_at + $11 END,
    last_at = $3, attempts = attempts - $4, code = $5, status = $6, reply = $7, step = $8, relay = $9
FROM message AS m
WHERE delivery.id = $1 AND delivery.state = 'claimed' AND m.id = delivery.message_id
RETURNING delivery.state, delivery.message_id

-- Claimed and not tried: as if it had not been claimed. It keeps what its last attempt said, and its due time unless it
-- is parked until $2. $3 now.
-- name: delivery_give_back
UPDATE delivery SET
    state = CASE WHEN recalled = 1
                 THEN (SELECT CASE m.state WHEN 'expired' THEN 'expired' ELSE 'withdrawn' END
                       FROM message AS m WHERE m.id = delivery.message_id)
                 WHEN EXISTS (SELECT 1 FROM message AS m
                              WHERE m.id = delivery.message_id AND m.expires_at > 0 AND m.expires_at <= $3)
                 THEN 'expired' ELSE 'pending' END,
    attempts = attempts - 1,
    first_at = CASE attempts WHEN 1 THEN NULL ELSE first_at END, due_at = CASE $2 WHEN 0 THEN due_at ELSE $2 END
WHERE id = $1 AND state = 'claimed'
RETURNING state, message_id

-- From message to message through the index of open rows, so that only claimed rows are touched. Whether they had left is
-- not known: in_doubt.
-- name: delivery_recover
WITH RECURSIVE open_message (id) AS (
    SELECT min(message_id) FROM delivery WHERE (state = 'pending' OR state = 'claimed')
    UNION ALL
    SELECT (SELECT min(d.message_id) FROM delivery AS d
            WHERE (d.state = 'pending' OR d.state = 'claimed') AND d.message_id > o.id)
    FROM open_message AS o WHERE o.id IS NOT NULL)
UPDATE delivery SET
    state = CASE WHEN recalled = 1
                 THEN (SELECT CASE m.state WHEN 'expired' THEN 'expired' ELSE 'withdrawn' END
                       FROM message AS m WHERE m.id = delivery.message_id)
                 ELSE 'pending' END,
    due_at = $1, in_doubt = 1
WHERE state = 'claimed' AND message_id IN (SELECT id FROM open_message)

-- In a store restored from a backup: what was queued when that was taken may have left since.
-- name: delivery_doubt_queued
UPDATE delivery SET in_doubt = 1
WHERE state = 'pending' AND message_id IN (SELECT q.message_id FROM lane_queue AS q WHERE q.lane = 0)

-- Rows that lie further ahead ($2) than any wait is long: the clock was ahead when they were written. Due now ($1).
-- Messages that wait for an hour of the day (not_before) are left alone, here and below.
-- name: delivery_pull_back
UPDATE delivery SET due_at = $1
WHERE state = 'pending' AND due_at > $2 AND message_id IN (
    SELECT q.message_id FROM lane_queue AS q CROSS JOIN message AS m ON m.id = q.message_id WHERE m.not_before <= $2)

-- name: delivery_pull_back_personal
UPDATE delivery SET due_at = $1 WHERE state = 'pending' AND lane = 1 AND due_at > $2

-- The wall clock jumped by $1 from $2: what waits, waits as long as it would have, and has been tried for as long. The
-- queue first: a message whose rows all wait moves with them.
-- name: lane_queue_shift
UPDATE lane_queue SET due_at = due_at + $1
WHERE due_at > $2 AND (SELECT m.not_before FROM message AS m WHERE m.id = lane_queue.message_id) <= $2

-- name: delivery_shift
UPDATE delivery SET due_at = due_at + $1, first_at = first_at + $1
WHERE state = 'pending' AND due_at > $2 AND message_id IN (
    SELECT q.message_id FROM lane_queue AS q CROSS JOIN message AS m ON m.id = q.message_id WHERE m.not_before <= $2)

-- name: delivery_shift_personal
UPDATE delivery SET due_at = due_at + $1, first_at = first_at + $1 WHERE state = 'pending' AND lane = 1 AND due_at > $2

-- name: message_ending
SELECT message_id FROM ending ORDER BY message_id LIMIT $1

-- name: message_ended
DELETE FROM ending WHERE message_id = $1

-- Its letter, if the message is on its way, nothing of it is open, and none of its rows may be still to come.
-- name: message_finishable
SELECT coalesce(letter_id, 0) FROM message
WHERE id = $1 AND state = 'sending'
  AND NOT EXISTS (SELECT 1 FROM delivery AS d WHERE d.message_id = $1 AND (d.state = 'pending' OR d.state = 'claimed'))
  AND NOT EXISTS (SELECT 1 FROM thread_wait AS w WHERE w.message_id = $1)

-- name: message_finish
UPDATE message SET state = 'finished', finished_at = coalesce(finished_at, $2) WHERE id = $1

-- name: delivery_insert
INSERT INTO delivery (id, message_id, municipality_code, group_id, contact_id, address_id, address, address_key, to_name,
    lane, state, due_at, created_at)
VALUES ($1, $2, $3, $4, NULL, NULL, $5, $6, $7, $8, 'pending', $9, $9)

-- Closing a message, as withdrawn or expired ($2). Its lane, unless it was closed before.
-- name: message_close
UPDATE message SET state = $2, open_until = 0, finished_at = coalesce(finished_at, $3)
WHERE id = $1 AND state NOT IN ('withdrawn', 'expired')
RETURNING lane

-- name: message_open_count
SELECT coalesce(sum(open), 0) FROM tally WHERE message_id = $1

-- Nothing of it is claimed from here on: no trigger brings it back.
-- name: lane_queue_close
DELETE FROM lane_queue WHERE lane = $1 AND message_id = $2

-- name: message_closing_insert
INSERT INTO message_closing (message_id, state) VALUES ($1, $2) ON CONFLICT (message_id) DO NOTHING

-- What is claimed is recalled, which keeps it here if it is not on the wire yet, or if it would come back for another try.
-- name: delivery_recall_message
UPDATE delivery SET recalled = 1 WHERE message_id = $1 AND state = 'claimed'

-- The next message of which rows are to be moved: alerts first.
-- name: message_closing_next
SELECT c.message_id, c.state FROM message_closing AS c CROSS JOIN message AS m ON m.id = c.message_id
ORDER BY m.lane, c.message_id LIMIT 1

-- name: message_closing_end
DELETE FROM message_closing WHERE message_id = $1

-- $4 of its rows become $2. They are not marked as recalled: an update takes over what stood in the queue
-- (thread_insert), and not what was withdrawn for another reason.
-- name: delivery_close_part
UPDATE delivery SET state = $2, last_at = $3
WHERE id IN (SELECT d.id FROM delivery AS d WHERE d.message_id = $1 AND d.state = 'pending' ORDER BY d.due_at, d.id LIMIT $4)

-- Messages whose time is over.
-- name: message_expired
SELECT id FROM message WHERE expires_at > 0 AND finished_at IS NULL AND expires_at <= $1 ORDER BY expires_at, id LIMIT $2

-- Withdrawing what is open for one group, address, person or mailbox: what is pending at once, what is claimed as above.
-- What tells the readers of a warning what became of it goes out though the group was closed.
-- name: delivery_withdraw_group
UPDATE delivery SET state = CASE state WHEN 'pending' THEN 'withdrawn' ELSE state END, recalled = 1,
    last_at = CASE state WHEN 'pending' THEN $2 ELSE last_at END
WHERE group_id = $1 AND state IN ('pending', 'claimed') AND follows IS NULL

-- name: delivery_withdraw_address
UPDATE delivery SET state = CASE state WHEN 'pending' THEN 'withdrawn' ELSE state END, recalled = 1,
    last_at = CASE state WHEN 'pending' THEN $2 ELSE last_at END
WHERE contact_id = (SELECT a.contact_id FROM contact_address AS a WHERE a.id = $1) AND address_id = $1
  AND state IN ('pending', 'claimed')

-- name: delivery_withdraw_contact
UPDATE delivery SET state = CASE state WHEN 'pending' THEN 'withdrawn' ELSE state END, recalled = 1,
    last_at = CASE state WHEN 'pending' THEN $2 ELSE last_at END
WHERE contact_id = $1 AND state IN ('pending', 'claimed')

-- Of one lane ($3): the no to letters is none to alerts, and the reverse.
-- name: delivery_withdraw_key
UPDATE delivery SET state = CASE state WHEN 'pending' THEN 'withdrawn' ELSE state END, recalled = 1,
    last_at = CASE state WHEN 'pending' THEN $2 ELSE last_at END
WHERE address_key = $1 AND state IN ('pending', 'claimed') AND lane = $3

-- name: message_source
SELECT m.kind, m.letter_id, m.title, m.source, m.scope_kind, m.scope_code, m.period, m.created_at, l.classification,
       m.alert_id, m.thread_id, m.thread_pos
FROM message AS m LEFT JOIN letter AS l ON l.id = m.letter_id WHERE m.id = $1

-- How far a message has come. $3 the message; rows of a tenant's register are within the scope. Rows without a
-- municipality (reminders to staff) belong to no tenant: only who sees all sees them, here and below. What is claimed is
-- counted row by row, as it is never more than what is in flight; the rest stands in the tally.
-- name: message_counts scoped
WITH c AS MATERIALIZED (
    SELECT count(*) AS claimed FROM delivery AS d
    WHERE d.message_id = $3 AND d.state = 'claimed'
      AND (d.municipality_code IS NULL AND $1 = 'all' OR {scope d.municipality_code})),
t AS MATERIALIZED (
    SELECT sum(y.open) AS open, sum(y.sent) AS sent, sum(y.failed) AS failed, sum(y.uncertain) AS uncertain,
           sum(y.withdrawn) AS withdrawn, sum(y.expired) AS expired
    FROM tally AS y
    WHERE y.message_id = $3 AND (y.municipality_code = '' AND $1 = 'all' OR {scope y.municipality_code}))
SELECT 'pending', t.open - c.claimed FROM t, c WHERE t.open > c.claimed
UNION ALL SELECT 'claimed', c.claimed FROM c WHERE c.claimed > 0
UNION ALL SELECT 'sent', t.sent FROM t WHERE t.sent > 0
UNION ALL SELECT 'failed', t.failed FROM t WHERE t.failed > 0
UNION ALL SELECT 'uncertain', t.uncertain FROM t WHERE t.uncertain > 0
UNION ALL SELECT 'withdrawn', t.withdrawn FROM t WHERE t.withdrawn > 0
UNION ALL SELECT 'expired', t.expired FROM t WHERE t.expired > 0

-- name: message_counts_municipality scoped
WITH t AS MATERIALIZED (
    SELECT y.municipality_code AS code, m.name AS name, y.open, y.sent, y.failed, y.uncertain, y.withdrawn, y.expired,
           (SELECT count(*) FROM delivery AS d
            WHERE d.message_id = $3 AND d.state = 'claimed' AND d.municipality_code = y.municipality_code) AS claimed
    FROM tally AS y JOIN municipality AS m ON m.code = y.municipality_code
    WHERE y.message_id = $3 AND {scope y.municipality_code})
SELECT code, name, 'pending' AS state, open - claimed AS deliveries FROM t WHERE open > claimed
UNION ALL SELECT code, name, 'claimed', claimed FROM t WHERE claimed > 0
UNION ALL SELECT code, name, 'sent', sent FROM t WHERE sent > 0
UNION ALL SELECT code, name, 'failed', failed FROM t WHERE failed > 0
UNION ALL SELECT code, name, 'uncertain', uncertain FROM t WHERE uncertain > 0
UNION ALL SELECT code, name, 'withdrawn', withdrawn FROM t WHERE withdrawn > 0
UNION ALL SELECT code, name, 'expired', expired FROM t WHERE expired > 0
ORDER BY 1, 3

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
WITH RECURSIVE open_message (id) AS (
    SELECT min(message_id) FROM delivery WHERE (state = 'pending' OR state = 'claimed')
    UNION ALL
    SELECT (SELECT min(d.message_id) FROM delivery AS d
            WHERE (d.state = 'pending' OR d.state = 'claimed') AND d.message_id > o.id)
    FROM open_message AS o WHERE o.id IS NOT NULL),
q AS MATERIALIZED (
    SELECT m.lane AS lane, (SELECT sum(t.open) FROM tally AS t WHERE t.message_id = m.id) AS open,
           (SELECT count(*) FROM delivery AS d WHERE d.message_id = m.id AND d.state = 'claimed') AS claimed,
           (SELECT min(d.due_at) FROM delivery AS d WHERE d.message_id = m.id AND d.state = 'pending') AS due_at
    FROM open_message AS o JOIN message AS m ON m.id = o.id)
SELECT lane, 'pending', sum(open - claimed), min(due_at) FROM q GROUP BY lane HAVING sum(open - claimed) > 0
UNION ALL SELECT lane, 'claimed', sum(claimed), NULL FROM q GROUP BY lane HAVING sum(claimed) > 0

-- name: ledger_counts
WITH RECURSIVE open_message (id) AS (
    SELECT min(message_id) FROM delivery WHERE (state = 'pending' OR state = 'claimed')
    UNION ALL
    SELECT (SELECT min(d.message_id) FROM delivery AS d
            WHERE (d.state = 'pending' OR d.state = 'claimed') AND d.message_id > o.id)
    FROM open_message AS o WHERE o.id IS NOT NULL),
c AS MATERIALIZED (
    SELECT count(*) AS claimed FROM delivery AS d
    WHERE d.state = 'claimed' AND d.message_id IN (SELECT id FROM open_message)),
t AS MATERIALIZED (
    SELECT sum(open) AS open, sum(sent) AS sent, sum(failed) AS failed, sum(uncertain) AS uncertain,
           sum(withdrawn) AS withdrawn, sum(expired) AS expired FROM tally)
SELECT 'pending', t.open - c.claimed FROM t, c WHERE t.open > c.claimed
UNION ALL SELECT 'claimed', c.claimed FROM c WHERE c.claimed > 0
UNION ALL SELECT 'sent', t.sent FROM t WHERE t.sent > 0
UNION ALL SELECT 'failed', t.failed FROM t WHERE t.failed > 0
UNION ALL SELECT 'uncertain', t.uncertain FROM t WHERE t.uncertain > 0
UNION ALL SELECT 'withdrawn', t.withdrawn FROM t WHERE t.withdrawn > 0
UNION ALL SELECT 'expired', t.expired FROM t WHERE t.expired > 0

-- What goes out just now. Messages without a letter or an alert (reminders) are for who sees all.
-- name: message_running scoped
SELECT m.id, m.kind, m.title, m.state, m.letter_id, m.created_at, m.lane, m.alert_id, m.is_exercise FROM message AS m
WHERE m.state IN ('expanding', 'sending')
  AND (m.letter_id IS NULL AND $1 = 'all'
       OR EXISTS (SELECT 1 FROM alert_municipality AS t WHERE t.alert_id = m.thread_id AND {scope t.municipality_code})
       OR EXISTS (SELECT 1 FROM letter_target AS t WHERE t.letter_id = m.letter_id AND {scope t.municipality_code}))
ORDER BY m.lane, m.id LIMIT 20

-- Every message on its way, whoever may see it: its lane, and how many rows are not final. For the expected ends.
-- name: message_open_rows
SELECT m.id, m.lane, (SELECT coalesce(sum(t.open), 0) FROM tally AS t WHERE t.message_id = m.id)
FROM message AS m WHERE m.state IN ('expanding', 'sending') ORDER BY m.id LIMIT $1

-- Rows of message $1 that wait for a time after $2: how many, and the first of their times.
-- name: message_waiting_rows
SELECT count(*), min(due_at) FROM delivery WHERE message_id = $1 AND state = 'pending' AND due_at > $2

-- What a store would send, were sending not on hold ($1 now): messages with rows that are not final, and those that get
-- more rows yet: they are being written, or wait for how the last copies of an earlier one ended.
-- name: restore_messages
SELECT m.id, m.kind, m.title, m.letter_id, m.state, m.created_at, q.rows, q.due FROM message AS m
JOIN (SELECT o.id AS id, sum(o.rows) AS rows, sum(o.due) AS due FROM (
          SELECT d.message_id AS id, count(*) AS rows, sum(CASE WHEN d.due_at <= $1 THEN 1 ELSE 0 END) AS due
          FROM delivery AS d WHERE (d.state = 'pending' OR d.state = 'claimed') GROUP BY d.message_id
          UNION ALL SELECT e.id, 0, 0 FROM message AS e WHERE e.state = 'expanding'
          UNION ALL SELECT w.message_id, 0, 0 FROM thread_wait AS w) AS o
      GROUP BY o.id) AS q ON q.id = m.id
ORDER BY m.id LIMIT 100

-- And the letters that go out by themselves.
-- name: restore_letters
SELECT l.id, l.title, l.period, l.due_at FROM letter AS l LEFT JOIN series AS s ON s.id = l.series_id
WHERE l.state = 'approved' AND l.due_at IS NOT NULL AND (s.paused_at IS NULL OR l.updated_at > l.approved_at)
ORDER BY l.due_at, l.id LIMIT 100

-- name: restore_rows
SELECT count(*) FROM delivery WHERE (state = 'pending' OR state = 'claimed')

-- name: restore_webhooks
SELECT coalesce(sum(pending + in_flight), 0) FROM webhook_lane

-- Groups that are active today and have at least one contact person to whom a copy of message $3 has gone. A row names
-- one group only, but its reader may represent several.
-- name: message_groups_reached scoped
SELECT g.municipality_code, count(*) FROM watch_group AS g
WHERE g.state = 'active' AND ($4 = 0 OR g.id = $4) AND {whole g} AND {scope g.municipality_code}
  AND (EXISTS (SELECT 1 FROM delivery AS d WHERE d.group_id = g.id AND d.message_id = $3 AND d.state = 'sent')
       OR EXISTS (SELECT 1 FROM membership AS ms CROSS JOIN delivery AS d
                  WHERE ms.group_id = g.id AND d.contact_id = ms.contact_id AND d.message_id = $3 AND d.state = 'sent'))
GROUP BY g.municipality_code

-- What did not arrive, or may not have. Protected persons are shown without their address.
-- name: message_failures scoped
SELECT d.id, d.municipality_code, d.state, d.status, d.reply,
       CASE WHEN d.contact_id IN (SELECT c.id FROM contact AS c WHERE c.protected = 1) THEN NULL ELSE d.address END
FROM delivery AS d
WHERE d.message_id = $3 AND (d.state = 'failed' OR d.state = 'uncertain') AND {scope d.municipality_code}
ORDER BY d.id LIMIT $4

-- May this row be tried again? What it is, what became of its message, and whether its reader still wants it.
-- name: delivery_retry_look scoped
SELECT d.state, d.message_id, m.state, d.address_id, a.id,
       CASE m.kind WHEN 'alert' THEN a.alerts_stopped_at ELSE a.unsubscribed_at END, m.kind,
       CASE WHEN d.follows IS NULL THEN g.state END, m.expires_at
FROM delivery AS d JOIN message AS m ON m.id = d.message_id
LEFT JOIN contact_address AS a ON a.id = d.address_id
LEFT JOIN watch_group AS g ON g.id = d.group_id
WHERE d.id = $3 AND (d.municipality_code IS NULL AND $1 = 'all' OR {scope d.municipality_code})

-- An uncertain one may have arrived, whatever becomes of it now.
-- name: delivery_retry
UPDATE delivery SET state = 'pending', due_at = $2, in_doubt = CASE state WHEN 'uncertain' THEN 1 ELSE in_doubt END
WHERE id = $1 AND state IN ('failed', 'uncertain')

-- It ends once more, and what expires must not be forgotten.
-- name: message_resend
UPDATE message SET state = 'sending', finished_at = CASE expires_at WHEN 0 THEN finished_at END WHERE id = $1 AND state = 'finished'

-- All that was sent to one address ($3 its key), newest first, before id $4, at most $5.
-- name: delivery_why scoped
SELECT d.id, d.message_id, m.kind, m.title, m.letter_id, d.municipality_code, d.group_id, d.state, d.due_at, d.attempts,
       d.code, d.status, d.reply, d.step, d.relay, d.created_at, d.first_at, d.last_at, m.alert_id,
       m.is_exercise
FROM delivery AS d JOIN message AS m ON m.id = d.message_id
WHERE d.address_key = $3 AND d.id < $4
  AND (d.municipality_code IS NULL AND $1 = 'all' OR {scope d.municipality_code})
  AND (d.contact_id IS NULL OR d.contact_id NOT IN (SELECT c.id FROM contact AS c WHERE c.protected = 1))
ORDER BY d.id DESC LIMIT $5

-- Who has given this address, for which groups, and whether letters or alerts were refused.
-- name: address_registrations scoped
SELECT c.id, c.name, c.municipality_code, a.address, a.unsubscribed_at, a.alerts_stopped_at, a.created_at, g.id, g.name,
       g.state, ms.role, ms.joined_at
FROM contact_address AS a JOIN contact AS c ON c.id = a.contact_id
LEFT JOIN membership AS ms ON ms.contact_id = c.id
LEFT JOIN watch_group AS g ON g.id = ms.group_id
WHERE a.address_key = $3 AND c.protected = 0 AND {whole c} AND {scope c.municipality_code}
ORDER BY c.name_key, c.id, g.name_key, g.id

-- For checks, as the next.
-- name: message_state
SELECT state FROM message WHERE id = $1

-- What the triggers keep, held against a full count: a row for each message that differs, none when all is well. Walks
-- through the whole ledger: for checks, not for the daemon at work.
-- name: ledger_wrong
WITH counted AS (
    SELECT message_id, coalesce(municipality_code, '') AS code, count(*) AS n,
           sum(CASE WHEN state IN ('pending', 'claimed') THEN 1 ELSE 0 END) AS open,
           sum(CASE state WHEN 'sent' THEN 1 ELSE 0 END) AS sent, sum(CASE state WHEN 'failed' THEN 1 ELSE 0 END) AS failed,
           sum(CASE state WHEN 'uncertain' THEN 1 ELSE 0 END) AS uncertain,
           sum(CASE state WHEN 'withdrawn' THEN 1 ELSE 0 END) AS withdrawn,
           sum(CASE state WHEN 'expired' THEN 1 ELSE 0 END) AS expired
    FROM delivery GROUP BY message_id, coalesce(municipality_code, ''))
SELECT 'tally', c.message_id FROM counted AS c
LEFT JOIN tally AS t ON t.message_id = c.message_id AND t.municipality_code = c.code
WHERE t.message_id IS NULL OR t.open <> c.open OR t.sent <> c.sent OR t.failed <> c.failed
   OR t.uncertain <> c.uncertain OR t.withdrawn <> c.withdrawn OR t.expired <> c.expired
UNION ALL
SELECT 'tally without rows', t.message_id FROM tally AS t
LEFT JOIN counted AS c ON c.message_id = t.message_id AND c.code = t.municipality_code
WHERE c.message_id IS NULL AND t.open + t.sent + t.failed + t.uncertain + t.withdrawn + t.expired <> 0
UNION ALL
SELECT 'lane_queue is late', d.message_id FROM delivery AS d
LEFT JOIN lane_queue AS q ON q.lane = d.lane AND q.message_id = d.message_id
WHERE d.state = 'pending' AND d.lane <> 1 AND (q.message_id IS NULL OR q.due_at > d.due_at)
  AND d.message_id NOT IN (SELECT c.message_id FROM message_closing AS c)
UNION ALL
SELECT 'closed, and still in lane_queue', q.message_id FROM lane_queue AS q
WHERE q.message_id IN (SELECT c.message_id FROM message_closing AS c)
UNION ALL
SELECT 'closed, and nobody moves its rows', m.id FROM message AS m
WHERE m.state IN ('withdrawn', 'expired') AND m.id NOT IN (SELECT c.message_id FROM message_closing AS c)
  AND EXISTS (SELECT 1 FROM delivery AS d WHERE d.message_id = m.id AND d.state = 'pending')
UNION ALL
SELECT 'closed, and a claimed row is not recalled', d.message_id FROM delivery AS d
JOIN message AS m ON m.id = d.message_id
WHERE d.state = 'claimed' AND d.recalled = 0 AND m.state IN ('withdrawn', 'expired')
UNION ALL
SELECT 'waits for what waits', w.message_id FROM thread_wait AS w
LEFT JOIN delivery AS d ON d.id = w.delivery_id WHERE d.id IS NULL OR d.message_id = w.message_id
UNION ALL
SELECT 'follows what it does not know', d.message_id FROM delivery AS d
JOIN message AS m ON m.id = d.message_id LEFT JOIN delivery AS e ON e.id = d.follows
LEFT JOIN message AS n ON n.id = e.message_id
WHERE d.follows IS NOT NULL
  AND (e.id IS NULL OR e.address_key <> d.address_key OR n.thread_id <> m.thread_id OR n.thread_pos >= m.thread_pos)
UNION ALL
SELECT 'an end is forgotten', m.id FROM message AS m
WHERE m.state = 'sending' AND m.id NOT IN (SELECT e.message_id FROM ending AS e)
  AND NOT EXISTS (SELECT 1 FROM thread_wait AS w WHERE w.message_id = m.id)
  AND NOT EXISTS (SELECT 1 FROM delivery AS d WHERE d.message_id = m.id AND (d.state = 'pending' OR d.state = 'claimed'))

-- name: attempt_insert
INSERT INTO attempt (id, delivery_id, at, result, relay, step, code, status, reply)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- All but the newest $2.
-- name: attempt_forget
DELETE FROM attempt WHERE delivery_id = $1
  AND id <= (SELECT a.id FROM attempt AS a WHERE a.delivery_id = $1 ORDER BY a.id DESC LIMIT 1 OFFSET $2)

-- Newest first. Who may see the delivery has been asked already.
-- name: attempt_list
SELECT at, result, relay, step, code, status, reply FROM attempt WHERE delivery_id = $1 ORDER BY id DESC

-- name: delivery_due_at
SELECT due_at FROM delivery WHERE id = $1
