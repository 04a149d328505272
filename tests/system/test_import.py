#!/usr/bin/python3
"""A large register while the daemon lives and dies: all rows or none after kill -9, and nobody waits for it.

GRANNBUD_KILLS and GRANNBUD_SEED change how often and when.
"""
import os
import random
import sqlite3
import subprocess
import sys
import threading
import time
import unittest

sys.path.insert(0, __file__.rsplit("/", 1)[0])
from daemon import Caller, Daemon  # noqa: E402
from peers import how_many, wait_for  # noqa: E402

ROWS = 12000
GROUPS = 2400
KILLS = int(how_many("GRANNBUD_KILLS", 8, 5))
SEED = int(os.environ.get("GRANNBUD_SEED", str(int(time.time()))))


def register(d, name, first, rows=ROWS):
    path = d.folder / name
    with open(path, "w", encoding="utf-8") as out:
        out.write("Område;Typ;Status;Roll;Förnamn;Efternamn;E-post\r\n")
        for i in range(first, first + rows):
            out.write("Grupp %d;Villa;Aktiv;KO;Åsa;Exempel%d;p%d@example.se\r\n" % (i * GROUPS // ROWS, i, i))
    return path


def rows_in(d):
    """What lies in the store, seen or not: groups, persons, addresses, memberships, imports on their way."""
    db = sqlite3.connect("file:%s?mode=ro" % d.database, uri=True)
    with db:
        found = [db.execute("SELECT count(*) FROM " + t).fetchone()[0]
                 for t in ("watch_group", "contact", "contact_address", "membership", "register_staging")]
    db.close()
    return found


class Import(unittest.TestCase):
    def test_kill_9_leaves_all_or_nothing(self):
        rng = random.Random(SEED)
        print("seed %d" % SEED)
        taken = 0
        with Daemon() as d:
            for kill in range(KILLS):
                path = register(d, "r%d.csv" % kill, taken * ROWS)
                client = subprocess.Popen(d.command("group", "import", path, "--municipality", "1292"), stdout=subprocess.DEVNULL,
                                          stderr=subprocess.DEVNULL)
                time.sleep(rng.uniform(0.1, 2.5))
                d.kill()
                client.wait(60)
                d.start()
                wait_for("the rest to be undone", lambda: rows_in(d)[4] == 0)
                groups, persons, addresses, memberships, _ = rows_in(d)
                self.assertIn(persons, (taken * ROWS, (taken + 1) * ROWS), "kill %d" % kill)
                taken = persons // ROWS
                self.assertEqual([groups, addresses, memberships], [taken * GROUPS, persons, persons])
            print("%d kills, %d imports were whole" % (KILLS, taken))
            self.assertEqual(d.run("store", "verify").returncode, 0)
            self.assertEqual(d.json("status")["register"]["contacts"], taken * ROWS)

    def test_others_read_and_write_meanwhile_and_see_no_part(self):
        with Daemon() as d:
            path = register(d, "r.csv", 0)
            d.cli("group", "add", "--name", "Alen", "--municipality", "1257")
            caller = Caller(d)
            begin = time.monotonic()
            self.assertEqual(caller.ask("GET", "/api/v1/group/Alen")[0], 200)
            answers = []
            importer = threading.Thread(target=lambda: answers.append(d.cli("group", "import", path, "--municipality", "1292")))
            importer.start()
            longest, seen, rounds = 0, set(), 0
            while importer.is_alive():
                status, _, seconds = caller.ask("PATCH", "/api/v1/group/Alen", {"household_count": rounds})
                self.assertEqual(status, 200)
                longest = max(longest, seconds)
                seen.add(len(caller.ask("GET", "/api/v1/group?municipality=1292&limit=1000")[1]["items"]))
                seen.add(len(caller.ask("GET", "/api/v1/contact?municipality=1292&limit=1000")[1]["items"]))
                rounds += 1
            importer.join()
            caller.close()
            print("%d rounds in %.1f s, longest write %.0f ms" % (rounds, time.monotonic() - begin, longest * 1000))
            self.assertTrue(answers)
            self.assertGreater(rounds, 2, "held for the whole of it")  # the bench has the figure
            self.assertLessEqual(seen, {0, 1000})

    def test_an_edit_meanwhile_is_kept(self):
        with Daemon() as d:
            d.cli("group", "add", "--name", "Eken", "--municipality", "1292")
            path = register(d, "r.csv", 0)
            caller = Caller(d)
            importer = threading.Thread(target=lambda: d.cli("group", "import", path, "--municipality", "1292"))
            importer.start()
            rounds = 0
            while importer.is_alive() and rounds < 3:
                time.sleep(0.1)
                rounds += 1
                self.assertEqual(caller.ask("POST", "/api/v1/contact", {
                    "group": "Eken", "name": "Åsa Exempel%d" % (ROWS - rounds), "addresses": ["p%d@example.se" % (ROWS - rounds)]})[0], 201)
            importer.join()
            caller.close()
            groups, persons, addresses, memberships, staged = rows_in(d)
            self.assertEqual([groups, persons, addresses, staged], [GROUPS + 1, ROWS, ROWS, 0])
            self.assertEqual(memberships, ROWS + rounds)  # the same people, in two groups


if __name__ == "__main__":
    unittest.main(verbosity=2)
