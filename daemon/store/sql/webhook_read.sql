-- Webhook endpoints and their deliveries, for people to look at. Nothing here reads a secret.

-- Endpoints that the scope touches, after ($3 name, $4 id), $5 of them.
-- name: webhook_list scoped
SELECT w.id, w.name, w.scope_kind, w.scope_code, w.url, w.format, w.exercises, w.state, w.disabled_reason, w.disabled_at,
       l.is_failing, l.failing_since, l.paused_until, l.last_success_at, l.last_error_at, l.last_error, l.pending, l.failed,
       w.owner, w.created_at
FROM webhook AS w JOIN webhook_lane AS l ON l.webhook_id = w.id
WHERE ($1 = 'all' OR EXISTS (SELECT 1 FROM webhook_municipality AS m
                             WHERE m.webhook_id = w.id AND {scope m.municipality_code}))
  AND (w.name > $3 OR (w.name = $3 AND w.id > $4))
ORDER BY w.name, w.id LIMIT $5

-- name: webhook_show
SELECT w.id, w.name, w.scope_kind, w.scope_code, w.url, w.format, w.exercises, w.state, w.disabled_reason, w.disabled_at,
       l.is_failing, l.failing_since, l.paused_until, l.last_success_at, l.last_error_at, l.last_error, l.pending, l.failed,
       w.owner, w.created_at, w.owner_email, w.user_name, CASE WHEN w.credential IS NULL THEN 0 ELSE 1 END, w.settings,
       w.updated_at
FROM webhook AS w JOIN webhook_lane AS l ON l.webhook_id = w.id
WHERE w.id = $1

-- name: webhook_kinds
SELECT kind FROM webhook_kind WHERE webhook_id = $1 ORDER BY kind

-- name: webhook_recipients
SELECT recipient FROM webhook_recipient WHERE webhook_id = $1 AND recipient <> '' ORDER BY recipient

-- When secrets were made and retire, and of which kind; what they are is read by the queue alone.
-- name: webhook_secret_list
SELECT created_at, retires_at, CASE WHEN secret LIKE 'whsk%' THEN 'ed25519' ELSE 'hmac' END FROM webhook_secret
WHERE webhook_id = $1 AND (retires_at IS NULL OR retires_at > $2) ORDER BY id DESC

-- Deliveries of endpoint $1 in state $2 ('': any), newest first, before $3, $4 of them.
-- name: webhook_delivery_list
SELECT d.id, d.event_id, e.type, e.kind, e.alert_id, e.letter_id, d.recipient, d.state, d.due_at, d.attempts, d.http_status,
       d.detail, d.report, d.report_at, d.created_at, d.first_at, d.last_at, d.duration_ms
FROM webhook_delivery AS d JOIN webhook_event AS e ON e.id = d.event_id
WHERE d.webhook_id = $1 AND ($2 = '' OR d.state = $2) AND d.id < $3
ORDER BY d.id DESC LIMIT $4

-- name: webhook_delivery_show
SELECT d.id, d.event_id, e.type, e.kind, e.alert_id, e.letter_id, d.recipient, d.state, d.due_at, d.attempts, d.http_status,
       d.detail, d.report, d.report_at, d.created_at, d.first_at, d.last_at, d.duration_ms, d.expires_at, d.peer, d.answer,
       d.transcript
FROM webhook_delivery AS d JOIN webhook_event AS e ON e.id = d.event_id
WHERE d.webhook_id = $1 AND d.id = $2
