#!/usr/bin/python3
"""What the daemon does with each way in which a webhook receiver can fail: the right thing, and never more than that."""
import pathlib
import signal
import sys
import tempfile
import time
import unittest

sys.path.insert(0, __file__.rsplit("/", 1)[0])
from daemon import Daemon  # noqa: E402
from hook_rows import HookRows, Outcomes, signature  # noqa: E402
from peers import TestCA, how_many, wait_for  # noqa: E402
from receiver import FAULTS, Receiver  # noqa: E402

TIMEOUT_S = int(how_many("GRANNBUD_HOOK_TIMEOUT", 10, 15))  # sixty receivers in one process take their time
STOPS_IN_TIME_S = 3  # a call ends in less than the daemon waits for it when it stops
FIRST_WAIT = (5, 6)  # the schedule's first wait with its jitter, in seconds
DAY_S = 86400
# What a wait may differ from what it should be: clocks are read twice, and a busy machine may do something else between.
SLACK_S = 2

# name: (state, wait in seconds or None, status, does the endpoint fail?)
SENT = ("sent", None)
RETRY = ("pending", FIRST_WAIT)
EXPECTED = {
    # taken: only 2xx, and whatever comes after its head
    "200": (*SENT, 200, False), "204": (*SENT, 204, False), "200-garbage": (*SENT, 200, False), "299": (*SENT, 299, False),
    "100-then-200": (*SENT, 200, False), "h2-200": (*SENT, 200, False), "gzip-bomb": (*SENT, 200, False),
    "endless-body": (*SENT, 200, False), "endless-chunks": (*SENT, 200, False), "drip-body": (*SENT, 200, False),
    "hang-after-head": (*SENT, 200, False), "close-in-body": (*SENT, 200, False),
    # refused: this delivery
    "400": (*RETRY, 400, False), "401": (*RETRY, 401, False), "404": (*RETRY, 404, False), "413": (*RETRY, 413, False),
    # redirects are not followed
    **{"%d-%s" % (status, where): (*RETRY, status, False)
       for status in (301, 302, 303, 307, 308) for where in ("inside", "good")},
    # the receiver as such fails
    "429": (*RETRY, 429, True), "500": (*RETRY, 500, True), "502": (*RETRY, 502, True), "503": (*RETRY, 503, True),
    "504": (*RETRY, 504, True), "status-600": (*RETRY, 600, True), "status-999": (*RETRY, 999, True),
    "hang-after-500": (*RETRY, 500, True), "close-in-500": (*RETRY, 500, True), "bad-chunks": (*RETRY, 500, True),
    "huge-length": (*RETRY, 500, True),
    # Retry-After, as said, up to a day
    "429-after-7": ("pending", (7, 7), 429, True), "503-after-120": ("pending", (120, 120), 503, True),
    "503-after-date": ("pending", (500, 600), 503, True), "503-after-past": ("pending", (1, 1), 503, True),
    "503-after-absurd": ("pending", (DAY_S, DAY_S), 503, True), "503-after-never": ("pending", (DAY_S, DAY_S), 503, True),
    "503-after-garbage": (*RETRY, 503, True),
    # gone for good
    "410": ("failed", None, 410, True),
    # no answer, or none that makes sense
    **{name: (*RETRY, None, True) for name in (
        "refused", "dns", "wrong-host", "expired", "self-signed", "hang-at-accept", "hang", "hang-in-head", "drip-head",
        "endless-head", "endless-line", "endless-100", "101", "close", "reset", "close-in-head", "not-http", "http-0.9",
        "bad-status-line", "bad-version", "nul-in-head", "h2-goaway", "h2-reset", "h2-refused", "h2-close", "h2-garbage")},
}
# What people are told, in part.
WORDS = {"refused": "connection refused", "dns": "name cannot be resolved", "wrong-host": "no secure connection",
         "expired": "expired", "self-signed": "self-signed", "hang": "no answer in time", "302-inside": "not followed",
         "endless-body": "too long", "endless-head": "too large", "not-http": "not HTTP", "503-after-120": "asks for 120 s",
         "410": "410 Gone", "reset": "reset"}


def make_daemon(ca, more=""):
    d = Daemon()
    d.webhook = "[webhook]\nca_file = %s\ntimeout = %ds\n" % (ca.ca, TIMEOUT_S)
    configure(d, "allow_private = yes\n" + more)
    d.start().stop()  # makes the store
    return d


def configure(d, more):
    d.write_config()
    d.conf.write_text(d.conf.read_text() + d.webhook + more)


