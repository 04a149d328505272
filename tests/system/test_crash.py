#!/usr/bin/python3
"""kill -9 during a letter, twenty times: nobody is missed, and at most what was on the wire comes twice.

GRANNBUD_KILLS and GRANNBUD_SEED change how often and when.
"""
import os
import random
import sqlite3
import sys
import time
import unittest

sys.path.insert(0, __file__.rsplit("/", 1)[0])
from daemon import Daemon  # noqa: E402
from peers import Sink, wait_for  # noqa: E402

PEOPLE = 2000
CONNECTIONS = 8
KILLS = int(os.environ.get("GRANNBUD_KILLS", "20"))
SEED = int(os.environ.get("GRANNBUD_SEED", str(int(time.time()))))


class Crash(unittest.TestCase):
    def test_kill_9_loses_nobody(self):
        rng = random.Random(SEED)
        print("seed %d" % SEED)
        with Sink() as sink:
            d = Daemon(relay="smtp://127.0.0.1:%d" % sink.port, relay_more="connections = %d\nreserved_for_alerts = 0" % CONNECTIONS)
            with d:
                d.add_people()
                addresses = set(d.add_register(PEOPLE, groups=200))
                letter = d.add_letter("--scope", "police_area:angelholm")
                d.cli("--as", "anna", "letter", "send", letter)
                kills = 0
                while kills < KILLS:
                    before = sink.stats().get("messages", 0)
                    # At a random moment of the next 1/20 or so of the letter.
                    goal = before + rng.randint(1, 2 * PEOPLE // (KILLS + 10))
                    wait_for("progress", lambda goal=goal: sink.stats().get("messages", 0) >= min(goal, PEOPLE))
                    time.sleep(rng.uniform(0, 0.02))
                    d.kill()
                    kills += 1
                    d.start()
                d.wait_sent(letter, 120)
                counts = sink.stats()["recipients"]
                doubles = sum(n - 1 for n in counts.values())
                print("%d kills, %d doubles" % (kills, doubles))
                self.assertEqual(set(counts), addresses, "somebody was missed")
                self.assertLessEqual(doubles, kills * CONNECTIONS)
                self.assertLessEqual(max(counts.values()), kills + 1)
                self.assertEqual(d.run("store", "verify").returncode, 0)
                self.assertEqual(d.json("letter", "report", letter)["totals"]["deliveries"]["sent"], PEOPLE)
            db = sqlite3.connect(d.database) if d.database.exists() else None
            self.assertIsNone(db)


if __name__ == "__main__":
    unittest.main(verbosity=2)
