#!/usr/bin/python3
"""Alerts with the real programs: who is warned, who hears that it changed and that it is over, and who must not.

The relay is smtp_sink.py. A mail belongs to an alert by its thread: copies of the first carry no References, what follows
names the first in In-Reply-To. What is asked of the ledger is asked through the API.
"""
import collections
import concurrent.futures
import contextlib
import email
import email.policy
import http.client
import json
import socket
import sqlite3
import sys
import time
import unittest

sys.path.insert(0, __file__.rsplit("/", 1)[0])
import proof  # noqa: E402
from daemon import Daemon  # noqa: E402
from fake_clock import FakeClock  # noqa: E402
from peers import Sink, free_port, wait_for  # noqa: E402

HOUR = 3600
YEAR = 365 * 24 * HOUR
HEAD = "Område;Typ;Status;Roll;Förnamn;Efternamn;E-post"
FIRST, UPDATE, RECALL = "first", "update", "recall"
BODY = {"kind": "boat_theft", "title": "Båtmotorer stjäls i natt", "text": "Två motorer sedan klockan 20. Ring 112 om du ser något.",
        "target": {"municipalities": ["1292"]}}


def register(d, addresses, municipality="1292", groups=2, kind="Villa"):
    rows = ["Grupp %s %d;%s;Aktiv;KO;Åsa;Exempel%d;%s" % (municipality, i % groups, kind, i, a) for i, a in enumerate(addresses)]
    path = d.folder / ("register-%s.csv" % municipality)
    path.write_text("\r\n".join([HEAD] + sorted(rows)) + "\r\n", encoding="utf-8")
    d.cli("group", "import", path, "--municipality", municipality)
    return addresses


def people(n, domain="example.se"):
    return ["p%d@%s" % (i, domain) for i in range(n)]


def ask(d, method, path, body=None, user="anna", **headers):
    """(status, JSON, headers as a dict of lower case names, raw text) over the Unix socket."""
    connection = http.client.HTTPConnection("localhost", timeout=60)
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect(str(d.socket))
    head = {"Content-Type": "application/json", "X-Grannbud-As": user}
    head.update({k.replace("_", "-"): v for k, v in headers.items()})
    connection.request(method, path, None if body is None else json.dumps(body).encode(), head)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, json.loads(text), {k.lower(): v for k, v in answer.getheaders()}, text


class Mails:
    """The mails in a sink's folder, with what they are."""

    def __init__(self, folder):
        self.by_kind = collections.defaultdict(list)  # kind -> [(address, mail)]
        for path in sorted(folder.rglob("new/*.eml")):
            mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            subject = mail["Subject"].replace("[ÖVNING] ", "")
            kind = (FIRST if subject.startswith("Varning: ") else UPDATE if subject.startswith("Ändrad varning: ") else
                    RECALL if subject.startswith("Varningen är över: ") else "other")
            self.by_kind[kind].append((mail["To"].addresses[0].addr_spec, mail))

    def got(self, kind):
        """address -> how often"""
        return dict(collections.Counter(address for address, _ in self.by_kind[kind]))

    def ids(self, kind):
        """address -> Message-ID of its only mail of the kind"""
        return {address: mail["Message-ID"] for address, mail in self.by_kind[kind]}


class Alerts(unittest.TestCase):
    def enter(self, manager):
        value = manager.__enter__()
        self.addCleanup(manager.__exit__, None, None, None)
        return value

    def begin(self, *sink_options, clock=None, alert_more="quiet_hours = none", **daemon_options):
        """A daemon with two officers, its sink keeping the mails under its folder."""
        d = Daemon(clock=clock, alert_more=alert_more, **daemon_options)
        self.mails = d.folder / "mails"
        self.sink = self.enter(Sink("--store", self.mails, *sink_options))
        d.write_config(relay="smtp://127.0.0.1:%d" % self.sink.port)
        self.enter(d)
        d.add_people()
        return d

    def post(self, d, path, body, status=201, user="anna", **headers):
        got, answer, _, _ = ask(d, "POST", "/api/v1/alert" + path, body, user, **headers)
        self.assertEqual(got, status, answer)
        return answer

    def show(self, d, alert):
        return d.json("alert", "show", alert)

    def wait_done(self, d, alert, seconds=120):
        def is_done():
            counts = self.show(d, alert)["deliveries"]
            message = d.json("status")["running"]
            return counts["pending"] + counts["claimed"] == 0 and not [m for m in message if m["alert"] == alert]
        wait_for("end of the alert\n" + d.log()[-2000:], is_done, seconds)
        return self.show(d, alert)["deliveries"]

    def assert_threaded(self, mails, kind, earlier):
        """Each mail of `kind` answers its reader's copy of `earlier`."""
        first = mails.ids(earlier)
        for address, mail in mails.by_kind[kind]:
            with self.subTest(kind=kind, address=address):
                self.assertEqual(mail["In-Reply-To"], first[address])
                references = mail["References"].split()
                self.assertEqual(references[-1], first[address])
                self.assertRegex(references[0], r"^<msg_[^@]+@")