class Faults(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="hooks.")
        cls.addClassCleanup(folder.cleanup)
        cls.ca = TestCA(pathlib.Path(folder.name) / "ca")
        cls.receiver = cls.enterClassContext(Receiver(cls.ca))
        d = cls.daemon = make_daemon(cls.ca)
        cls.addClassCleanup(d.__exit__)
        rows = HookRows(d.database)
        rows.keep_first()
        event = rows.alert()
        cls.hooks = {name: rows.hook(cls.receiver.url(name)) for name in EXPECTED}
        cls.ids = {name: rows.delivery(event, hook) for name, hook in cls.hooks.items()}
        cls.late_hook = rows.hook(cls.receiver.url("500") + "?late")
        cls.late = rows.delivery(rows.alert(expires_s=TIMEOUT_S + 4), cls.late_hook)
        cls.over = rows.delivery(rows.alert(expires_s=-1), cls.late_hook)
        rows.close()
        d.start()
        cls.addClassCleanup(lambda: d.process and d.stop())
        cls.outcomes = Outcomes(d.database)
        cls.addClassCleanup(cls.outcomes.close)
        wait_for("first answers", cls.have_all_answered)
        rows, lanes = cls.outcomes.first()
        cls.first = {name: rows[delivery] for name, delivery in {**cls.ids, "over": cls.over}.items()}
        cls.lanes = {name: lanes[hook] for name, hook in cls.hooks.items()}

    @classmethod
    def have_all_answered(cls):
        return {*cls.ids.values(), cls.over} <= set(cls.outcomes.first()[0])

    def test_there_are_enough(self):
        self.assertGreaterEqual(len(EXPECTED), 22)
        self.assertEqual(set(FAULTS) - {"redirected"} - set(EXPECTED), set())

    def test_each_gets_what_it_deserves(self):
        for name, (state, wait, status, is_failing) in EXPECTED.items():
            with self.subTest(name):
                row, lane = self.first[name], self.lanes[name]
                self.assertEqual((row["state"], row["http_status"]), (state, status), row)
                self.assertEqual(lane["is_failing"], int(is_failing), row)
                if wait:
                    self.assertGreaterEqual((row["due_at"] - row["last_at"]) / 1e6, wait[0] - SLACK_S, row)
                    self.assertLessEqual((row["due_at"] - row["last_at"]) / 1e6, wait[1] + SLACK_S, row)
                self.assertIn(WORDS.get(name, ""), row["detail"])
                self.assertEqual(self.outcomes.lane(self.hooks[name])["state"], "disabled" if name == "410" else "enabled")

    def test_a_receiver_that_asks_for_time_is_left_alone(self):
        for name, (_, wait, status, _) in EXPECTED.items():
            if status in (429, 503) and "after" in name and "garbage" not in name:
                with self.subTest(name):
                    self.assertGreaterEqual(self.lanes[name]["paused_until"], self.first[name]["due_at"])

    def test_redirects_are_not_followed(self):
        self.assertEqual(self.receiver.hits["redirected"], [])

    def test_what_has_left_may_have_arrived(self):
        """A recall goes to those who may have the alert, so it matters which failures leave that open."""
        for name in ("hang", "close", "reset", "not-http", "h2-reset"):
            self.assertEqual(self.first[name]["reached"], 1, name)
        for name in ("refused", "dns", "wrong-host", "expired", "self-signed", "hang-at-accept"):
            self.assertEqual(self.first[name]["reached"], 0, name)

    def test_no_alert_is_sent_late(self):
        self.assertEqual((self.first["over"]["state"], self.first["over"]["attempts"]), ("expired", 0))
        wait_for("the end of the alert", lambda: self.outcomes.deliveries()[self.late]["state"] == "expired")

    def test_requests_are_signed_each_time_and_keep_their_id(self):
        """The next try comes by itself, with a new time under the old id."""
        names = ("504", "404", "302-good", "close")
        wait_for("second tries", lambda: all(len(self.receiver.hits[name]) >= 2 for name in names))
        for name in names:
            first, second = self.receiver.hits[name][:2]
            self.assertEqual(first[1]["webhook-id"], second[1]["webhook-id"])
            # By the daemon's clock, in whole seconds: a busy receiver notes them when it can.
            self.assertGreaterEqual(int(second[1]["webhook-timestamp"]) - int(first[1]["webhook-timestamp"]), FIRST_WAIT[0] - 1)
        for name, hits in list(self.receiver.hits.items()):
            for _, headers, body in hits if name != "h2" else ():
                self.assertEqual(headers["webhook-signature"], signature(headers, body), name)

    def test_the_daemon_is_well(self):
        wait_for("the figures", lambda: self.daemon.json("status")["webhooks"]["failing"] >= 20)  # read every other second
        self.assertEqual(self.daemon.json("status")["webhooks"]["disabled"], 1)
        self.assertNotIn("error ", "\n".join(line for line in self.daemon.log().splitlines() if " error " in line))
        memory = pathlib.Path("/proc/%d/status" % self.daemon.process.pid).read_text()
        peak_kib = int(memory.split("VmHWM:")[1].split()[0])
        self.assertLess(peak_kib, int(how_many("GRANNBUD_HOOK_KIB", 150_000, 2_000_000)))


