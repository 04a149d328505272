#!/usr/bin/python3
"""A register of 100 000 people is taken in: how long it takes, and how long somebody else's small write waits meanwhile."""
import sqlite3
import threading
import time

from common import Daemon, Sampler, line, memory_mib, percentile, write_register

PEOPLE = 100000
PER_GROUP = 4


def take(d, path, label):
    reads = {"status": ("GET", "/api/v1/status", None), "groups": ("GET", "/api/v1/group?municipality=1257&limit=50", None)}
    writes = {"write": ("PATCH", "/api/v1/group/Alen", {"sign_count": 3})}
    begin = time.monotonic()
    with Sampler(d, reads) as reading, Sampler(d, writes, 0.002) as writing:
        importer = threading.Thread(target=d.cli, args=("group", "import", path, "--municipality", "1292"))
        importer.start()
        importer.join()
        seconds = time.monotonic() - begin
    waits, reads = writing.all(), reading.all()
    line("import of %d rows%s" % (PEOPLE, label), "%.1f s" % seconds, "a small write meanwhile: %.0f ms at most, 99 %% %.0f ms; a read: "
         "99 %% %.1f ms" % (max(waits) * 1000, percentile(waits, 0.99) * 1000, percentile(reads, 0.99) * 1000))


def main():
    with Daemon(level="warning") as d:
        d.cli("group", "add", "--name", "Alen", "--municipality", "1257")
        path = write_register(d.folder / "bench.csv", PEOPLE, PER_GROUP)
        idle = memory_mib(d.process, "VmRSS")
        take(d, path, "")
        take(d, path, " again, changing nothing")
        text = path.read_text(encoding="utf-8").replace(";Villa;", ";Radhus;")
        path.write_text(text, encoding="utf-8")
        take(d, path, " again, %d groups changed" % (PEOPLE // PER_GROUP))
        db = sqlite3.connect("file:%s?mode=ro" % d.database, uri=True)
        people = db.execute("SELECT count(*) FROM contact").fetchone()[0]
        db.close()
        if people != PEOPLE:
            raise SystemExit("register.py: %d people are in the register" % people)
        line("memory of it", "%.1f MiB" % memory_mib(d.process, "VmHWM"), "at most; %.1f before" % idle)


if __name__ == "__main__":
    main()
