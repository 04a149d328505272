#!/usr/bin/python3
"""strace as the fault: SIGKILL at system calls of a letter to 20 recipients, and disks that fail at fdatasync or pwrite64.

A clean run counts the calls of the loop's and the writer's thread from the moment the letter is sent until its end. Then
the same letter, from the same store, is killed before the n-th of them, started again, and counted at the sink. A sample
of the points in CI, spread evenly from a random offset; GRANNBUD_SYSCALLS=all takes each, GRANNBUD_SYSCALLS=N another
number, GRANNBUD_SEED another offset.
"""
# run: not under tsan
import collections
import contextlib
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
import unittest

sys.path.insert(0, __file__.rsplit("/", 1)[0])
import proof  # noqa: E402
from daemon import FIXTURES, Daemon  # noqa: E402
from peers import Sink, how_many, wait_for  # noqa: E402

PEOPLE = 20
CONNECTIONS = 4
POINTS = how_many("GRANNBUD_SYSCALLS", 45, 15)
SEED = int(os.environ.get("GRANNBUD_SEED", str(int(time.time()))))
CALLS = ("write", "pwrite64", "writev", "fdatasync", "fsync", "sendto", "sendmsg", "recvfrom", "recvmsg", "read")
LOOP, WRITER = "loop", "writer"
DRAFTS = 10  # fill the log with more than it may hold while nobody writes


def have_ptrace():
    """strace is there and may attach (containers can forbid it)."""
    if not shutil.which("strace"):
        return False
    child = subprocess.Popen(["sleep", "10"])
    try:
        done = subprocess.run(["timeout", "-s", "INT", "0.3", "strace", "-qq", "-o", "/dev/null", "-p", str(child.pid)],
                              capture_output=True, text=True, check=False)
        return "not permitted" not in done.stderr
    finally:
        child.kill()
        child.wait()


def thread(daemon, which):
    """The store makes its writer first, and the loop is the first of all."""
    pids = sorted(int(name) for name in os.listdir("/proc/%d/task" % daemon.process.pid))
    return pids[0] if which == LOOP else pids[1]


@contextlib.contextmanager
def traced(daemon, which, *options):
    """strace on one thread; yields the file of its output. On leaving the daemon has ended, or strace is detached."""
    output = daemon.folder / "trace"
    tid = thread(daemon, which)
    tracer = subprocess.Popen(["strace", "-qq", "-o", str(output), "-p", str(tid), *options], stderr=subprocess.DEVNULL)

    def is_attached():
        try:
            with open("/proc/%d/status" % tid, encoding="ascii") as status:
                return "TracerPid:\t0\n" not in status.read()
        except FileNotFoundError:
            return True  # its tick came to the call by itself
    try:
        wait_for("strace", is_attached)
        yield output
    finally:
        tracer.send_signal(signal.SIGINT)
        tracer.wait(10)


def calls_in(output):
    """The system calls in a trace, in order; an injected error is told by the text."""
    rows = re.findall(r"^(?:\d+ +)?([a-z0-9_]+)\((.*)$", output.read_text(errors="replace"), re.M)
    return [(name, "INJECTED" in rest) for name, rest in rows]


