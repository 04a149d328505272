-- Version 9: alerts, and what the ledger needs for them.

-- Where a group lies, in millionths of a degree (WGS 84), so that no engine rounds it another way.
ALTER TABLE watch_group ADD COLUMN latitude_udeg INTEGER;
ALTER TABLE watch_group ADD COLUMN longitude_udeg INTEGER;
CREATE INDEX watch_group_point ON watch_group (latitude_udeg, longitude_udeg) WHERE latitude_udeg IS NOT NULL;

-- Alerts have a no of their own: who wants no letters is warned all the same, and the reverse.
ALTER TABLE contact_address ADD COLUMN alerts_stopped_at INTEGER;
CREATE INDEX contact_address_stopped ON contact_address (address_key) WHERE alerts_stopped_at IS NOT NULL;

CREATE TABLE alert (
    id              INTEGER PRIMARY KEY,
    root_id         INTEGER NOT NULL REFERENCES alert (id), -- of the thread; its own id for the first
    type            TEXT NOT NULL CHECK (type IN ('alert', 'update', 'recall')),
    kind            TEXT NOT NULL,
    severity        TEXT NOT NULL,         -- CAP 1.2, lower case
    urgency         TEXT NOT NULL,
    certainty       TEXT NOT NULL,
    is_exercise     INTEGER NOT NULL CHECK (is_exercise IN (0, 1)),
    life_danger     INTEGER NOT NULL CHECK (life_danger IN (0, 1)), -- quiet hours do not hold it
    classification  TEXT NOT NULL,
    title           TEXT NOT NULL,
    text            TEXT NOT NULL,         -- Markdown
    instruction     TEXT NOT NULL DEFAULT '',
    title_en        TEXT NOT NULL DEFAULT '',
    text_en         TEXT NOT NULL DEFAULT '',
    sms             TEXT NOT NULL DEFAULT '', -- as it goes to phones; '': made from the title
    target          TEXT NOT NULL,         -- JSON, as asked for
    area_text       TEXT NOT NULL,         -- in words: "Ängelholm, Båstad"
    state           TEXT NOT NULL,         -- draft, submitted, active, updated, recalled, expired, discarded
    author_id       INTEGER NOT NULL,      -- staff user, or 0
    author          TEXT NOT NULL,
    content_hash    TEXT NOT NULL,         -- of texts, target and end: what the second person approves
    approved_by     TEXT,
    approved_at     INTEGER,
    override_reason TEXT,
    note            TEXT,                  -- why it was recalled or discarded
    recipients      INTEGER NOT NULL DEFAULT 0, -- as counted when it was sent
    not_before      INTEGER NOT NULL DEFAULT 0, -- quiet hours end
    expires_at      INTEGER NOT NULL,
    origin          TEXT NOT NULL DEFAULT '',   -- of a suggestion: 'vma'; '' when a person wrote it
    origin_id       TEXT NOT NULL DEFAULT '',
    origin_url      TEXT NOT NULL DEFAULT '',
    message_id      INTEGER,
    created_at      INTEGER NOT NULL,
    sent_at         INTEGER,
    ended_at        INTEGER
) STRICT;
CREATE INDEX alert_root ON alert (root_id, id);
CREATE INDEX alert_open ON alert (expires_at) WHERE state IN ('draft', 'submitted', 'active');
CREATE INDEX alert_author ON alert (author, sent_at);
CREATE UNIQUE INDEX alert_origin ON alert (origin, origin_id) WHERE origin <> '';

