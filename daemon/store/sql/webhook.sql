-- Webhooks: events, and who gets them.

-- --- events ---

-- What became of an alert, $2: its own type says what. A recall is told at any time. $1 id, $3 now. What is for contact
-- persons only is for no webhook.
-- name: webhook_event_alert
INSERT INTO webhook_event (id, type, kind, thread_id, alert_id, letter_id, is_exercise, at, expires_at)
SELECT $1, CASE a.type WHEN 'alert' THEN 'alert.sent' WHEN 'update' THEN 'alert.updated' ELSE 'alert.recalled' END, a.kind,
       a.root_id, a.id, NULL, a.is_exercise, coalesce(a.sent_at, $3), CASE a.type WHEN 'recall' THEN 0 ELSE a.expires_at END
FROM alert AS a WHERE a.id = $2 AND a.classification <> 'ombud_only'

-- name: webhook_event_expired
INSERT INTO webhook_event (id, type, kind, thread_id, alert_id, letter_id, is_exercise, at, expires_at)
SELECT $1, 'alert.expired', a.kind, a.root_id, a.id, NULL, a.is_exercise, $3, 0
FROM alert AS a WHERE a.id = $2 AND a.classification <> 'ombud_only'

-- name: webhook_event_letter
INSERT INTO webhook_event (id, type, kind, thread_id, alert_id, letter_id, is_exercise, at, expires_at)
SELECT $1, 'letter.sent', 'letter', l.id, NULL, l.id, 0, $3, 0
FROM letter AS l WHERE l.id = $2 AND l.classification = 'public'

-- How many deliveries an event can have at most, so that as many ids are set aside.
-- name: webhook_recipient_count
SELECT count(*) FROM webhook_recipient

-- --- who gets an event: $1 event, $2 the first id, $3 now ---

-- A new alert goes to every endpoint that wants its kind and whose scope it touches, when the quiet hours are over.
-- name: webhook_offer_alert
INSERT INTO webhook_delivery (id, event_id, webhook_id, recipient, thread_id, state, held, due_at, expires_at, created_at)
SELECT $2 + row_number() OVER (ORDER BY w.id, r.recipient) - 1, e.id, w.id, r.recipient, e.thread_id, 'pending', 0,
       CASE WHEN a.not_before > $3 THEN a.not_before ELSE $3 END, e.expires_at, $3
FROM webhook_event AS e JOIN alert AS a ON a.id = e.alert_id JOIN webhook AS w ON w.state = 'enabled'
     JOIN webhook_recipient AS r ON r.webhook_id = w.id
WHERE e.id = $1 AND (w.exercises = 1 OR e.is_exercise = 0)
  AND EXISTS (SELECT 1 FROM webhook_kind AS k WHERE k.webhook_id = w.id AND k.kind IN ('alert', e.kind))
  AND CASE w.scope_kind
      WHEN 'all' THEN 1 = 1
      WHEN 'group' THEN EXISTS (SELECT 1 FROM alert_group AS g WHERE g.alert_id = e.thread_id AND g.group_id = w.group_id)
      WHEN 'municipality' THEN EXISTS (SELECT 1 FROM alert_municipality AS m
                                       WHERE m.alert_id = e.thread_id AND m.municipality_code = w.scope_code)
      ELSE EXISTS (SELECT 1 FROM scope_municipality AS s JOIN alert_municipality AS m
                       ON m.alert_id = e.thread_id AND m.municipality_code = s.municipality_code
                   WHERE s.kind = w.scope_kind AND s.code = w.scope_code) END

-- name: webhook_offer_letter
INSERT INTO webhook_delivery (id, event_id, webhook_id, recipient, thread_id, state, held, due_at, expires_at, created_at)
SELECT $2 + row_number() OVER (ORDER BY w.id, r.recipient) - 1, e.id, w.id, r.recipient, e.thread_id, 'pending', 0, $3,
       e.expires_at, $3
FROM webhook_event AS e JOIN letter AS l ON l.id = e.letter_id JOIN webhook AS w ON w.state = 'enabled'
     JOIN webhook_recipient AS r ON r.webhook_id = w.id
