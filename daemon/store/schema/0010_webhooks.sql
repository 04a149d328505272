-- Version 10: webhooks. An event is written once; each endpoint that it is for gets a delivery of its own.

-- Where events go.
CREATE TABLE webhook (
    id                INTEGER PRIMARY KEY,
    name              TEXT NOT NULL,
    scope_kind        TEXT NOT NULL CHECK (scope_kind IN ('all', 'police_area', 'municipality', 'group')),
    scope_code        TEXT NOT NULL,
    group_id          INTEGER REFERENCES watch_group (id), -- of scope group
    url               TEXT NOT NULL,         -- may be a secret: chat services put theirs into the path
    format            TEXT NOT NULL,
    exercises         INTEGER NOT NULL CHECK (exercises IN (0, 1)),
    settings          TEXT NOT NULL,         -- JSON, what the format needs
    user_name         TEXT,                  -- Basic authentication
    credential        TEXT,                  -- its password, or a bearer token
    owner_id          INTEGER NOT NULL,      -- staff user, or 0
    owner             TEXT NOT NULL,
    owner_email       TEXT,                  -- told when it is disabled
    state             TEXT NOT NULL CHECK (state IN ('enabled', 'disabled')),
    disabled_reason   TEXT,
    disabled_at       INTEGER,
    created_at        INTEGER NOT NULL,
    updated_at        INTEGER NOT NULL
) STRICT;

-- The municipalities of its scope decide who may see and touch it; none: only who sees all.
CREATE TABLE webhook_municipality (
    webhook_id        INTEGER NOT NULL REFERENCES webhook (id) ON DELETE CASCADE,
    municipality_code TEXT NOT NULL REFERENCES municipality (code),
    PRIMARY KEY (webhook_id, municipality_code)
) STRICT, WITHOUT ROWID;
CREATE INDEX webhook_municipality_of ON webhook_municipality (municipality_code, webhook_id);

-- What it wants to hear of: kinds of alerts, 'alert' for all of them, 'letter'.
CREATE TABLE webhook_kind (
    webhook_id  INTEGER NOT NULL REFERENCES webhook (id) ON DELETE CASCADE,
    kind        TEXT NOT NULL,
    PRIMARY KEY (webhook_id, kind)
) STRICT, WITHOUT ROWID;

-- To whom, within one endpoint: telephone numbers; for other formats the one row ''.
CREATE TABLE webhook_recipient (
    webhook_id  INTEGER NOT NULL REFERENCES webhook (id) ON DELETE CASCADE,
    recipient   TEXT NOT NULL,
    PRIMARY KEY (webhook_id, recipient)
) STRICT, WITHOUT ROWID;

-- What deliveries are signed with: the present secret, and former ones until receivers have changed over.
CREATE TABLE webhook_secret (
    id          INTEGER PRIMARY KEY,
    webhook_id  INTEGER NOT NULL REFERENCES webhook (id) ON DELETE CASCADE,
    secret      TEXT NOT NULL,             -- whsec_... or whsk_...
    created_at  INTEGER NOT NULL,
    retires_at  INTEGER                    -- NULL: the present one
) STRICT;
CREATE INDEX webhook_secret_of ON webhook_secret (webhook_id, id);

CREATE TABLE webhook_event (
    id          INTEGER PRIMARY KEY,       -- webhook-id
    type        TEXT NOT NULL,             -- alert.sent, ...
    kind        TEXT NOT NULL,             -- of the alert; 'letter', 'test'
    thread_id   INTEGER NOT NULL,          -- the first alert, the letter, or its own id
    alert_id    INTEGER REFERENCES alert (id),
    letter_id   INTEGER REFERENCES letter (id),
    is_exercise INTEGER NOT NULL CHECK (is_exercise IN (0, 1)),
    at          INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL           -- not delivered from then on; 0: at any time
) STRICT;
CREATE INDEX webhook_event_at ON webhook_event (at);
CREATE INDEX webhook_event_thread ON webhook_event (thread_id, id);

CREATE TABLE webhook_delivery (
    id            INTEGER PRIMARY KEY,
    event_id      INTEGER NOT NULL REFERENCES webhook_event (id),
    webhook_id    INTEGER NOT NULL REFERENCES webhook (id),
    recipient     TEXT NOT NULL,
    thread_id     INTEGER NOT NULL,        -- of the event
    state         TEXT NOT NULL,           -- pending, claimed, sent, failed, withdrawn, expired
    held          INTEGER NOT NULL CHECK (held IN (0, 1)), -- pending behind an earlier one of the thread
    recalled      INTEGER NOT NULL DEFAULT 0 CHECK (recalled IN (0, 1)), -- overtaken while it was claimed
    reached       INTEGER NOT NULL DEFAULT 0 CHECK (reached IN (0, 1, 2)), -- the receiver: no, perhaps, yes
    due_at        INTEGER NOT NULL,        -- never after expires_at: then it is taken out, and not sent
    expires_at    INTEGER NOT NULL,        -- of the event; 0: never
    attempts      INTEGER NOT NULL DEFAULT 0,
    created_at    INTEGER NOT NULL,
    first_at      INTEGER,                 -- first attempt
    last_at       INTEGER,                 -- last attempt's end
    duration_ms   INTEGER,
    http_status   INTEGER,
    detail        TEXT,                    -- what became of it, in words
    peer          TEXT,
    answer        TEXT,                    -- how it begins
    transcript    TEXT,                    -- of a test
    report        TEXT,                    -- of a text message: what the gateway said of it later
    report_at     INTEGER
) STRICT;
-- What an endpoint may be given next; what of a thread stands in line; what it has had.
CREATE INDEX webhook_delivery_next ON webhook_delivery (webhook_id, due_at, id) WHERE state = 'pending' AND held = 0;
CREATE INDEX webhook_delivery_open ON webhook_delivery (webhook_id, thread_id, recipient, id)
    WHERE state = 'pending' OR state = 'claimed';
