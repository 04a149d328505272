#!/usr/bin/python3
"""kill -9 at random moments while letters go out: nobody is missed, and at most what was on the wire comes twice.

After every kill the store is looked at before the next start. A kill comes at a random moment of the start itself, or
after the first mail of this start. GRANNBUD_KILLS (100) and GRANNBUD_SEED change how often and when.
"""
import os
import random
import sys
import time
import unittest

sys.path.insert(0, __file__.rsplit("/", 1)[0])
import proof  # noqa: E402
from daemon import Daemon, all_sent  # noqa: E402
from peers import Sink, answers, how_many  # noqa: E402

PEOPLE = 1000
LETTERS = 2  # at a time
CONNECTIONS = 20
KILLS = int(how_many("GRANNBUD_KILLS", 100, 20))
SEED = int(os.environ.get("GRANNBUD_SEED", str(int(time.time()))))
EARLY = 0.2  # of the kills hit the start
STEP_S = 60


def wait_quickly(what, test, seconds=STEP_S):
    """As wait_for, without its pauses: a kill must hit a busy moment."""
    end = time.monotonic() + seconds
    while not test():
        if time.monotonic() > end:
            raise TimeoutError("no %s within %d s" % (what, seconds))
        time.sleep(0.001)


class Crash(unittest.TestCase):
    def setUp(self):
        self.rng = random.Random(SEED)
        print("seed %d" % SEED)

    def start(self, d):
        """Returns how long it took."""
        before = time.monotonic()
        d.start(wait=False)
        wait_quickly("answer\n" + d.log()[-2000:], lambda: answers(d.http))
        return time.monotonic() - before

    def wait_for_the_moment(self, d, sink, start_s):
        if self.rng.random() < EARLY:
            time.sleep(self.rng.uniform(0, 1.5 * start_s))
            return
        before = sink.count()["messages"]
        wait_quickly("mail\n" + d.log()[-3000:], lambda: sink.count()["messages"] > before)
        time.sleep(self.rng.uniform(0, self.rng.choice((0.03, 0.03, 0.15))))  # the longer, the more connections are open

    def kill(self, d, sink):
        """Also waits until the sink has read all that had left."""
        d.kill()
        wait_quickly("end of the sessions", lambda: sink.count()["live"] == 0)
        sink.control("mark")
        proof.check_store(d.database)

    def test_kill_9_loses_nobody(self):
        with Sink("--digest") as sink, Daemon(relay="smtp://127.0.0.1:%d" % sink.port, limits_more="expand_chunk = 100",
                                              relay_more="connections = %d\nreserved_for_alerts = 0" % CONNECTIONS) as d:
            d.add_people()
            addresses = d.add_register(PEOPLE, groups=100)
            d.stop()
            start_s = self.start(d)
            kills = letters = 0
            begun = time.monotonic()
            while kills < KILLS:
                for letter in [d.add_letter("--scope", "police_area:angelholm") for _ in range(LETTERS)]:
                    d.cli("--as", "anna", "letter", "send", letter)
                letters += LETTERS
                while kills < KILLS:
                    self.wait_for_the_moment(d, sink, start_s)
                    self.kill(d, sink)
                    kills += 1
                    is_done = proof.open_messages(d.database) == 0
                    if is_done:
                        break
                    d.start(wait=False)
                if is_done:
                    self.start(d)
            wait_quickly("end\n" + d.log()[-2000:], lambda: answers(d.http) and all_sent(d))
            seconds = time.monotonic() - begun
            code, _ = d.stop()
            self.assertEqual(code, 0, d.log()[-2000:])
            rows = proof.check_store(d.database, finished=True)
            again = proof.check_mails(sink.mails(), addresses, letters)
            print("%d kills in %.1f s, %d letters to %d: %d doubles, at most %d of a kill (%d connections); start %.0f ms" % (
                kills, seconds, letters, PEOPLE, sum(again.values()), max(again.values(), default=0), CONNECTIONS,
                start_s * 1000))
            self.assertEqual(rows, {"sent": letters * PEOPLE})
            self.assertLessEqual(max(again.values(), default=0), CONNECTIONS)


if __name__ == "__main__":
    unittest.main(verbosity=2)