WHERE e.id = $1 AND EXISTS (SELECT 1 FROM webhook_kind AS k WHERE k.webhook_id = w.id AND k.kind = 'letter')
  AND CASE w.scope_kind
      WHEN 'all' THEN 1 = 1
      WHEN 'group' THEN (l.scope_kind <> 'group' OR l.scope_code = w.scope_code)
          AND EXISTS (SELECT 1 FROM letter_target AS t JOIN watch_group AS g ON g.municipality_code = t.municipality_code
                      WHERE t.letter_id = l.id AND g.id = w.group_id AND g.state = 'active')
      WHEN 'municipality' THEN EXISTS (SELECT 1 FROM letter_target AS t
                                       WHERE t.letter_id = l.id AND t.municipality_code = w.scope_code)
      ELSE EXISTS (SELECT 1 FROM scope_municipality AS s JOIN letter_target AS t
                       ON t.letter_id = l.id AND t.municipality_code = s.municipality_code
                   WHERE s.kind = w.scope_kind AND s.code = w.scope_code) END

-- What follows an alert goes where an earlier part of its thread is, or may be; an update ($4 1) also where one was about to
-- go. All are held until the earlier ones are out of the way. That an alert has run out wakes nobody: what rings waits until
-- $5, the end of the quiet hours.
-- name: webhook_offer_follow
INSERT INTO webhook_delivery (id, event_id, webhook_id, recipient, thread_id, state, held, due_at, expires_at, created_at)
SELECT $2 + row_number() OVER (ORDER BY p.webhook_id, p.recipient) - 1, e.id, p.webhook_id, p.recipient, e.thread_id,
       'pending', 1, CASE WHEN e.type = 'alert.expired' THEN CASE WHEN w.format IN ('46elks', 'ntfy') THEN $5 ELSE $3 END
                          WHEN a.not_before > $3 THEN a.not_before ELSE $3 END, e.expires_at, $3
FROM webhook_event AS e JOIN alert AS a ON a.id = e.alert_id
     JOIN (SELECT DISTINCT d.thread_id, d.webhook_id, d.recipient FROM webhook_delivery AS d
           WHERE d.thread_id = $6
             AND (d.reached > 0 OR d.state = 'claimed' OR ($4 = 1 AND d.state = 'pending'))) AS p ON p.thread_id = e.thread_id
     JOIN webhook AS w ON w.id = p.webhook_id AND w.state = 'enabled'
     JOIN webhook_recipient AS r ON r.webhook_id = p.webhook_id AND r.recipient = p.recipient
WHERE e.id = $1

-- The rest of the thread $1 does not go out any more: it becomes $3 ('withdrawn', 'expired'), save what belongs to event $2.
-- name: webhook_overtake
UPDATE webhook_delivery SET state = CASE state WHEN 'pending' THEN $3 ELSE state END, recalled = 1,
    last_at = CASE state WHEN 'pending' THEN $4 ELSE last_at END
WHERE thread_id = $1 AND event_id <> $2 AND (state = 'pending' OR state = 'claimed')

-- What has nothing before it in its thread may go.
-- name: webhook_let_go
UPDATE webhook_delivery SET held = 0
WHERE thread_id = $1 AND held = 1 AND state = 'pending'
  AND NOT EXISTS (SELECT 1 FROM webhook_delivery AS o
                  WHERE o.webhook_id = webhook_delivery.webhook_id AND o.thread_id = webhook_delivery.thread_id
                    AND o.recipient = webhook_delivery.recipient AND (o.state = 'pending' OR o.state = 'claimed')
                    AND o.id <> webhook_delivery.id AND (o.held = 0 OR o.id < webhook_delivery.id))

-- name: webhook_event_get
SELECT type, kind, thread_id, alert_id, letter_id, is_exercise, at FROM webhook_event WHERE id = $1

-- Who was given the events of type $1, for a look at the whole.
-- A letter's title, with each municipality that it is for.
-- name: webhook_letter
SELECT l.title, m.name FROM letter AS l JOIN letter_target AS t ON t.letter_id = l.id
    JOIN municipality AS m ON m.code = t.municipality_code
WHERE l.id = $1 ORDER BY m.name_key

-- --- endpoints ---