-- Whom it is for, worked out when it was sent.
CREATE TABLE alert_group (
    alert_id    INTEGER NOT NULL REFERENCES alert (id),
    group_id    INTEGER NOT NULL REFERENCES watch_group (id),
    PRIMARY KEY (alert_id, group_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX alert_group_of ON alert_group (group_id);

-- The municipalities of those groups decide who may see and touch it.
CREATE TABLE alert_municipality (
    alert_id          INTEGER NOT NULL REFERENCES alert (id),
    municipality_code TEXT NOT NULL REFERENCES municipality (code),
    PRIMARY KEY (alert_id, municipality_code)
) STRICT, WITHOUT ROWID;
CREATE INDEX alert_municipality_of ON alert_municipality (municipality_code, alert_id);

-- A message of an alert. Rows go out from not_before on and never after expires_at; then its state is 'expired'. The
-- messages of a thread are the root alert's, its updates' and the recall's.
ALTER TABLE message ADD COLUMN alert_id INTEGER REFERENCES alert (id);
ALTER TABLE message ADD COLUMN is_exercise INTEGER NOT NULL DEFAULT 0 CHECK (is_exercise IN (0, 1));
ALTER TABLE message ADD COLUMN not_before INTEGER NOT NULL DEFAULT 0;
ALTER TABLE message ADD COLUMN expires_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE message ADD COLUMN thread_id INTEGER REFERENCES alert (id); -- of the root alert
ALTER TABLE message ADD COLUMN thread_pos INTEGER NOT NULL DEFAULT 0;   -- 0 the root's; ids follow the clock, which may jump
-- Whom the expansion walks through. '': contact persons of the letter's municipalities (cursor: a person). groups: those
-- of the root's alert_group (cursor: a group; cursor_person: a person of it). got: the rows of the thread's earlier
-- messages that were or may have been received (cursor: thread_pos; cursor_key: an address). queued: and those that
-- were still to be sent; then it goes on with the groups that no earlier message has come to.
ALTER TABLE message ADD COLUMN walk TEXT NOT NULL DEFAULT '' CHECK (walk IN ('', 'groups', 'got', 'queued'));
ALTER TABLE message ADD COLUMN cursor_person INTEGER NOT NULL DEFAULT 0;
ALTER TABLE message ADD COLUMN cursor_key TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX message_thread ON message (thread_id, thread_pos) WHERE thread_id IS NOT NULL;
CREATE INDEX message_expires ON message (expires_at) WHERE expires_at > 0 AND finished_at IS NULL;

-- follows: the first copy of the thread that this reader has or may have (In-Reply-To). in_doubt: a try of this row may
-- have arrived though its state does not say so (the process ended in the middle of it, or a person had an uncertain one
-- tried again).
ALTER TABLE delivery ADD COLUMN follows INTEGER;
ALTER TABLE delivery ADD COLUMN in_doubt INTEGER NOT NULL DEFAULT 0 CHECK (in_doubt IN (0, 1));

-- Rows of earlier messages that were claimed when an update or a recall passed by: it follows when they are decided. As
-- many as are in flight, and a message with such rows has not ended.
CREATE TABLE thread_wait (
    message_id  INTEGER NOT NULL REFERENCES message (id),
    delivery_id INTEGER NOT NULL,
    PRIMARY KEY (message_id, delivery_id)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER thread_wait_over AFTER DELETE ON thread_wait
BEGIN
    INSERT INTO ending (message_id) VALUES (OLD.message_id) ON CONFLICT (message_id) DO NOTHING;
END;

-- Messages of which nothing may leave any more: they are out of lane_queue for good, and their pending rows become
-- `state` part by part.
CREATE TABLE message_closing (
    message_id  INTEGER PRIMARY KEY REFERENCES message (id),
    state       TEXT NOT NULL CHECK (state IN ('withdrawn', 'expired'))
) STRICT;
DROP TRIGGER delivery_waits;
CREATE TRIGGER delivery_waits AFTER UPDATE OF state, due_at ON delivery
WHEN NEW.state = 'pending' AND NEW.lane <> 1
     AND NOT EXISTS (SELECT 1 FROM message_closing AS c WHERE c.message_id = NEW.message_id)
BEGIN
    INSERT INTO lane_queue (lane, message_id, due_at) VALUES (NEW.lane, NEW.message_id, NEW.due_at)
    ON CONFLICT (lane, message_id) DO UPDATE SET due_at = excluded.due_at WHERE excluded.due_at < lane_queue.due_at;
END;

-- An exercise is one for ever, with all that follows it, and so is what is real.
CREATE TRIGGER alert_exercise_stays BEFORE UPDATE OF is_exercise, root_id ON alert
WHEN NEW.is_exercise <> OLD.is_exercise OR NEW.root_id <> OLD.root_id
BEGIN SELECT RAISE(ABORT, 'an exercise stays an exercise'); END;
CREATE TRIGGER alert_exercise_thread BEFORE INSERT ON alert
WHEN NEW.root_id <> NEW.id AND NEW.is_exercise IS DISTINCT FROM (SELECT a.is_exercise FROM alert AS a WHERE a.id = NEW.root_id)
BEGIN SELECT RAISE(ABORT, 'an exercise is followed by exercises only'); END;
CREATE TRIGGER message_exercise_matches BEFORE INSERT ON message
WHEN NEW.is_exercise IS DISTINCT FROM coalesce((SELECT a.is_exercise FROM alert AS a WHERE a.id = NEW.alert_id), 0)
BEGIN SELECT RAISE(ABORT, 'a message is an exercise if its alert is one'); END;
CREATE TRIGGER message_exercise_stays BEFORE UPDATE OF is_exercise, alert_id ON message
WHEN NEW.is_exercise <> OLD.is_exercise OR NEW.alert_id IS DISTINCT FROM OLD.alert_id
BEGIN SELECT RAISE(ABORT, 'an exercise stays an exercise'); END;
