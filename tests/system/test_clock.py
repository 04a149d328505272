#!/usr/bin/python3
"""The wall clock of the running daemon jumps by an hour, a day, forty days, forth and back.

Retries come when their time has passed, a period of a series goes out once, officers are reminded once, and nobody gets
a letter twice. The monotonic clock is left alone, as when somebody sets the clock. GRANNBUD_SEED changes the moments.
"""
import collections
import concurrent.futures
import os
import random
import re
import sys
import time
import unittest

sys.path.insert(0, __file__.rsplit("/", 1)[0])
import proof  # noqa: E402
from daemon import Daemon  # noqa: E402
from fake_clock import FakeClock  # noqa: E402
from peers import Sink, wait_for  # noqa: E402

SEED = int(os.environ.get("GRANNBUD_SEED", str(int(time.time()))))
HOUR, DAY = 3600, 86400
JUMPS = (HOUR, -HOUR, DAY, -DAY, 40 * DAY, -40 * DAY)
RETRY_S = 5
SETTLE_S = 1.6  # more than a tick of the daemon: what should not happen has had its chance


def at_once(run, cases):
    """run(case) of each, which mostly waits; the first that raises is raised here."""
    with concurrent.futures.ThreadPoolExecutor(max_workers=len(cases)) as pool:
        return [f.result() for f in [pool.submit(run, case) for case in cases]]


