#!/usr/bin/python3
"""SIGTERM and SIGHUP in the middle of letters: no copy twice, none lost, and each stop in order.

Once through a relay that answers at once and once through one that takes 50 ms for each letter. Half of the reloads
change the number of connections, so that sessions are replaced while they send. GRANNBUD_SIGNALS (40, both relays
together) and GRANNBUD_SEED change how many and when.
"""
import os
import random
import signal
import sys
import time
import unittest

sys.path.insert(0, __file__.rsplit("/", 1)[0])
import proof  # noqa: E402
from daemon import Daemon, all_sent  # noqa: E402
from peers import Sink, how_many, wait_for  # noqa: E402

PEOPLE = 1000
SIGNALS = int(how_many("GRANNBUD_SIGNALS", 40, 12))
SEED = int(os.environ.get("GRANNBUD_SEED", str(int(time.time()))))
STOP_S = 60
RELAY = "connections = %d\nreserved_for_alerts = 0"


class Signals(unittest.TestCase):
    def setUp(self):
        self.rng = random.Random(SEED)
        print("seed %d" % SEED)
        self.letters = 0
        self.slowest_s = 0.0

    def send_letter(self, d):
        d.cli("--as", "anna", "letter", "send", d.add_letter("--scope", "police_area:angelholm"))
        self.letters += 1

    def wait_for_a_moment(self, d, sink):
        """Some time after the next mail; when nothing is left to send, after the first mail of another letter."""
        before = sink.count().get("messages", 0)
        if before >= self.letters * PEOPLE:
            self.send_letter(d)
        wait_for("mail\n" + d.log()[-2000:], lambda: sink.count().get("messages", 0) > before)
        time.sleep(self.rng.uniform(0, 0.05))

    def term(self, d, sink):
        code, seconds = d.stop()
        self.assertEqual(code, 0, d.log()[-2000:])  # not SIGALRM: it was in time
        self.slowest_s = max(self.slowest_s, seconds)
        sink.control("mark")
        proof.check_store(d.database)
        d.start()

    def hup(self, d):
        if self.rng.random() < 0.5:
            d.write_config(relay_more=RELAY % self.rng.randint(4, 20))
        d.process.send_signal(signal.SIGHUP)

    def run_signals(self, count, connections, *faults):
        options = [word for fault in faults for word in ("--fault", fault)]
        with Sink("--digest", *options) as sink, Daemon(relay="smtp://127.0.0.1:%d" % sink.port,
                                                        relay_more=RELAY % connections) as d:
            d.add_people()
            addresses = d.add_register(PEOPLE, groups=100)
            terms = 0
            for _ in range(count):
                self.wait_for_a_moment(d, sink)
                if self.rng.random() < 0.5:
                    self.term(d, sink)
                    terms += 1
                else:
                    self.hup(d)
            wait_for("end\n" + d.log()[-2000:], lambda: all_sent(d), 120)
            self.assertEqual(d.stop()[0], 0)
            rows = proof.check_store(d.database, finished=True)
            again = proof.check_mails(sink.mails(), addresses, self.letters)
            print("%d SIGTERM, %d SIGHUP, %d letters to %d; the slowest stop took %.2f s" % (
                terms, count - terms, self.letters, PEOPLE, self.slowest_s))
            self.assertEqual(sum(again.values()), 0, again)
            self.assertEqual(rows, {"sent": self.letters * PEOPLE})

    def test_a_quick_relay(self):
        self.run_signals(SIGNALS // 2, 8)

    def test_a_relay_that_takes_50_ms(self):
        self.run_signals(SIGNALS - SIGNALS // 2, 16, "dot=delay:50+ok")

    def test_signals_all_through_a_stop(self):
        with Daemon() as d:
            for _ in range(max(3, SIGNALS // 4)):
                d.process.send_signal(signal.SIGTERM)
                end = time.monotonic() + STOP_S
                while d.process.poll() is None and time.monotonic() < end:
                    d.process.send_signal(self.rng.choice((signal.SIGTERM, signal.SIGHUP, signal.SIGINT)))
                    time.sleep(self.rng.random() / 1000)
                self.assertEqual(d.process.returncode, 0, d.log())
                d.start()

    def test_reloading_what_has_not_changed_goes_on_for_ever(self):
        with Daemon() as d:
            for n in range(1, 71):
                d.process.send_signal(signal.SIGHUP)
                wait_for("reload %d" % n, lambda n=n: d.log().count("configuration read again changes=0") == n)
            self.assertEqual(d.json("status")["problems"], [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
