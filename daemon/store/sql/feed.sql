-- What anybody may read without a login. Only what was sent and is public; nothing of persons, groups or numbers.

-- The newest message of each thread. $3 exercises or real ones, $4 none older than that, $5 none that ended before
-- that, $6 how many. What it is for was settled when the thread's first was sent.
-- name: feed_alerts scoped
SELECT a.id FROM alert AS a JOIN message AS m ON m.id = a.message_id
WHERE a.sent_at > $4 AND a.is_exercise = $3 AND a.classification = 'public'
  AND coalesce(a.ended_at, CASE a.type WHEN 'recall' THEN a.sent_at ELSE a.expires_at END) > $5
  AND NOT EXISTS (SELECT 1 FROM message AS x WHERE x.thread_id = m.thread_id AND x.thread_pos > m.thread_pos)
  AND EXISTS (SELECT 1 FROM alert_municipality AS t WHERE t.alert_id = a.root_id AND {scope t.municipality_code})
ORDER BY a.sent_at DESC, a.id DESC LIMIT $6

-- The newest of the thread of $1.
-- name: feed_alert_latest
SELECT m.alert_id FROM message AS m WHERE m.thread_id = $1 ORDER BY m.thread_pos DESC LIMIT 1

-- Letters that have begun to go out, newest first. $3 none older than that, $4 how many.
-- name: feed_letters scoped
SELECT l.id, l.kind, l.scope_kind, l.scope_code, m.source, m.created_at
FROM letter AS l JOIN message AS m ON m.id = l.message_id
WHERE l.classification = 'public' AND l.state IN ('sending', 'sent') AND m.created_at > $3
  AND EXISTS (SELECT 1 FROM letter_target AS t WHERE t.letter_id = l.id AND {scope t.municipality_code})
ORDER BY l.message_id DESC LIMIT $4

-- name: feed_letter
SELECT l.id, l.kind, l.scope_kind, l.scope_code, m.source, m.created_at
FROM letter AS l JOIN message AS m ON m.id = l.message_id
WHERE l.id = $1 AND l.classification = 'public' AND l.state IN ('sending', 'sent')

-- Series of areas and municipalities; one for a single group is that group's affair. $3 a series, or 0; $4 how many.
-- name: feed_series scoped
SELECT s.id, s.created_at FROM series AS s
WHERE s.paused_at IS NULL AND s.scope_kind <> 'group' AND ($3 = 0 OR s.id = $3)
  AND EXISTS (SELECT 1 FROM series_target AS t WHERE t.series_id = s.id AND {scope t.municipality_code})
ORDER BY s.id LIMIT $4