class Way(Alerts):
    def test_who_is_warned_hears_how_it_went_on_and_that_it_is_over(self):
        d = self.begin()
        meant = register(d, people(30) + ["rcpt-550@example.se"])
        register(d, people(10, "other.example.se"), municipality="1284")
        sent = self.post(d, "", BODY)
        self.assertEqual((sent["type"], sent["state"], sent["kind"], sent["exercise"]), ("alert", "active", "boat_theft", False))
        self.assertEqual((sent["recipients"], sent["groups"]), (31, 2))
        self.assertEqual(sent["municipalities"], [{"code": "1292", "name": "Ängelholm"}])
        self.assertTrue(sent["sample"])
        self.assertEqual(set(sent["sample"][0]), {"name", "group", "municipality"})
        self.assertEqual(sent["sms"]["encoding"], "GSM-7")
        self.assertEqual(sent["sms"]["parts"], 1)
        self.assertIsNone(sent["deferred_until"])
        self.assertEqual([t["id"] for t in sent["thread"]], [sent["id"]])
        counts = self.wait_done(d, sent["id"])
        self.assertEqual((counts["sent"], counts["failed"]), (30, 1))
        reached = {a: 1 for a in meant if not a.startswith("rcpt-")}
        self.assertEqual(Mails(self.mails).got(FIRST), reached)

        changed = self.post(d, "/%s/update" % sent["id"], {"title": "Båtmotorer: en är gripen", "text": "Polisen har gripit en person."})
        self.assertEqual((changed["type"], changed["state"], changed["root"]), ("update", "active", sent["id"]))
        self.wait_done(d, changed["id"])
        self.assertEqual(self.show(d, sent["id"])["state"], "updated")
        over = self.post(d, "/latest/recall", {"note": "det är lugnt"})
        self.assertEqual(over["type"], "recall")
        self.wait_done(d, over["id"])
        mails = Mails(self.mails)
        for kind in (FIRST, UPDATE, RECALL):
            self.assertEqual(mails.got(kind), reached, kind)
        self.assertEqual(mails.got("other"), {})
        self.assert_threaded(mails, UPDATE, FIRST)
        self.assert_threaded(mails, RECALL, FIRST)
        for _, mail in mails.by_kind[FIRST]:
            self.assertIsNone(mail["In-Reply-To"])
            self.assertIsNone(mail["References"])
            text = mail.get_body(("plain",)).get_content()
            self.assertIn("Två motorer", text)
            self.assertIn("112", text)
            self.assertIn("114 14", text)
            self.assertNotIn("ÖVNING", text)
        self.assertEqual((over["recipients"], over["groups"]), (None, 2))
        thread = self.show(d, over["id"])["thread"]
        self.assertEqual([t["type"] for t in thread], ["alert", "update", "recall"])
        self.assertEqual(self.show(d, sent["id"])["state"], "recalled")
        again = ask(d, "POST", "/api/v1/alert/%s/recall" % sent["id"], {})
        self.assertEqual(again[0], 409, again[1])
        self.assertEqual(d.run("audit", "verify").returncode, 0)
        d.stop()
        proof.check_store(d.database, finished=True)

    def test_what_hangs_when_it_is_recalled_follows_if_it_arrived(self):
        d = self.begin(relay_more="connections = 8")
        register(d, ["dot-delay4000-ok@example.se", "dot-delay4000-550@example.se", "quick@example.se"])
        sent = self.post(d, "", BODY)
        wait_for("the quick one", lambda: Mails(self.mails).got(FIRST) == {"quick@example.se": 1})
        wait_for("the others in hand", lambda: self.show(d, sent["id"])["deliveries"]["claimed"] == 2)
        over = self.post(d, "/%s/recall" % sent["id"], {})
        wait_for("the quick one's recall", lambda: "quick@example.se" in Mails(self.mails).got(RECALL))
        self.assertNotIn("dot-delay4000-ok@example.se", Mails(self.mails).got(RECALL))
        wait_for("the slow one", lambda: "dot-delay4000-ok@example.se" in Mails(self.mails).got(FIRST))
        wait_for("the slow one's recall", lambda: "dot-delay4000-ok@example.se" in Mails(self.mails).got(RECALL))
        self.wait_done(d, over["id"])
        with contextlib.closing(sqlite3.connect("file:%s?mode=ro" % d.database, uri=True)) as db:
            first, recall = (us for us, in db.execute(
                "SELECT last_at FROM delivery WHERE address = 'dot-delay4000-ok@example.se' ORDER BY id"))
        # A look of the scheduler, which is at most a second away; not the outbox's next round, which is 15 s away.
        self.assertLess(recall - first, 10e6)
        mails = Mails(self.mails)
        self.assertEqual(mails.got(FIRST), {"quick@example.se": 1, "dot-delay4000-ok@example.se": 1})
        self.assertEqual(mails.got(RECALL), mails.got(FIRST))
        self.assert_threaded(mails, RECALL, FIRST)

    def test_who_may_have_got_it_hears_that_it_is_over(self):
        d = self.begin()
        register(d, ["dot-close@example.se", "rcpt-550@example.se", "sure@example.se"])
        sent = self.post(d, "", BODY)
        wait_for("its doubt", lambda: self.show(d, sent["id"])["deliveries"]["uncertain"] == 1)
        over = self.post(d, "/%s/recall" % sent["id"], {})
        wait_for("two rows", lambda: sum(self.show(d, over["id"])["deliveries"].values()) == 2)
        rows = d.json("delivery", "list", "--message", self.show(d, over["id"])["message"])["items"]
        self.assertEqual({r["address"] for r in rows}, {"dot-close@example.se", "sure@example.se"})

    def test_an_exercise_is_one_everywhere_and_for_ever(self):
        d = self.begin()
        meant = {a: 1 for a in register(d, people(4))}
        sent = self.post(d, "", dict(BODY, exercise=True))
        self.assertIs(sent["exercise"], True)
        self.assertTrue(sent["sms"]["text"].startswith("ÖVNING: "), sent["sms"])
        running = d.json("status")["alerts"]
        self.assertEqual([(a["id"], a["exercise"]) for a in running], [(sent["id"], True)])
        self.wait_done(d, sent["id"])
        for value in (False, True):
            refused = ask(d, "POST", "/api/v1/alert/%s/update" % sent["id"], {"title": "Ny", "text": "Ny", "exercise": value})
            self.assertEqual(refused[0], 400, refused[1])
        changed = self.post(d, "/%s/update" % sent["id"], {"title": "Andra", "text": "Ny text."})
        self.assertIs(changed["exercise"], True)
        self.wait_done(d, changed["id"])
        over = self.post(d, "/%s/recall" % sent["id"], {})
        self.assertIs(over["exercise"], True)
        self.wait_done(d, over["id"])
        real = self.post(d, "", BODY)
        self.wait_done(d, real["id"])
        mails = Mails(self.mails)
        self.assertEqual(mails.got(UPDATE), meant)
        self.assertEqual(mails.got(RECALL), meant)
        self.assertEqual(mails.got(FIRST), {a: 2 for a in meant})
        exercises = 0
        for kind in (FIRST, UPDATE, RECALL):
            for _, mail in mails.by_kind[kind]:
                is_exercise = mail["Subject"].startswith("[ÖVNING] ")
                exercises += is_exercise
                for part in ("plain", "html"):
                    text = mail.get_body((part,)).get_content()
                    self.assertEqual("DETTA ÄR EN ÖVNING" in text, is_exercise, mail["Subject"])
                if is_exercise:
                    self.assertLess(mail.get_body(("plain",)).get_content().index("DETTA ÄR EN ÖVNING"), 200)
        self.assertEqual(exercises, 3 * len(meant))
        why = d.json("why", "p0@example.se")["items"]
        self.assertEqual([w["exercise"] for w in why], [False, True, True, True])
        self.assertEqual(d.cli("why", "p0@example.se").count("(EXERCISE)"), 3)
        listed = {a["id"]: a["exercise"] for a in d.json("alert", "list")["items"]}
        self.assertEqual(listed, {sent["id"]: True, changed["id"]: True, over["id"]: True, real["id"]: False})
        self.assertIn("ÖVNING", d.cli("--lang", "sv", "alert", "show", sent["id"]))
        self.assertNotIn("ÖVNING", d.cli("--lang", "sv", "alert", "show", real["id"]))

    def test_nobody_is_no_audience(self):
        d = self.begin()
        register(d, people(3))
        for target in ({"municipalities": ["1284"]}, {"circle": {"lat": 56.24, "lon": 12.86, "radius_km": 5}},
                       {"municipalities": ["1292"], "group_kinds": ["boat"]}):
            status, answer, _, _ = ask(d, "POST", "/api/v1/alert", dict(BODY, target=target))
            self.assertEqual(status, 422, (target, answer))
            self.assertTrue(answer["detail"])
        self.assertEqual(d.json("alert", "list")["items"], [])
        self.assertEqual(Mails(self.mails).by_kind, {})