CREATE INDEX webhook_delivery_thread ON webhook_delivery (thread_id, webhook_id, recipient);
CREATE INDEX webhook_delivery_of ON webhook_delivery (webhook_id, id);
CREATE INDEX webhook_delivery_event ON webhook_delivery (event_id);
CREATE INDEX webhook_delivery_failed ON webhook_delivery (webhook_id, id) WHERE state = 'failed';

-- How each endpoint fares, and whose turn it is: one row per endpoint.
CREATE TABLE webhook_lane (
    webhook_id      INTEGER PRIMARY KEY REFERENCES webhook (id) ON DELETE CASCADE,
    is_failing      INTEGER NOT NULL DEFAULT 0 CHECK (is_failing IN (0, 1)), -- its last answer said so
    ready           INTEGER NOT NULL DEFAULT 0, -- 1 may be given something now, 2 so, and it is failing
    due_at          INTEGER,               -- else: when to look again; NULL: when something changes
    in_flight       INTEGER NOT NULL DEFAULT 0,
    pending         INTEGER NOT NULL DEFAULT 0,
    failed          INTEGER NOT NULL DEFAULT 0,
    paused_until    INTEGER NOT NULL DEFAULT 0, -- as the receiver asked (Retry-After)
    failing_since   INTEGER,               -- first failure after the last success
    last_success_at INTEGER,
    last_error_at   INTEGER,
    last_error      TEXT
) STRICT;
CREATE INDEX webhook_lane_ready ON webhook_lane (ready, webhook_id) WHERE ready > 0;
CREATE INDEX webhook_lane_due ON webhook_lane (due_at) WHERE ready = 0 AND due_at IS NOT NULL;

-- Kept as rows come, move and go, so that nobody counts or looks for them: the lane's figures, when it is to be looked at
-- again, and that the next of a thread is held no longer when the one before it has ended. A claim alone, which takes many
-- rows at once, tells the lane itself.
CREATE TRIGGER webhook_delivery_added AFTER INSERT ON webhook_delivery
BEGIN
    UPDATE webhook_lane SET pending = pending + (NEW.state = 'pending'), failed = failed + (NEW.state = 'failed'),
        due_at = CASE WHEN ready = 0 AND NEW.held = 0 AND NEW.state = 'pending' AND (due_at IS NULL OR due_at > NEW.due_at)
                      THEN NEW.due_at ELSE due_at END
    WHERE webhook_id = NEW.webhook_id;
END;
CREATE TRIGGER webhook_delivery_moved AFTER UPDATE OF state ON webhook_delivery
WHEN NEW.state <> OLD.state AND NEW.state <> 'claimed'
BEGIN
    UPDATE webhook_delivery SET held = 0
    WHERE held = 1 AND state = 'pending'
      AND id = (SELECT min(o.id) FROM webhook_delivery AS o
                WHERE o.webhook_id = NEW.webhook_id AND o.thread_id = NEW.thread_id AND o.recipient = NEW.recipient
                  AND (o.state = 'pending' OR o.state = 'claimed'))
      AND NOT EXISTS (SELECT 1 FROM webhook_delivery AS o
                      WHERE o.webhook_id = NEW.webhook_id AND o.thread_id = NEW.thread_id AND o.recipient = NEW.recipient
                        AND (o.state = 'pending' OR o.state = 'claimed') AND o.held = 0);
    UPDATE webhook_lane SET pending = pending + (NEW.state = 'pending') - (OLD.state = 'pending'),
        in_flight = in_flight - (OLD.state = 'claimed'),
        failed = failed + (NEW.state = 'failed') - (OLD.state = 'failed'),
        due_at = CASE WHEN ready = 0
                      THEN (SELECT min(d.due_at) FROM webhook_delivery AS d
                            WHERE d.webhook_id = NEW.webhook_id AND d.state = 'pending' AND d.held = 0) END
    WHERE webhook_id = NEW.webhook_id;
END;
CREATE TRIGGER webhook_delivery_let_go AFTER UPDATE OF held ON webhook_delivery WHEN NEW.held = 0 AND OLD.held = 1
BEGIN
    UPDATE webhook_lane SET due_at = NEW.due_at
    WHERE webhook_id = NEW.webhook_id AND ready = 0 AND (due_at IS NULL OR due_at > NEW.due_at) AND NEW.state = 'pending';
END;
CREATE TRIGGER webhook_delivery_removed AFTER DELETE ON webhook_delivery
BEGIN
    UPDATE webhook_lane SET pending = pending - (OLD.state = 'pending'), in_flight = in_flight - (OLD.state = 'claimed'),
        failed = failed - (OLD.state = 'failed')
    WHERE webhook_id = OLD.webhook_id;
END;
