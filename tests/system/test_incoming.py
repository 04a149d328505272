#!/usr/bin/python3
"""What comes in: VMA and the police's events, from a server of the test's own on loopback, with every fault.

On a busy machine a call is noted here long after the daemon sent it. So nothing is held against the time between two
arrivals, only against what holds however late they are: no call arrives before it may be sent.
"""
import datetime
import http.server
import signal
import sqlite3
import sys
import threading
import time
import unittest

sys.path.insert(0, __file__.rsplit("/", 1)[0])
from daemon import FIXTURES, Daemon  # noqa: E402
from fake_clock import FakeClock  # noqa: E402
import peers  # noqa: E402
from peers import Sink  # noqa: E402

RATE = 60  # a minute each second; the daemon gives up a call after half a second, so not faster
PATIENCE_S = 100
AT = "2026-11-22 13:10:00"


def wait_for(what, test):
    peers.wait_for(what, test, PATIENCE_S)


def fixture(name):
    return (FIXTURES / (name + ".json")).read_bytes()


class Source:
    """A server that answers each GET as it is told, and notes what was asked and when (by the daemon's clock)."""

    def __init__(self, clock):
        self.clock = clock
        self.calls = []  # (seconds of the faked monotonic clock, path, headers)
        self.say(b"[]")
        source = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                source.calls.append((source.now(), self.path, dict(self.headers)))
                source.answer(self)

            def log_message(self, *unused):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.released.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    @property
    def url(self):
        return "http://127.0.0.1:%d/api" % self.server.server_port

    def now(self):
        return (time.clock_gettime_ns(time.CLOCK_MONOTONIC) - self.clock.mono_from) * self.clock.rate / 1e9

    def say(self, body=b"", status=200, content_type="application/json", etag=None, length=None, **headers):
        """The next answers. `length`: what Content-Length claims."""
        self.released = threading.Event()

        def answer(handler):
            if etag and handler.headers.get("If-None-Match") == etag:
                handler.send_response(304)
                handler.send_header("ETag", etag)
                handler.end_headers()
                return
            handler.send_response(status)
            handler.send_header("Content-Type", content_type)
            handler.send_header("Content-Length", str(len(body) if length is None else length))
            if etag:
                handler.send_header("ETag", etag)
            for name, value in headers.items():
                handler.send_header(name.replace("_", "-"), value)
            handler.end_headers()
            try:
                handler.wfile.write(body)
            except OSError:
                pass  # the daemon has heard enough
            if length is not None:
                handler.close_connection = True
        self.answer = answer

    def hang(self):
        """No answer at all, until the next say()."""
        self.released = threading.Event()
        released = self.released
        self.answer = lambda handler: (released.wait(60), setattr(handler, "close_connection", True))

    def hang_up(self):
        self.answer = lambda handler: setattr(handler, "close_connection", True)

    def wait_calls(self, more):
        n = len(self.calls) + more
        wait_for("%d more calls" % more, lambda: len(self.calls) >= n)


