-- Alerts as the API shows them. Who sees a part of an alert's municipalities sees the alert, and of its figures those of
-- that part: the whole number of recipients, and what was asked for, are for those who see all of it. Whom an update or a recall goes
-- to is only known once it has; its deliveries tell.

-- $3 a state or ''; before id $4, at most $5; newest first.
-- name: alert_read_list scoped
SELECT a.id, a.type, a.kind, a.severity, a.title, a.is_exercise, a.state, a.area_text, a.classification,
       CASE WHEN a.type <> 'alert'
              OR EXISTS (SELECT 1 FROM alert_municipality AS t WHERE t.alert_id = a.id AND NOT {scope t.municipality_code})
            THEN NULL ELSE a.recipients END AS recipients,
       (SELECT coalesce(sum(y.sent), 0) FROM tally AS y
        WHERE y.message_id = a.message_id AND {scope y.municipality_code}) AS sent,
       a.author, a.not_before, a.expires_at, a.created_at, a.sent_at, a.root_id
FROM alert AS a
WHERE ($3 = '' OR a.state = $3) AND a.id < $4
  AND ($1 = 'all' OR EXISTS (SELECT 1 FROM alert_municipality AS t WHERE t.alert_id = a.id AND {scope t.municipality_code}))
ORDER BY a.id DESC LIMIT $5

-- name: alert_read_show scoped
SELECT a.id, a.root_id, a.type, a.state, a.kind, a.severity, a.urgency, a.certainty, a.is_exercise, a.life_danger,
       a.classification, a.title, a.text, a.instruction, a.title_en, a.text_en, a.area_text, a.author, a.content_hash,
       a.approved_by, a.approved_at, a.override_reason, a.note,
       CASE WHEN a.type <> 'alert'
              OR EXISTS (SELECT 1 FROM alert_municipality AS t WHERE t.alert_id = a.id AND NOT {scope t.municipality_code})
            THEN NULL ELSE a.recipients END AS recipients,
       CASE WHEN EXISTS (SELECT 1 FROM alert_municipality AS t WHERE t.alert_id = a.id AND NOT {scope t.municipality_code})
            THEN NULL ELSE a.target END AS target,
       (SELECT count(*) FROM alert_group AS ag JOIN watch_group AS g ON g.id = ag.group_id
        WHERE ag.alert_id = a.root_id AND {scope g.municipality_code}) AS groups,
       a.not_before, a.expires_at, a.created_at, a.sent_at, a.ended_at, a.origin, a.origin_id, a.origin_url, a.message_id,
       a.sms
FROM alert AS a
WHERE a.id = $3
  AND ($1 = 'all' OR EXISTS (SELECT 1 FROM alert_municipality AS t WHERE t.alert_id = a.id AND {scope t.municipality_code}))

-- Its municipalities; which there are is no secret.
-- name: alert_read_places
SELECT t.municipality_code, m.name FROM alert_municipality AS t JOIN municipality AS m ON m.code = t.municipality_code
WHERE t.alert_id = $1 ORDER BY t.municipality_code

-- The message that carries it, -1 for one that was not sent; who may see the alert has been asked.
-- name: alert_read_message
SELECT coalesce(a.message_id, -1) FROM alert AS a WHERE a.id = $1

-- The thread of root $3, oldest first.
-- name: alert_read_thread scoped
SELECT a.id, a.type, a.state, a.title, a.author, a.sent_at,
       CASE WHEN a.type <> 'alert'
              OR EXISTS (SELECT 1 FROM alert_municipality AS t WHERE t.alert_id = a.id AND NOT {scope t.municipality_code})
            THEN NULL ELSE a.recipients END AS recipients, a.message_id
FROM alert AS a
WHERE a.root_id = $3
  AND ($1 = 'all' OR EXISTS (SELECT 1 FROM alert_municipality AS t WHERE t.alert_id = a.id AND {scope t.municipality_code}))
ORDER BY a.id

-- For status: what is valid now or waits for a person.
-- name: alert_read_under_way scoped
SELECT a.id, a.type, a.kind, a.title, a.is_exercise, a.state, a.author,
       CASE WHEN a.type <> 'alert'
              OR EXISTS (SELECT 1 FROM alert_municipality AS t WHERE t.alert_id = a.id AND NOT {scope t.municipality_code})
            THEN NULL ELSE a.recipients END AS recipients,
       a.not_before, a.expires_at, a.sent_at, a.message_id
FROM alert AS a
WHERE a.state IN ('active', 'submitted', 'draft')
  AND ($1 = 'all' OR EXISTS (SELECT 1 FROM alert_municipality AS t WHERE t.alert_id = a.id AND {scope t.municipality_code}))
ORDER BY a.id DESC LIMIT 20
