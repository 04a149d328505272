-- Version 1: what everything else refers to. Times are microseconds since the epoch, UTC; dates are
-- text (YYYY-MM-DD, or YYYY-MM, or YYYY where no more is known); codes are text with their zeros.

-- The migrations that this file has seen.
CREATE TABLE schema_migration (
    version     INTEGER PRIMARY KEY,
    name        TEXT NOT NULL,
    sha256      TEXT NOT NULL,             -- of the migration's text: a changed migration is refused
    applied_at  INTEGER NOT NULL
) STRICT;

-- Small facts about this installation: the token key, whether sending is on hold.
CREATE TABLE setting (
    name        TEXT PRIMARY KEY,
    value       TEXT NOT NULL
) STRICT;

-- Län, 21.
CREATE TABLE county (
    code        TEXT PRIMARY KEY CHECK (length(code) = 2),
    name        TEXT NOT NULL
) STRICT;

-- Kommuner, 290.
CREATE TABLE municipality (
    code        TEXT PRIMARY KEY CHECK (length(code) = 4),
    name        TEXT NOT NULL,
    name_key    TEXT NOT NULL UNIQUE,      -- folded in C: engines fold å, ä, ö differently
    county_code TEXT NOT NULL REFERENCES county (code)
) STRICT;

-- Polisregioner, 7.
CREATE TABLE police_region (
    code        TEXT PRIMARY KEY,
    name        TEXT NOT NULL
) STRICT;

-- Lokalpolisområden. The division is redrawn now and then, therefore the dates.
CREATE TABLE police_area (
    code        TEXT PRIMARY KEY,          -- "angelholm"
    name        TEXT NOT NULL,             -- "Ängelholm"
    name_key    TEXT NOT NULL,
    division    TEXT,                      -- polisområde
    region_code TEXT NOT NULL REFERENCES police_region (code),
    valid_from  TEXT NOT NULL,
    valid_to    TEXT                       -- last day, NULL while it stands
) STRICT;

CREATE TABLE police_area_municipality (
    police_area_code  TEXT NOT NULL REFERENCES police_area (code),
    municipality_code TEXT NOT NULL REFERENCES municipality (code),
    valid_from        TEXT NOT NULL,
    valid_to          TEXT,
    PRIMARY KEY (police_area_code, municipality_code, valid_from)
) STRICT;

-- Derived, made anew when areas change and when the date does: which municipalities each scope
-- covers today. Every query on a tenant's data joins this table.
CREATE TABLE scope_municipality (
    kind              TEXT NOT NULL,       -- all, police_area, municipality
    code              TEXT NOT NULL,       -- '' for all
    municipality_code TEXT NOT NULL REFERENCES municipality (code),
    PRIMARY KEY (kind, code, municipality_code)
) STRICT, WITHOUT ROWID;

-- Police officers, municipal coordinators, administrators.
CREATE TABLE staff_user (
    id           INTEGER PRIMARY KEY,
    name         TEXT NOT NULL UNIQUE,     -- what is typed: "anna.berg"
    full_name    TEXT NOT NULL,
    email        TEXT,                     -- where reminders go
    role         TEXT NOT NULL,
    scope_kind   TEXT NOT NULL CHECK (scope_kind IN ('all', 'police_area', 'municipality')),
    scope_code   TEXT NOT NULL,
    unix_uid     INTEGER UNIQUE,           -- the person's uid on this machine, for the socket
    created_at   INTEGER NOT NULL,
    disabled_at  INTEGER
) STRICT;

-- Bearer tokens for the API on TCP. Only the hash is kept.
CREATE TABLE api_token (
    id           INTEGER PRIMARY KEY,
    name         TEXT NOT NULL UNIQUE,
    sha256       TEXT NOT NULL UNIQUE,
    user_id      INTEGER REFERENCES staff_user (id), -- whom it acts for; NULL: a program of its own
    role         TEXT NOT NULL,
    scope_kind   TEXT NOT NULL CHECK (scope_kind IN ('all', 'police_area', 'municipality')),
    scope_code   TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER,
    revoked_at   INTEGER
) STRICT;

-- Every change of state, written in the transaction that made it. Append-only; each row's hash
-- covers the row before it, so that a row can be neither changed nor taken out unseen.
CREATE TABLE audit (
    seq          INTEGER PRIMARY KEY,
    at           INTEGER NOT NULL,
    actor        TEXT NOT NULL,
    via          TEXT NOT NULL,            -- who stood behind, when acting for another; else ''
    action       TEXT NOT NULL,            -- "letter.approve"
    object       TEXT NOT NULL,            -- "let_...", or '' for the whole
    detail       TEXT NOT NULL,            -- JSON
    prev_hash    TEXT NOT NULL,
    hash         TEXT NOT NULL
) STRICT;
CREATE INDEX audit_object ON audit (object, seq);
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
