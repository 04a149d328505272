"""What must hold after any fault, asked from outside: of the store while no daemon has it, and of what the relay took.

    proof.check_store(daemon.database)           the daemon is stopped or killed; raises AssertionError
    proof.check_mails(sink.mails(), addresses)   a Sink with --digest; returns the doubles, by mark

The store is read as a copy, so that what the next start finds is what the fault has left.
"""
import collections
import contextlib
import pathlib
import shutil
import sqlite3
import tempfile

OPEN = ("pending", "claimed")


@contextlib.contextmanager
def copy_of(database):
    """A connection to a copy of the file and its log."""
    with tempfile.TemporaryDirectory(prefix="gbp-") as folder:
        for suffix in ("", "-wal"):
            source = pathlib.Path(str(database) + suffix)
            if source.exists():
                shutil.copy(source, pathlib.Path(folder) / ("copy.db" + suffix))
        db = sqlite3.connect(pathlib.Path(folder) / "copy.db")
        try:
            yield db
        finally:
            db.close()


def check_store(database, finished=False):
    """The file is whole, and no message has ended before its rows. `finished`: all have ended. Returns the number of
    rows by state."""
    with copy_of(database) as db:
        whole = [row[0] for row in db.execute("PRAGMA integrity_check")]
        assert whole == ["ok"], whole
        early = db.execute("SELECT m.id, d.id, d.state FROM message AS m JOIN delivery AS d ON d.message_id = m.id "
                           "WHERE m.state = 'finished' AND d.state IN (?, ?)", OPEN).fetchall()
        assert not early, "finished before its rows (message, delivery, state): %s" % early
        early = db.execute("SELECT l.id FROM letter AS l JOIN message AS m ON m.letter_id = l.id JOIN delivery AS d "
                           "ON d.message_id = m.id WHERE l.state = 'sent' AND d.state IN (?, ?)", OPEN).fetchall()
        assert not early, "a letter is sent before its rows: %s" % early
        twice = db.execute("SELECT message_id, address_key FROM delivery GROUP BY 1, 2 HAVING count(*) > 1").fetchall()
        assert not twice, "two rows for one address: %s" % twice
        check_kept_figures(db)
        rows = dict(db.execute("SELECT state, count(*) FROM delivery GROUP BY state"))
        if finished:
            assert not set(OPEN) & set(rows), rows
            left = db.execute("SELECT id, state FROM message WHERE state IN ('expanding', 'sending')").fetchall()
            assert not left, "not ended: %s" % left
        return rows


def check_kept_figures(db):
    """What triggers keep beside the rows says what the rows say."""
    finals = ("sent", "failed", "uncertain", "withdrawn", "expired")
    sums = ", ".join("sum(state = '%s')" % state for state in finals)
    counted = db.execute("SELECT message_id, coalesce(municipality_code, ''), sum(state IN ('pending', 'claimed')), %s "
                         "FROM delivery GROUP BY 1, 2 ORDER BY 1, 2" % sums).fetchall()
    kept = db.execute("SELECT message_id, municipality_code, open, %s FROM tally WHERE open + %s > 0 ORDER BY 1, 2" % (
        ", ".join(finals), " + ".join(finals))).fetchall()
    assert counted == kept, "tally: rows say %s, it says %s" % (counted, kept)
    late = db.execute("SELECT d.message_id FROM delivery AS d LEFT JOIN lane_queue AS q ON q.message_id = d.message_id "
                      "AND q.lane = d.lane WHERE d.state = 'pending' AND d.lane <> 1 AND (q.due_at IS NULL "
                      "OR q.due_at > d.due_at)").fetchall()
    assert not late, "pending, and nobody would look: %s" % late[:5]
    stuck = db.execute("SELECT id FROM message WHERE state = 'sending' AND id NOT IN (SELECT message_id FROM ending) AND "
                       "id NOT IN (SELECT message_id FROM delivery WHERE state IN ('pending', 'claimed'))").fetchall()
    assert not stuck, "all rows are final, and nobody would end it: %s" % stuck


def rows_of(database):
    """(address, state, code, reply, step) of every delivery but reminders."""
    with copy_of(database) as db:
        return db.execute("SELECT d.address, d.state, d.code, d.reply, d.step FROM delivery AS d "
                          "JOIN message AS m ON m.id = d.message_id WHERE m.letter_id IS NOT NULL").fetchall()


def addresses_in(database, state):
    """The addresses of rows in a state."""
    with copy_of(database) as db:
        return [row[0] for row in db.execute("SELECT address FROM delivery WHERE state = ? ORDER BY id", (state,))]


def waiting(database):
    """The addresses that wait for another try."""
    with copy_of(database) as db:
        return [row[0] for row in db.execute("SELECT address FROM delivery WHERE state = 'pending' AND attempts > 0")]


def attempts(database):
    """All attempts of all rows so far."""
    with copy_of(database) as db:
        return db.execute("SELECT coalesce(sum(attempts), 0) FROM delivery").fetchone()[0]


def open_messages(database):
    """How many messages are still under way."""
    with copy_of(database) as db:
        return db.execute("SELECT count(*) FROM message WHERE state IN ('expanding', 'sending')").fetchone()[0]


def doubles(mails):
    """Mark -> mails of that mark that came again later. Each must come with its old Message-ID and be equal byte by byte,
    and never twice under one mark: nothing was interrupted then."""
    seen = {}  # Message-ID -> (recipient, digest, mark of the last)
    again = collections.Counter()
    for mark, recipient, message_id, digest in mails:
        assert message_id, "a mail to %s without Message-ID" % recipient
        if message_id in seen:
            before = seen[message_id]
            assert before[0] == recipient, "%s went to %s and to %s" % (message_id, before[0], recipient)
            assert before[1] == digest, "%s to %s came again with other bytes" % (message_id, recipient)
            assert before[2] < mark, "%s to %s came twice although nothing was interrupted" % (message_id, recipient)
            again[before[2]] += 1
        seen[message_id] = (recipient, digest, mark)
    return again


def check_mails(mails, addresses, letters=1):
    """Each address has got each of `letters` letters. Returns doubles()."""
    again = doubles(mails)
    got = collections.defaultdict(set)
    for _, recipient, message_id, _ in mails:
        got[recipient].add(message_id)
    missed = {a: len(got.get(a, ())) for a in addresses if len(got.get(a, ())) != letters}
    assert not missed, "of %d letters these got another number: %s" % (letters, dict(list(missed.items())[:20]))
    strangers = set(got) - set(addresses)
    assert not strangers, "not in the audience: %s" % strangers
    return again