-- name: webhook_load
SELECT id, name, scope_kind, scope_code, group_id, url, format, exercises, settings, user_name, credential, owner_id, owner,
       owner_email, state
FROM webhook WHERE id = $1

-- What deliveries are signed with at $2, the present secret first.
-- name: webhook_secrets
SELECT secret FROM webhook_secret WHERE webhook_id = $1 AND (retires_at IS NULL OR retires_at > $2)
ORDER BY id DESC LIMIT $3

-- --- the queue ---

-- Lanes whose time has come.
-- name: webhook_lane_wake
UPDATE webhook_lane SET ready = 1 + is_failing, due_at = NULL
WHERE ready = 0 AND due_at IS NOT NULL AND due_at <= $1

-- name: webhook_lane_turn
SELECT webhook_id, in_flight, paused_until FROM webhook_lane
WHERE ready > 0 AND ready = $1 AND webhook_id > $2 AND webhook_id <= $3 ORDER BY webhook_id LIMIT $4

-- $2 rows of it were claimed. It rests until $3, or, when that is NULL, until something of it changes.
-- name: webhook_lane_rest
UPDATE webhook_lane SET ready = 0, due_at = $3, pending = pending - $2, in_flight = in_flight + $2 WHERE webhook_id = $1

-- Nothing more of it is due: until its next one is.
-- name: webhook_lane_wait
UPDATE webhook_lane SET ready = 0, pending = pending - $2, in_flight = in_flight + $2,
    due_at = (SELECT min(d.due_at) FROM webhook_delivery AS d
              WHERE d.webhook_id = $1 AND d.state = 'pending' AND d.held = 0)
WHERE webhook_id = $1

-- There may be more.
-- name: webhook_lane_took
UPDATE webhook_lane SET pending = pending - $2, in_flight = in_flight + $2 WHERE webhook_id = $1

-- Is something left that is due at $1? $2 1: of endpoints that do not fail; 2: of any.
-- name: webhook_lane_more
SELECT 1 FROM webhook_lane WHERE ready > 0 AND ready <= $2
UNION ALL
SELECT 1 FROM webhook_lane WHERE ready = 0 AND due_at IS NOT NULL AND due_at <= $1 AND is_failing < $2
LIMIT 1

-- name: webhook_claimable
SELECT id, event_id, thread_id, recipient, attempts + 1, coalesce(first_at, $2), expires_at FROM webhook_delivery
WHERE webhook_id = $1 AND state = 'pending' AND held = 0 AND due_at <= $2
ORDER BY due_at, id LIMIT $3 {lock}

-- One of these, whose first attempt began at $3. By its id alone and without RETURNING, for which SQLite would make a table
-- each time.
-- name: webhook_claim
UPDATE webhook_delivery SET state = 'claimed', attempts = attempts + 1, last_at = $2, first_at = $3
WHERE id = $1 AND state = 'pending'

-- Has this receiver anything of the thread?
-- name: webhook_has_reached
SELECT 1 FROM webhook_delivery WHERE thread_id = $1 AND webhook_id = $2 AND recipient = $3 AND reached > 0 LIMIT 1

-- A claimed row that is not sent at all, and why.
-- name: webhook_drop
UPDATE webhook_delivery SET state = $2, detail = $3, last_at = $4, attempts = attempts - 1 WHERE id = $1 AND state = 'claimed'

-- A claimed row that must not ring now: not claimed after all, and not due before $2. $3 why, unless an attempt said more.
-- name: webhook_put_off
UPDATE webhook_delivery SET state = 'pending', due_at = $2, attempts = attempts - 1, detail = coalesce(detail, $3),
    first_at = CASE attempts WHEN 1 THEN NULL ELSE first_at END
WHERE id = $1 AND state = 'claimed'

-- The end of an attempt. $2 the state that the outcome means; a row that was overtaken, or whose endpoint is disabled by
-- now, does not wait for another try (a test has but one anyway). No try is due after its alert's end, by the clock as far
-- as it is proven, from which $4 is $13 ahead.
-- name: webhook_record
UPDATE webhook_delivery SET
    state = CASE WHEN $2 <> 'pending' THEN $2 WHEN recalled = 1 THEN 'withdrawn'
                 WHEN thread_id <> event_id AND (SELECT w.state FROM webhook AS w WHERE w.id = webhook_delivery.webhook_id) <> 'enabled'
                 THEN 'failed' ELSE 'pending' END,
    due_at = CASE WHEN expires_at > 0 AND expires_at + $13 < $3 THEN expires_at + $13 ELSE $3 END, last_at = $4, duration_ms = $5, http_status = $6, detail = $7, peer = $8, answer = $9, transcript = $10,
    reached = CASE WHEN $11 > reached THEN $11 ELSE reached END
