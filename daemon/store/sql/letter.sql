-- Series and letters.

-- name: series_insert
INSERT INTO series (id, name, scope_kind, scope_code, letter_kind, rrule, local_time, time_zone, anchor_date, working_day,
    covers_previous, watched_from, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)

-- name: series_target_insert
INSERT INTO series_target (series_id, municipality_code)
SELECT $1, s.municipality_code FROM scope_municipality AS s WHERE s.kind = $2 AND s.code = $3

-- name: series_target_insert_one
INSERT INTO series_target (series_id, municipality_code) VALUES ($1, $2)

-- The division into police areas changes; a series follows it.
-- name: series_target_clear_areas
DELETE FROM series_target WHERE series_id IN (SELECT s.id FROM series AS s WHERE s.scope_kind = 'police_area')

-- name: series_target_fill_areas
INSERT INTO series_target (series_id, municipality_code)
SELECT s.id, m.municipality_code FROM series AS s
JOIN scope_municipality AS m ON m.kind = 'police_area' AND m.code = s.scope_code
WHERE s.scope_kind = 'police_area'

-- name: series_get
SELECT id, name, scope_kind, scope_code, letter_kind, rrule, local_time, time_zone, anchor_date, working_day, paused_at,
       watched_from, covers_previous
FROM series WHERE id = $1

-- name: series_to_remind
SELECT id FROM series WHERE paused_at IS NULL AND id > $1 ORDER BY id LIMIT $2

-- A series is seen by whom it concerns ...
-- name: series_list scoped
SELECT s.id, s.name, s.scope_kind, s.scope_code, s.letter_kind, s.rrule, s.local_time, s.time_zone, s.anchor_date,
       s.working_day, s.paused_at, s.created_at, s.covers_previous
FROM series AS s
WHERE ($3 = 0 OR s.id = $3) AND ($4 = '' OR s.name = $4)
  AND EXISTS (SELECT 1 FROM series_target AS t WHERE t.series_id = s.id AND {scope t.municipality_code})
ORDER BY s.name

-- ... and changed by whose area covers all of it.
-- name: series_uncovered scoped
SELECT count(*) FROM series_target AS t WHERE t.series_id = $3 AND NOT {scope t.municipality_code}

-- name: series_pause
UPDATE series SET paused_at = $2 WHERE id = $1 AND paused_at IS NULL

-- name: series_resume
UPDATE series SET paused_at = NULL, watched_from = $2 WHERE id = $1 AND paused_at IS NOT NULL

-- The series that a letter's head means: of its kind, for its area.
-- name: series_for_scope
SELECT id FROM series WHERE scope_kind = $1 AND scope_code = $2 AND letter_kind = $3 ORDER BY id LIMIT 2

-- name: reminder_insert
INSERT INTO series_reminder (series_id, period, reminder, at) VALUES ($1, $2, $3, $4)
ON CONFLICT (series_id, period, reminder) DO NOTHING

-- A period is taken care of by a letter that is approved or beyond.
-- name: period_taken
SELECT count(*) FROM letter WHERE series_id = $1 AND period = $2 AND holds_period = 1

-- name: period_letters scoped
SELECT l.id, l.state, l.title, l.due_at FROM letter AS l
WHERE l.series_id = $3 AND l.period = $4 AND l.state <> 'cancelled'
  AND EXISTS (SELECT 1 FROM letter_target AS t WHERE t.letter_id = l.id AND {scope t.municipality_code})
ORDER BY l.holds_period DESC, l.id DESC LIMIT 1

-- name: letter_insert
INSERT INTO letter (id, series_id, period, scope_kind, scope_code, kind, title, classification, source, version, state,
    author_id, author, editor_id, editor, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1, 'draft', $10, $11, $10, $11, $12, $12)

-- name: letter_target_clear
DELETE FROM letter_target WHERE letter_id = $1

-- name: letter_target_insert
INSERT INTO letter_target (letter_id, municipality_code) VALUES ($1, $2) ON CONFLICT DO NOTHING

-- name: letter_target_fill
INSERT INTO letter_target (letter_id, municipality_code)
SELECT $1, s.municipality_code FROM scope_municipality AS s WHERE s.kind = $2 AND s.code = $3

-- name: letter_targets
SELECT t.municipality_code, m.name FROM letter_target AS t JOIN municipality AS m ON m.code = t.municipality_code
WHERE t.letter_id = $1 ORDER BY t.municipality_code

