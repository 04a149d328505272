#!/usr/bin/python3
"""The store on a disk of 4 MiB that fills up in the middle of a letter.

Nothing is sent that cannot be recorded: at most what is on the wire at that moment, and that is recorded when there is
room again. Reading goes on, `status` names the problem, /healthz stays 200 (a restart would not help, and would end the
reading), and the daemon goes on by itself. Needs root, for the mount.
"""
import contextlib
import os
import pathlib
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

sys.path.insert(0, __file__.rsplit("/", 1)[0])
import proof  # noqa: E402
from daemon import Daemon  # noqa: E402
from peers import Sink, wait_for  # noqa: E402

DISK_BYTES = 4 * 1024 * 1024
PEOPLE = 1000
CONNECTIONS = 8
QUIET_S = 2.5  # nothing moves meanwhile: longer than the pauses between tries


def mount(folder):
    return subprocess.run(["mount", "-t", "tmpfs", "-o", "size=%d,mode=700" % DISK_BYTES, "none", str(folder)],
                          capture_output=True, text=True, check=False)


def why_not():
    """Why no disk can be made here, or ""."""
    if os.geteuid() != 0:
        return "only root can mount"
    with tempfile.TemporaryDirectory(prefix="gbm-") as folder:
        done = mount(folder)
        if done.returncode == 0:
            subprocess.run(["umount", folder], check=True)
        return done.stderr.strip()


@contextlib.contextmanager
def small_disk():
    with tempfile.TemporaryDirectory(prefix="gbm-") as folder:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=%d,mode=700" % DISK_BYTES, "none", folder], check=True)
        try:
            yield pathlib.Path(folder)
        finally:
            subprocess.run(["umount", folder], check=True)


def fill(disk):
    """Takes every byte that is left; returns the file to remove."""
    path = disk / "filler"
    with open(path, "ab", buffering=0) as f:
        for size in (1 << 20, 1 << 16, 1 << 12, 1):
            with contextlib.suppress(OSError):
                while True:
                    f.write(b"x" * size)
    return path


@contextlib.contextmanager
def long_read(database):
    """As a backup does: while it reads, the room of the store's log cannot be used again. Without it the daemon may find
    room for some commits on a full disk, and go on for a while."""
    with contextlib.closing(sqlite3.connect("file:%s?mode=ro" % database, uri=True, isolation_level=None)) as db:
        db.execute("BEGIN")
        db.execute("SELECT count(*) FROM delivery").fetchone()
        yield


WHY_NOT = why_not()


