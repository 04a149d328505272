#!/usr/bin/python3
"""A letter through a real Postfix with STARTTLS and a login (Dovecot's SASL), read back from Dovecot's mailboxes."""
import email
import email.policy
import pathlib
import sys
import unittest

sys.path.insert(0, __file__.rsplit("/", 1)[0])
from daemon import Daemon  # noqa: E402
from peers import Dovecot, Postfix, have_postfix, make_bed, make_test_ca, wait_for  # noqa: E402


@unittest.skipUnless(have_postfix(), "needs root, Postfix and Dovecot")
class Relay(unittest.TestCase):
    def start(self, password="hemligt", people=12):
        bed = make_bed()
        ca = make_test_ca(bed)
        boxes = {"p%d@watch.test" % i: "hemligt" for i in range(people)}
        dovecot = Dovecot(bed, ca.cert(), dict(boxes, **{"app@watch.test": "hemligt"}))
        dovecot.__enter__()
        self.addCleanup(dovecot.__exit__, None, None, None)
        postfix = Postfix(bed, ca.cert(), dovecot, list(boxes))
        postfix.__enter__()
        self.addCleanup(postfix.__exit__, None, None, None)
        secret = pathlib.Path(bed) / "password"
        secret.write_text(password + "\n", encoding="utf-8")
        secret.chmod(0o600)
        d = Daemon(relay="smtp://localhost:%d" % postfix.submission, tls="required",
                   relay_more="ca_file = %s\nusername = app@watch.test\npassword_file = %s" % (ca.ca, secret))
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