WHERE id = $1 AND state = 'claimed' AND webhook_id = $12

-- name: webhook_is_test
SELECT CASE WHEN thread_id = event_id THEN 1 ELSE 0 END FROM webhook_delivery WHERE id = $1

-- As if it had not been claimed; $2 when again, 0: as it was.
-- name: webhook_give_back
UPDATE webhook_delivery SET
    state = CASE WHEN recalled = 1 THEN 'withdrawn'
                 WHEN thread_id <> event_id AND (SELECT w.state FROM webhook AS w WHERE w.id = webhook_delivery.webhook_id) <> 'enabled'
                 THEN 'failed' ELSE 'pending' END,
    attempts = attempts - 1, first_at = CASE attempts WHEN 1 THEN NULL ELSE first_at END,
    due_at = CASE $2 WHEN 0 THEN due_at ELSE $2 END
WHERE id = $1 AND state = 'claimed'

-- The time of the last success is good to a second, so that a busy endpoint is not written to each time.
-- name: webhook_lane_succeeded
UPDATE webhook_lane SET is_failing = 0, ready = CASE WHEN ready > 0 THEN 1 ELSE 0 END, failing_since = NULL,
    last_success_at = $2, paused_until = 0
WHERE webhook_id = $1 AND (is_failing = 1 OR failing_since IS NOT NULL OR paused_until > 0 OR last_success_at IS NULL
                           OR last_success_at NOT BETWEEN $2 - 999999 AND $2)

-- $3 does the receiver as such fail?, $4 words, $5 paused until.
-- name: webhook_lane_failed
UPDATE webhook_lane SET is_failing = $3, ready = CASE WHEN ready > 0 THEN 1 + $3 ELSE 0 END,
    failing_since = coalesce(failing_since, $2), last_error_at = $2, last_error = $4,
    paused_until = CASE WHEN $5 > paused_until THEN $5 ELSE paused_until END
WHERE webhook_id = $1

-- A test that fails says something to who asked, and counts for nothing else.
-- name: webhook_lane_test_failed
UPDATE webhook_lane SET last_error_at = $2, last_error = $3 WHERE webhook_id = $1

-- name: webhook_failing_since
SELECT coalesce(l.failing_since, 0) FROM webhook_lane AS l JOIN webhook AS w ON w.id = l.webhook_id
WHERE l.webhook_id = $1 AND w.state = 'enabled'

-- name: webhook_next_due
SELECT min(due_at) FROM webhook_lane WHERE ready = 0 AND due_at IS NOT NULL AND due_at > $1

-- In a store restored from a backup: what was queued when that was taken may have left since.
-- name: webhook_doubt_queued
UPDATE webhook_delivery SET reached = 1
WHERE reached = 0 AND (state = 'pending' OR state = 'claimed')
    AND webhook_id IN (SELECT l.webhook_id FROM webhook_lane AS l WHERE l.pending > 0 OR l.in_flight > 0)

-- In flight when the process ended: the receiver may have it, so that it is told of a recall.
-- name: webhook_recover
UPDATE webhook_delivery SET state = CASE recalled WHEN 1 THEN 'withdrawn' ELSE 'pending' END, due_at = $1,
    reached = CASE reached WHEN 0 THEN 1 ELSE reached END
WHERE state = 'claimed' AND webhook_id IN (SELECT l.webhook_id FROM webhook_lane AS l WHERE l.in_flight > 0)

-- name: webhook_counts
SELECT count(*), coalesce(sum(l.is_failing), 0), coalesce(sum(CASE w.state WHEN 'disabled' THEN 1 ELSE 0 END), 0),
       coalesce(sum(l.pending), 0), coalesce(sum(l.failed), 0)