-- name: letter_visible scoped
SELECT t.letter_id FROM letter_target AS t WHERE t.letter_id = $3 AND {scope t.municipality_code} LIMIT 1

-- name: letter_uncovered scoped
SELECT count(*) FROM letter_target AS t WHERE t.letter_id = $3 AND NOT {scope t.municipality_code}

-- name: letter_get
SELECT id, series_id, period, scope_kind, scope_code, kind, title, classification, source, version, state, author_id,
       author, editor_id, content_hash, approved_hash, due_at, holds_period, message_id
FROM letter WHERE id = $1

-- name: letter_edit
UPDATE letter SET series_id = $2, period = $3, scope_kind = $4, scope_code = $5, kind = $6, title = $7,
    classification = $8, source = $9, version = version + 1, state = 'draft', editor_id = $10, editor = $11,
    override_reason = NULL, content_hash = NULL, submitted_at = NULL, approved_at = NULL, approved_by = NULL,
    approved_hash = NULL, due_at = NULL, holds_period = 0, note = NULL, updated_at = $12
WHERE id = $1

-- name: letter_submit
UPDATE letter SET state = 'submitted', content_hash = $2, override_reason = $3, submitted_at = $4, note = NULL,
    updated_at = $4
WHERE id = $1 AND state = 'draft'

-- name: letter_approve
UPDATE letter SET state = 'approved', approved_at = $2, approved_by = $3, approved_hash = content_hash, due_at = $4,
    holds_period = $5, updated_at = $2
WHERE id = $1 AND state = 'submitted'

-- name: letter_reject
UPDATE letter SET state = 'draft', note = $2, content_hash = NULL, submitted_at = NULL, updated_at = $3
WHERE id = $1 AND state = 'submitted'

-- name: letter_set_due
UPDATE letter SET state = 'approved', due_at = $2, note = NULL, updated_at = $3
WHERE id = $1 AND state IN ('approved', 'held')

-- name: letter_hold
UPDATE letter SET state = 'held', note = $2, updated_at = $3 WHERE id = $1 AND state = 'approved'

-- name: letter_held_after
SELECT id FROM letter WHERE state = 'held' AND note = $1 AND due_at > $2 ORDER BY id LIMIT 1

-- As it was: no person has had it sent (updated_at, see letter_next_due).
-- name: letter_release
UPDATE letter SET state = 'approved', note = NULL, updated_at = approved_at WHERE id = $1 AND state = 'held'

-- name: letter_cancel
UPDATE letter SET state = 'cancelled', note = $2, holds_period = $3, due_at = NULL, updated_at = $4 WHERE id = $1

-- name: letter_sending
UPDATE letter SET state = 'sending', message_id = $2, updated_at = $3 WHERE id = $1 AND state = 'approved'

-- Its own message ($3), not a test copy, has ended.
-- name: letter_sent
UPDATE letter SET state = 'sent', updated_at = $2 WHERE id = $1 AND state = 'sending' AND message_id = $3

-- A cancelled letter of which no copy left after all gives its period back.
-- name: letter_release_period
UPDATE letter SET holds_period = 0, updated_at = $2
WHERE message_id = $1 AND state = 'cancelled' AND holds_period = 1
  AND NOT EXISTS (SELECT 1 FROM delivery AS d WHERE d.message_id = $1 AND d.state = 'claimed')
  AND NOT EXISTS (SELECT 1 FROM tally AS t WHERE t.message_id = $1 AND t.sent + t.uncertain > 0)

-- A paused series sends nothing by itself; what a person has had sent after the approval (letter_set_due) goes.
-- name: letter_next_due
SELECT l.id FROM letter AS l LEFT JOIN series AS s ON s.id = l.series_id
WHERE l.state = 'approved' AND l.due_at <= $1 AND (s.paused_at IS NULL OR l.updated_at > l.approved_at)
ORDER BY l.due_at, l.id LIMIT 1

-- Did a copy leave us, or may it have? Then the letter keeps its period.
-- name: message_left_us
SELECT (SELECT count(*) FROM delivery AS d WHERE d.message_id = $1 AND d.state = 'claimed')
     + (SELECT coalesce(sum(t.sent + t.uncertain), 0) FROM tally AS t WHERE t.message_id = $1)