class Deciding(Alerts):
    def test_many_recipients_are_confirmed_by_their_number(self):
        d = self.begin(alert_more="quiet_hours = none\nconfirm_above_recipients = 10")
        register(d, people(20))
        words = ("alert", "send", "--kind", "boat_theft", "--title", BODY["title"], "--text", BODY["text"], "--municipality", "1292")
        refused = d.run("--as", "anna", *words)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("20", refused.stderr)
        self.assertIn("--confirm 20", refused.stderr)
        self.assertIn("--second-person", refused.stderr)
        status, answer, _, _ = ask(d, "POST", "/api/v1/alert", BODY)
        self.assertEqual((status, answer["recipients"]), (409, 20))
        status, answer, _, _ = ask(d, "POST", "/api/v1/alert", dict(BODY, confirm_recipients=19))
        self.assertEqual((status, answer["recipients"]), (409, 20))
        dry = d.json("--as", "anna", *words, "--dry-run")
        self.assertEqual((dry["dry_run"], dry["recipients"], dry["needs_confirmation"]), (True, 20, True))
        screen = d.cli("--lang", "sv", "--as", "anna", *words, "--dry-run")
        self.assertIn("--confirm 20", screen)
        self.assertIn("Exempel", screen)
        self.assertEqual(d.json("alert", "list")["items"], [])
        d.cli("--as", "anna", *words, "--confirm", "20")
        self.wait_done(d, "latest")
        self.assertEqual(len(Mails(self.mails).got(FIRST)), 20)

    def test_a_second_person_may_decide_instead(self):
        d = self.begin(alert_more="quiet_hours = none\nconfirm_above_recipients = 10")
        register(d, people(20))
        waits = self.post(d, "", dict(BODY, second_person=True))
        self.assertEqual(waits["state"], "submitted")
        self.assertIn("alert approve " + waits["id"], d.cli("status"))
        for line in BODY["text"].split("\n"):
            self.assertIn(line.strip()[:40], d.cli("alert", "show", waits["id"]))  # what is decided on
        self.assertEqual(ask(d, "POST", "/api/v1/alert/%s/approve" % waits["id"], {})[0], 403)
        time.sleep(0.5)
        self.assertEqual(Mails(self.mails).by_kind, {})
        approved = self.post(d, "/%s/approve" % waits["id"], {}, 200, user="bertil")
        self.assertEqual((approved["state"], approved["author"], approved["approved_by"]), ("active", "anna", "bertil"))
        self.wait_done(d, waits["id"])
        self.assertEqual(len(Mails(self.mails).got(FIRST)), 20)
        other = self.post(d, "", dict(BODY, second_person=True))
        self.assertEqual(self.post(d, "/%s/reject" % other["id"], {"note": "fel område"}, 200, user="bertil")["state"], "discarded")
        self.assertEqual(ask(d, "POST", "/api/v1/alert/%s/approve" % other["id"], {}, "bertil")[0], 409)

    def test_what_must_not_stand_there_is_refused_with_its_reason(self):
        d = self.begin()
        register(d, people(2))
        bad = dict(BODY, text="Mannen heter A och har personnummer 811218-9876. Ring 112.")
        status, answer, _, _ = ask(d, "POST", "/api/v1/alert", bad)
        self.assertEqual(status, 422, answer)
        self.assertIn("personnummer", [f["rule"] for f in answer["findings"]])
        sent = self.post(d, "", dict(bad, override_reason="beslut 12, förundersökningsledaren"))
        self.assertEqual(sent["override_reason"], "beslut 12, förundersökningsledaren")

    def test_an_hour_has_so_many_alerts_of_one_person(self):
        clock = FakeClock(at="2026-04-01 12:00:00")
        d = self.begin(clock=clock, alert_more="quiet_hours = none\nper_sender_per_hour = 3")
        register(d, people(2))
        for i in range(3):
            key = "samma-%d" % i
            first = self.post(d, "", BODY, Idempotency_Key=key)
            for _ in range(3):
                self.assertEqual(self.post(d, "", BODY, Idempotency_Key=key), first)
        status, answer, headers, _ = ask(d, "POST", "/api/v1/alert", BODY)
        self.assertEqual(status, 429, answer)
        self.assertTrue(0 < int(headers["retry-after"]) <= HOUR, headers)
        self.post(d, "", BODY, user="bertil")
        self.post(d, "/%s/recall" % first["id"], {})
        clock.jump(int(headers["retry-after"]) + 5)
        self.post(d, "", BODY)

    def test_the_wall_is_not_climbed(self):
        d = self.begin()
        register(d, people(3))
        register(d, people(4, "other.example.se"), municipality="1284")
        d.cli("user", "add", "carin", "--role", "coordinator", "--scope", "municipality:1292", "--email", "carin@example.se")
        wide = self.post(d, "", dict(BODY, target={"areas": ["angelholm"]}))
        self.assertEqual(wide["recipients"], 7)
        self.wait_done(d, wide["id"])
        seen = ask(d, "GET", "/api/v1/alert/" + wide["id"], user="carin")[1]
        self.assertEqual((seen["recipients"], seen["target"], seen["deliveries"]["sent"]), (None, None, 3))
        self.assertEqual(ask(d, "POST", "/api/v1/alert/%s/recall" % wide["id"], {}, "carin")[0], 403)
        draft = self.post(d, "", dict(BODY, target={"areas": ["angelholm"]}, second_person=True))["id"]
        refused = d.run("--lang", "sv", "--as", "carin", "alert", "approve", draft)
        self.assertRegex(refused.stderr, "gäller även [0-9]+ kommuner utanför ditt område.*varna bara ditt eget område")
        self.assertIn(ask(d, "POST", "/api/v1/alert", dict(BODY, target={"municipalities": ["1284"]}), "carin")[0], (403, 422))


