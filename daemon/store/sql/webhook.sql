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
-- go. All are held until the earlier ones are out of the way.
-- name: webhook_offer_follow
INSERT INTO webhook_delivery (id, event_id, webhook_id, recipient, thread_id, state, held, due_at, expires_at, created_at)
SELECT $2 + row_number() OVER (ORDER BY p.webhook_id, p.recipient) - 1, e.id, p.webhook_id, p.recipient, e.thread_id,
       'pending', 1, CASE WHEN a.not_before > $3 AND e.type <> 'alert.expired' THEN a.not_before ELSE $3 END, e.expires_at, $3
FROM webhook_event AS e JOIN alert AS a ON a.id = e.alert_id
     JOIN (SELECT DISTINCT d.thread_id, d.webhook_id, d.recipient FROM webhook_delivery AS d
           WHERE d.reached > 0 OR d.state = 'claimed' OR ($4 = 1 AND d.state = 'pending')) AS p ON p.thread_id = e.thread_id
     JOIN webhook AS w ON w.id = p.webhook_id AND w.state = 'enabled'
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
                    AND o.recipient = webhook_delivery.recipient AND o.id < webhook_delivery.id
                    AND (o.state = 'pending' OR o.state = 'claimed'))

-- name: webhook_event_get
SELECT type, kind, thread_id, alert_id, letter_id, is_exercise, at FROM webhook_event WHERE id = $1

-- Who was given the events of type $1, for a look at the whole.
-- name: webhook_event_who
SELECT d.webhook_id, d.state, d.held FROM webhook_delivery AS d JOIN webhook_event AS e ON e.id = d.event_id
WHERE e.type = $1 ORDER BY d.webhook_id, d.id
