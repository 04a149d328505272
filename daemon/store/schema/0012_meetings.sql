-- Version 12: meetings to come, and indexes for what anybody may read.

-- A meeting that is open to those whom it concerns: for the calendar, which is public as a whole. Its municipalities are
-- those that its area has at the time of asking.
CREATE TABLE meeting (
    id          INTEGER PRIMARY KEY,
    scope_kind  TEXT NOT NULL CHECK (scope_kind IN ('police_area', 'municipality')),
    scope_code  TEXT NOT NULL,
    title       TEXT NOT NULL,
    place       TEXT NOT NULL DEFAULT '',
    note        TEXT NOT NULL DEFAULT '',
    starts_at   INTEGER NOT NULL,
    ends_at     INTEGER NOT NULL CHECK (ends_at > starts_at),
    author      TEXT NOT NULL,
    created_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX meeting_starts ON meeting (starts_at);

-- The feeds look at what was sent of late; no poll walks through the years before.
CREATE INDEX alert_public ON alert (is_exercise, sent_at) WHERE classification = 'public' AND sent_at IS NOT NULL;
CREATE INDEX letter_public ON letter (message_id)
    WHERE classification = 'public' AND state IN ('sending', 'sent') AND message_id IS NOT NULL;