class Once(Alerts):
    def test_a_hundred_at_once_with_one_key_are_one_alert(self):
        d = self.begin()
        meant = register(d, people(50))
        with concurrent.futures.ThreadPoolExecutor(100) as pool:
            answers = list(pool.map(lambda _: ask(d, "POST", "/api/v1/alert", BODY, Idempotency_Key="natt-1"), range(100)))
        self.assertEqual({a[0] for a in answers}, {201})
        self.assertEqual(len({a[3] for a in answers}), 1)
        self.assertEqual(sum("idempotent-replay" not in a[2] for a in answers), 1)
        self.assertEqual(len(d.json("alert", "list")["items"]), 1)
        self.wait_done(d, "latest")
        self.assertEqual(Mails(self.mails).got(FIRST), {a: 1 for a in meant})
        status, answer, _, _ = ask(d, "POST", "/api/v1/alert", dict(BODY, title="En annan"), Idempotency_Key="natt-1")
        self.assertEqual(status, 422, answer)
        self.assertIn("Idempotency-Key", answer["detail"])
        by_cli = ("alert", "send", "--kind", "boat_theft", "--title", "Igen", "--text", "Ring 112.", "--municipality", "1292",
                  "--idempotency-key", "natt-2")
        self.assertEqual(d.json("--as", "anna", *by_cli)["id"], d.json("--as", "anna", *by_cli)["id"])

    def test_a_key_is_kept_for_seven_days(self):
        clock = FakeClock(at="2026-04-01 12:00:00")
        d = self.begin(clock=clock)
        register(d, people(1))
        first = self.post(d, "", BODY, Idempotency_Key="k")
        clock.jump(7 * 24 * HOUR - 600)
        self.assertEqual(self.post(d, "", BODY, Idempotency_Key="k"), first)
        clock.jump(1200)
        self.assertNotEqual(self.post(d, "", BODY, Idempotency_Key="k")["id"], first["id"])


