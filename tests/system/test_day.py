#!/usr/bin/python3
"""A day of faults in minutes: the daemon's clocks run 720 times as fast (with a sanitizer 360 times), letters fall due
through the day, and two relays are up, away, slow, silent, refusing and resetting by turns, drawn from a seed; now and then the service is restarted or
reloaded.

At the end every row is final; who is recorded as sent has got the letter exactly once, who failed has not, who is
uncertain at most once, and both say why. GRANNBUD_HOURS (4 in CI; 24 is a day) and GRANNBUD_SEED.
"""
# run: not under tsan
import collections
import datetime
import os
import random
import signal
import sqlite3
import sys
import time
import unittest

sys.path.insert(0, __file__.rsplit("/", 1)[0])
import proof  # noqa: E402
from daemon import Daemon  # noqa: E402
from fake_clock import FakeClock  # noqa: E402
from peers import Sink, how_many, wait_for  # noqa: E402

RATE = int(how_many("GRANNBUD_RATE", 720, 360))
HOURS = float(how_many("GRANNBUD_HOURS", 4, 2))
SEED = int(os.environ.get("GRANNBUD_SEED", str(int(time.time()))))
PEOPLE = 100
HOUR_S = 3600
END_HOURS = 12  # after the last fault all is over by then: the longest wait is 67 minutes, and domains wait too
# So slow that a letter takes most of an hour and meets several faults.
RELAY = "connections = %d\nreserved_for_alerts = 0\nidle_timeout = 10m\nconnect_timeout = 5m\nrate_per_minute = 3\npriority = %d"

# What a relay does for a while, how often, for how many minutes. Delays are real milliseconds: 100 are 72 seconds here.
MOODS = (
    ("well", 6, (20, 90), ()),
    ("away", 3, (5, 120), ("connect=rst",)),
    ("closed", 1, (5, 30), ("greeting=421",)),
    ("busy", 3, (5, 60), ("RCPT=450",)),
    ("greylisting", 2, (5, 60), ("RCPT=451*30",)),
    ("full", 1, (5, 30), ("MAIL=452",)),
    ("late refusal", 1, (5, 30), ("dot=451",)),
    ("some unknown", 2, (5, 30), ("RCPT=550*2",)),
    ("slow", 3, (10, 60), ("dot=delay:100+ok",)),
    ("slow to answer", 2, (10, 60), ("RCPT=delay:50+ok",)),
    ("silent at the dot", 1, (5, 20), ("dot=silence*3",)),
    ("silent before", 1, (5, 20), ("MAIL=silence*3",)),
    ("hangs up", 2, (5, 30), ("DATA=close*5",)),
    ("hangs up at the dot", 1, (5, 20), ("dot=rst*2",)),
)


