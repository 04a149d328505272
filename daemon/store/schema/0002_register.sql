-- Version 2: watch groups and their contact persons.

-- Grannsamverkansområden.
CREATE TABLE watch_group (
    id                INTEGER PRIMARY KEY,
    municipality_code TEXT NOT NULL REFERENCES municipality (code),
    name              TEXT NOT NULL,
    name_key          TEXT NOT NULL,
    kind              TEXT NOT NULL,
    state             TEXT NOT NULL,
    district          TEXT NOT NULL DEFAULT '',
    district_key      TEXT NOT NULL DEFAULT '',
    postal_code       TEXT,
    activated_on      TEXT,
    household_count   INTEGER,
    households_joined INTEGER,
    sign_count        INTEGER,
    last_meeting_on   TEXT,
    state_changed_at  INTEGER NOT NULL,
    created_at        INTEGER NOT NULL,
    updated_at        INTEGER NOT NULL,
    UNIQUE (municipality_code, name_key, district_key)
) STRICT;
CREATE INDEX watch_group_state ON watch_group (municipality_code, state);

-- Who moved a group from which state to which, and when.
CREATE TABLE group_state_change (
    id          INTEGER PRIMARY KEY,
    group_id    INTEGER NOT NULL REFERENCES watch_group (id),
    from_state  TEXT,                      -- NULL: the group was registered
    to_state    TEXT NOT NULL,
    at          INTEGER NOT NULL,
    actor       TEXT NOT NULL,
    note        TEXT
) STRICT;
CREATE INDEX group_state_change_group ON group_state_change (group_id, at);

-- Contact persons (ombud). A person belongs to one municipality's register; the same neighbour in
-- two municipalities is two rows, as two controllers answer for them.
CREATE TABLE contact (
    id                INTEGER PRIMARY KEY,
    municipality_code TEXT NOT NULL REFERENCES municipality (code),
    name              TEXT NOT NULL,
    name_key          TEXT NOT NULL,
    phone             TEXT,                -- E.164
    phone_alt         TEXT,
    trained           INTEGER CHECK (trained IN (0, 1)),
    trained_year      INTEGER,
    protected         INTEGER NOT NULL DEFAULT 0 CHECK (protected IN (0, 1)), -- skyddade personuppgifter
    created_at        INTEGER NOT NULL,
    updated_at        INTEGER NOT NULL
) STRICT;
CREATE INDEX contact_name ON contact (municipality_code, name_key);

-- A person's addresses, in the order they were given.
CREATE TABLE contact_address (
    id              INTEGER PRIMARY KEY,
    contact_id      INTEGER NOT NULL REFERENCES contact (id),
    position        INTEGER NOT NULL,
    address         TEXT NOT NULL,         -- as typed, NFC
    address_key     TEXT NOT NULL,         -- "the same address": folded, domain as A-label
    unsubscribed_at INTEGER,               -- from letters; alerts have their own
    created_at      INTEGER NOT NULL,
    UNIQUE (contact_id, address_key)
) STRICT;
CREATE INDEX contact_address_key ON contact_address (address_key);

-- Who represents which group.
CREATE TABLE membership (
    group_id    INTEGER NOT NULL REFERENCES watch_group (id),
    contact_id  INTEGER NOT NULL REFERENCES contact (id),
    role        TEXT NOT NULL CHECK (role IN ('lead_rep', 'contact_rep')),
    joined_at   INTEGER NOT NULL,
    PRIMARY KEY (group_id, contact_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX membership_contact ON membership (contact_id);

-- How often the audience of a municipality has changed: newcomers are looked for only then. Counted, not
-- timed, so that a clock that stands or jumps hides nobody.
CREATE TABLE audience_change (
    municipality_code TEXT PRIMARY KEY REFERENCES municipality (code),
    version           INTEGER NOT NULL,    -- over all municipalities
    changed_at        INTEGER NOT NULL
) STRICT;

-- Mailboxes that said no, as keyed hashes: the no outlives the person's row, so that a register that
-- still has the address does not bring it back.
CREATE TABLE suppression (
    address_hash TEXT PRIMARY KEY,
    at           INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
