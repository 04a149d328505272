#!/usr/bin/python3
"""An alert beside a letter to 100 000: from the POST to the first and to the last mail that a relay took, recorded.

To 1 000 and to 100 000 people, through a relay that takes everything at once; held against the same alert when nothing
else runs. Then through a relay that answers 200 ms late, mail by mail, held against connections / latency, and with many
recipients in one transaction, held against mail by mail. GRANNBUD_BENCH_FULL=1 adds the 100 000 there.
"""
import itertools
import sqlite3
import time

from common import FULL, Caller, Daemon, PostfixSink, Sink, begin_letter, line, write_register

PEOPLE = 100000
FEW = 1000
CONNECTIONS = 20
LATENCY_MS = 200
HEAD_START_S = 2
SERIAL = itertools.count(1)
PLACES = {PEOPLE: "1292", FEW: "1257"}  # both in the police area that the letter goes to
# What a connection's transaction may hold, as the relay's option; see conf/grannbud.conf.
SHARED = "alert_recipients = 100"


def make(port, more=""):
    return Daemon(relay="smtp://127.0.0.1:%d" % port, level="warning",
                  relay_more="connections = %d\nreserved_for_alerts = 2\nmax_messages_per_connection = 0\n%s" % (CONNECTIONS, more),
                  alert_more="quiet_hours = none\nconfirm_above_recipients = 0\nper_sender_per_hour = 0")


def add_people(d, counts):
    d.add_people()
    first = 0
    for count in counts:
        d.cli("group", "import", write_register(d.folder / "bench.csv", count, first=first), "--municipality", PLACES[count])
        first += count


def rows(d, message):
    """Whether the message has ended, and when each of its mails was taken, by the ledger."""
    db = sqlite3.connect("file:%s?mode=ro" % d.database, uri=True)
    has_ended = db.execute("SELECT state = 'finished' FROM message WHERE id = ?", (message,)).fetchone()[0]
    taken = db.execute("SELECT last_at FROM delivery WHERE message_id = ? AND state = 'sent' ORDER BY last_at",
                       (message,)).fetchall() if has_ended else []
    db.close()
    return has_ended, [row[0] / 1e6 for row in taken]


def message_of(d, title):
    db = sqlite3.connect("file:%s?mode=ro" % d.database, uri=True)
    found = db.execute("SELECT message_id FROM alert WHERE title = ?", (title,)).fetchone()[0]
    db.close()
    return found


def alert(d, caller, count):
    """Seconds from the POST to its answer, to the first and to the last mail."""
    title = "Båtmotorer stjäls %d" % next(SERIAL)
    body = {"kind": "boat_theft", "title": title, "text": "Två motorer sedan klockan 20. Ring 112 om du ser något.",
            "target": {"municipalities": [PLACES[count]]}, "confirm_recipients": count}
    begin = time.time()
    status, answer, seconds = caller.ask("POST", "/api/v1/alert", body, as_="anna")
    if status != 201:
        raise RuntimeError(answer)
    message = message_of(d, title)
    while True:
        has_ended, taken = rows(d, message)
        if has_ended:
            break
        time.sleep(0.2)
    if len(taken) != count:
        raise RuntimeError("%d of %d were sent" % (len(taken), count))
    return seconds, taken[0] - begin, taken[-1] - begin


def ms(seconds):
    return "%.0f ms" % (seconds * 1000) if seconds < 10 else "%.1f s" % seconds


def beside_a_letter():
    with PostfixSink() as sink, make(sink.port) as d:
        add_people(d, (PEOPLE, FEW))
        caller = Caller(d)
        alone = {count: alert(d, caller, count) for count in (FEW, PEOPLE)}
        letter = begin_letter(d, caller)
        time.sleep(HEAD_START_S)
        for count in (FEW, PEOPLE):
            answer, first, last = alert(d, caller, count)
            state = caller.ask("GET", "/api/v1/letter/" + letter)[1]["state"]
            note = "" if state == "sending" else "; the letter had ended before"
            line("alert to %d beside a letter to %d" % (count, PEOPLE + FEW), "%s, %s" % (ms(first), ms(last)),
                 "first and last mail after the POST; %.1f and %.1f times what they take alone (%s, %s); answered after %s%s" % (
                     first / alone[count][1], last / alone[count][2], ms(alone[count][1]), ms(alone[count][2]), ms(answer), note))
        caller.close()


def late_relay(count, more, beside):
    """`beside`: (words, seconds) to hold the last mail against. Returns its seconds."""
    with Sink("--latency", LATENCY_MS) as sink, make(sink.port, more) as d:
        add_people(d, (PEOPLE, FEW))
        caller = Caller(d)
        begin_letter(d, caller)
        time.sleep(HEAD_START_S)
        before = sink.count()["messages"]
        _, first, last = alert(d, caller, count)
        mails = sink.count()["messages"] - before
        caller.close()
    words, seconds = beside
    line("alert to %d, a relay %d ms late%s" % (count, LATENCY_MS, ", shared" if more else ""), "%s, %s" % (ms(first), ms(last)),
         "first and last mail beside the letter; %d transactions; %.0f recipients/s; the last after %.2f of what %s" % (
             mails, count / last, last / seconds, words))
    return last


def main():
    beside_a_letter()
    possible = FEW / CONNECTIONS * LATENCY_MS / 1000
    one_by_one = late_relay(FEW, "", ("%d connections could do at best" % CONNECTIONS, possible))
    late_relay(FEW, SHARED, ("it takes one by one", one_by_one))
    if FULL:
        late_relay(PEOPLE, SHARED, ("it would take one by one", one_by_one * PEOPLE / FEW))


if __name__ == "__main__":
    main()
