#!/usr/bin/python3
"""A letter and an alert through a real Postfix with STARTTLS and a login (Dovecot's SASL), read back from Dovecot's mailboxes."""
import email
import email.policy
import pathlib
import re
import sqlite3
import sys
import unittest

sys.path.insert(0, __file__.rsplit("/", 1)[0])
from daemon import Daemon  # noqa: E402
from peers import Dovecot, Postfix, have_postfix, make_bed, make_test_ca, wait_for  # noqa: E402


@unittest.skipUnless(have_postfix(), "needs root, Postfix and Dovecot")
class Relay(unittest.TestCase):
    def start(self, password="hemligt", people=12, settings=(), relay_more=""):
        bed = make_bed()
        ca = make_test_ca(bed)
        boxes = {"p%d@watch.test" % i: "hemligt" for i in range(people)}
        dovecot = Dovecot(bed, ca.cert(), dict(boxes, **{"app@watch.test": "hemligt"}))
        dovecot.__enter__()
        self.addCleanup(dovecot.__exit__, None, None, None)
        postfix = Postfix(bed, ca.cert(), dovecot, list(boxes), settings=settings)
        postfix.__enter__()
        self.addCleanup(postfix.__exit__, None, None, None)
        secret = pathlib.Path(bed) / "password"
        secret.write_text(password + "\n", encoding="utf-8")
        secret.chmod(0o600)
        d = Daemon(relay="smtp://localhost:%d" % postfix.submission, tls="required",
                   relay_more="ca_file = %s\nusername = app@watch.test\npassword_file = %s\n%s" % (ca.ca, secret, relay_more))
        d.__enter__()
        self.addCleanup(d.__exit__, None, None, None)
        d.add_people()
        return d, dovecot

    def test_letter_arrives_in_the_mailboxes(self):
        d, dovecot = self.start()
        addresses = d.add_register(12, domain="watch.test")
        letter = d.add_letter("--scope", "police_area:angelholm")
        d.cli("--as", "anna", "letter", "send", letter)
        d.wait_sent(letter)
        self.assertEqual(d.json("letter", "report", letter)["totals"]["deliveries"]["sent"], 12)
        for address in addresses:
            wait_for("mail for " + address, lambda a=address: len(dovecot.mails(a)) == 1)
            mail = email.message_from_bytes(dovecot.mails(address)[0], policy=email.policy.default)
            self.assertEqual(mail["Subject"], "Månadsbrev grannsamverkan, mars 2026")
            self.assertIn(address, mail["To"])
            self.assertIn("Lås altandörren även när du är hemma.", mail.get_body(("plain",)).get_content())

    def test_refused_recipient_costs_only_that_person(self):
        d, dovecot = self.start(people=3)
        d.add_register(5, domain="watch.test")  # p3 and p4 have no mailbox
        letter = d.add_letter("--scope", "police_area:angelholm")
        d.cli("--as", "anna", "letter", "send", letter)
        d.wait_sent(letter)
        totals = d.json("letter", "report", letter)["totals"]["deliveries"]
        self.assertEqual((totals["sent"], totals["failed"]), (3, 2))
        wait_for("mail for p0", lambda: len(dovecot.mails("p0@watch.test")) == 1)

    def send_alert(self, d):
        """An alert to all, sent and finished; (state, attempts, code, status, step) of each address."""
        d.cli("--as", "anna", "alert", "send", "--kind", "boat_theft", "--title", "Båtmotorer stjäls i natt", "--text",
              "Två motorer sedan klockan 20.", "--municipality", "1292")
        db = sqlite3.connect("file:%s?mode=ro" % d.database, uri=True)
        self.addCleanup(db.close)
        wait_for("the alert's end", lambda: db.execute(
            "SELECT 1 FROM message WHERE kind = 'alert' AND finished_at IS NOT NULL").fetchone())
        return {row[0]: row[1:] for row in db.execute(
            "SELECT d.address, d.state, d.attempts, d.code, d.status, d.step FROM delivery AS d "
            "JOIN message AS m ON m.id = d.message_id WHERE m.kind = 'alert'")}

    def read_alert(self, dovecot, address, everybody):
        """The one alert in a mailbox: nobody's address is in it (what Postfix adds for this copy aside)."""
        wait_for("mail for " + address, lambda: dovecot.mails(address))
        mails = dovecot.mails(address)
        self.assertEqual(len(mails), 1, address)
        raw = mails[0]
        head, _, body = raw.partition(b"\n\n" if b"\r\n\r\n" not in raw else b"\r\n\r\n")
        own = (b"delivered-to:", b"x-original-to:", b"return-path:", b"received:")
        fields = re.split(rb"\r?\n(?![ \t])", head)
        sent = b"\n".join(f for f in fields if not f.lower().startswith(own)) + b"\n" + body
        for other in everybody:
            self.assertNotIn(other.encode(), sent)
            if other != address:
                self.assertNotRegex(raw, rb"(?<![a-z0-9])" + re.escape(other.encode()))
        mail = email.message_from_bytes(raw, policy=email.policy.default)
        self.assertIn("Båtmotorer stjäls", mail["Subject"])
        text = mail.get_body(("plain",)).get_content()
        self.assertIn("Två motorer sedan klockan 20.", text)
        for personal in ("Exempel", "/u/", "Grupp"):
            self.assertNotIn(personal, text)
        self.assertNotRegex(mail["List-Unsubscribe"] or "", r"\+|/u/|/a/")  # no token of a person
        return mail

    def test_alert_to_many_at_once_of_whom_some_are_unknown(self):
        d, dovecot = self.start(people=93, relay_more="alert_recipients = 100\nconnections = 1\nreserved_for_alerts = 0\n")
        addresses = d.add_register(100, domain="watch.test")  # p93 to p99 have no mailbox
        rows = self.send_alert(d)
        self.assertEqual(set(rows), set(addresses))
        for i, address in enumerate(addresses):
            state, attempts, code, status, step = rows[address]
            want = ("sent", 1, 250, "final dot") if i < 93 else ("failed", 1, 550, "RCPT")
            self.assertEqual((state, attempts, code, step), want, address)
            self.assertTrue(status.startswith("2.0.0" if i < 93 else "5.1.1"), status)
        mails = [self.read_alert(dovecot, a, addresses) for a in addresses[:93]]
        self.assertEqual(len({m["Message-ID"] for m in mails}), 1)
        self.assertEqual(len({m["Return-Path"] for m in mails}), 1)
        self.assertTrue(mails[0]["Return-Path"].startswith("<m+"), mails[0]["Return-Path"])
        self.assertEqual(d.json("status")["problems"], [])

    def test_alert_to_many_of_whom_more_are_unknown_than_postfix_suffers(self):
        """40 of 100: Postfix answers a second late after 10 errors and hangs up after 20."""
        d, dovecot = self.start(people=60, relay_more="alert_recipients = 100\nconnections = 2\nreserved_for_alerts = 0\n")
        addresses = d.add_register(100, domain="watch.test")
        rows = self.send_alert(d)
        self.assertEqual([rows[a][0] for a in addresses], ["sent"] * 60 + ["failed"] * 40)
        self.assertEqual({row[1] for row in rows.values()}, {1}, "no attempt was lost")
        for address in addresses[:60]:
            wait_for("mail for " + address, lambda a=address: len(dovecot.mails(a)) == 1)

    def test_alert_to_more_than_the_relay_takes_at_once(self):
        d, dovecot = self.start(people=100, settings=("smtpd_recipient_limit = 12",),
                                relay_more="alert_recipients = 100\nconnections = 2\nreserved_for_alerts = 0\n")
        addresses = d.add_register(100, domain="watch.test")
        rows = self.send_alert(d)
        self.assertEqual({row[:2] for row in rows.values()}, {("sent", 1)})
        self.assertIn("takes fewer recipients at a time: max=12", d.log())
        for address in addresses:
            wait_for("mail for " + address, lambda a=address: len(dovecot.mails(a)) == 1)

    def test_wrong_password_pauses_the_relay_and_blames_nobody(self):
        d, _ = self.start(password="fel")
        d.add_register(3)
        letter = d.add_letter("--scope", "police_area:angelholm")
        d.cli("--as", "anna", "letter", "send", letter)
        wait_for("a problem in status", lambda: d.json("status")["problems"])
        report = d.json("letter", "report", letter)["totals"]["deliveries"]
        self.assertEqual(report.get("failed", 0), 0)
        self.assertNotIn("fel\n", d.log())


if __name__ == "__main__":
    unittest.main(verbosity=2)