class Day(unittest.TestCase):
    def setUp(self):
        self.rng = random.Random(SEED)
        self.begun = time.monotonic()
        self.moods = collections.Counter()

    def change_mood(self, sink, rng):
        """Returns how many virtual seconds it lasts."""
        name, _, minutes, faults = rng.choices(MOODS, [m[1] for m in MOODS])[0]
        sink.control("clear")
        for fault in faults:
            sink.control("fault " + fault)
        self.moods[name] += 1
        return 60 * rng.uniform(*minutes)

    def prepare(self, sinks, clock):
        """A stopped daemon with letters that fall due through the day."""
        d = Daemon(relay="smtp://127.0.0.1:%d" % sinks[0].port, clock=clock, relay_more=RELAY % (6, 10),
                   relays_more="[relay second]\nurl = smtp://127.0.0.1:%d\ntls = none\n%s" % (
                       sinks[1].port, RELAY % (3, self.rng.choice((10, 20)))))
        self.addCleanup(d.__exit__)
        d.start()
        d.add_people()
        addresses = d.add_register(PEOPLE, groups=20)
        letters = max(3, int(HOURS))
        for i in range(letters):
            due = clock.now() + datetime.timedelta(hours=0.2 + HOURS * i / letters)
            d.cli("--as", "anna", "letter", "send", d.add_letter("--scope", "police_area:angelholm"), "--at",
                  due.isoformat(timespec="seconds"))
        self.assertEqual(d.stop()[0], 0)
        return d, addresses, letters

    def restart(self, d, sinks):
        wait_for("a daemon that knows signals", d.answers)
        if self.rng.random() < 0.5:
            d.process.send_signal(signal.SIGHUP)
            return
        self.assertEqual(d.stop()[0], 0, d.log()[-2000:])
        proof.check_store(d.database)
        for sink in sinks:
            sink.control("mark")
        d.start(wait=False)

    def live_through(self, d, clock, sinks):
        """HOURS of faults."""
        change = [0.0 for _ in sinks]
        restart = clock.passed() + self.rng.uniform(0.5, 3) * HOUR_S
        end = clock.passed() + HOURS * HOUR_S
        while clock.passed() < end:
            for i, sink in enumerate(sinks):
                if clock.passed() >= change[i]:
                    change[i] = clock.passed() + self.change_mood(sink, self.rng)
            if clock.passed() >= restart:
                self.restart(d, sinks)
                restart = clock.passed() + self.rng.uniform(0.5, 3) * HOUR_S
            self.assertIsNone(d.process.poll(), d.log()[-3000:])
            time.sleep(0.02)
        for sink in sinks:
            sink.control("clear")

    def is_over(self, d, letters):
        db = sqlite3.connect("file:%s?mode=ro" % d.database, uri=True)
        try:
            return db.execute("SELECT count(*) FROM letter WHERE state = 'sent'").fetchone()[0] == letters
        finally:
            db.close()

    def check_rows(self, database, copies, addresses, letters):
        """Each row's state against what the relays took, and each failure's reason."""
        rows = proof.rows_of(database)
        self.assertEqual(len(rows), letters * len(addresses))
        by_address = collections.defaultdict(collections.Counter)
        for address, state, code, reply, step in rows:
            by_address[address][state] += 1
            if state != "sent":
                self.assertIn(state, ("failed", "uncertain"))
                self.assertTrue(reply or code or step, "%s %s without a reason" % (address, state))
        for address in addresses:
            states = by_address[address]
            self.assertGreaterEqual(copies[address], states["sent"], (address, states))
            self.assertLessEqual(copies[address], states["sent"] + states["uncertain"], (address, states))

    def test_a_day_of_faults(self):
        with Sink("--digest") as first, Sink("--digest") as second:
            sinks = (first, second)
            d, addresses, letters = self.prepare(sinks, FakeClock(at="2026-03-30 06:00:00"))
            d.clock = clock = FakeClock(at="2026-03-30 06:05:00", rate=RATE)
            d.start(wait=False)
            self.live_through(d, clock, sinks)
            wait_for("end of all letters\n" + d.log()[-3000:], lambda: self.is_over(d, letters), 2 * END_HOURS * HOUR_S / RATE)
            ended = clock.passed() / HOUR_S
            wait_for("a daemon that can be stopped", d.answers)  # it may just have been started
            self.assertEqual(d.stop()[0], 0, d.log()[-2000:])
            states = proof.check_store(d.database, finished=True)
            mails = first.mails() + second.mails()
            self.assertEqual([m for m, n in collections.Counter(m[2] for m in mails).items() if n > 1], [], "came twice")
            self.check_rows(d.database, collections.Counter(m[1] for m in mails), addresses, letters)
            print("seed %d: %d letters to %d over %.1f h (%.0f s), all final after %.1f h: %s; %d and %d mails; moods: %s" % (
                SEED, letters, PEOPLE, HOURS, time.monotonic() - self.begun, ended, states, len(first.mails()),
                len(second.mails()), ", ".join("%s %d" % row for row in sorted(self.moods.items()))))
            self.assertGreater(states["sent"], letters * PEOPLE * 0.5, "hardly anybody got anything")


if __name__ == "__main__":
    unittest.main(verbosity=2)