FROM webhook AS w JOIN webhook_lane AS l ON l.webhook_id = w.id

-- The wall clock jumped by $1: what lies ahead of $2 moves with it, but for what waits for an hour of the day (the end of
-- the quiet hours), here and below. $3 is what the clock showed without the jump.
-- name: webhook_shift
UPDATE webhook_delivery SET first_at = first_at + $1,
    due_at = CASE WHEN expires_at > 0 AND due_at + $1 > expires_at THEN expires_at ELSE due_at + $1 END
WHERE state = 'pending' AND due_at > $2
    AND webhook_id IN (SELECT l.webhook_id FROM webhook_lane AS l WHERE l.pending > 0)
    AND NOT EXISTS (SELECT 1 FROM webhook_event AS e JOIN alert AS a ON a.id = e.alert_id
                    WHERE e.id = webhook_delivery.event_id
                      AND (a.not_before = webhook_delivery.due_at
                           OR (e.type = 'alert.expired' AND webhook_delivery.attempts = 0 AND webhook_delivery.due_at > $3)))

-- Rows that lie further ahead ($2) than any wait is long: the clock was ahead when they were written. Due now ($1).
-- name: webhook_pull_back
UPDATE webhook_delivery SET due_at = $1 WHERE state = 'pending' AND due_at > $2
    AND webhook_id IN (SELECT l.webhook_id FROM webhook_lane AS l WHERE l.pending > 0)
    AND NOT EXISTS (SELECT 1 FROM webhook_event AS e JOIN alert AS a ON a.id = e.alert_id
                    WHERE e.id = webhook_delivery.event_id AND a.not_before = webhook_delivery.due_at)

-- The lanes follow: they have failed for as long ($3 now), are paused for as long, though not beyond $4, and are looked at
-- when the first of their rows is due.
-- name: webhook_lane_shift
UPDATE webhook_lane SET
    failing_since = CASE WHEN failing_since + $1 > $3 THEN $3 ELSE failing_since + $1 END,
    paused_until = CASE WHEN paused_until <= $2 THEN paused_until
                        WHEN paused_until + $1 > $4 THEN 0 ELSE paused_until + $1 END,
    due_at = CASE ready WHEN 0 THEN (SELECT min(d.due_at) FROM webhook_delivery AS d
                                     WHERE d.webhook_id = webhook_lane.webhook_id AND d.state = 'pending' AND d.held = 0) END
WHERE pending > 0 OR paused_until > $2 OR failing_since IS NOT NULL

-- --- disabling ---

-- name: webhook_disable
UPDATE webhook SET state = 'disabled', disabled_reason = $2, disabled_at = $3, updated_at = $3
WHERE id = $1 AND state = 'enabled'

-- name: webhook_enable
UPDATE webhook SET state = 'enabled', disabled_reason = NULL, disabled_at = NULL, updated_at = $2
WHERE id = $1 AND state = 'disabled'

-- What waited becomes dead letters, all but tests.
-- name: webhook_give_up
UPDATE webhook_delivery SET state = 'failed', detail = $2, last_at = $3
WHERE webhook_id = $1 AND state = 'pending' AND thread_id <> event_id

-- A new beginning: what was before does not count any more.
-- name: webhook_lane_renew
UPDATE webhook_lane SET is_failing = 0, failing_since = NULL, paused_until = 0 WHERE webhook_id = $1

-- --- forgetting ---

-- At most $3 deliveries that ended: dead letters before $2, others before $1.
-- name: webhook_forget
DELETE FROM webhook_delivery WHERE id IN (
    SELECT d.id FROM webhook_event AS e JOIN webhook_delivery AS d ON d.event_id = e.id
    WHERE e.at < $1 AND d.state NOT IN ('pending', 'claimed')
      AND coalesce(d.last_at, d.created_at) < CASE d.state WHEN 'failed' THEN $2 ELSE $1 END
    LIMIT $3)

-- name: webhook_forget_events
DELETE FROM webhook_event WHERE id IN (
    SELECT e.id FROM webhook_event AS e
    WHERE e.at < $1 AND NOT EXISTS (SELECT 1 FROM webhook_delivery AS d WHERE d.event_id = e.id) LIMIT $2)

