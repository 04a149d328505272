#!/usr/bin/python3
"""What is personal overtakes a large letter: test copies (the personal lane) while a letter to 100 000 runs at full speed.

From the ledger: from the moment that a copy was asked for, and stored, to the relay's word for it, recorded. The first
copies come one at a time; then 1 000 at once.
"""
import sqlite3
import time

from common import Caller, PostfixSink, add_people, begin_letter, line, make_daemon, percentile

PEOPLE = 100000
CONNECTIONS = 8
SINGLE = 20
BURST = 1000


def waits(d, since_us):
    """Milliseconds of each copy asked for since then; None when some are still under way."""
    db = sqlite3.connect("file:%s?mode=ro" % d.database, uri=True)
    rows = db.execute("SELECT d.created_at, d.last_at, d.state FROM delivery AS d JOIN message AS m ON m.id = d.message_id "
                      "WHERE m.kind = 'test' AND d.created_at >= ?", (since_us,)).fetchall()
    db.close()
    if any(state in ("pending", "claimed") for _, _, state in rows):
        return None
    return [(end - begin) / 1000 for begin, end, _ in rows]


def copies(d, caller, letter, addresses):
    since_us = int(time.time() * 1e6)
    for address in addresses:
        status, answer, _ = caller.ask("POST", "/api/v1/letter/%s/test" % letter, {"to": address}, as_="anna")
        if status >= 300:
            raise RuntimeError(answer)
    while (found := waits(d, since_us)) is None or len(found) < len(addresses):
        time.sleep(0.05)
    return found


def main():
    with PostfixSink() as sink, make_daemon(sink.port, CONNECTIONS, "rate_per_minute = 0") as d:
        add_people(d, PEOPLE)
        caller = Caller(d)
        draft = d.json("--as", "anna", "letter", "new", "tests/fixtures/letter-2026-03.md", "--scope", "police_area:angelholm")["id"]
        idle = [copies(d, caller, draft, ["i%d@example.se" % i])[0] for i in range(SINGLE)]
        letter = begin_letter(d, caller)
        time.sleep(1)
        single = [copies(d, caller, draft, ["s%d@example.se" % i])[0] for i in range(SINGLE)]
        burst = copies(d, caller, draft, ["b%d@example.se" % i for i in range(BURST)])
        running = caller.ask("GET", "/api/v1/letter/" + letter)[1]["state"]
        caller.close()
    note = "" if running == "sending" else "; the letter had ended before"
    line("a personal mail beside a letter to %d" % PEOPLE, "%.0f ms" % max(single),
         "the slowest of %d, median %.0f ms; without the letter %.0f ms" % (SINGLE, percentile(single, 0.5), percentile(idle, 0.5)))
    line("%d personal mails at once, beside it" % BURST, "%.0f ms" % percentile(burst, 0.95),
         "95 %%; the first after %.0f ms, the last %.0f ms%s" % (min(burst), max(burst), note))


if __name__ == "__main__":
    main()
