"""A clock of the test's own for grannbudd: clock_shim.c, built here once and preloaded.

    clock = FakeClock(at="2026-03-31 08:59:58")      Swedish time; without `at`, now
    d = Daemon(clock=clock)
    clock.jump(-3600)                                the wall clock of the running daemon, at once
    clock.go_on(3600)                                an hour passes at once, on the wall clock and the monotonic one
    FakeClock(rate=720)                              a day in two minutes, wall and monotonic time alike

A clock goes on while the daemon is down, and several daemons may share it.
"""
import atexit
import datetime
import mmap
import os
import pathlib
import shutil
import struct
import subprocess
import tempfile
import threading
import time
import zoneinfo

SOURCE = pathlib.Path(__file__).resolve().parent / "clock_shim.c"
ZONE = zoneinfo.ZoneInfo("Europe/Stockholm")
JUMP_AT, SKIP_AT, SIZE = 24, 32, 40  # see struct steering
NS = 1_000_000_000

_folder = None
_built = None
_lock = threading.Lock()


def library():
    """The path of the shim; built at the first call."""
    global _folder, _built
    with _lock:
        if not _built:
            _folder = tempfile.mkdtemp(prefix="gbc-")
            atexit.register(shutil.rmtree, _folder, ignore_errors=True)
            subprocess.run([os.environ.get("CC", "cc"), "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC",
                            "-o", _folder + "/clock_shim.so", str(SOURCE)], check=True)
            _built = _folder + "/clock_shim.so"
        return _built


class FakeClock:
    def __init__(self, at=None, rate=1):
        library()
        when = datetime.datetime.fromisoformat(at).replace(tzinfo=ZONE).timestamp() if at else time.time()
        self.rate = rate
        self.mono_from = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
        self.wall_from = int(when * NS)
        self.jumps = self.skips = 0
        handle, self.path = tempfile.mkstemp(prefix="clock-", dir=_folder)
        os.write(handle, struct.pack("=qqqqq", self.mono_from, self.wall_from, rate, 0, 0))
        self.map = mmap.mmap(handle, SIZE)
        os.close(handle)

    def jump(self, seconds):
        """The wall clock goes on from `seconds` later (or earlier)."""
        self.jumps += int(seconds * NS)
        struct.pack_into("=q", self.map, JUMP_AT, self.jumps)

    def go_on(self, seconds):
        """So much time passes at once; what waits in the kernel is not woken by that, and looks at its next tick."""
        self.skips += int(seconds * NS)
        struct.pack_into("=q", self.map, SKIP_AT, self.skips)

    def passed(self):
        """Seconds since the beginning as the daemon's monotonic clock counts them."""
        return ((time.clock_gettime_ns(time.CLOCK_MONOTONIC) - self.mono_from) * self.rate + self.skips) / NS

    def now(self):
        """What the wall clock shows, in Swedish time."""
        return datetime.datetime.fromtimestamp((self.wall_from + self.jumps) / NS + self.passed(), ZONE)

    def environment(self, preload):
        """`preload` makes LD_PRELOAD of a library (daemon.preload)."""
        return {"LD_PRELOAD": preload(library()), "FAKE_CLOCK": self.path}