-- --- endpoints: added, found, changed ---

-- By id $3 or name $4; seen by whom its scope touches.
-- name: webhook_find scoped
SELECT w.id FROM webhook AS w
WHERE (w.id = $3 OR ($3 = 0 AND w.name = $4))
  AND ($1 = 'all' OR EXISTS (SELECT 1 FROM webhook_municipality AS m
                             WHERE m.webhook_id = w.id AND {scope m.municipality_code}))

-- name: webhook_insert
INSERT INTO webhook (id, name, scope_kind, scope_code, group_id, url, format, exercises, settings, user_name, credential,
    owner_id, owner, owner_email, state, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 'enabled', $15, $15)

-- name: webhook_owner_email
SELECT email FROM staff_user WHERE id = $1

-- name: webhook_municipality_add
INSERT INTO webhook_municipality (webhook_id, municipality_code)
SELECT CAST($1 AS BIGINT), s.municipality_code FROM scope_municipality AS s WHERE s.kind = $2 AND s.code = $3

-- name: webhook_municipality_clear_areas
DELETE FROM webhook_municipality
WHERE webhook_id IN (SELECT w.id FROM webhook AS w WHERE w.scope_kind = 'police_area')

-- name: webhook_municipality_fill_areas
INSERT INTO webhook_municipality (webhook_id, municipality_code)
SELECT w.id, s.municipality_code FROM webhook AS w JOIN scope_municipality AS s ON s.kind = w.scope_kind AND s.code = w.scope_code
WHERE w.scope_kind = 'police_area'

-- name: webhook_lane_add
INSERT INTO webhook_lane (webhook_id) VALUES ($1)

-- name: webhook_kind_add
INSERT INTO webhook_kind (webhook_id, kind) VALUES ($1, $2) ON CONFLICT (webhook_id, kind) DO NOTHING

-- name: webhook_recipient_add
INSERT INTO webhook_recipient (webhook_id, recipient) VALUES ($1, $2)

-- name: webhook_update
UPDATE webhook SET name = $2, url = $3, exercises = $4, settings = $5, user_name = $6, credential = $7, owner_email = $8,
    updated_at = $9
WHERE id = $1

-- name: webhook_kinds_clear
DELETE FROM webhook_kind WHERE webhook_id = $1

-- name: webhook_recipients_clear
DELETE FROM webhook_recipient WHERE webhook_id = $1

-- What waits for recipients that are none any more.
-- name: webhook_strangers_withdraw
UPDATE webhook_delivery SET state = CASE state WHEN 'pending' THEN 'withdrawn' ELSE state END, recalled = 1,
    detail = 'the recipient was taken out of the endpoint', last_at = CASE state WHEN 'pending' THEN $2 ELSE last_at END
WHERE webhook_id = $1 AND (state = 'pending' OR state = 'claimed')
  AND NOT EXISTS (SELECT 1 FROM webhook_recipient AS r
                  WHERE r.webhook_id = webhook_delivery.webhook_id AND r.recipient = webhook_delivery.recipient)

-- name: webhook_secret_add
INSERT INTO webhook_secret (id, webhook_id, secret, created_at) VALUES ($1, $2, $3, $4)

-- The present secret is valid until $2.
-- name: webhook_secret_retire
UPDATE webhook_secret SET retires_at = $2 WHERE webhook_id = $1 AND (retires_at IS NULL OR retires_at > $2)

-- How many are valid at $2, and when the first of them is not any more.
-- name: webhook_secret_valid
SELECT count(*), min(retires_at) FROM webhook_secret WHERE webhook_id = $1 AND (retires_at IS NULL OR retires_at > $2)

-- What is retired at $2 goes away.
-- name: webhook_secret_trim
DELETE FROM webhook_secret WHERE webhook_id = $1 AND retires_at <= $2

-- name: webhook_secrets_forget
DELETE FROM webhook_secret WHERE retires_at <= $1

-- name: webhook_deliveries_remove
DELETE FROM webhook_delivery WHERE webhook_id = $1

-- name: webhook_remove
DELETE FROM webhook WHERE id = $1

-- --- tests, replays, reports ---

