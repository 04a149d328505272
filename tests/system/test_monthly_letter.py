#!/usr/bin/python3
"""The main job with the real binaries: a register, a letter approved by two, its day, every contact person, the proof."""
import email
import email.policy
import json
import re
import sys
import unittest

sys.path.insert(0, __file__.rsplit("/", 1)[0])
from daemon import FIXTURES, Daemon, faketime_library  # noqa: E402
from peers import Sink, wait_for  # noqa: E402

SAMPLE = FIXTURES / "register-angelholm.csv"


def parse(path):
    return email.message_from_bytes(path.read_bytes(), policy=email.policy.default)


class MonthlyLetter(unittest.TestCase):
    def setUp(self):
        self.sink = self.enterContext_(Sink())
        self.url = "smtp://127.0.0.1:%d" % self.sink.port

    def enterContext_(self, manager):  # unittest has it from Python 3.11 on; Debian's is 3.11, older ones run this too
        value = manager.__enter__()
        self.addCleanup(manager.__exit__, None, None, None)
        return value

    def recipients(self):
        """Contact persons' addresses with how often they got mail; reminders to officers are not counted."""
        return {a: n for a, n in self.everybody().items() if re.match(r"p\d+@", a)}

    def everybody(self):
        return self.sink.stats().get("recipients", {})

    def test_the_letter_goes_out_on_its_day_to_everybody_once(self):
        self.assertTrue(faketime_library(), "package faketime is missing")
        d = self.enterContext_(Daemon(relay=self.url, at="2026-03-31 08:30:00"))
        d.add_people()
        addresses = d.add_register(60)
        d.cli("--as", "anna", "series", "add", "--name", "Månadsbrev", "--scope", "police_area:angelholm", "--rrule",
              "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "--time", "09:00", "--from", "2026-01-01")
        letter = d.add_letter()
        self.assertEqual(d.json("letter", "show", letter)["state"], "approved")
        d.stop()
        self.assertEqual(self.recipients(), {}, "it left before its time")
        d.at = "2026-03-31 08:59:59"
        d.start()
        d.wait_sent(letter)
        self.assertEqual(self.recipients(), {a: 1 for a in addresses})
        report = d.json("letter", "report", letter)
        self.assertEqual(report["totals"]["deliveries"]["sent"], 60)
        self.assertEqual(d.run("audit", "verify").returncode, 0)
        # The same month cannot go out again.
        again = d.json("--as", "anna", "letter", "new", FIXTURES / "letter-2026-03.md")["id"]
        d.cli("--as", "anna", "letter", "submit", again)
        refused = d.run("--as", "bertil", "letter", "approve", again)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("2026-03", refused.stderr)

    def test_overdue_after_downtime_goes_out_late_once(self):
        first = self.enterContext_(Daemon(relay=self.url, at="2026-03-30 08:00:00"))
        first.add_people()
        first.add_register(5)
        first.cli("series", "add", "--name", "M", "--scope", "police_area:angelholm", "--rrule", "FREQ=MONTHLY;BYMONTHDAY=31",
                  "--time", "09:00", "--from", "2026-01-01")
        letter = first.add_letter()
        first.stop()
        late = self.enterContext_(Daemon(relay=self.url, at="2026-04-03 12:00:00", folder=first.folder))
        late.wait_sent(letter)
        self.assertEqual(sum(self.recipients().values()), 5)
        late.stop()
        once = self.enterContext_(Daemon(relay=self.url, at="2026-04-03 13:00:00", folder=first.folder))
        once.cli("status")
        self.assertEqual(sum(self.recipients().values()), 5)

    def test_far_too_late_is_held_until_a_person_decides(self):
        first = self.enterContext_(Daemon(relay=self.url, at="2026-03-30 08:00:00"))
        first.add_people()
        first.add_register(3)
        first.cli("series", "add", "--name", "M", "--scope", "police_area:angelholm", "--rrule", "FREQ=MONTHLY;BYMONTHDAY=31",
                  "--time", "09:00", "--from", "2026-01-01")
        letter = first.add_letter()
        first.stop()
        late = self.enterContext_(Daemon(relay=self.url, at="2026-04-20 12:00:00", folder=first.folder))
        wait_for("hold", lambda: late.json("letter", "show", letter)["state"] == "held")
        self.assertEqual(self.recipients(), {})
        late.cli("--as", "anna", "letter", "send", letter)
        late.wait_sent(letter)
        self.assertEqual(sum(self.recipients().values()), 3)

    def test_officers_are_reminded_once_when_nothing_is_approved(self):
        d = self.enterContext_(Daemon(relay=self.url, at="2026-03-28 09:00:05"))  # three days before
        d.add_people()
        d.stop()
        first = self.enterContext_(Daemon(relay=self.url, at="2026-03-20 08:00:00", folder=d.folder))
        first.cli("series", "add", "--name", "Månadsbrev", "--scope", "police_area:angelholm", "--rrule",
                  "FREQ=MONTHLY;BYMONTHDAY=31", "--time", "09:00", "--from", "2026-03-01")
        first.stop()
        near = self.enterContext_(Daemon(relay=self.url, at="2026-03-28 09:00:05", folder=d.folder))
        wait_for("reminders", lambda: len(self.everybody()) == 2)
        near.stop()
        again = self.enterContext_(Daemon(relay=self.url, at="2026-03-28 10:00:05", folder=d.folder))
        again.cli("status")
        again.stop()
        self.assertEqual(self.everybody(), {"anna@example.se": 1, "bertil@example.se": 1})

    def test_the_mail_is_what_the_letter_says(self):
        store = self.enterContext_(Daemon(relay=self.url))
        sink = self.enterContext_(Sink("--store", str(store.folder / "mails"), "--no-smtputf8"))
        store.write_config(relay="smtp://127.0.0.1:%d" % sink.port)
        store.stop()
        store.start()
        store.add_people()
        store.cli("group", "import", SAMPLE, "--municipality", "1292")
        letter = store.add_letter("--scope", "police_area:angelholm")
        store.cli("--as", "anna", "letter", "send", letter)
        wait_for("letter", lambda: store.json("letter", "show", letter)["state"] == "sent")
        mails = [parse(p) for p in (store.folder / "mails").rglob("*") if p.is_file() and p.suffix == ".eml"]
        self.assertEqual(len(mails), 3)  # Gunilla; Yasmin at two addresses
        failed = store.json("delivery", "list", "--letter", letter, "--state", "failed")
        failed = failed["items"] if isinstance(failed, dict) else failed
        self.assertEqual([f["address"] for f in failed], ["åke.påhittad@example.se"])
        self.assertIn("SMTPUTF8", failed[0]["reply"])
        for mail in mails:
            self.assertEqual(mail["Subject"], "Månadsbrev grannsamverkan, mars 2026")
            self.assertEqual(mail["Auto-Submitted"], "auto-generated")
            self.assertEqual(mail["List-Unsubscribe-Post"], "List-Unsubscribe=One-Click")
            self.assertRegex(mail["List-Unsubscribe"], r"^<https://grannbud\.example\.se/u/[a-z0-9]+>, <mailto:u\+")
            self.assertEqual([p.get_content_type() for p in mail.iter_parts()], ["text/plain", "text/html"])
            text = mail.get_body(("plain",)).get_content()
            html = mail.get_body(("html",)).get_content()
            self.assertIn("Altandörrar på baksidan", text)
            self.assertIn('lang="sv"', html)
            self.assertIn('<th scope="col"', html)
            self.assertNotRegex(html, r"<img|http://|<script")
        to = sorted(str(m["To"]) for m in mails)
        self.assertTrue(any("gunilla.exempelsson@example.se" in t for t in to), to)
        ids = {m["Message-ID"] for m in mails}
        self.assertEqual(len(ids), 3)

    def test_import_twice_changes_nothing_and_export_round_trips(self):
        d = self.enterContext_(Daemon(relay=self.url))
        first = d.json("group", "import", SAMPLE, "--municipality", "1292")
        self.assertEqual(first["groups_added"], 4)
        second = d.json("group", "import", SAMPLE, "--municipality", "1292")
        for key, value in second.items():
            if key.endswith(("_added", "_changed")):
                self.assertEqual(value, 0, key)
        exported = d.folder / "out.csv"
        d.cli("group", "export", exported)
        third = d.json("group", "import", exported)
        for key, value in third.items():
            if key.endswith(("_added", "_changed")):
                self.assertEqual(value, 0, key)
        self.assertNotRegex(exported.read_text(encoding="utf-8-sig"), re.compile(r"(^|;)[=+@-]", re.M))

    def test_one_click_unsubscribes_by_post_only(self):
        import http.client
        store = self.enterContext_(Daemon(relay=self.url))
        sink = self.enterContext_(Sink("--store", str(store.folder / "mails")))
        store.write_config(relay="smtp://127.0.0.1:%d" % sink.port)
        store.stop()
        store.start()
        store.add_people()
        store.add_register(1)
        letter = store.add_letter("--scope", "police_area:angelholm")
        store.cli("--as", "anna", "letter", "send", letter)
        wait_for("letter", lambda: store.json("letter", "show", letter)["state"] == "sent")
        mail = parse(next(p for p in (store.folder / "mails").rglob("*.eml")))
        path = "/u/" + re.search(r"/u/([a-z0-9]+)>", mail["List-Unsubscribe"]).group(1)

        def ask(method, body=None):
            web = http.client.HTTPConnection("127.0.0.1", store.http, timeout=60)
            headers = {"Content-Type": "application/x-www-form-urlencoded", "Host": "127.0.0.1:%d" % store.http}
            web.request(method, path, body, headers)
            answer = web.getresponse()
            page = answer.read().decode()
            web.close()
            return answer.status, page

        def unsubscribed():
            items = json.loads(store.cli("contact", "list", "--json"))
            rows = items["items"] if isinstance(items, dict) else items
            return "unsubscribed_at" in json.dumps(store.json("contact", "show", rows[0]["id"])) and \
                any(a.get("unsubscribed_at") for a in store.json("contact", "show", rows[0]["id"])["addresses"])

        status, page = ask("GET")
        self.assertEqual(status, 200)
        self.assertNotIn("p0@example.se", page)
        self.assertFalse(unsubscribed())
        self.assertEqual(ask("POST", "List-Unsubscribe=One-Click")[0], 200)
        self.assertTrue(unsubscribed())
        self.assertEqual(ask("POST", "List-Unsubscribe=One-Click")[0], 200)


if __name__ == "__main__":
    unittest.main(verbosity=2)
