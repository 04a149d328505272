#!/usr/bin/python3
"""store restore: a backup takes the store's place, nothing is sent before resume, and then exactly what it had not sent.

Also kill -9 at every step of it: afterwards the store is the old one or the new one on hold, whole in both cases.
"""
import email
import os
import pathlib
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, __file__.rsplit("/", 1)[0])
from daemon import BUILD, Daemon  # noqa: E402
from peers import Sink, wait_for  # noqa: E402

PEOPLE = 60
STRACE = shutil.which("strace")


def message_ids(folder):
    """Message-ID -> how many mails of it came, and the recipients' Message-IDs."""
    ids = {}
    by_reader = {}
    for path in folder.rglob("*.eml"):
        mail = email.message_from_bytes(path.read_bytes())
        ids[mail["Message-ID"]] = ids.get(mail["Message-ID"], 0) + 1
        by_reader.setdefault(str(mail["To"]), set()).add(mail["Message-ID"])
    return ids, by_reader


def kept(d):
    return sorted(p for p in d.folder.glob("grannbud.db.before-restore-*") if not p.name.endswith(("-wal", "-shm")))


def facts(path):
    """What a database file says, read from a copy with its log: (sound, restore id or None, on hold)."""
    with tempfile.TemporaryDirectory() as folder:
        for suffix in ("", "-wal"):
            if os.path.exists(str(path) + suffix):
                shutil.copy(str(path) + suffix, folder + "/copy" + suffix)
        db = sqlite3.connect(folder + "/copy")
        settings = dict(db.execute("SELECT name, value FROM setting"))
        sound = db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        db.close()
        return sound, settings.get("restore_id"), settings.get("hold") == "yes"


