-- Version 3: series and letters.

-- A letter that recurs.
CREATE TABLE series (
    id            INTEGER PRIMARY KEY,
    name          TEXT NOT NULL UNIQUE,
    scope_kind    TEXT NOT NULL CHECK (scope_kind IN ('police_area', 'municipality', 'group')),
    scope_code    TEXT NOT NULL,
    letter_kind   TEXT NOT NULL,
    rrule         TEXT NOT NULL,           -- RFC 5545
    local_time    TEXT NOT NULL,           -- HH:MM
    time_zone     TEXT NOT NULL,           -- IANA
    anchor_date   TEXT NOT NULL,           -- DTSTART
    working_day   INTEGER NOT NULL CHECK (working_day IN (0, 1)), -- move off weekends and public holidays
    covers_previous INTEGER NOT NULL DEFAULT 0 CHECK (covers_previous IN (0, 1)), -- about the month before
    paused_at     INTEGER,
    watched_from  INTEGER NOT NULL,        -- periods due before this are not asked for
    created_at    INTEGER NOT NULL
) STRICT;

-- The municipalities of a series' or a letter's scope decide who may see and touch it.
CREATE TABLE series_target (
    series_id         INTEGER NOT NULL REFERENCES series (id),
    municipality_code TEXT NOT NULL REFERENCES municipality (code),
    PRIMARY KEY (series_id, municipality_code)
) STRICT, WITHOUT ROWID;

CREATE TABLE letter (
    id             INTEGER PRIMARY KEY,
    series_id      INTEGER REFERENCES series (id),
    period         TEXT,                   -- "2026-03", "2026-W10", "2026-03-10"
    scope_kind     TEXT NOT NULL CHECK (scope_kind IN ('police_area', 'municipality', 'group')),
    scope_code     TEXT NOT NULL,
    kind           TEXT NOT NULL,          -- monthly, weekly, info
    title          TEXT NOT NULL,
    classification TEXT NOT NULL,
    source         TEXT NOT NULL,          -- the Markdown file as it was given
    version        INTEGER NOT NULL,       -- counts edits
    state          TEXT NOT NULL,
    author_id      INTEGER NOT NULL,       -- staff user, or 0
    author         TEXT NOT NULL,
    editor_id      INTEGER NOT NULL,       -- who touched the text last
    editor         TEXT NOT NULL,
    override_reason TEXT,                  -- why a blocking finding was let through
    content_hash   TEXT,                   -- of content and audience, taken at submit
    submitted_at   INTEGER,
    approved_at    INTEGER,
    approved_by    TEXT,
    approved_hash  TEXT,
    due_at         INTEGER,                -- when it goes out; NULL: when told
    holds_period   INTEGER NOT NULL DEFAULT 0 CHECK (holds_period IN (0, 1)),
    message_id     INTEGER,
    note           TEXT,                   -- why it was rejected, held or cancelled
    created_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL
) STRICT;
-- One letter per series and period: a month can never go out twice.
CREATE UNIQUE INDEX letter_one_per_period ON letter (series_id, period) WHERE holds_period = 1;
CREATE INDEX letter_due ON letter (due_at) WHERE state = 'approved';
CREATE INDEX letter_series ON letter (series_id, period);
CREATE INDEX letter_message ON letter (message_id) WHERE message_id IS NOT NULL;

CREATE TABLE letter_target (
    letter_id         INTEGER NOT NULL REFERENCES letter (id),
    municipality_code TEXT NOT NULL REFERENCES municipality (code),
    PRIMARY KEY (letter_id, municipality_code)
) STRICT, WITHOUT ROWID;
CREATE INDEX letter_target_municipality ON letter_target (municipality_code, letter_id);

-- Which reminders for a period have gone to the officers, so that each goes once.
CREATE TABLE series_reminder (
    series_id   INTEGER NOT NULL REFERENCES series (id),
    period      TEXT NOT NULL,
    reminder    TEXT NOT NULL,             -- "3d", "1d", "day20", "missed"
    at          INTEGER NOT NULL,
    PRIMARY KEY (series_id, period, reminder)
) STRICT, WITHOUT ROWID;