-- $3 a letter or 0, $4 a state or '', $5 a series or 0; before id $6, at most $7; newest first.
-- name: letter_list scoped
SELECT l.id, l.title, l.kind, l.period, l.series_id, s.name AS series, l.scope_kind, l.scope_code, l.classification,
       l.state, l.version, l.author, l.approved_by, l.due_at, l.created_at, l.updated_at
FROM letter AS l LEFT JOIN series AS s ON s.id = l.series_id
WHERE ($3 = 0 OR l.id = $3) AND ($4 = '' OR l.state = $4) AND ($5 = 0 OR l.series_id = $5) AND l.id < $6
  AND EXISTS (SELECT 1 FROM letter_target AS t WHERE t.letter_id = l.id AND {scope t.municipality_code})
ORDER BY l.id DESC LIMIT $7

-- name: letter_show scoped
SELECT l.id, l.title, l.kind, l.period, l.series_id, s.name AS series, l.scope_kind, l.scope_code, l.classification,
       l.state, l.version, l.author, l.editor, l.override_reason, l.content_hash, l.submitted_at, l.approved_by, l.approved_at,
       l.due_at, l.note, l.message_id, l.created_at, l.updated_at, l.source
FROM letter AS l LEFT JOIN series AS s ON s.id = l.series_id
WHERE l.id = $3
  AND EXISTS (SELECT 1 FROM letter_target AS t WHERE t.letter_id = l.id AND {scope t.municipality_code})

-- name: letter_latest scoped
SELECT l.id FROM letter AS l
WHERE EXISTS (SELECT 1 FROM letter_target AS t WHERE t.letter_id = l.id AND {scope t.municipality_code})
ORDER BY l.id DESC LIMIT 1

-- How many a letter would reach today: groups, contact persons, mailboxes.
-- name: letter_audience scoped
SELECT t.municipality_code, m.name AS municipality,
    (SELECT count(*) FROM watch_group AS g
     WHERE g.municipality_code = t.municipality_code AND g.state = 'active' AND ($4 = 0 OR g.id = $4) AND {whole g}) AS groups,
    (SELECT count(*) FROM contact AS c
     WHERE c.municipality_code = t.municipality_code AND {whole c}
       AND EXISTS (SELECT 1 FROM membership AS ms JOIN watch_group AS g ON g.id = ms.group_id
                   WHERE ms.contact_id = c.id AND g.state = 'active' AND ($4 = 0 OR g.id = $4))) AS contacts,
    (SELECT count(*) FROM contact AS c JOIN contact_address AS a ON a.contact_id = c.id
     WHERE c.municipality_code = t.municipality_code AND a.unsubscribed_at IS NULL AND {whole c}
       AND EXISTS (SELECT 1 FROM membership AS ms JOIN watch_group AS g ON g.id = ms.group_id
                   WHERE ms.contact_id = c.id AND g.state = 'active' AND ($4 = 0 OR g.id = $4))
       AND NOT EXISTS (SELECT 1 FROM contact_address AS b JOIN contact AS d ON d.id = b.contact_id
                       WHERE b.address_key = a.address_key AND b.id < a.id AND b.unsubscribed_at IS NULL
                         AND d.municipality_code = t.municipality_code AND {whole d}
                         AND EXISTS (SELECT 1 FROM membership AS ms JOIN watch_group AS g ON g.id = ms.group_id
                                     WHERE ms.contact_id = d.id AND g.state = 'active' AND ($4 = 0 OR g.id = $4)))
    ) AS addresses
FROM letter_target AS t
JOIN municipality AS m ON m.code = t.municipality_code
WHERE t.letter_id = $3 AND {scope t.municipality_code}
ORDER BY t.municipality_code

-- name: letter_state_counts scoped
SELECT l.state, count(*) FROM letter AS l
WHERE EXISTS (SELECT 1 FROM letter_target AS t WHERE t.letter_id = l.id AND {scope t.municipality_code})
GROUP BY l.state

-- Approved letters in the order they go out.
-- name: letter_coming scoped
SELECT l.id, l.title, l.period, l.due_at FROM letter AS l LEFT JOIN series AS s ON s.id = l.series_id
WHERE l.state = 'approved' AND l.due_at IS NOT NULL AND (s.paused_at IS NULL OR l.updated_at > l.approved_at)
  AND EXISTS (SELECT 1 FROM letter_target AS t WHERE t.letter_id = l.id AND {scope t.municipality_code})
ORDER BY l.due_at, l.id LIMIT 10