class Clock(Alerts):
    def test_what_is_not_delivered_in_time_is_not_delivered(self):
        clock = FakeClock(at="2026-04-01 12:00:00")
        port = free_port()
        d = self.enter(Daemon(clock=clock, relay="smtp://127.0.0.1:%d" % port))
        d.add_people()
        register(d, people(40))
        sent = self.post(d, "", dict(BODY, expires_in="1h"))
        time.sleep(0.5)
        clock.go_on(HOUR + 10)
        wait_for("its end\n" + d.log()[-1000:], lambda: self.show(d, sent["id"])["state"] == "expired")
        wait_for("its rows", lambda: self.show(d, sent["id"])["deliveries"]["expired"] == 40)
        mails = d.folder / "mails"
        self.enter(Sink("--store", mails, "--port", port))
        time.sleep(3)
        self.assertEqual(Mails(mails).by_kind, {})
        self.assertEqual(ask(d, "POST", "/api/v1/alert/%s/recall" % sent["id"], {})[0], 409)
        again = self.post(d, "", dict(BODY, title="Nu finns servern"))
        self.wait_done(d, again["id"])
        self.assertEqual(len(Mails(mails).got(FIRST)), 40)

    def test_a_clock_that_is_ten_years_ahead_for_a_second_ends_no_alert(self):
        clock = FakeClock(at="2026-04-01 12:00:00")
        d = self.begin("--fault", "RCPT=450*10", clock=clock, letter_more="retry_first = 3s\nretry_max = 3s")
        meant = {a: 1 for a in register(d, people(10))}
        sent = self.post(d, "", dict(BODY, expires_in="1h"))
        wait_for("refusals", lambda: len(proof.waiting(d.database)) == 10)
        clock.jump(10 * YEAR)
        time.sleep(1.5)
        self.assertEqual(self.show(d, sent["id"])["state"], "active")
        self.assertIn("alerts stay open", d.log())
        clock.jump(-10 * YEAR)
        self.wait_done(d, sent["id"])
        self.assertEqual(Mails(self.mails).got(FIRST), meant)
        self.assertIn("the wall clock is believed", d.log())
        self.assertEqual(self.show(d, sent["id"])["state"], "active")

    def test_a_clock_that_stays_ahead_is_believed_after_ten_minutes(self):
        clock = FakeClock(at="2026-04-01 12:00:00")
        port = free_port()
        d = self.enter(Daemon(clock=clock, relay="smtp://127.0.0.1:%d" % port))
        d.add_people()
        register(d, people(10))
        sent = self.post(d, "", dict(BODY, expires_in="1h"))
        time.sleep(0.5)
        clock.jump(2 * HOUR)
        time.sleep(1.5)
        self.assertEqual(self.show(d, sent["id"])["deliveries"]["expired"], 0)
        mails = d.folder / "mails"
        self.enter(Sink("--store", mails, "--port", port))
        wait_for("mails that go though the clock says it is late", lambda: len(Mails(mails).got(FIRST)) == 10)
        self.assertEqual(self.show(d, sent["id"])["state"], "active")
        clock.go_on(600)
        wait_for("its end\n" + d.log()[-1000:], lambda: self.show(d, sent["id"])["state"] == "expired")

    def test_quiet_hours_hold_what_is_no_danger_to_life(self):
        clock = FakeClock(at="2026-03-28 23:30:00")  # the night in which summer time begins
        d = self.begin(clock=clock, alert_more="quiet_hours = 22:00-07:00")
        meant = {a: 1 for a in register(d, people(5))}
        held = self.post(d, "", BODY)
        self.assertEqual(held["deferred_until"], "2026-03-29T07:00:00+02:00")
        status, answer, _, _ = ask(d, "POST", "/api/v1/alert", dict(BODY, expires_in="2h"))
        self.assertEqual(status, 422, answer)
        life = self.post(d, "", dict(BODY, kind="missing_person", title="Försvunnen man"))
        self.assertIsNone(life["deferred_until"])
        self.wait_done(d, life["id"])
        self.assertEqual(Mails(self.mails).got(FIRST), meant)
        clock.jump(6.4 * HOUR)  # 06:54 in summer time
        time.sleep(2)
        self.assertEqual(sum(Mails(self.mails).got(FIRST).values()), 5)
        clock.jump(0.15 * HOUR)
        self.wait_done(d, held["id"])
        self.assertEqual(Mails(self.mails).got(FIRST), {a: 2 for a in meant})

    def test_a_recall_at_night_withdraws_at_once(self):
        clock = FakeClock(at="2026-04-01 23:30:00")
        d = self.begin(clock=clock, alert_more="quiet_hours = 22:00-07:00")
        register(d, people(5))
        held = self.post(d, "", BODY)
        wait_for("its rows", lambda: self.show(d, held["id"])["deliveries"]["pending"] == 5)
        self.post(d, "/%s/recall" % held["id"], {})
        wait_for("their end", lambda: self.show(d, held["id"])["deliveries"]["withdrawn"] == 5)
        clock.jump(9 * HOUR)
        time.sleep(2)
        self.assertEqual(Mails(self.mails).by_kind, {})