class Life(unittest.TestCase):
    """Calls in flight when something happens to the daemon."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="hooks.")
        self.addCleanup(folder.cleanup)
        self.ca = TestCA(pathlib.Path(folder.name) / "ca")
        self.receiver = self.enterContext(Receiver(self.ca))
        self.d = make_daemon(self.ca)
        self.addCleanup(self.d.__exit__)

    def add(self, name):
        rows = HookRows(self.d.database)
        delivery = rows.delivery(rows.alert(), rows.hook(self.receiver.url(name)))
        rows.close()
        return delivery

    def row(self, delivery):
        outcomes = Outcomes(self.d.database)
        try:
            return outcomes.deliveries()[delivery]
        finally:
            outcomes.close()

    def wait_state(self, delivery, state):
        wait_for(state, lambda: self.row(delivery)["state"] == state)

    def test_a_killed_daemon_calls_again_under_the_same_id(self):
        self.d.webhook = self.d.webhook.replace("timeout = %ds" % TIMEOUT_S, "timeout = 60s")
        configure(self.d, "allow_private = yes\n")
        delivery = self.add("hang")
        self.d.start()
        wait_for("the call", lambda: len(self.receiver.hits["hang"]) == 1)
        self.d.kill()
        self.assertEqual(self.row(delivery)["state"], "claimed")
        self.d.start()
        wait_for("the next call", lambda: len(self.receiver.hits["hang"]) == 2)
        first, second = (headers["webhook-id"] for _, headers, _ in self.receiver.hits["hang"])
        self.assertEqual(first, second)
        self.assertIn("webhooks in flight when the process ended count=1", self.d.log())
        self.assertEqual(self.d.stop()[0], 0)  # which waits shorter than the call would

    def test_stopping_lets_a_call_end(self):
        self.d.webhook = self.d.webhook.replace("timeout = %ds" % TIMEOUT_S, "timeout = %ds" % STOPS_IN_TIME_S)
        configure(self.d, "allow_private = yes\n")
        delivery = self.add("drip-body")
        self.d.start()
        wait_for("the call", lambda: len(self.receiver.hits["drip-body"]) == 1)
        self.assertEqual(self.d.stop()[0], 0)
        self.assertEqual(self.row(delivery)["state"], "sent")

    def test_a_reload_opens_and_closes_the_private_network(self):
        configure(self.d, "allow_private = no\n")
        delivery = self.add("200")
        self.d.start()
        wait_for("the refusal", lambda: self.row(delivery)["attempts"] == 1)
        self.wait_state(delivery, "pending")
        self.assertIn("no public address", self.row(delivery)["detail"])
        configure(self.d, "allow_private = yes\n")
        self.d.process.send_signal(signal.SIGHUP)
        self.wait_state(delivery, "sent")
        self.assertEqual(len(self.receiver.hits["200"]), 1)

    def test_a_reload_allows_http(self):
        delivery = self.add("plain-200")
        self.d.start()
        wait_for("the refusal", lambda: self.row(delivery)["attempts"] == 1)
        self.wait_state(delivery, "pending")
        self.assertIn("https", self.row(delivery)["detail"])
        configure(self.d, "allow_private = yes\nallow_http = yes\n")
        self.d.process.send_signal(signal.SIGHUP)
        self.wait_state(delivery, "sent")

    def test_nothing_is_called_on_hold(self):
        self.d.start()
        self.d.cli("hold", "--reason", "prov")
        self.d.stop()
        delivery = self.add("200")
        self.d.start()
        time.sleep(1.5)
        self.assertEqual((self.row(delivery)["state"], self.receiver.hits["200"]), ("pending", []))
        self.d.cli("resume")
        self.wait_state(delivery, "sent")


if __name__ == "__main__":
    unittest.main(verbosity=2)