class Incoming(unittest.TestCase):
    def daemon(self, clock, source, section="vma", more="poll_interval = 30s", relay=None, **options):
        contact = "contact = it@kommun.example\n" if section == "police_events" else ""
        d = Daemon(clock=clock, limits_more="[%s]\nurl = %s\n%s%s\n" % (section, source.url, contact, more),
                   relay=relay or "smtp://127.0.0.1:9", **options)
        return d

    def state(self, d, source="vma"):
        return next(row for row in d.json("incoming", "status")["items"] if row["source"] == source)

    def wait_state(self, d, state, source="vma"):
        wait_for("state %s of %s; it is %s\n%s" % (state, source, self.state(d, source), d.log()[-1500:]),
                 lambda: self.state(d, source)["state"] == state)

    def rows(self, d, sql, *values):
        with sqlite3.connect("file:%s?mode=ro" % d.database, uri=True) as db:
            return db.execute(sql, values).fetchall()

    def sent_at(self, d, clock, which="max"):
        """When the daemon counted its last ("min": its first) call of this hour, on the same scale as Source.calls."""
        [(us,)] = self.rows(d, "SELECT %s(at) FROM source_call" % which)
        return us / 1e6 - (clock.wall_from + clock.jumps) / 1e9

    def drafts(self, d):
        return self.rows(d, "SELECT id, type, title, state FROM alert WHERE state = 'draft' ORDER BY id")

    def prepare(self, d):
        d.add_people()
        d.add_register(3)

    # --- off, and what is sent along -----------------------------------------------------------------------------------

    def test_nothing_is_asked_unless_somebody_wants_it(self):
        with Daemon() as d:
            self.assertEqual([row["state"] for row in d.json("incoming", "status")["items"]], ["off", "off"])
            self.assertIn("off", d.cli("incoming", "status"))
            self.assertEqual(d.run("incoming", "resume", "police_events").returncode, 1)

    def test_nobody_is_asked_for_nobody(self):
        clock = FakeClock(AT, RATE)
        with Source(clock) as source, self.daemon(clock, source) as d:
            time.sleep(1.5)
            self.assertEqual(source.calls, [])
            self.prepare(d)
            source.say(fixture("vma-empty"))
            source.wait_calls(1)
            self.wait_state(d, "ok")

    def test_a_reload_is_enough(self):
        clock = FakeClock(AT, RATE)
        with Source(clock) as source, Daemon(clock=clock) as d:
            source.say(fixture("vma-empty"))
            self.prepare(d)
            d.write_config(limits_more="[vma]\nurl = %s\npoll_interval = 30s\n" % source.url)
            d.process.send_signal(signal.SIGHUP)
            source.wait_calls(2)
            d.write_config(limits_more="")
            d.process.send_signal(signal.SIGHUP)
            wait_for("the end", lambda: self.state(d)["state"] == "off")
            n = len(source.calls)
            time.sleep(2)
            self.assertLessEqual(len(source.calls), n + 1)  # one may have been on its way

    # --- VMA -----------------------------------------------------------------------------------------------------------

    def test_a_warning_becomes_one_draft_and_is_sent_by_a_person_only(self):
        clock = FakeClock(AT, RATE)
        with Sink() as sink, Source(clock) as source, self.daemon(
                clock, source, relay="smtp://127.0.0.1:%d" % sink.port) as d:
            source.say(fixture("vma-actual"))
            self.prepare(d)
            wait_for("a draft", lambda: self.drafts(d))
            wait_for("mails to the officers", lambda: sink.stats().get("messages") == 2)
            source.wait_calls(4)
            self.assertEqual(len(self.drafts(d)), 1)
            self.assertEqual(set(sink.stats()["recipients"]), {"anna@example.se", "bertil@example.se"})
            self.assertIn("Grannbud/", source.calls[0][2]["User-Agent"])
            self.assertIn("https://grannbud.example.se", source.calls[0][2]["User-Agent"])

            draft = d.json("alert", "list", "--state", "draft")["items"][0]
            self.assertEqual(draft["title"], "Brand i lagerbyggnad med farlig rök, Ängelholm")
            d.cli("--as", "anna", "alert", "send", draft["id"])
            wait_for("mails to the readers", lambda: sink.stats().get("messages") == 5)

            source.say(fixture("vma-update"))
            wait_for("an update", lambda: [row[1] for row in self.drafts(d)] == ["update"])
            source.say(fixture("vma-cancel"))
            wait_for("a recall", lambda: [row[1] for row in self.drafts(d)] == ["recall"])
            source.wait_calls(3)
            self.assertEqual(len(self.drafts(d)), 1)
            self.assertEqual(max(sink.stats()["recipients"][a] for a in ("p0@example.se", "p1@example.se")), 1)
            recall = d.json("alert", "list", "--state", "draft")["items"][0]
            d.cli("--as", "bertil", "alert", "send", recall["id"])
            wait_for("the recall", lambda: sink.stats()["recipients"].get("p0@example.se") == 2)
            self.assertEqual(self.drafts(d), [])

    def test_exercises_and_tests_are_nothing(self):
        clock = FakeClock(AT, RATE)
        with Source(clock) as source, self.daemon(clock, source) as d:
            source.say(fixture("vma-exercise"))
            self.prepare(d)
            for name in ("vma-exercise", "vma-system", "vma-test"):
                source.say(fixture(name))
                source.wait_calls(2)
            self.wait_state(d, "ok")
            self.assertEqual(self.rows(d, "SELECT count(*) FROM alert"), [(0,)])
            self.assertEqual(self.rows(d, "SELECT count(*) FROM message"), [(0,)])

    def test_what_vanishes_is_not_over(self):
        clock = FakeClock(AT, RATE)
        with Source(clock) as source, self.daemon(clock, source) as d:
            source.say(fixture("vma-actual"))
            self.prepare(d)
            wait_for("a draft", lambda: self.drafts(d))
            source.say(fixture("vma-empty"))
            source.wait_calls(3)
            self.assertEqual(len(self.drafts(d)), 1)
            source.say(fixture("vma-cancel"))
            wait_for("the end", lambda: self.drafts(d) == [])

    def is_told(self, d):
        return any("VMA could not be asked since" in p for p in d.json("status")["problems"])

    def test_every_fault_is_told_and_harms_nothing(self):
        # Neighbours differ in their words: each is seen although the source does not recover in between.
        faults = [
            ("it has a fault of its own (500)", lambda s: s.say(b"oops", status=500)),
            ("not valid JSON", lambda s: s.say(fixture("vma-actual")[:900])),
            ("refuses to answer us (403)", lambda s: s.say(status=403, Retry_After="30")),
            ("not valid JSON", lambda s: s.say(b'{"alerts":[],"alerts":[]}')),
            ("too often (429)", lambda s: s.say(status=429, Retry_After="40")),
            ("not valid JSON", lambda s: s.say(b'{"alerts":[123456789012345678901234567890]}')),
            ("nothing at this address (404)", lambda s: s.say(status=404, Retry_After="30")),
            ("not valid JSON", lambda s: s.say(b'{"alerts":["\xff"]}')),
            ("moved (301)", lambda s: s.say(status=301, Location="http://127.0.0.1:1/", Retry_After="30")),
            ("not whole", lambda s: s.say(fixture("vma-actual")[:900], length=100000)),
            ("text/html", lambda s: s.say(b"<html></html>", content_type="text/html", Retry_After="30")),
            ("not whole", lambda s: s.say(b" " * 30 * 1000 * 1000)),
            ("text/h?l", lambda s: s.say(b"hej", content_type="text/h\xe5l", etag='"\xe5"', Retry_After="30")),
            ("brackets", lambda s: s.say(b"[" * 100000)),
            ("no answer in time", lambda s: s.hang()),
            ("is the address right", lambda s: s.say(b"[]")),
            ("Empty reply", lambda s: s.hang_up()),
        ]
        clock = FakeClock(AT, RATE)
        with Source(clock) as source, self.daemon(clock, source) as d:
            source.say(fixture("vma-empty"))
            self.prepare(d)
            self.wait_state(d, "ok")
            for i, (words, fault) in enumerate(faults):
                with self.subTest(words):
                    source.released.set()
                    fault(source)
                    wait_for("problem '%s'; it is %s" % (words, self.state(d)),
                             lambda: self.state(d)["state"] == "failing" and words in self.state(d)["problem"])
                    wait_for("word of it", lambda: self.is_told(d))
                    self.assertIsNotNone(self.state(d)["problem_since"])
                    if i in (0, len(faults) - 1):
                        source.released.set()
                        source.say(fixture("vma-empty"))
                        self.wait_state(d, "ok")
                        wait_for("no more word of it", lambda: not self.is_told(d))
            source.say(fixture("vma-odd"))
            wait_for("the good one among odd ones", lambda: self.drafts(d))
            self.assertEqual(self.state(d)["unusable"], 9)
            self.assertEqual(d.stop()[0], 0)

    def test_what_has_not_changed_is_not_sent_again(self):
        clock = FakeClock(AT, RATE)
        with Source(clock) as source, self.daemon(clock, source) as d:
            source.say(fixture("vma-actual"), etag='"v1"', Last_Modified="Sun, 22 Nov 2026 12:05:00 GMT")
            self.prepare(d)
            wait_for("a draft", lambda: self.drafts(d))
            source.wait_calls(3)
            self.assertNotIn("If-None-Match", source.calls[0][2])
            self.assertEqual(source.calls[-1][2]["If-None-Match"], '"v1"')
            self.assertEqual(source.calls[-1][2]["If-Modified-Since"], "Sun, 22 Nov 2026 12:05:00 GMT")
            self.wait_state(d, "ok")
            # Another municipality is another question: what was passed over before may be for it.
            d.add_register(1, municipality="1278", groups=1)
            wait_for("the whole answer", lambda: "If-None-Match" not in source.calls[-1][2])

    def test_a_clock_that_jumps_asks_neither_too_often_nor_never(self):
        clock = FakeClock(AT, RATE)
        with Source(clock) as source, self.daemon(clock, source) as d:
            source.say(fixture("vma-empty"))
            self.prepare(d)
            source.wait_calls(2)
            for jump in (86400, -2 * 86400, 3600, -400 * 86400):
                clock.jump(jump)
                begin = source.now()
                source.wait_calls(4)
                # The first two may have been sent before the jump, and noted late; from the third on they are 20 seconds apart.
                self.assertGreaterEqual(source.calls[-1][0] - begin, 20, jump)

    def test_asked_often_it_is_asked_all_the_time(self):
        """A warning waits for no allowance: every 30 s is every 30 s, in the second half of the hour too."""
        clock = FakeClock(AT, 4 * RATE)
        with Source(clock) as source, self.daemon(clock, source) as d:
            source.say(fixture("vma-empty"))
            self.prepare(d)
            # An allowance of sixty would be used up in half an hour, and the next call planned for the hour's end.
            source.wait_calls(58)
            for _ in range(8):
                source.wait_calls(1)
                state = self.state(d)
                asked, following = (datetime.datetime.fromisoformat(state[name]) for name in ("asked_at", "next_at"))
                self.assertLess((following - asked).total_seconds(), 1440, state)

    def test_it_stops_in_order_while_the_source_hangs(self):
        clock = FakeClock(AT, 1)
        with Source(clock) as source, Daemon(clock=clock) as d:
            source.hang()
            self.prepare(d)
            d.write_config(limits_more="[vma]\nurl = %s\npoll_interval = 30s\n" % source.url)
            d.process.send_signal(signal.SIGHUP)
            source.wait_calls(1)
            code, _ = d.stop()  # which waits shorter than the call would
            self.assertEqual(code, 0)

    # --- the police's events -------------------------------------------------------------------------------------------

    def police(self, clock, source, more="poll_interval = 1m", **options):
        return self.daemon(clock, source, "police_events", more, **options)

    def test_events_become_material(self):
        clock = FakeClock(AT, RATE)
        with Source(clock) as source, self.police(clock, source) as d:
            source.say(fixture("police-events-week"))
            self.prepare(d)
            self.wait_state(d, "ok", "police_events")
            self.assertIn("it@kommun.example", source.calls[0][2]["User-Agent"])
            self.assertEqual(source.calls[0][1], "/api?locationname=%C3%84ngelholm;Sk%C3%A5ne%20l%C3%A4n")
            events = d.json("event", "list", "--municipality", "1292")["items"]
            self.assertEqual(len(events), 8)
            self.assertEqual(events[0]["id"], 900101)
            self.assertFalse([e for e in events if e["place"] in ("Stockholm", "Båstad")])
            text = d.cli("letter", "material", "--municipality", "Ängelholm")
            self.assertIn("## Polisens händelser i Ängelholm, november 2026", text)
            self.assertIn("| Inbrott | 3 |", text)
            self.assertIn("färre än 3", text)
            self.assertNotIn("ABC 123", text)
            self.assertEqual(d.json("letter", "material", "--municipality", "Ängelholm"), {"text": text})
            self.assertIn("Inga händelser", d.cli("letter", "material", "--municipality", "1292", "--period", "2026-08"))
            source.say(fixture("police-events-edited"))
            wait_for("the edit", lambda: "gripen" in d.cli("event", "list"))
            # The material in a letter passes its checks.
            letter = d.folder / "letter.md"
            letter.write_text("---\ntitle: Brev\nkind: info\narea: Ängelholm\n---\nRing 112 eller 114 14.\n\n" + text, encoding="utf-8")
            done = d.run("letter", "lint", letter)
            self.assertEqual(done.returncode, 0, done.stdout)

    def test_a_missing_address_stops_until_a_person_says_so(self):
        clock = FakeClock(AT, RATE)
        with Source(clock) as source, self.police(clock, source) as d:
            source.say(status=404)
            self.prepare(d)
            self.wait_state(d, "stopped", "police_events")
            n = len(source.calls)
            d.stop()
            clock.jump(2 * 3600)  # past any wait
            d.start()
            time.sleep(1.5)
            self.assertEqual(len(source.calls), n)
            source.say(fixture("police-events-week"))
            d.cli("incoming", "resume", "police_events")
            self.wait_state(d, "ok", "police_events")
            self.assertEqual(d.run("incoming", "resume", "police_events").returncode, 1)

    def test_it_waits_as_long_as_it_is_told(self):
        clock = FakeClock(AT, RATE)
        with Source(clock) as source, self.police(clock, source) as d:
            source.say(status=429, Retry_After="120")
            self.prepare(d)
            source.wait_calls(1)
            d.kill()  # whether it has read the answer or not
            first = self.sent_at(d, clock)
            source.say(status=429, Retry_After="120")
            d.start()
            source.wait_calls(1)
            self.assertGreaterEqual(source.calls[-1][0] - first, 60)
            wait_for("429", lambda: "429" in self.state(d, "police_events")["problem"])
            d.kill()
            last = self.sent_at(d, clock)
            n = len(source.calls)
            d.start()
            wait_for("another call", lambda: len(source.calls) > n)
            self.assertGreaterEqual(source.calls[n][0] - last, 120)

    def test_sixty_calls_an_hour_also_when_it_is_killed_again_and_again(self):
        clock = FakeClock(AT, 360)
        with Source(clock) as source, self.police(clock, source, "poll_interval = 10s") as d:
            source.say(fixture("police-events-week"))
            self.prepare(d)
            source.wait_calls(1)
            first = self.sent_at(d, clock, "min")
            for _ in range(8):
                source.wait_calls(5)
                d.kill()
                d.start()
            wait_for("the second hour", lambda: len(source.calls) > 62)
            for i, call in enumerate(source.calls):
                self.assertGreaterEqual(call[0] - first, 10 * i, "the %dth call" % i)
                self.assertGreaterEqual(call[0] - first, i // 60 * 3600, "the %dth call" % i)


if __name__ == "__main__":
    unittest.main(verbosity=2)
