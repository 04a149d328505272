-- Version 6: letters share the relay, and nobody counts rows. What a delivery's row implies is kept beside it by
-- triggers: how far each message is (tally), which messages have rows to send (lane_queue), which may have ended (ending).

-- One index over what is open: (message, 'claimed') finds what is in flight, (message, 'pending', due_at, id) what is
-- next. The terms are an OR because SQLite sees from state = 'pending' that one of them holds, but not with IN.
DROP INDEX delivery_due;
DROP INDEX delivery_claimed;
DROP INDEX delivery_open;
CREATE INDEX delivery_open ON delivery (message_id, state, due_at) WHERE state = 'pending' OR state = 'claimed';
-- The personal lane (1) goes by time alone: each of its messages is one row.
CREATE INDEX delivery_due ON delivery (due_at) WHERE state = 'pending' AND lane = 1;
-- Whoever leaves is withdrawn from what is open, and who was reached is asked group by group. Not partial: an index that
-- follows the state costs at each change of it.
CREATE INDEX delivery_contact ON delivery (contact_id, message_id);
CREATE INDEX delivery_group ON delivery (group_id, message_id);
-- What did not arrive: few, so that it costs nothing where all is well.
CREATE INDEX delivery_trouble ON delivery (message_id) WHERE state = 'failed' OR state = 'uncertain';
-- Which police area a municipality lies in.
CREATE INDEX scope_municipality_of ON scope_municipality (municipality_code, kind);

-- How many rows of a message are in which state. What is open is one figure, so that a claim changes nothing here.
CREATE TABLE tally (
    message_id        INTEGER NOT NULL,
    municipality_code TEXT NOT NULL,       -- '' for rows of no tenant
    open              INTEGER NOT NULL,
    sent              INTEGER NOT NULL,
    failed            INTEGER NOT NULL,
    uncertain         INTEGER NOT NULL,
    withdrawn         INTEGER NOT NULL,
    expired           INTEGER NOT NULL,
    PRIMARY KEY (message_id, municipality_code)
) STRICT, WITHOUT ROWID;

-- Messages of the lanes that take turns (0 alerts, 2 letters) with rows that are pending. No row of the message is due
-- before due_at; whoever looks and finds none due sets it right.
CREATE TABLE lane_queue (
    lane              INTEGER NOT NULL,
    message_id        INTEGER NOT NULL,
    due_at            INTEGER NOT NULL,
    PRIMARY KEY (lane, message_id)
) STRICT, WITHOUT ROWID;

-- Messages that may have ended: each is looked at once and taken out.
CREATE TABLE ending (
    message_id        INTEGER PRIMARY KEY
) STRICT;

INSERT INTO tally (message_id, municipality_code, open, sent, failed, uncertain, withdrawn, expired)
SELECT message_id, coalesce(municipality_code, ''), sum(state IN ('pending', 'claimed')), sum(state = 'sent'),
       sum(state = 'failed'), sum(state = 'uncertain'), sum(state = 'withdrawn'), sum(state = 'expired')
FROM delivery GROUP BY message_id, coalesce(municipality_code, '');
INSERT INTO lane_queue (lane, message_id, due_at)
SELECT lane, message_id, min(due_at) FROM delivery WHERE state = 'pending' AND lane <> 1 GROUP BY lane, message_id;
INSERT INTO ending (message_id) SELECT id FROM message WHERE state = 'sending';

CREATE TRIGGER delivery_added AFTER INSERT ON delivery
BEGIN
    INSERT INTO tally (message_id, municipality_code, open, sent, failed, uncertain, withdrawn, expired)
    VALUES (NEW.message_id, coalesce(NEW.municipality_code, ''), NEW.state IN ('pending', 'claimed'), NEW.state = 'sent',
            NEW.state = 'failed', NEW.state = 'uncertain', NEW.state = 'withdrawn', NEW.state = 'expired')
    ON CONFLICT (message_id, municipality_code) DO UPDATE SET open = open + excluded.open, sent = sent + excluded.sent,
        failed = failed + excluded.failed, uncertain = uncertain + excluded.uncertain,
        withdrawn = withdrawn + excluded.withdrawn, expired = expired + excluded.expired;
    INSERT INTO lane_queue (lane, message_id, due_at)
    SELECT NEW.lane, NEW.message_id, NEW.due_at WHERE NEW.state = 'pending' AND NEW.lane <> 1
    ON CONFLICT (lane, message_id) DO UPDATE SET due_at = excluded.due_at WHERE excluded.due_at < lane_queue.due_at;
END;

CREATE TRIGGER delivery_moved AFTER UPDATE OF state ON delivery
WHEN OLD.state <> NEW.state AND (NEW.state NOT IN ('pending', 'claimed') OR OLD.state NOT IN ('pending', 'claimed'))
BEGIN
    UPDATE tally SET open = open + (NEW.state IN ('pending', 'claimed')) - (OLD.state IN ('pending', 'claimed')),
        sent = sent + (NEW.state = 'sent') - (OLD.state = 'sent'),
        failed = failed + (NEW.state = 'failed') - (OLD.state = 'failed'),
        uncertain = uncertain + (NEW.state = 'uncertain') - (OLD.state = 'uncertain'),
        withdrawn = withdrawn + (NEW.state = 'withdrawn') - (OLD.state = 'withdrawn'),
        expired = expired + (NEW.state = 'expired') - (OLD.state = 'expired')
    WHERE message_id = NEW.message_id AND municipality_code = coalesce(NEW.municipality_code, '');
END;

CREATE TRIGGER delivery_removed AFTER DELETE ON delivery
BEGIN
    UPDATE tally SET open = open - (OLD.state IN ('pending', 'claimed')), sent = sent - (OLD.state = 'sent'),
        failed = failed - (OLD.state = 'failed'), uncertain = uncertain - (OLD.state = 'uncertain'),
        withdrawn = withdrawn - (OLD.state = 'withdrawn'), expired = expired - (OLD.state = 'expired')
    WHERE message_id = OLD.message_id AND municipality_code = coalesce(OLD.municipality_code, '');
END;

CREATE TRIGGER delivery_waits AFTER UPDATE OF state, due_at ON delivery WHEN NEW.state = 'pending' AND NEW.lane <> 1
BEGIN
    INSERT INTO lane_queue (lane, message_id, due_at) VALUES (NEW.lane, NEW.message_id, NEW.due_at)
    ON CONFLICT (lane, message_id) DO UPDATE SET due_at = excluded.due_at WHERE excluded.due_at < lane_queue.due_at;
END;

CREATE TRIGGER tally_ended AFTER UPDATE OF open ON tally WHEN NEW.open = 0 AND OLD.open <> 0
BEGIN
    INSERT INTO ending (message_id) VALUES (NEW.message_id) ON CONFLICT (message_id) DO NOTHING;
END;

-- A walk through the audience has ended, and may have found nobody who is not served already.
CREATE TRIGGER message_walked AFTER UPDATE OF state ON message WHEN NEW.state = 'sending'
BEGIN
    INSERT INTO ending (message_id) VALUES (NEW.id) ON CONFLICT (message_id) DO NOTHING;
END;
