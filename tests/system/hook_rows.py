"""Endpoints and what waits for them, written into the store of a daemon that is not running: for tests and benchmarks of
the dispatcher, which need many and exact times. What people do goes through the API (test_webhook.py).

    rows = HookRows(d.database)
    event = rows.alert(expires_s=3600)          an alert and its event
    hook = rows.hook("https://localhost/x")     an endpoint for everything
    delivery = rows.delivery(event, hook)       due now
    rows.close()
"""
import base64
import hashlib
import hmac
import sqlite3
import time

KEY = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(KEY).decode()


def signature(headers, body):
    """The v1 signature that a receiver expects."""
    signed = ("%s.%s." % (headers["webhook-id"], headers["webhook-timestamp"])).encode() + body
    return "v1," + base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()


class HookRows:
    def __init__(self, database):
        self.db = sqlite3.connect(database)
        self.number = 1000

    def insert(self, table, **columns):
        self.db.execute("INSERT INTO %s (%s) VALUES (%s)" % (table, ", ".join(columns), ", ".join("?" * len(columns))),
                        tuple(columns.values()))

    def next(self):
        self.number += 1
        return self.number

    def alert(self, expires_s=7 * 86400):
        now, alert, event = int(time.time() * 1e6), self.next(), self.next()
        expires = now + int(expires_s * 1e6)
        self.insert("alert", id=alert, root_id=alert, type="alert", kind="boat_theft", severity="severe", urgency="immediate",
                    certainty="observed", is_exercise=0, life_danger=0, classification="public", content_hash="x",
                    title="Båtstölder", text="Flera båtmotorer har stulits i natt. " * 10, target="{}", area_text="Ängelholm",
                    state="active", author_id=0, author="anna", expires_at=expires, created_at=now, sent_at=now)
        self.insert("webhook_event", id=event, type="alert.sent", kind="boat_theft", thread_id=alert, alert_id=alert,
                    is_exercise=0, at=now, expires_at=expires)
        return event

    def hook(self, url):
        hook = self.next()
        self.insert("webhook", id=hook, name=url[-60:], scope_kind="all", scope_code="", url=url, format="standard",
                    exercises=1, settings="{}", owner_id=0, owner="anna", state="enabled", created_at=1, updated_at=1)
        self.insert("webhook_lane", webhook_id=hook)
        self.insert("webhook_recipient", webhook_id=hook, recipient="")
        self.insert("webhook_kind", webhook_id=hook, kind="alert")
        self.insert("webhook_secret", webhook_id=hook, secret=SECRET, created_at=1)
        return hook

    def delivery(self, event, hook):
        delivery = self.next()
        now = int(time.time() * 1e6)
        self.db.execute(
            "INSERT INTO webhook_delivery (id, event_id, webhook_id, recipient, thread_id, state, held, due_at, expires_at,"
            " created_at) SELECT ?, id, ?, '', thread_id, 'pending', 0, ?, expires_at, ? FROM webhook_event WHERE id = ?",
            (delivery, hook, now, now, event))
        return delivery

    def keep_first(self):
        """Has the store itself keep each delivery as its first attempt leaves it, and its lane: a test that looks now and
        then may see the second one already."""
        for table, key, columns, when in (
                ("webhook_delivery", "id", "state", "OLD.state = 'claimed' OR NEW.state = 'expired'"),
                ("webhook_lane", "webhook_id", "last_error_at, last_success_at", "1")):
            self.db.execute("CREATE TABLE first_%s AS SELECT * FROM %s WHERE 0" % (table, table))
            self.db.execute("CREATE UNIQUE INDEX first_%s_key ON first_%s (%s)" % (table, table, key))
            self.db.execute("CREATE TRIGGER first_%s_keep AFTER UPDATE OF %s ON %s WHEN %s BEGIN INSERT OR IGNORE INTO first_%s "
                            "SELECT * FROM %s WHERE %s = NEW.%s; END" % (table, columns, table, when, table, table, key, key))

    def close(self):
        self.db.commit()
        self.db.close()


class Outcomes:
    """Reads a running daemon's store: rows of webhook_delivery as dictionaries, by id."""

    def __init__(self, database):
        self.db = sqlite3.connect("file:%s?mode=ro" % database, uri=True)
        self.db.row_factory = sqlite3.Row

    def deliveries(self):
        return {row["id"]: dict(row) for row in self.db.execute("SELECT * FROM webhook_delivery")}

    def first(self):
        """As keep_first() has kept them: deliveries by id, lanes by endpoint."""
        return ({row["id"]: dict(row) for row in self.db.execute("SELECT * FROM first_webhook_delivery")},
                {row["webhook_id"]: dict(row) for row in self.db.execute("SELECT * FROM first_webhook_lane")})

    def open_count(self):
        return self.db.execute("SELECT count(*) FROM webhook_delivery WHERE state = 'pending' OR state = 'claimed'").fetchone()[0]

    def lane(self, hook):
        return dict(self.db.execute("SELECT * FROM webhook_lane AS l JOIN webhook AS w ON w.id = l.webhook_id "
                                    "WHERE w.id = ?", (hook,)).fetchone())

    def close(self):
        self.db.close()