-- name: webhook_event_test
INSERT INTO webhook_event (id, type, kind, thread_id, alert_id, letter_id, is_exercise, at, expires_at)
VALUES ($1, 'webhook.test', 'test', $1, NULL, NULL, 1, $2, 0)

-- To its first recipient.
-- name: webhook_offer_test
INSERT INTO webhook_delivery (id, event_id, webhook_id, recipient, thread_id, state, held, due_at, expires_at, created_at)
SELECT CAST($2 AS BIGINT), e.id, r.webhook_id, r.recipient, e.thread_id, 'pending', 0, $3, 0, $3
FROM webhook_event AS e JOIN webhook_recipient AS r ON r.webhook_id = $4
WHERE e.id = $1 ORDER BY r.recipient LIMIT 1

-- Somebody looks at it now: no pause holds the test.
-- name: webhook_lane_unpause
UPDATE webhook_lane SET paused_until = 0 WHERE webhook_id = $1

-- Again from the beginning, under the same webhook-id; what is over ($3 now) only when $4 is 1. Held until it is the
-- first of its thread, and until the quiet hours of its alert are over.
-- name: webhook_replay_one
UPDATE webhook_delivery SET state = 'pending', held = 1, recalled = 0, attempts = 0, first_at = NULL,
    due_at = (SELECT CASE WHEN a.not_before > $3 THEN a.not_before ELSE $3 END
              FROM webhook_event AS e LEFT JOIN alert AS a ON a.id = e.alert_id WHERE e.id = webhook_delivery.event_id),
    expires_at = CASE $4 WHEN 1 THEN 0 ELSE expires_at END
WHERE webhook_id = $1 AND id = $2 AND state NOT IN ('pending', 'claimed') AND thread_id <> event_id
  AND EXISTS (SELECT 1 FROM webhook_recipient AS r
              WHERE r.webhook_id = webhook_delivery.webhook_id AND r.recipient = webhook_delivery.recipient)
  AND ($4 = 1 OR ((expires_at = 0 OR expires_at > $3)
                  AND NOT EXISTS (SELECT 1 FROM webhook_delivery AS l
                                  WHERE l.thread_id = webhook_delivery.thread_id AND l.webhook_id = webhook_delivery.webhook_id
                                    AND l.recipient = webhook_delivery.recipient AND l.event_id > webhook_delivery.event_id)))

-- The dead letters of events since $2, and what has expired when $4 is 1.
-- name: webhook_replay_all
UPDATE webhook_delivery SET state = 'pending', held = 1, recalled = 0, attempts = 0, first_at = NULL,
    due_at = (SELECT CASE WHEN a.not_before > $3 THEN a.not_before ELSE $3 END
              FROM webhook_event AS e LEFT JOIN alert AS a ON a.id = e.alert_id WHERE e.id = webhook_delivery.event_id),
    expires_at = CASE $4 WHEN 1 THEN 0 ELSE expires_at END
WHERE webhook_id = $1 AND created_at >= $2 AND (state = 'failed' OR ($4 = 1 AND state = 'expired')) AND thread_id <> event_id
  AND EXISTS (SELECT 1 FROM webhook_recipient AS r
              WHERE r.webhook_id = webhook_delivery.webhook_id AND r.recipient = webhook_delivery.recipient)
  AND ($4 = 1 OR ((expires_at = 0 OR expires_at > $3)
                  AND NOT EXISTS (SELECT 1 FROM webhook_event AS l
                                  WHERE l.thread_id = webhook_delivery.thread_id AND l.id > webhook_delivery.event_id)))

-- name: webhook_let_go_endpoint
UPDATE webhook_delivery SET held = 0
WHERE webhook_id = $1 AND held = 1 AND state = 'pending'
  AND NOT EXISTS (SELECT 1 FROM webhook_delivery AS o
                  WHERE o.webhook_id = webhook_delivery.webhook_id AND o.thread_id = webhook_delivery.thread_id
                    AND o.recipient = webhook_delivery.recipient AND (o.state = 'pending' OR o.state = 'claimed')
                    AND o.id <> webhook_delivery.id AND (o.held = 0 OR o.id < webhook_delivery.id))

-- name: webhook_report
UPDATE webhook_delivery SET report = $2, report_at = $3 WHERE id = $1
