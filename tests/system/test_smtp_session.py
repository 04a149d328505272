#!/usr/bin/python3
"""The SMTP session against a server that misbehaves at every step in every way, against men in the middle, and against
Postfix with STARTTLS and a Dovecot login. Pins smtp_wire.c to the installed libcurl."""
# run: not under tsan
import base64
import concurrent.futures
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import peers  # noqa: E402

TOOL = peers.BUILD / "tests" / "tools" / "smtp_send"
PASSWORD = "hemligt"
SHORT = "700"  # ms; what a cell of the matrix waits for that never ends by itself
PATIENT = "10000"  # ms; the same, asked once more: a busy machine may have had no time to answer
LONG = "60000"  # ms; for all others, which end by themselves however slow the machine is
TOO_LATE = "no answer in time"


class Result:
    """What smtp_send printed: outcomes and closings, each as a list of fields."""

    def __init__(self, done):
        self.code, self.stderr, self.stdout = done.returncode, done.stderr, done.stdout
        rows = [line.split("\t") for line in done.stdout.splitlines()]
        self.outcomes = [row[1:] for row in rows if row[0] == "outcome"]
        self.closings = [row[1:] for row in rows if row[0] == "closed"]
        self.total = next((row[1:] for row in rows if row[0] == "total"), None)

    @property
    def kind(self):
        """The outcome of the (single) message, or of the connect when it came to nothing: 'sent', 'connect: retry'."""
        return self.outcomes[0][0] if self.outcomes else "connect: " + self.closings[0][0]

    def kinds(self, recipient):
        """What became of one recipient, attempt by attempt: ['untouched', 'sent']."""
        return [row[0] for row in self.outcomes if row[4] == recipient]

    @property
    def text(self):
        return (self.outcomes or self.closings)[0][-1]


def send(url, *options, password=PASSWORD, seconds=60):
    env = dict(os.environ, SMTP_SEND_PASSWORD=password)
    done = subprocess.run([TOOL, "--url", url, *map(str, options)], env=env, capture_output=True, text=True,
                          timeout=seconds, check=False)
    if done.returncode != 0:
        raise AssertionError("smtp_send ended with %d: %s" % (done.returncode, done.stderr))
    return Result(done)


def url(port, scheme="smtp", host="localhost"):
    return "%s://%s:%d" % (scheme, host, port)


# --- the matrix -----------------------------------------------------------------------------------------------------------

ACTIONS = ("450", "550", "421", "close", "rst", "silence", "drip", "garbage", "long", "nul", "mixed", "endless")
# One row a step, in the order of ACTIONS: r retry, o our fault, f failed, u uncertain, s sent; capitals: no connection came
# about (the outcome is the connection's). Before MAIL libcurl reads too, and cuts a long line to 40 bytes: a greeting is
# still one then, an EHLO reply offers nothing, and after AUTH the sink, which did not mean it, wants a login.
MATRIX = {
    #            450  550  421 close rst sil drip garb long nul mix endless
    "connect":  "R    O    R    R    R   R   R    R    s    R   R   R",
    "greeting": "R    O    R    R    R   R   R    R    s    R   R   R",
    "EHLO":     "R    O    R    R    R   R   R    R    O    R   R   R",
    "STARTTLS": "R    O    R    R    R   R   R    R    R    R   R   R",
    "AUTH":     "R    O    R    R    R   R   R    R    o    R   R   R",
    "MAIL":     "o    o    r    r    r   r   r    r    r    r   r   r",
    "RCPT":     "r    f    r    r    r   r   r    r    r    r   r   r",
    "DATA":     "r    f    r    r    r   r   r    r    r    r   r   r",
    "dot":      "r    f    r    u    u   u   u    u    u    u   u   u",
    "QUIT":     "s    s    s    s    s   s   s    s    s    s   s   s",
}
# The same at the second message, with its envelope already in hand behind the body of the first: t untouched, so it goes
# out again at once. (The sink's rst drops the reply to the first dot too, as a real one may: that one is uncertain.)
BEHIND = {
    "MAIL":     "o    o    t    t    t   r   r    r    r    r   r   r",
    "RCPT":     "r    f    t    t    t   r   r    r    r    r   r   r",
    "DATA":     "r    f    t    t    t   r   r    r    r    r   r   r",
    "dot":      "r    f    r    u    u   u   u    u    u    u   u   u",
}
# Three recipients in one transaction meet the fault: at RCPT it is for one of them (the first letter), or for all of those
# who are not refused (the second): a connection that ends before the body touches none of several (at MAIL: where they
# were named in the same write).
SHARED = {
    "MAIL":     "o    o    r    t    t   r   r    r    r    r   r   r",
    "RCPT":     "rs   fs   tt   tt   tt  rr  rr   rr   rr   rr  rr  rr",
    "DATA":     "r    f    t    t    t   r   r    r    r    r   r   r",
    "dot":      "r    f    r    u    u   u   u    u    u    u   u   u",
}
KINDS = {"r": "retry", "o": "our fault", "f": "failed", "u": "uncertain", "s": "sent", "t": "untouched",
         "R": "connect: retry", "O": "connect: our fault"}