@unittest.skipUnless(have_ptrace(), "strace is missing or may not attach")
class Syscalls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        """A store with a letter that is approved and not sent, to begin each run from."""
        cls.sink = Sink("--digest")
        cls.sink.__enter__()
        cls.addClassCleanup(cls.sink.__exit__)
        cls.template = Daemon()
        cls.addClassCleanup(shutil.rmtree, cls.template.folder)
        cls.template.start()
        cls.template.add_people()
        cls.addresses = cls.template.add_register(PEOPLE)
        cls.letter = cls.template.add_letter("--scope", "police_area:angelholm")
        cls.template.stop()

    def daemon(self):
        """A daemon on a copy of the template."""
        d = Daemon(relay="smtp://127.0.0.1:%d" % self.sink.port,
                   relay_more="connections = %d\nreserved_for_alerts = 0" % CONNECTIONS)
        for suffix in ("", "-wal"):
            source = str(self.template.database) + suffix
            if os.path.exists(source):
                shutil.copy(source, str(d.database) + suffix)
        self.sink.control("reset")
        return d

    def send(self, d):
        """May be cut off in the middle: then the letter is not ordered yet, and a later call does it."""
        return d.run("--as", "anna", "letter", "send", self.letter).returncode == 0

    def wait_end(self, d):
        """Until the letter is sent or the daemon has ended."""
        def is_over():
            if d.process.poll() is not None:
                return True
            done = d.run("letter", "show", self.letter, "--json")
            return done.returncode == 0 and '"state": "sent"' in done.stdout.replace('":"', '": "')
        wait_for("end\n" + d.log()[-2000:], is_over, 120)

    def after_the_fault(self, d, name, bound=CONNECTIONS):
        """The daemon has ended: what it left is sound, and the next start finishes the letter. Returns the doubles."""
        d.process.wait()
        wait_for("end of the sessions", lambda: self.sink.count()["live"] == 0)
        self.sink.control("mark")
        proof.check_store(d.database)
        d.start()
        if d.json("letter", "show", self.letter)["state"] == "approved":
            self.send(d)  # refused when the order is in the store after all, and the letter about to be opened
        d.wait_sent(self.letter)
        self.assertEqual(d.stop()[0], 0)
        self.assertEqual(proof.check_store(d.database, finished=True), {"sent": PEOPLE}, name)
        doubles = sum(proof.check_mails(self.sink.mails(), self.addresses).values())
        self.assertLessEqual(doubles, bound, name)
        return doubles

    def count_calls(self):
        """A clean run: (thread, call) -> how often."""
        counted = {}
        for which in (LOOP, WRITER):
            with self.daemon() as d:
                with traced(d, which, "-e", "trace=" + ",".join(CALLS)) as output:
                    self.assertTrue(self.send(d))
                    self.wait_end(d)
                    d.kill()
                for name, _ in calls_in(output):
                    counted[(which, name)] = counted.get((which, name), 0) + 1
        return counted

    def kill_at(self, which, call, number):
        """Returns the doubles, or None when the run ended before it came to that call."""
        with self.daemon() as d:
            with traced(d, which, "-e", "trace=" + call, "-e", "inject=%s:signal=SIGKILL:when=%d" % (call, number)):
                self.send(d)
                self.wait_end(d)
                if d.process.poll() is None:
                    return None  # the commits were grouped otherwise than in the clean run
            return self.after_the_fault(d, "SIGKILL at %s %d of the %s thread" % (call, number, which))

    def test_kill_at_every_system_call(self):
        counted = self.count_calls()
        self.assertTrue({(LOOP, "sendto"), (LOOP, "recvfrom"), (WRITER, "pwrite64"), (WRITER, "fdatasync")} <= set(counted),
                        counted)
        points = [(which, call, n + 1) for (which, call), count in sorted(counted.items()) for n in range(count)]
        wanted = len(points) if POINTS == "all" else min(int(POINTS), len(points))
        stride = len(points) / wanted
        offset = random.Random(SEED).uniform(0, stride)
        begun = time.monotonic()
        doubles = collections.Counter()
        for i in range(wanted):
            doubles[self.kill_at(*points[int(offset + i * stride) % len(points)])] += 1
        missed = doubles.pop(None, 0)
        print("seed %d: %d of %d points in %.1f s, %d of them not reached; doubles: %s" % (
            SEED, wanted, len(points), time.monotonic() - begun, missed,
            ", ".join("%d in %d runs" % row for row in sorted(doubles.items()))))
        self.assertLess(missed, wanted // 2, "too few runs were killed")

    # --- fdatasync fails -------------------------------------------------------------------------------------------------

    def fail_sync(self, number):
        """Returns False when the run ended before it came to that call."""
        with self.daemon() as d:
            with traced(d, WRITER, "-e", "trace=fdatasync,fsync,pwrite64", "-e",
                        "inject=fdatasync,fsync:error=EIO:when=%d" % number) as output:
                self.send(d)
                self.wait_end(d)
                if d.process.poll() is None:
                    d.kill()
                    self.assertFalse(any(injected for _, injected in calls_in(output)),
                                     "fdatasync %d failed and the daemon went on:\n%s" % (number, d.log()[-2000:]))
                    return False
            calls = calls_in(output)
            self.assertTrue(calls[-1][1], "something was written after the failed fdatasync: %s" % calls[-5:])
            self.assertNotEqual(d.process.returncode, 0)
            self.assertIn("fsync failed", d.log())
            self.after_the_fault(d, "EIO at fdatasync %d" % number)
            return True

    def test_a_failed_fdatasync_ends_the_process(self):
        for number in (1, 2, 5, 9):
            self.fail_sync(number)

    def test_a_failed_fdatasync_of_a_checkpoint_ends_the_process(self):
        """Only a checkpoint syncs the file itself: it comes when the log has grown and nobody writes."""
        with self.daemon() as d:
            draft = d.folder / "draft.md"
            draft.write_text((FIXTURES / "letter-2026-03.md").read_text(encoding="utf-8") + "\nEtt stycke till.\n" * 2000,
                             encoding="utf-8")
            with traced(d, WRITER, "-P", str(d.database), "-e", "trace=fdatasync,fsync,pwrite64", "-e",
                        "inject=fdatasync,fsync:error=EIO:when=1") as output:
                self.send(d)
                self.wait_end(d)
                for _ in range(DRAFTS):
                    if d.process.poll() is None:
                        d.run("--as", "anna", "letter", "new", draft)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    d.process.wait(60)
            calls = calls_in(output)
            self.assertTrue(calls, "no checkpoint came")
            self.assertTrue(calls[-1][1], "the file was written after the failed fdatasync: %s" % calls[-5:])
            self.assertIsNotNone(d.process.returncode, "the daemon went on:\n" + d.log()[-2000:])
            self.assertIn("fsync failed", d.log())
            self.after_the_fault(d, "EIO at the fdatasync of a checkpoint")

    # --- pwrite64 finds no room ------------------------------------------------------------------------------------------

    def test_no_room_for_a_while(self):
        for first, count in ((1, 2), (40, 4)):
            with self.subTest(first=first), self.daemon() as d:
                with traced(d, WRITER, "-e", "trace=pwrite64", "-e",
                            "inject=pwrite64:error=ENOSPC:when=%d..%d" % (first, first + count - 1)) as output:
                    wait_for("the order", lambda: self.send(d))
                    self.wait_end(d)
                    self.assertEqual(sum(injected for _, injected in calls_in(output)), count)
                self.assertIsNone(d.process.poll(), d.log()[-2000:])
                self.assertEqual(d.stop()[0], 0)
                self.assertEqual(proof.check_store(d.database, finished=True), {"sent": PEOPLE})
                self.assertEqual(sum(proof.check_mails(self.sink.mails(), self.addresses).values()), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