class Clock(unittest.TestCase):
    def setUp(self):
        self.sink = Sink("--digest")
        self.sink.__enter__()
        self.addCleanup(self.sink.__exit__)

    def got(self, domain):
        """Contact persons of the domain with how often they got mail."""
        counts = collections.Counter(m[1] for m in self.sink.mails())
        return {a: n for a, n in counts.items() if re.fullmatch(r"p\d+@" + re.escape(domain), a)}

    def check_end(self, d):
        self.assertEqual(d.stop()[0], 0, d.log()[-2000:])
        proof.check_store(d.database)

    # --- retries -----------------------------------------------------------------------------------------------------

    def retry_over(self, jump):
        """How long after the order the second try of refused recipients was seen: late on a busy machine, never early."""
        port = self.sink.listen("RCPT=450*3")
        domain = "j%d.example.se" % JUMPS.index(jump)
        clock = FakeClock()
        with Daemon(relay="smtp://127.0.0.1:%d" % port, clock=clock,
                    letter_more="retry_first = %ds\nretry_max = %ds" % (RETRY_S, RETRY_S)) as d:
            d.add_people()
            addresses = d.add_register(3, domain=domain)
            letter = d.add_letter("--scope", "police_area:angelholm")
            begun = time.monotonic()
            d.cli("--as", "anna", "letter", "send", letter)
            wait_for("refusals", lambda: len(proof.waiting(d.database)) == 3)
            time.sleep(1)
            clock.jump(jump)
            wait_for("second try\n" + d.log()[-2000:], lambda: len(self.got(domain)) == 3)
            seconds = time.monotonic() - begun
            d.wait_sent(letter)
            self.assertEqual(self.got(domain), {a: 1 for a in addresses})
            self.assertIn("the wall clock has jumped", d.log())
            self.check_end(d)
            return seconds

    def test_a_retry_waits_for_time_to_pass_not_for_the_clock(self):
        took = at_once(self.retry_over, JUMPS)
        print("second tries came after " + ", ".join("%.1f s (%+d h)" % (s, j // HOUR) for s, j in zip(took, JUMPS)))
        for seconds in took:
            self.assertGreater(seconds, RETRY_S - 1.5)  # a jump forward is noticed at the next tick

    def test_a_clock_that_is_forty_days_ahead_gives_nobody_up(self):
        """Tried often enough to be given up, were it not for the clock."""
        self.sink.control("fault RCPT=450")
        clock = FakeClock()
        with Daemon(relay="smtp://127.0.0.1:%d" % self.sink.port, clock=clock, letter_more="retry_first = 1s\nretry_max = 1s") as d:
            d.add_people()
            addresses = d.add_register(1)
            letter = d.add_letter("--scope", "police_area:angelholm")
            d.cli("--as", "anna", "letter", "send", letter)
            for jump in (40 * DAY, -80 * DAY, 40 * DAY):
                before = proof.attempts(d.database)
                wait_for("another try", lambda before=before: proof.attempts(d.database) > before)
                time.sleep(0.1)
                clock.jump(jump)
                time.sleep(SETTLE_S)
            self.sink.control("clear")
            d.wait_sent(letter)
            self.assertEqual(self.got("example.se"), {a: 1 for a in addresses})
            self.check_end(d)

    # --- in mid-send ---------------------------------------------------------------------------------------------------

    def test_a_clock_that_jumps_all_the_time_in_mid_send(self):
        rng = random.Random(SEED)
        print("seed %d" % SEED)
        clock = FakeClock()
        port = self.sink.listen("dot=delay:10+ok", "RCPT=450*40")
        with Daemon(relay="smtp://127.0.0.1:%d" % port, clock=clock, letter_more="retry_first = 1s\nretry_max = 2s",
                    relay_more="connections = 8\nreserved_for_alerts = 0") as d:
            d.add_people()
            addresses = d.add_register(1000, groups=100)
            letter = d.add_letter("--scope", "police_area:angelholm")
            d.cli("--as", "anna", "letter", "send", letter)
            jumps = 0
            while d.json("letter", "show", letter)["state"] != "sent" and jumps < 500:
                clock.jump(rng.choice(JUMPS))
                jumps += 1
                time.sleep(rng.uniform(0, 0.3))
            d.wait_sent(letter)
            print("%d jumps" % jumps)
            self.assertEqual(self.got("example.se"), {a: 1 for a in addresses})
            self.check_end(d)

    # --- the calendar --------------------------------------------------------------------------------------------------

    def series_over(self, case):
        """A letter that is due ten minutes after the start, and these jumps, with the letter's state after each."""
        jumps, name = case
        domain = name + ".example.se"
        clock = FakeClock(at="2026-03-31 08:50:00")
        with Daemon(relay="smtp://127.0.0.1:%d" % self.sink.port, clock=clock) as d:
            d.add_people()
            addresses = d.add_register(3, domain=domain)
            d.cli("--as", "anna", "series", "add", "--name", "M", "--scope", "police_area:angelholm", "--rrule",
                  "FREQ=MONTHLY;BYMONTHDAY=31", "--time", "09:00", "--from", "2026-01-01")
            letter = d.add_letter()
            for jump, state in jumps:
                clock.jump(jump)
                wait_for("state %s after %+d s\n%s" % (state, jump, d.log()[-2000:]),
                         lambda state=state: d.json("letter", "show", letter)["state"] == state)
                time.sleep(SETTLE_S)
                self.assertEqual(d.json("letter", "show", letter)["state"], state, "%s after %+d s" % (name, jump))
            self.assertEqual(self.got(domain), {a: 1 for a in addresses}, name)
            self.check_end(d)

    def test_a_period_goes_out_once(self):
        at_once(self.series_over, (
            (((HOUR, "sent"), (-HOUR, "sent"), (HOUR, "sent")), "hour"),
            (((DAY, "sent"), (-DAY, "sent"), (DAY, "sent"), (-2 * DAY, "sent"), (2 * DAY, "sent")), "day"),
            # So late it is held for a person; set back, it is in time again, and goes out at its hour.
            (((40 * DAY, "held"), (-40 * DAY, "approved"), (40 * DAY, "held"), (-40 * DAY + HOUR, "sent"), (-HOUR, "sent"),
              (40 * DAY, "sent")), "forty"),
            (((-HOUR, "approved"), (2 * HOUR, "sent"), (-HOUR, "sent")), "back-hour"),
            (((-DAY, "approved"), (DAY + HOUR, "sent"), (-2 * DAY, "sent"), (2 * DAY, "sent")), "back-day"),
            (((-40 * DAY, "approved"), (40 * DAY + HOUR, "sent"), (-40 * DAY, "sent"), (40 * DAY, "sent")), "back-forty"),
        ))

    def test_officers_are_reminded_once(self):
        clock = FakeClock(at="2026-03-20 08:00:00")
        with Daemon(relay="smtp://127.0.0.1:%d" % self.sink.port, clock=clock) as d:
            d.add_people()
            d.cli("series", "add", "--name", "M", "--scope", "police_area:angelholm", "--rrule", "FREQ=MONTHLY;BYMONTHDAY=31",
                  "--time", "09:00", "--from", "2026-03-01")

            def check(jump, times):
                """So often each has been reminded, some time after a jump."""
                want = {"anna@example.se": times, "bertil@example.se": times}
                clock.jump(jump)
                wait_for("%d reminders after %+d s" % (times, jump),
                         lambda: collections.Counter(m[1] for m in self.sink.mails()) == want)
                time.sleep(SETTLE_S)
                self.assertEqual(collections.Counter(m[1] for m in self.sink.mails()), want, "after %+d s" % jump)
            check(8 * DAY + HOUR + 5, 1)  # three days before, 09.00
            for jump in (-HOUR, HOUR, -DAY, DAY, -40 * DAY, 40 * DAY):
                check(jump, 1)
            check(40 * DAY, 2)  # more is due by then, and told once too
            for jump in (-40 * DAY, 40 * DAY, -DAY, DAY):
                check(jump, 2)
            self.check_end(d)


if __name__ == "__main__":
    unittest.main(verbosity=2)
