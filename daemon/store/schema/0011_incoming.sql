-- Version 11: what comes in from outside: warnings to the public (VMA) and the police's events. They suggest; nothing of
-- them is ever sent by itself.

-- A source that is asked, and how that goes.
CREATE TABLE source (
    name          TEXT PRIMARY KEY CHECK (name IN ('vma', 'police_events')),
    url           TEXT NOT NULL,               -- what the rest of the row is about
    asked_at      INTEGER NOT NULL DEFAULT 0,  -- last; counted before the question leaves
    answered_at   INTEGER NOT NULL DEFAULT 0,  -- last answer that could be used, "not modified" too
    next_at       INTEGER NOT NULL DEFAULT 0,  -- not before, also after a restart
    problem       TEXT NOT NULL DEFAULT '',    -- why the last question has no answer
    problem_since INTEGER NOT NULL DEFAULT 0,  -- the first of the failures in a row
    is_stopped    INTEGER NOT NULL DEFAULT 0 CHECK (is_stopped IN (0, 1)), -- until a person resumes it, or another url
    asked_for     TEXT NOT NULL DEFAULT '',    -- hash of what etag and last_modified belong to
    etag          TEXT NOT NULL DEFAULT '',
    last_modified TEXT NOT NULL DEFAULT '',
    faults        INTEGER NOT NULL DEFAULT 0,  -- entries of the last answer that could not be used
    fault         TEXT NOT NULL DEFAULT ''     -- the first of them
) STRICT;

-- Each question of the last hour, so that no restart makes room for more than a source allows.
CREATE TABLE source_call (
    source  TEXT NOT NULL REFERENCES source (name),
    at      INTEGER NOT NULL
) STRICT;
CREATE INDEX source_call_at ON source_call (source, at);

-- An incident of VMA: its newest message, and the draft that was made of it. Kept after its end, so that nothing older
-- is taken for new.
CREATE TABLE vma_incident (
    incident   TEXT PRIMARY KEY,               -- SRVMA-...
    identifier TEXT NOT NULL,                  -- SRCAP-... of the newest message
    type       TEXT NOT NULL,                  -- its type
    sent_at    INTEGER NOT NULL,
    alert_id   INTEGER REFERENCES alert (id),  -- the last suggestion; NULL: none was made
    seen_at    INTEGER NOT NULL                -- when its newest message came
) STRICT;
CREATE INDEX vma_incident_seen ON vma_incident (seen_at);

-- The police's events, 400 days of them. Public as they are, and placed no nearer than a municipality or a county.
CREATE TABLE police_event (
    id                INTEGER PRIMARY KEY,     -- the police's
    published_at      INTEGER NOT NULL,        -- or changed, by their word
    happened_at       INTEGER NOT NULL,
    name              TEXT NOT NULL,
    type              TEXT NOT NULL,
    summary           TEXT NOT NULL,
    url               TEXT NOT NULL,
    place             TEXT NOT NULL,           -- as they wrote it
    municipality_code TEXT REFERENCES municipality (code),
    county_code       TEXT REFERENCES county (code), -- somewhere in the county; one of the two is there
    first_seen_at     INTEGER NOT NULL,
    changed_at        INTEGER NOT NULL,        -- when an edit of theirs came
    CHECK ((municipality_code IS NULL) <> (county_code IS NULL))
) STRICT;
CREATE INDEX police_event_municipality ON police_event (municipality_code, happened_at) WHERE municipality_code IS NOT NULL;
CREATE INDEX police_event_county ON police_event (county_code, happened_at) WHERE county_code IS NOT NULL;
CREATE INDEX police_event_seen ON police_event (first_seen_at);
