#!/usr/bin/python3
"""How long a start takes on a large ledger: until the status is answered, and until the first mail is at the relay.

    tests/bench/restart.py

The ledger holds GRANNBUD_BENCH_ROWS rows (1 000 000): old letters, and one of 1 000 people that was on its way when the
daemon was killed. The start is measured three times, after kill -9; the worst is told.
"""
import os
import pathlib
import socket
import sqlite3
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "system"))
from daemon import Daemon  # noqa: E402
from peers import Sink, wait_for  # noqa: E402

ROWS = int(os.environ.get("GRANNBUD_BENCH_ROWS", "1000000"))
RUNS, PER_LETTER = 3, 100000

MESSAGE = """INSERT INTO message (id, kind, lane, state, title, source, content_hash, scope_kind, scope_code, walked, created_at,
    finished_at) VALUES (?, 'letter', 2, 'finished', 'Månadsbrev', 'Hej', '0', 'all', '', 0, 1, 2)"""
ROW = """WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :rows)
INSERT INTO delivery (id, message_id, municipality_code, group_id, contact_id, address_id, address, address_key, to_name, lane,
    state, due_at, attempts, code, status, reply, step, relay, created_at, first_at, last_at)
SELECT :first + i, :message, '1292', i / 10, i, i, 'p' || i || '@example.se', 'p' || i || '@example.se', 'Åsa Exempel', 2,
       CASE i % 100 WHEN 7 THEN 'failed' ELSE 'sent' END, 1, 1, 250, '2.0.0', '2.0.0 Ok: queued as 4Vx0Qk3Zp6z1', 'final dot',
       'main', 1, 1, 2 FROM n"""


def line(name, value, note=""):
    print("%-34s %-22s %s" % (name, value, note), flush=True)


def fill(path):
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA synchronous = OFF")
        for n, first in enumerate(range(0, ROWS, PER_LETTER)):
            message = 1 + n
            db.execute(MESSAGE, (message,))
            db.execute(ROW, {"rows": min(PER_LETTER, ROWS - first), "first": 1000 + first, "message": message})
        db.commit()
    db.close()


def answers(path):
    """Whether GET /api/v1/status is answered."""
    try:
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(5)
            s.connect(str(path))
            s.sendall(b"GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            return s.recv(64).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


def start(d, sink):
    """Seconds until the status is answered, and until the first mail has been taken."""
    before = sink.count().get("dots", 0)
    mail = []
    begin = time.monotonic()

    def watch():
        while not mail and time.monotonic() < begin + 60:
            if sink.count().get("dots", 0) > before:
                mail.append(time.monotonic() - begin)
            time.sleep(0.002)

    watcher = threading.Thread(target=watch)
    watcher.start()
    d.start(wait=False)
    while not answers(d.socket) and time.monotonic() < begin + 60:
        time.sleep(0.002)
    ready = time.monotonic() - begin
    watcher.join()
    return ready, mail[0] if mail else float("inf")


def main():
    with Sink("--fault", "dot=delay:5+ok") as sink:
        d = Daemon(relay_more="connections = 2")
        with d:
            d.add_people()
            d.add_register(1000, groups=100)
            letter = d.add_letter("--scope", "police_area:angelholm")
            d.cli("--as", "anna", "letter", "send", letter)
            wait_for("rows", lambda: d.json("status")["queue"]["letter"]["pending"] >= 1000)
            d.stop()
            fill(d.database)
            d.write_config(relay="smtp://127.0.0.1:%d" % sink.port)
            times = []
            for _ in range(RUNS):
                times.append(start(d, sink))
                d.kill()
            d.start()
    line("start, %d rows: status answered" % ROWS, "%.3f s" % max(t[0] for t in times), "worst of %d, after kill -9" % RUNS)
    line("start, %d rows: first mail" % ROWS, "%.3f s" % max(t[1] for t in times), "through a relay of 5 ms")


if __name__ == "__main__":
    main()