@unittest.skipIf(WHY_NOT, "no disk of our own: " + WHY_NOT)
class Disk(unittest.TestCase):
    def setUp(self):
        self.stack = contextlib.ExitStack()
        self.addCleanup(self.stack.close)
        self.disk = self.stack.enter_context(small_disk())
        self.sink = self.stack.enter_context(Sink("--digest"))

    def daemon(self):
        d = self.stack.enter_context(Daemon(
            relay="smtp://127.0.0.1:%d" % self.sink.port, database=self.disk / "grannbud.db",
            relay_more="connections = %d\nreserved_for_alerts = 0" % CONNECTIONS))
        d.add_people()
        return d

    def sent(self):
        return self.sink.count()["messages"]

    def wait_quiet(self):
        """The first write that fails shows at once; one that is smaller may still find room for a moment."""
        end = time.monotonic() + 120
        before = -1
        while before != self.sent():
            self.assertLess(time.monotonic(), end, "it goes on sending")
            before = self.sent()
            time.sleep(0.7)
        return before

    def check_reading(self, d, letter):
        self.assertIn(d.json("letter", "show", letter)["state"], ("sending", "approved"))
        self.assertTrue(any("store" in p and "full" in p for p in d.json("status")["problems"]), d.json("status")["problems"])
        d.cli("letter", "report", letter)
        d.cli("why", "p1@example.se")
        with urllib.request.urlopen("http://127.0.0.1:%d/healthz" % d.http, timeout=60) as answer:
            self.assertEqual(answer.status, 200)

    def recorded(self, d, letter):
        return d.json("letter", "report", letter)["totals"]["deliveries"].get("sent", 0)

    def check_end(self, d, addresses, letters=1):
        wait_for("no problem", lambda: d.json("status")["problems"] == [])
        self.assertEqual(d.stop()[0], 0)
        self.assertEqual(proof.check_store(d.database, finished=True), {"sent": len(addresses) * letters})
        self.assertEqual(sum(proof.check_mails(self.sink.mails(), addresses, letters).values()), 0)

    def test_a_disk_that_fills_up_in_mid_send(self):
        d = self.daemon()
        addresses = d.add_register(PEOPLE, groups=100)
        letter = d.add_letter("--scope", "police_area:angelholm")
        self.sink.control("fault dot=delay:20+ok")
        d.cli("--as", "anna", "letter", "send", letter)
        wait_for("some mail", lambda: self.sent() >= 50)
        reader = self.stack.enter_context(contextlib.ExitStack())
        reader.enter_context(long_read(d.database))
        filler = fill(self.disk)
        wait_for("the problem in status\n" + d.log()[-3000:],
                 lambda: any("full" in p for p in d.json("status")["problems"]))
        before = self.wait_quiet()
        self.check_reading(d, letter)
        time.sleep(QUIET_S)
        sent = self.sent()
        recorded = self.recorded(d, letter)  # read last: a try may still find room in between, and record more
        self.assertLessEqual(sent - recorded, CONNECTIONS, "sent what cannot be recorded")
        print("%d sent, then %d, and %d recorded while the disk was full" % (before, sent, recorded))
        self.check_reading(d, letter)
        refused = d.run("user", "add", "cecilia", "--role", "officer", "--scope", "police_area:angelholm", "--email",
                        "cecilia@example.se")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("full", refused.stderr)
        reader.close()
        filler.unlink()
        d.wait_sent(letter)
        self.check_end(d, addresses)

    def test_a_disk_that_is_full_again_and_again(self):
        d = self.daemon()
        addresses = d.add_register(PEOPLE, groups=100)
        letter = d.add_letter("--scope", "police_area:angelholm")
        self.sink.control("fault dot=delay:400+ok")  # mail for the whole of it, with room or without, however slow we are
        d.cli("--as", "anna", "letter", "send", letter)
        for _ in range(4):
            before = self.sent()
            wait_for("some mail", lambda before=before: self.sent() > before)
            filler = fill(self.disk)
            time.sleep(0.5)
            filler.unlink()
        self.sink.control("clear")
        d.wait_sent(letter)
        self.check_end(d, addresses)

    def test_a_kill_while_the_disk_is_full(self):
        """Then at most what was on the wire comes twice; the start waits for room or says what is missing."""
        d = self.daemon()
        addresses = d.add_register(PEOPLE, groups=100)
        letter = d.add_letter("--scope", "police_area:angelholm")
        self.sink.control("fault dot=delay:20+ok")
        d.cli("--as", "anna", "letter", "send", letter)
        wait_for("some mail", lambda: self.sent() >= 50)
        filler = fill(self.disk)
        wait_for("the problem in status", lambda: any("full" in p for p in d.json("status")["problems"]))
        d.kill()
        wait_for("end of the sessions", lambda: self.sink.count()["live"] == 0)
        self.sink.control("mark")
        proof.check_store(d.database)
        before = len(d.log())
        d.start(wait=False)
        # It ends for lack of room, or just finds enough to start and says what is missing once it needs more.
        wait_for("an end or a start", lambda: d.process.poll() is not None or " ready socket=" in d.log()[before:])
        if d.process.poll() is not None:
            self.assertNotEqual(d.process.returncode, 0)
            self.assertIn("full", d.log().splitlines()[-1])
        else:
            wait_for("the problem in the log", lambda: "full" in d.log()[before:].lower())
        filler.unlink()
        if d.process.poll() is not None:
            d.start()
        d.wait_sent(letter)
        self.assertEqual(d.stop()[0], 0)
        self.assertEqual(proof.check_store(d.database, finished=True), {"sent": PEOPLE})
        self.assertLessEqual(sum(proof.check_mails(self.sink.mails(), addresses).values()), CONNECTIONS)

    def test_a_small_disk_that_nobody_else_fills(self):
        """The log alone would outgrow it: what stands in it is moved, and its room used again."""
        d = self.daemon()
        addresses = d.add_register(1500, groups=100)
        letter = d.add_letter("--scope", "police_area:angelholm")
        d.cli("--as", "anna", "letter", "send", letter)
        d.wait_sent(letter)
        self.check_end(d, addresses)


if __name__ == "__main__":
    unittest.main(verbosity=2)