def wanted(table, step, action):
    return KINDS[table[step].split()[ACTIONS.index(action)]]


class TestFaultMatrix(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        ca = peers.make_test_ca(peers.make_bed() / "ca")
        cls.ca = ca.ca
        cert, key = ca.cert()
        cls.sink = peers.Sink("--cert", cert, "--key", key, "--auth", "app:" + PASSWORD).__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.sink.__exit__()

    def cell(self, step, action, *options, suffix="", patience=SHORT, **settings):
        port = self.sink.listen("%s=%s%s" % (step, action, suffix), **settings)
        state = {"dot": "final dot", "QUIT": "QUIT"}.get(step, step if step in ("MAIL", "RCPT", "DATA") else "connect")
        waits = action in ("silence", "drip", "endless", "long", "garbage", "nul", "mixed")
        return send(url(port), "--ca", self.ca, "--user", "app", "--timeout", "all=" + LONG, "--timeout",
                    "%s=%s" % (state, patience if waits else LONG), *options)

    def run_matrix(self, table, check, count, *options, **settings):
        """check(cell's result, step, action, recipients) -> what is wrong, or None. No recipient may get two copies."""
        self.sink.control("reset")
        cells = [(step, action) for step in table for action in ACTIONS]

        def one(number, patience=SHORT):
            step, action = cells[number]
            name = "cell%dn%sn" % (number, patience)
            result = self.cell(step, action, "--to", name + "%d@watch.test", "--count", count, "--reopen", 9, *options,
                               patience=patience, **settings)
            wrong = check(result, step, action, ["%s%d@watch.test" % (name, i) for i in range(count)])
            if wrong and TOO_LATE in result.stdout and patience != PATIENT:
                return one(number, PATIENT)
            return "%s=%s: %s\n%s" % (step, action, wrong, result.stdout) if wrong else None
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            wrong = list(filter(None, pool.map(one, range(len(cells)))))
        self.assertFalse(wrong, "\n" + "\n".join(wrong))
        twice = {r: n for r, n in self.sink.stats()["recipients"].items() if n > 1}
        self.assertFalse(twice, "recipients with more than one copy")
        return len(cells)

    @staticmethod
    def check_first(result, step, action, recipients):
        """The first message meets the fault, the second is sent, on the same connection or on a new one."""
        want = wanted(MATRIX, step, action)
        if want.startswith("connect: "):
            if result.closings[0][0] != want[9:] or result.closings[0][2] != "connect":
                return "the first connection: %s, not %s" % (result.closings[0], want)
            want = "sent"
        if result.kinds(recipients[0]) != [want]:
            return "%s, not %s" % (result.kinds(recipients[0]), want)
        second = "our fault" if (step, action) == ("AUTH", "long") else "sent"
        if [k for k in result.kinds(recipients[1]) if k != "untouched"] != [second]:
            return "the next one: %s" % result.kinds(recipients[1])
        return None

    @staticmethod
    def check_second(result, step, action, recipients):
        """The second message meets the fault, with its envelope behind the body of the first; the third is sent."""
        want = wanted(BEHIND, step, action)
        first = "uncertain" if action == "rst" and step != "dot" else "sent"
        if result.kinds(recipients[0]) != [first]:
            return "the one before: %s, not %s" % (result.kinds(recipients[0]), first)
        if result.kinds(recipients[1]) != ([want, "sent"] if want == "untouched" else [want]):
            return "%s, not %s" % (result.kinds(recipients[1]), want)
        if [k for k in result.kinds(recipients[2]) if k != "untouched"] != ["sent"]:
            return "the next one: %s" % result.kinds(recipients[2])
        return None

    def test_every_fault_at_every_step_has_its_outcome(self):
        self.assertEqual(self.run_matrix(MATRIX, self.check_first, 2, suffix="*1"), 120)

    def test_every_fault_with_one_message_in_hand(self):
        steps = {step: MATRIX[step] for step in ("MAIL", "RCPT", "DATA", "dot", "QUIT")}
        self.run_matrix(steps, self.check_first, 2, "--serial", suffix="*1")

    def test_every_fault_without_pipelining(self):
        steps = {step: MATRIX[step] for step in ("MAIL", "RCPT", "DATA", "dot")}
        self.run_matrix(steps, self.check_first, 2, suffix="*1", no_pipelining=True)

    def test_every_fault_with_the_envelope_behind_a_body(self):
        self.assertEqual(self.run_matrix(BEHIND, self.check_second, 3, suffix="*1@2"), 48)

    def run_shared_matrix(self, **settings):
        """Faults at each step, and at RCPT for each of the three recipients: six recipients in two transactions."""
        self.sink.control("reset")
        cells = [(step, action, nth) for step in SHARED for action in ACTIONS for nth in range(3 if step == "RCPT" else 1)]

        def one(number, patience=SHORT):
            step, action, nth = cells[number]
            name = "share%dn%sn" % (number, patience)
            result = self.cell(step, action, "--to", name + "%d@watch.test", "--count", 6, "--share", 3, "--reopen", 9,
                               suffix="*1@%d" % (nth + 1), patience=patience, **settings)
            row = SHARED[step].split()[ACTIONS.index(action)]
            if step == "MAIL" and settings.get("no_pipelining"):
                row = row.replace("t", "r")
            wrong = []
            for i in range(6):
                want = "s" if i >= 3 else row[0] if i == nth else row[-1]
                kinds = result.kinds("%s%d@watch.test" % (name, i))
                if want in "st":
                    kinds = ["sent"] if kinds[-1:] == ["sent"] and set(kinds[:-1]) <= {"untouched"} else kinds
                    want = "s"
                if kinds != [KINDS[want]]:
                    wrong.append("recipient %d: %s, not %s" % (i, kinds, KINDS[want]))
            if wrong and TOO_LATE in result.stdout and patience != PATIENT:
                return one(number, PATIENT)
            return "%s=%s for recipient %d: %s\n%s" % (step, action, nth, wrong, result.stdout) if wrong else None
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            wrong = list(filter(None, pool.map(one, range(len(cells)))))
        self.assertFalse(wrong, "\n" + "\n".join(wrong))
        twice = {r: n for r, n in self.sink.stats()["recipients"].items() if n > 1}
        self.assertFalse(twice, "recipients with more than one copy")
        return len(cells)

    def test_every_fault_with_several_recipients(self):
        self.assertEqual(self.run_shared_matrix(), 72)

    def test_every_fault_with_several_recipients_without_pipelining(self):
        self.assertEqual(self.run_shared_matrix(no_pipelining=True), 72)

    def test_some_of_many_are_refused(self):
        """Each by its own answer, in one transaction; more than eight end the connection and cost the others nothing."""
        for bad, transactions in ((7, 1), (20, None)):
            self.sink.control("reset")
            port = self.sink.listen()
            names = ["rcpt-%d+%d" % (550 if i % 2 else 450, i) if i % 5 == 0 and i < 5 * bad else "good%d" % i
                     for i in range(100)]
            self.assertEqual(sum(n.startswith("rcpt") for n in names), bad)
            result = send(url(port), "--ca", self.ca, "--user", "app", "--share", 100, "--reopen", 9,
                          *[word for n in names for word in ("--also", n + "@watch.test")])
            for i, name in enumerate(names):
                want = "sent" if name.startswith("good") else "failed" if i % 2 else "retry"
                self.assertEqual(result.kinds(name + "@watch.test")[-1], want, name)
            stats = self.sink.stats()
            self.assertEqual(stats["recipients"], {n + "@watch.test": 1 for n in names if n.startswith("good")})
            if transactions:
                self.assertEqual(stats["messages"], transactions)

    def test_a_reply_to_the_dot_just_in_time_is_one_delivery(self):
        """600 s, divided by 200, and half of it or half as much again."""
        self.sink.control("reset")
        for delay, kind in ((1500, "sent"), (4500, "uncertain")):
            port = self.sink.listen("dot=delay:%d+ok*1" % delay)
            result = send(url(port), "--ca", self.ca, "--user", "app", "--timeout", "final dot=3000", "--count", 2,
                          "--to", "late%d-%%d@watch.test" % delay)
            self.assertEqual(result.kinds("late%d-0@watch.test" % delay), [kind])
            self.assertEqual(result.kinds("late%d-1@watch.test" % delay)[-1], "sent")
        peers.wait_for("the late one", lambda: len(self.sink.stats()["recipients"]) == 4 or
                       "late4500-0@watch.test" not in self.sink.stats()["recipients"])
        self.assertLessEqual(max(self.sink.stats()["recipients"].values()), 1)

    def test_a_body_without_its_permit_never_leaves(self):
        """As with a full disk: what cannot be recorded is not sent, and nothing is lost by it."""
        self.sink.control("reset")
        port = self.sink.listen()
        result = send(url(port), "--ca", self.ca, "--user", "app", "--timeout", "permit=1500", "--permits", 2, "--count", 5,
                      "--to", "held%d@watch.test")
        stats = self.sink.stats()
        self.assertEqual([result.kinds("held%d@watch.test" % i)[-1] for i in range(5)], ["sent"] * 5)
        self.assertEqual(sorted(stats["recipients"].values()), [1] * 5)
        self.assertEqual(stats["dots"], 5)
        self.assertEqual({row[3] for row in result.outcomes if row[0] == "untouched"}, {"permit"})
        self.assertEqual(result.total[2], "3", "two messages on each connection")

    def test_a_relay_that_refuses_by_policy_is_our_fault(self):
        for step in ("RCPT", "DATA", "dot"):
            self.assertEqual(self.cell(step, "554 5.7.1 Relay access denied").kind, "our fault")

    def test_a_login_that_fails_for_now_is_tried_again(self):
        self.assertEqual(self.cell("AUTH", "454 4.7.0 Not now").kind, "connect: retry")
        self.assertEqual(self.cell("AUTH", "535 5.7.8 No").kind, "connect: our fault")

    def test_354_after_a_refused_recipient_sends_nothing_to_anybody(self):
        port = self.sink.listen(take_no_recipients=True)
        self.sink.control("reset")
        result = send(url(port), "--ca", self.ca, "--user", "app", "--to", "rcpt-550+%d@watch.test", "--count", 3)
        self.assertEqual([o[0] for o in result.outcomes], ["failed"] * 3)
        stats = self.sink.stats()
        self.assertEqual(stats.get("to_nobody"), 1)
        self.assertEqual(stats.get("messages", 0), 0)

    def test_a_server_that_closes_after_some_messages_loses_none(self):
        port = self.sink.listen(max_messages=3)
        self.sink.control("reset")
        result = send(url(port), "--ca", self.ca, "--user", "app", "--count", 10, "--connections", 2)
        sent = [o[4] for o in result.outcomes if o[0] == "sent"]
        self.assertEqual({o[0] for o in result.outcomes} - {"sent", "untouched"}, set(), "no attempt counts")
        self.assertEqual(sorted(sent), sorted(self.sink.stats()["recipients"]))
        self.assertEqual(len(sent), 10)


# --- security ---------------------------------------------------------------------------------------------------------------

class TestTls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.ca = peers.make_test_ca(peers.make_bed() / "ca")
        cls.cert, cls.key = cls.ca.cert()
        cls.sink = peers.Sink("--cert", cls.cert, "--key", cls.key, "--auth", "app:" + PASSWORD, "--auth-in-clear",
                              "--log").__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.sink.__exit__()

    def setUp(self):
        self.sink.control("reset")

    def try_port(self, port, *options, ca=None, host="localhost", scheme="smtp"):
        return send(url(port, scheme, host), "--ca", ca or self.ca.ca, "--timeout", "connect=3000", *options)

    def assert_nothing_in_clear(self):
        """No byte of the login or of mail came outside TLS."""
        for tls, line in self.sink.log():
            if not tls:
                self.assertIn(line.split(" ")[0], ("EHLO", "STARTTLS"), line)
        raw = self.sink.control("raw")["raw"]
        secrets = ["app", PASSWORD, "\0app\0" + PASSWORD]
        secrets += [base64.b64encode(text.encode()).decode() for text in secrets]
        for text in (*secrets[1:], "AUTH", "MAIL FROM", "RCPT TO", "Subject:", "@watch.test"):
            self.assertNotIn(text, raw)

    def assert_refused(self, result):
        self.assertEqual(result.kind, "connect: our fault")
        self.assert_nothing_in_clear()
        self.assertEqual(self.sink.stats().get("messages", 0), 0)

    def test_good_starttls_and_smtps(self):
        self.assertEqual(self.try_port(self.sink.port, "--user", "app").kind, "sent")
        self.assertEqual(self.try_port(self.sink.listen(smtps=True), "--user", "app", scheme="smtps").kind, "sent")
        self.assert_nothing_in_clear()

    def test_bad_certificates_are_refused(self):
        certs = {"expired": self.ca.cert("expired", expired=True),
                 "wrong name": self.ca.cert("other", san="DNS:other.test"),
                 "self-signed": self.ca.cert("selfsigned", self_signed=True)}
        for name, (cert, key) in certs.items():
            for tls in ("required", "opportunistic"):
                for smtps in (False, True):
                    with self.subTest(name, tls=tls, smtps=smtps):
                        port = self.sink.listen(cert=cert, key=key, smtps=smtps)
                        self.assert_refused(self.try_port(port, "--user", "app", "--tls", tls,
                                                          scheme="smtps" if smtps else "smtp"))

    def test_another_authority_than_ours_is_refused(self):
        stranger = peers.make_test_ca(peers.make_bed() / "ca")
        self.assert_refused(self.try_port(self.sink.port, "--user", "app", ca=stranger.ca))
        self.assert_refused(self.try_port(self.sink.port, "--user", "app", ca="/etc/ssl/certs/ca-certificates.crt"))

    def test_an_opportunistic_connection_is_verified_too(self):
        cert, key = self.ca.cert("wrong", san="DNS:wrong.test")
        port = self.sink.listen(cert=cert, key=key, auth=None)
        self.assert_refused(self.try_port(port, "--tls", "opportunistic"))

    def test_stripped_starttls_is_refused_with_tls_or_a_password(self):
        port = self.sink.listen(no_starttls=True)
        self.assert_refused(self.try_port(port))
        self.assert_refused(self.try_port(port, "--user", "app"))
        self.assert_refused(self.try_port(port, "--user", "app", "--tls", "opportunistic"))

    def test_refused_starttls_never_leads_to_a_password_in_clear(self):
        port = self.sink.listen("STARTTLS=502 5.5.1 No")
        self.assert_refused(self.try_port(port, "--user", "app"))
        self.assert_refused(self.try_port(port, "--user", "app", "--tls", "opportunistic"))
        self.assert_refused(self.try_port(port))

    def test_replies_in_clear_behind_starttls_are_not_believed(self):
        port = self.sink.listen("STARTTLS=inject")
        for options in ((), ("--user", "app"), ("--tls", "opportunistic")):
            result = self.try_port(port, *options)
            self.assertIn(result.kind, ("connect: retry", "connect: our fault"))
            self.assert_nothing_in_clear()
        self.assertEqual(self.sink.stats().get("messages", 0), 0)

    def test_tls_1_0_is_refused(self):
        for smtps in (False, True):
            port = self.sink.listen(old_tls=True, smtps=smtps)
            for tls in ("required", "opportunistic"):
                result = self.try_port(port, "--user", "app", "--tls", tls, scheme="smtps" if smtps else "smtp")
                self.assertIn(result.kind, ("connect: retry", "connect: our fault"))
                self.assert_nothing_in_clear()
        self.assertEqual(self.sink.stats().get("messages", 0), 0)

    def test_a_handshake_that_is_cut_is_tried_again_and_never_in_clear(self):
        for fault, scheme in (("STARTTLS=cut", "smtp"), ("connect=cut", "smtps")):
            port = self.sink.listen(fault)
            for tls in ("required", "opportunistic"):
                result = self.try_port(port, "--user", "app", "--tls", tls, scheme=scheme)
                self.assertEqual(result.kind, "connect: retry")
                self.assert_nothing_in_clear()
            self.assertIn("\x16\x03", self.sink.control("raw")["raw"], "a handshake had begun")
        self.assertEqual(self.sink.stats().get("messages", 0), 0)

    def test_opportunistic_without_a_password_takes_what_is_there(self):
        plain = self.sink.listen(no_starttls=True, auth=None)
        self.assertEqual(self.try_port(plain, "--tls", "opportunistic").kind, "sent")
        self.sink.control("reset")
        self.assertEqual(self.try_port(self.sink.listen(auth=None), "--tls", "opportunistic").kind, "sent")
        self.assert_nothing_in_clear()

    def test_tls_none_sends_a_password_to_loopback_only(self):
        self.assertEqual(self.try_port(self.sink.port, "--user", "app", "--tls", "none").kind, "sent")
        for host in ("relay.test", "127.0.0.1.relay.test", "192.0.2.1"):
            result = self.try_port(25, "--user", "app", "--tls", "none", host=host)
            self.assertEqual(result.kind, "connect: our fault")
            self.assertIn("in clear", result.text)

    def test_a_login_that_is_not_offered_is_no_reason_to_go_on_without(self):
        result = self.try_port(self.sink.listen(auth=None), "--user", "app")
        self.assert_refused(result)
        self.assertIn("login", result.text)

    def test_a_wrong_password_is_our_fault_with_the_servers_words(self):
        result = send(url(self.sink.port), "--ca", self.ca.ca, "--user", "app", password="fel")
        self.assert_refused(result)
        self.assertEqual(result.closings[0][1], "535")
        self.assertIn("Wrong login", result.text)

    def test_a_url_may_hold_nothing_but_host_and_port(self):
        for bad in ("http://localhost:25", "smtp://u:p@localhost:25", "smtp://localhost:25/name", "localhost:25 x",
                    "smtp://localhost:25?x", "file:///etc/passwd"):
            self.assertEqual(send(bad, "--tls", "none").kind, "connect: our fault", bad)
        self.assertEqual(send(url(self.sink.port), "--ca", self.ca.ca, "--helo", "a b\r\nQUIT").kind,
                         "connect: our fault")


# --- what goes over the wire ---------------------------------------------------------------------------------------------------

class TestMail(unittest.TestCase):
    def test_bodies_arrive_unchanged_through_tls(self):
        bed = peers.make_bed()
        ca = peers.make_test_ca(bed / "ca")
        cert, key = ca.cert()
        body = b"".join(b"." * (i % 7) + b"x" * (i % 80) + b"\r\n" for i in range(40000))
        (bed / "mail").write_bytes(body)
        with peers.Sink("--cert", cert, "--key", key, "--store", bed / "box") as sink:
            result = send(url(sink.port), "--ca", ca.ca, "--data", bed / "mail", "--count", 4, "--connections", 2)
            self.assertEqual([o[0] for o in result.outcomes], ["sent"] * 4)
        for path in (bed / "box" / "new").iterdir():
            head, _, rest = path.read_bytes().partition(b"\r\nDelivered-To: ")
            self.assertEqual(head, b"Return-Path: <avsandare@watch.test>")
            self.assertEqual(rest.partition(b"\r\n")[2], body)
        self.assertEqual(len(list((bed / "box" / "new").iterdir())), 4)

    def test_smtputf8_is_used_when_offered_and_else_refused_here(self):
        with peers.Sink() as sink:
            options = ("--tls", "none", "--utf8", "--to", "åsa@watch.test")
            self.assertEqual(send(url(sink.port), *options).kind, "sent")
            self.assertEqual(sink.stats()["recipients"], {"åsa@watch.test": 1})
            result = send(url(sink.listen(no_smtputf8=True)), *options)
            self.assertEqual(result.kind, "failed")
            self.assertIn("SMTPUTF8", result.text)

    def test_commands_in_addresses_and_bare_line_ends_never_leave(self):
        bed = peers.make_bed()
        (bed / "smuggle").write_bytes(b"Subject: x\r\n\r\na\n.\nMAIL FROM:<b@c>\r\n")
        with peers.Sink("--log") as sink:
            plain = url(sink.port), "--tls", "none"
            self.assertEqual(send(*plain, "--to", "a@b>\r\nRCPT TO:<c@d").kind, "failed")
            self.assertEqual(send(*plain, "--from", "a@b>\r\nRCPT TO:<c@d").kind, "our fault")
            self.assertEqual(send(*plain, "--data", bed / "smuggle").kind, "our fault")
            self.assertEqual({line.split()[0] for _, line in sink.log()}, {"EHLO", "QUIT"})

    def test_slow_replies_do_not_stop_the_loop_or_the_others(self):
        with peers.Sink("--fault", "dot=delay:20+ok") as sink:
            result = send(url(sink.port), "--tls", "none", "--count", 400, "--connections", 20, "--quiet")
            sent, _, opened, _ = map(float, result.total)
            self.assertEqual((sent, opened), (400, 20))
            self.assertEqual(sink.stats()["max_live"], 20)

    def test_abort_closes_at_once(self):
        with peers.Sink("--fault", "MAIL=silence") as sink:
            result = send(url(sink.port), "--tls", "none", "--abort")
            self.assertEqual(result.kind, "untouched")


@unittest.skipUnless(peers.have_postfix(), "needs root, Postfix and Dovecot")
class TestPostfix(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        bed = peers.make_bed()
        ca = peers.make_test_ca(bed / "ca")
        cls.ca = ca.ca
        cert = ca.cert()
        users = {"app@watch.test": PASSWORD, "asa@watch.test": "x"}
        cls.dovecot = peers.Dovecot(bed, cert, users).__enter__()
        cls.addClassCleanup(cls.dovecot.__exit__)
        cls.postfix = peers.Postfix(bed, cert, cls.dovecot, ["asa@watch.test", "bo@watch.test"]).__enter__()
        cls.addClassCleanup(cls.postfix.__exit__)

    def send(self, port, *options, scheme="smtp", **more):
        return send(url(port, scheme), "--ca", self.ca, *options, **more)

    def test_submission_with_starttls_and_login_delivers(self):
        before = len(self.dovecot.mails("asa@watch.test"))
        result = self.send(self.postfix.submission, "--user", "app@watch.test", "--to", "asa@watch.test", "--count", 5)
        self.assertEqual([o[0] for o in result.outcomes], ["sent"] * 5)
        self.assertEqual(result.total[2], "1", "one connection")
        peers.wait_for("mail in the mailbox", lambda: len(self.dovecot.mails("asa@watch.test")) == before + 5)
        self.assertIn(b"\n.0123456789 abc", self.dovecot.mails("asa@watch.test")[-1].replace(b"\r", b""))

    def test_smtps_with_login_delivers(self):
        result = self.send(self.postfix.smtps, "--user", "app@watch.test", "--to", "bo@watch.test", scheme="smtps")
        self.assertEqual(result.kind, "sent")

    def test_wrong_password_and_missing_login(self):
        self.assertEqual(self.send(self.postfix.submission, "--user", "app@watch.test", password="fel").kind,
                         "connect: our fault")
        self.assertEqual(self.send(self.postfix.submission, "--to", "asa@watch.test").kind, "our fault")

    def test_relaying_denied_is_our_fault(self):
        result = self.send(self.postfix.smtp, "--to", "ombud@elsewhere.test")
        self.assertEqual(result.kind, "our fault", result.stdout)

    def test_unknown_recipients_cost_neither_delays_nor_the_good_ones(self):
        result = self.send(self.postfix.smtp, "--to", "nobody%d@watch.test", "--count", 60, "--connections", 4)
        self.assertEqual([o[0] for o in result.outcomes], ["failed"] * 60)
        self.assertIn("User unknown", result.outcomes[0][5])
        self.assertNotIn("too many errors", self.postfix.log())

    def test_a_message_over_the_limit_is_our_fault_at_mail(self):
        result = self.send(self.postfix.smtp, "--to", "asa@watch.test", "--size", 2500000)
        self.assertEqual(result.outcomes[0][:4], ["our fault", "552", "5.3.4", "MAIL"])


if __name__ == "__main__":
    unittest.main()