class Under(Alerts):
    """While it goes out."""

    def test_a_recall_stops_what_is_queued(self):
        d = self.begin("--latency", "20", relay_more="connections = 4", alert_more="quiet_hours = none\nconfirm_above_recipients = 0")
        register(d, people(4000), groups=40)
        sent = self.post(d, "", dict(BODY, confirm_recipients=4000))
        wait_for("the first hundred", lambda: self.sink.count().get("messages", 0) > 100)
        over = self.post(d, "/%s/recall" % sent["id"], {})
        before = len(Mails(self.mails).by_kind[FIRST])
        self.wait_done(d, sent["id"])
        self.wait_done(d, over["id"])
        mails = Mails(self.mails)
        # What was on the wire of the four connections when the recall was taken arrives; the bench has the time.
        self.assertLessEqual(len(mails.by_kind[FIRST]), before + 2 * 4, "a warning left after it was recalled")
        self.assertLess(before, 4000)
        self.assertEqual(max(mails.got(FIRST).values()), 1)
        self.assertEqual(mails.got(RECALL), mails.got(FIRST))
        self.assert_threaded(mails, RECALL, FIRST)
        counts = self.show(d, sent["id"])["deliveries"]
        self.assertEqual(counts["sent"] + counts["withdrawn"], 4000)
        d.stop()
        proof.check_store(d.database, finished=True)

    def test_an_update_takes_over_whom_the_first_had_not_reached(self):
        d = self.begin("--latency", "20", relay_more="connections = 4", alert_more="quiet_hours = none\nconfirm_above_recipients = 0")
        meant = register(d, people(1500), groups=15)
        sent = self.post(d, "", dict(BODY, confirm_recipients=1500))
        wait_for("the first hundred", lambda: self.sink.count().get("messages", 0) > 100)
        changed = self.post(d, "/%s/update" % sent["id"], {"title": "Nu vet vi mer", "text": "Ring 112."})
        self.wait_done(d, changed["id"])
        mails = Mails(self.mails)
        self.assertEqual(mails.got(UPDATE), {a: 1 for a in meant})
        self.assertLess(len(mails.got(FIRST)), 1500)
        first = mails.ids(FIRST)
        for address, mail in mails.by_kind[UPDATE]:
            self.assertEqual(mail["In-Reply-To"], first.get(address))

    def test_after_a_kill_whoever_may_have_got_it_is_told(self):
        d = self.begin("--latency", "10", relay_more="connections = 8", alert_more="quiet_hours = none\nconfirm_above_recipients = 0")
        register(d, people(3000), groups=30)
        sent = self.post(d, "", dict(BODY, confirm_recipients=3000))
        wait_for("the first hundreds", lambda: self.sink.count().get("messages", 0) > 300)
        d.kill()
        d.start()
        over = self.post(d, "/%s/recall" % sent["id"], {})
        self.wait_done(d, over["id"])
        mails = Mails(self.mails)
        first = set(mails.got(FIRST))
        recall = mails.got(RECALL)
        self.assertEqual(max(recall.values()), 1)
        self.assertLessEqual(first, set(recall), "somebody was warned and not told that it is over")
        # in doubt: what was claimed when the process ended, about four and two in hand for each connection
        self.assertLessEqual(len(set(recall) - first), 8 * 6)
        doubles = [a for a, n in mails.got(FIRST).items() if n > 1]
        self.assertLessEqual(len(doubles), 8)
        d.stop()
        proof.check_store(d.database, finished=True)