class Restore(unittest.TestCase):
    def enter(self, manager):
        value = manager.__enter__()
        self.addCleanup(manager.__exit__, None, None, None)
        return value

    def daemon(self, sink):
        d = self.enter(Daemon(relay="smtp://127.0.0.1:%d" % sink.port,
                              relay_more="connections = 1\nreserved_for_alerts = 0",
                              # Its leak check does not work under strace and would end with another exit code.
                              env={"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"}))
        d.add_people()
        return d

    def test_what_was_not_sent_in_the_backup_goes_again_and_nothing_else(self):
        mails = self.enter(tempfile.TemporaryDirectory())
        sink = self.enter(Sink("--store", mails, "--fault", "dot=delay:200+ok"))
        d = self.daemon(sink)
        pid = d.process.pid
        addresses = set(d.add_register(PEOPLE))
        letter = d.add_letter("--scope", "police_area:angelholm")
        d.cli("--as", "anna", "letter", "send", letter)
        wait_for("some mails", lambda: sink.stats().get("messages", 0) >= 10)
        d.cli("hold", "--reason", "a backup is made")
        wait_for("quiet", lambda: not d.json("status")["queue"]["letter"]["claimed"])
        before = set(sink.stats()["recipients"])
        self.assertLess(len(before), PEOPLE, "too fast for this test")
        backup = d.folder / "copy.db"
        d.cli("store", "backup", backup)
        sink.control("clear")
        d.cli("resume")
        d.wait_sent(letter)
        late = d.json("group", "add", "--municipality", "1292", "--name", "Senkommen")["id"]
        first_ids, _ = message_ids(pathlib.Path(mails))
        self.assertEqual(len(first_ids), PEOPLE)

        dry = d.json("store", "restore", backup, "--dry-run")
        self.assertFalse(dry["staged"])
        self.assertEqual(dry["would_send"]["deliveries"], PEOPLE - len(before))
        self.assertFalse(d.json("status")["hold"])
        self.assertEqual([p.name for p in d.folder.glob("*.restore*")], [], "a dry run leaves nothing")

        said = d.cli("store", "restore", backup)
        self.assertEqual(d.process.pid, pid)
        self.assertIsNone(d.process.poll(), "it is the same process")
        self.assertIn("ON HOLD", said)
        self.assertIn("It would send %d mails" % (PEOPLE - len(before)), said)
        self.assertIn(str(kept(d)[0]), said)
        status = d.json("status")
        self.assertTrue(status["hold"])
        self.assertEqual(status["restored"]["file"], str(backup))
        self.assertEqual(status["hold_reason"], "the store was restored from a backup")
        self.assertEqual(status["running"][0]["expected_end_unknown"], "on_hold")
        self.assertEqual(status["hold_since"], status["restored"]["at"], "not since the backup's own hold")
        screen = d.cli("status")
        self.assertIn("ON HOLD since", screen)
        self.assertIn("Restored from " + str(backup), screen)
        self.assertNotEqual(d.run("group", "show", late).returncode, 0, "what came after the backup is not in it")
        time.sleep(1.5)
        self.assertEqual(sink.stats()["messages"], PEOPLE, "nothing leaves while on hold")
        self.assertIn("store.restore", d.cli("audit", "list"))
        self.assertEqual(d.run("store", "verify").returncode, 0)

        d.cli("resume")
        d.wait_sent(letter)
        counts = sink.stats()["recipients"]
        self.assertEqual(counts, {a: 1 if a in before else 2 for a in addresses})
        ids, by_reader = message_ids(pathlib.Path(mails))
        self.assertEqual(set(ids), set(first_ids), "with the Message-ID that it had")
        self.assertTrue(all(len(v) == 1 for v in by_reader.values()))
        self.assertFalse(d.json("status")["hold"])
        d.cli("hold")
        self.assertNotIn("Restored", d.cli("status"), "that is over")
        sound, restore_id, _ = facts(kept(d)[0])
        self.assertTrue(sound and restore_id is None, "the old store is kept whole")

    def test_bad_files_are_refused_with_a_reason_and_nothing_changes(self):
        sink = self.enter(Sink())
        d = self.daemon(sink)
        backup = d.folder / "copy.db"
        d.cli("store", "backup", backup)
        whole = backup.read_bytes()
        bad = {
            "missing.db": (None, "No such file"),
            "empty.db": (b"", "no database"),
            "text.db": (b"hello" * 1000, "no database"),
            "cut.db": (whole[:len(whole) // 2], "cannot be restored"),
            "damaged.db": (whole[:8192] + os.urandom(60000) + whole[68192:], "cannot be restored"),
        }
        for name, (content, words) in bad.items():
            if content is not None:
                (d.folder / name).write_bytes(content)
            done = d.run("store", "restore", d.folder / name)
            self.assertEqual(done.returncode, 1, name)
            self.assertIn(words, done.stderr, name)
        other = d.folder / "other.db"
        db = sqlite3.connect(other)
        db.execute("CREATE TABLE somebody_else (x)")
        db.commit()
        db.close()
        self.assertIn("another program", d.run("store", "restore", other).stderr)
        newer = d.folder / "newer.db"
        newer.write_bytes(whole)
        db = sqlite3.connect(newer)
        db.execute("INSERT INTO schema_migration VALUES (999, 'future', 'x', 1)")
        db.commit()
        db.close()
        self.assertIn("newer grannbudd", d.run("store", "restore", newer).stderr)
        self.assertIn("the store itself", d.run("store", "restore", d.database).stderr)
        fifo = d.folder / "fifo"
        os.mkfifo(fifo)
        self.assertIn("no file", d.run("store", "restore", fifo).stderr)
        beside = d.folder / "beside.db"
        beside.write_bytes(whole)
        (d.folder / "beside.db-wal").write_bytes(b"x" * 100)
        self.assertIn("in use", d.run("store", "restore", beside).stderr)
        self.assertFalse(d.json("status")["hold"])
        self.assertEqual([p.name for p in d.folder.glob("grannbud.db.restore*")], [])
        done = subprocess.run([BUILD / "grannbud", "--socket", d.socket, "--as", "anna", "store", "restore", backup],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 1, "an officer may not")
        self.assertEqual(kept(d), [])

    def test_a_staged_backup_takes_its_place_when_the_daemon_starts(self):
        sink = self.enter(Sink())
        d = self.daemon(sink)
        self.stage(d)
        sound, restore_id, hold = facts(d.folder / "grannbud.db.restore")
        self.assertTrue(sound and restore_id and hold, "it is on hold before it is anybody's store")
        self.assertIn("a restore is staged", subprocess.run([BUILD / "grannbudd", "-c", d.conf, "--check"],
                                                            capture_output=True, text=True, check=True).stdout)
        d.start()
        self.assertEqual(d.json("status")["restored"]["id"], restore_id)
        self.assertTrue(d.json("status")["hold"])
        self.assertEqual(len(kept(d)), 1)
        # A second one keeps both.
        d.cli("store", "backup", d.folder / "second.db")
        d.cli("store", "restore", d.folder / "second.db")
        self.assertEqual(len(kept(d)), 2)
        # And it is no part of a later start.
        d.cli("resume")
        d.stop()
        d.start()
        self.assertFalse(d.json("status")["hold"])

    def test_the_service_manager_sees_a_reload_and_no_end(self):
        sink = self.enter(Sink())
        folder = pathlib.Path(self.enter(tempfile.TemporaryDirectory()))
        told = self.enter(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        told.bind(str(folder / "notify"))
        told.settimeout(60)
        d = self.enter(Daemon(relay="smtp://127.0.0.1:%d" % sink.port,
                              env={"NOTIFY_SOCKET": str(folder / "notify"), "WATCHDOG_USEC": "4000000"}))
        d.cli("store", "backup", d.folder / "copy.db")
        d.cli("store", "restore", d.folder / "copy.db")
        words = []
        while sum(w.startswith("READY=1") for w in words) < 2:
            words.append(told.recv(4096).decode())
        states = [w.split("\n")[0] for w in words if not w.startswith(("STATUS", "WATCHDOG"))]
        self.assertEqual(states, ["READY=1", "RELOADING=1", "READY=1"])
        while not words[-1].startswith("WATCHDOG=1"):
            words.append(told.recv(4096).decode())

    # --- kill -9 --------------------------------------------------------------------------------------------------

    def traced(self, d, *inject):
        """The daemon under strace; returns its exit code, None when it came up."""
        command = [STRACE, "-f", "-qq", "-o", "/dev/null"]
        for each in inject:
            command += ["-e", "trace=" + each.split(":")[0], "-e", "inject=" + each]
        with open(d.folder / "log", "ab") as log:
            d.process = subprocess.Popen(command + [str(BUILD / "grannbudd"), "-c", str(d.conf)], stdin=subprocess.DEVNULL,
                                         stdout=log, stderr=log)
        wait_for("daemon", lambda: d.process.poll() is not None or d.answers())
        return d.process.poll()

    def end_traced(self, d):
        """strace hands no signal on; the daemon is its only child."""
        child = int(pathlib.Path("/proc/%d/task/%d/children" % (d.process.pid, d.process.pid)).read_text(encoding="ascii"))
        os.kill(child, signal.SIGTERM)
        d.process.wait(60)
        d.process = None

    def ask_traced(self, d, inject, backup):
        """Asks for a restore with strace at the daemon, which is expected to end of it; returns its exit code."""
        with subprocess.Popen([STRACE, "-f", "-qq", "-o", "/dev/null", "-e", "trace=" + inject.split(":")[0], "-e",
                               "inject=" + inject, "-p", str(d.process.pid)], stderr=subprocess.DEVNULL) as tracer:
            threads = pathlib.Path("/proc/%d/task" % d.process.pid)
            wait_for("strace", lambda: not any("TracerPid:\t0\n" in p.read_text(encoding="ascii") for p in threads.glob("*/status")))
            with subprocess.Popen(d.command("store", "restore", backup), stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL) as asking:
                code = d.process.wait(60)
                asking.terminate()
            tracer.wait(60)
        d.process = None
        return code

    def stage(self, d):
        """A staged backup and no daemon: its new start is made to fail."""
        if not STRACE:
            self.skipTest("strace is missing")
        backup = d.folder / "copy.db"
        d.cli("store", "backup", backup)
        d.cli("user", "add", "cecilia", "--role", "reader", "--scope", "police_area:angelholm")  # only the old store's
        self.assertEqual(self.ask_traced(d, "execve:error=EACCES", backup), 75)
        self.assertTrue((d.folder / "grannbud.db.restore").exists())

    def test_kill_9_at_every_step_of_the_exchange(self):
        sink = self.enter(Sink())
        d = self.daemon(sink)
        self.stage(d)
        staged = facts(d.folder / "grannbud.db.restore")[1]
        aside = d.folder / "aside"
        aside.mkdir()
        for path in d.folder.glob("grannbud.db*"):
            shutil.copy2(path, aside)  # with its time, which the kept file is named after
        kills = {}
        for call in ("link", "unlink", "rename", "fsync"):
            for n in range(1, 20):
                for path in d.folder.glob("grannbud.db*"):
                    path.unlink()
                for path in aside.iterdir():
                    shutil.copy2(path, d.folder)
                if self.traced(d, "%s:signal=KILL:when=%d" % (call, n)) is None:
                    self.end_traced(d)
                    break
                kills[call] = n
                self.check_after_kill(d, staged, "%s %d" % (call, n))
        print("kills", kills)
        self.assertEqual(set(kills), {"link", "unlink", "rename", "fsync"})
        self.assertGreaterEqual(kills["fsync"], 3)

    def check_after_kill(self, d, staged, where):
        sound, restore_id, hold = facts(d.database)
        self.assertTrue(sound, where)
        self.assertIn(restore_id, (None, staged), where)
        self.assertEqual(hold, restore_id == staged, "new means on hold: " + where)
        d.start()
        status = d.json("status")
        self.assertTrue(status["hold"], where)
        self.assertEqual(status["restored"]["id"], staged, where)
        self.assertEqual(d.run("user", "show", "cecilia").returncode, 1, where)
        self.assertEqual(len(kept(d)), 1, "an exchange taken up again keeps one file: " + where)
        db = sqlite3.connect(kept(d)[0])
        self.assertEqual(db.execute("SELECT count(*) FROM staff_user WHERE name = 'cecilia'").fetchone()[0], 1, where)
        self.assertEqual(db.execute("PRAGMA integrity_check").fetchone()[0], "ok", where)
        db.close()
        d.stop()

    def test_a_log_that_was_left_goes_with_the_old_store(self):
        sink = self.enter(Sink())
        d = self.daemon(sink)
        self.stage(d)
        staged = d.folder / "grannbud.db.restore"
        aside = d.folder / "aside"
        staged.rename(aside)
        d.start()
        d.cli("user", "add", "doris", "--role", "reader", "--scope", "police_area:angelholm")
        d.kill()
        self.assertGreater((d.folder / "grannbud.db-wal").stat().st_size, 0)
        aside.rename(staged)
        d.start()
        self.assertEqual(d.run("user", "show", "doris").returncode, 1)
        self.assertEqual(d.run("store", "verify").returncode, 0)
        db = sqlite3.connect(kept(d)[0])
        self.assertEqual(db.execute("SELECT count(*) FROM staff_user WHERE name = 'doris'").fetchone()[0], 1)
        db.close()

    def test_kill_9_while_the_copy_is_made(self):
        if not STRACE:
            self.skipTest("strace is missing")
        sink = self.enter(Sink())
        d = self.daemon(sink)
        backup = d.folder / "copy.db"
        d.cli("store", "backup", backup)
        d.stop()
        for call in ("flock:signal=KILL:when=1", "ftruncate:signal=KILL:when=1", "fsync:signal=KILL:when=1",
                     "rename:signal=KILL:when=1"):
            d.start()
            self.assertEqual(self.ask_traced(d, call, backup), -signal.SIGKILL, call)
            sound, restore_id, _ = facts(d.database)
            self.assertTrue(sound)
            self.assertIsNone(restore_id)
            d.start()
            self.assertFalse(d.json("status")["hold"], call)
            self.assertEqual([p.name for p in d.folder.glob("grannbud.db.restore*")], [], call)
            d.stop()


if __name__ == "__main__":
    unittest.main(verbosity=2)