class Screen(Alerts):
    def test_an_alert_from_a_file_and_from_a_pipe(self):
        d = self.begin()
        register(d, people(3))
        path = d.folder / "alert.md"
        path.write_text("---\nkind: burglary_ongoing\ntitle: Inbrott pågår i Exempelby\nlpo: angelholm\nexpires: 6h\ntitle_en: Burglaries\n---\n"
                        "Två villor sedan klockan 20.\n\n## Gör så här\n\n* Ring **112** om du ser något.\n\n## In English\nTwo houses.\n",
                        encoding="utf-8")
        sent = d.json("--as", "anna", "alert", "send", path)
        self.assertEqual((sent["kind"], sent["instruction"], sent["text_en"]),
                         ("burglary_ongoing", "* Ring **112** om du ser något.", "Two houses."))
        self.wait_done(d, sent["id"])
        mail = Mails(self.mails).by_kind[FIRST][0][1]
        self.assertEqual(mail["Subject"], "Varning: Inbrott pågår i Exempelby")
        self.assertIn("Ring 112", mail.get_body(("plain",)).get_content().replace("*", ""))
        piped = d.run("--as", "anna", "alert", "update", sent["id"], "--text", "-", "--title", "Lugnt nu", input="Lugnt igen.\n")
        self.assertEqual(piped.returncode, 0, piped.stderr)
        self.assertEqual(self.show(d, "latest")["text"].strip(), "Lugnt igen.")
        for lang, words in (("sv", ("Mottagare", "Gäller till", "Samma händelse:", "alert recall")),
                            ("en", ("Recipients", "Valid until", "The same event:", "alert recall"))):
            screen = d.cli("--lang", lang, "alert", "show", "latest")
            for word in words:
                self.assertIn(word, screen)
            self.assertLessEqual(max(map(len, screen.split("\n"))), 100, screen)
        listed = d.cli("alert", "list")
        self.assertRegex(listed, r"update +burglary_ongoing +Lugnt nu")
        self.assertIn("Lugnt nu", d.cli("status"))
        wrong = d.run("--as", "anna", "alert", "send", path, "--expires", "6 h")
        self.assertEqual(wrong.returncode, 1)
        self.assertRegex(wrong.stderr, r"expires")

    def test_officers_are_refused_in_their_language(self):
        d = self.begin()
        register(d, people(3))
        send = ("--as", "anna", "alert", "send", "--kind", "boat_theft", "--title", "Båtar", "--municipality")
        rows = [(send + ("1292", "--text", "Ägaren är 811218-9876, ring 112."), "Rad 1: Ett personnummer får inte stå",
                 "line 1: A personal identity number"),
                (send + ("1292", "--text", "Ring 112.", "--expires", "1m"), "skulle sluta gälla inom 5 minuter", "within 5 minutes"),
                (send + ("Ängelhalm", "--text", "Ring 112."), "Ängelholm", "did you mean"),
                (send + ("1292", "--text", "Ring 112.", "--circle", "12.8,56.2,5"), "bytt plats", "changed places"),
                (("--as", "anna", "alert", "show", "alr_x"), "är ingen varning", "is no alert"),
                (("--as", "anna", "meeting", "add", "--title", "Träff", "--scope", "municipality:1292", "--starts",
                  "2020-01-01T10:00"), "har redan passerat", "has passed already")]
        for command, swedish, english in rows:
            with self.subTest(command=command[-1]):
                said = {lang: d.run(*lang, *command) for lang in (("--lang", "sv"), ("--lang", "en"), ())}
                for done in said.values():
                    self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
                self.assertIn(swedish, said["--lang", "sv"].stderr)
                self.assertNotIn(english, said["--lang", "sv"].stderr)
                self.assertIn(english, said["--lang", "en"].stderr)
                self.assertIn(swedish, said[()].stderr)
                self.assertIn(english, said[()].stderr)
        status, problem, _, _ = ask(d, "POST", "/api/v1/meeting", {"title": "x", "scope": "municipality:1292"}, "anna")
        self.assertEqual((status, problem["detail_sv"]), (422, "När börjar mötet? Skriv --starts 2026-04-15T18:00."))


if __name__ == "__main__":
    unittest.main(verbosity=2)
