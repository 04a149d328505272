#!/usr/bin/python3
"""Webhooks as their owners use them: the real programs, an HTTPS receiver with a certificate of a private authority, and
verifiers written from the specifications (standard_webhooks.py). What goes wrong on the way is in test_webhook_faults.py.
"""
import base64
import collections
import http.client
import http.server
import json
import pathlib
import re
import ssl
import subprocess
import sys
import tempfile
import threading
import unittest
import urllib.parse
import xml.etree.ElementTree

sys.path.insert(0, __file__.rsplit("/", 1)[0])
from daemon import Daemon  # noqa: E402
from peers import Sink, TestCA, wait_for  # noqa: E402
from standard_webhooks import verify  # noqa: E402

EVIL = "\"Båtar\" <stjäls> & @channel [x](https://evil.example) \\ 'nu'"
TEXT = "Två motorer sedan klockan 20.\n\nRing 112 om du ser något. </p>&"
SCHEMA = pathlib.Path(__file__).resolve().parent.parent / "fixtures" / "cap-1.2.xsd"
CAP = "{urn:oasis:names:tc:emergency:cap:1.2}"
Hit = collections.namedtuple("Hit", "method path headers body")


class Receiver:
    """Keeps what comes by path; answers `status[path]`, else 200. `forms`: what it answers with."""

    def __init__(self, ca):
        self.hits = collections.defaultdict(list)
        self.status = collections.defaultdict(lambda: 200)
        keep = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def take(self):
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                headers = {k.lower(): v for k, v in self.headers.items()}
                path = urllib.parse.urlsplit(self.path).path
                keep.hits[path.split("/")[1]].append(Hit(self.command, self.path, headers, body))
                status = keep.status[path.split("/")[1]]
                answer = b'{"id":"s70df59406a1b4643b96f3f91e0bfb7b0","status":"created"}'
                self.send_response(status)
                self.send_header("X-Receiver", "here")
                self.send_header("X-Echo", "%s %s" % (self.path, self.headers.get("Authorization", "")))
                self.send_header("Set-Cookie", "session=hemlig")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_POST = do_PUT = take

            def log_message(self, *unused):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*ca.cert("localhost"))
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.server.server_address[1]

    def url(self, name):
        return "https://localhost:%d/%s" % (self.port, name)

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *unused):
        self.server.shutdown()
        self.server.server_close()


class Webhooks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="hooks.")
        cls.addClassCleanup(folder.cleanup)
        cls.ca = TestCA(pathlib.Path(folder.name) / "ca")

    def enter(self, manager):
        value = manager.__enter__()
        self.addCleanup(manager.__exit__, None, None, None)
        return value

    def setUp(self):
        self.r = self.enter(Receiver(self.ca))
        d = self.d = Daemon(alert_more="quiet_hours = none")
        self.mails = d.folder / "mails"
        sink = self.enter(Sink("--store", self.mails))
        d.write_config(relay="smtp://127.0.0.1:%d" % sink.port)
        d.conf.write_text(d.conf.read_text() + "[webhook]\nallow_private = yes\nca_file = %s\ntimeout = 20s\n" % self.ca.ca)
        self.enter(d)
        d.add_people()
        d.cli("user", "add", "cecilia", "--role", "coordinator", "--scope", "municipality:1292", "--email", "cecilia@example.se")
        d.cli("user", "add", "dag", "--role", "coordinator", "--scope", "municipality:1276", "--email", "dag@example.se")
        d.add_register(3)

    # --- what tests say ---

    def hook(self, name, fmt, *options, user="anna", whose=("--area", "angelholm"), url=None):
        """A new endpoint at /name; what the command says of it."""
        url = [] if url == "" else [url or self.r.url(name)]
        return self.d.json("--as", user, "webhook", "add", *url, "--format", fmt, "--name", name, *whose, *options)

    def alert(self, *options, title="Båtmotorer stjäls", text=TEXT, kind="boat_theft", where=("--municipality", "1292")):
        return self.d.json("--as", "anna", "alert", "send", "--kind", kind, "--title", title, "--text", text, *where,
                           "--override", "ett prov av mottagaren", *options)["id"]

    def got(self, name, n=1):
        """The first n requests to /name; fails when there are not so many in time."""
        try:
            wait_for("webhook", lambda: len(self.r.hits[name]) >= n)
        except TimeoutError:
            self.fail("%s: %d of %d\n%s" % (name, len(self.r.hits[name]), n, self.d.log()[-3000:]))
        return self.r.hits[name][:n]

    def deliveries(self, name):
        """Newest first."""
        return self.d.json("webhook", "deliveries", name)["items"]

    def wait_state(self, name, state):
        wait_for("%s in %s" % (state, self.d.json("webhook", "deliveries", name)),
                 lambda: self.deliveries(name) and self.deliveries(name)[0]["state"] == state)


class Standard(Webhooks):
    def test_an_alert_its_update_and_its_end_arrive_signed_and_in_order(self):
        made = self.hook("std", "standard")
        self.assertRegex(made["secret"], r"^whsec_[A-Za-z0-9+/]{43}=$")
        first = self.alert(title=EVIL)
        body = verify([made["secret"]], self.got("std")[0].headers, self.got("std")[0].body)
        self.assertEqual(body["type"], "alert.sent")
        self.assertRegex(body["timestamp"], r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        data = body["data"]
        self.assertEqual((data["id"], data["thread"], data["title"], data["exercise"], data["kind"], data["severity"]),
                         (first, first, EVIL, False, "boat_theft", "moderate"))
        self.assertIn("Ring 112 om du ser något.", data["text"])
        self.assertEqual(data["municipalities"], [{"code": "1292", "name": "Ängelholm"}])
        self.d.cli("--as", "anna", "alert", "update", first, "--title", "Ändrad", "--text", "Nu också i hamnen.")
        self.got("std", 2)  # a recall withdraws an update that has not left
        self.d.cli("--as", "anna", "alert", "recall", first)
        hits = self.got("std", 3)
        bodies = [verify([made["secret"]], h.headers, h.body) for h in hits]
        self.assertEqual([b["type"] for b in bodies], ["alert.sent", "alert.updated", "alert.recalled"])
        self.assertEqual({b["data"]["thread"] for b in bodies}, {first})
        self.assertEqual(len({h.headers["webhook-id"] for h in hits}), 3)
        self.assertEqual(hits[0].headers["content-type"], "application/json")
        shown = self.d.json("webhook", "show", "std")
        self.assertIsNotNone(shown["last_success_at"])
        self.assertEqual((shown["failing"], shown["pending"], shown["dead"]), (False, 0, 0))

    def test_a_changed_body_or_time_is_no_signature(self):
        secret = self.hook("std", "standard")["secret"]
        self.alert()
        hit = self.got("std")[0]
        for change in ({"webhook-id": "evt_other"}, {"webhook-timestamp": str(int(hit.headers["webhook-timestamp"]) + 1)}):
            with self.assertRaises(ValueError):
                verify([secret], {**hit.headers, **change}, hit.body)
        with self.assertRaises(ValueError):
            verify([secret], hit.headers, hit.body + b" ")

    def test_rotation_overlaps_or_not(self):
        first = self.hook("std", "standard")["secret"]
        second = self.d.json("--as", "anna", "webhook", "rotate", "std")["secret"]
        self.assertNotEqual(first, second)
        self.alert()
        hit = self.got("std")[0]
        verify([first], hit.headers, hit.body)
        verify([second], hit.headers, hit.body)
        public = self.d.json("--as", "anna", "webhook", "rotate", "std", "--now", "--ed25519")["public_key"]
        self.alert(title="Igen")
        hit = self.got("std", 2)[1]
        self.assertTrue(hit.headers["webhook-signature"].startswith("v1a,"))
        verify([public], hit.headers, hit.body)
        for old in (first, second):
            with self.assertRaises(ValueError):
                verify([old], hit.headers, hit.body)
        self.assertNotIn("whsk_", self.d.cli("webhook", "show", "std", "--json"))

    def test_own_secret_basic_login_and_files(self):
        (self.d.folder / "secret").write_text("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n")
        (self.d.folder / "password").write_text("lösen ord\n")
        self.hook("std", "standard", "--secret", "@%s" % (self.d.folder / "secret"), "--user", "larm", "--password-file",
                  self.d.folder / "password")
        self.alert()
        hit = self.got("std")[0]
        verify(["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], hit.headers, hit.body)
        self.assertEqual(base64.b64decode(hit.headers["authorization"].split()[1]).decode(), "larm:lösen ord")

    def test_what_is_wanted(self):
        self.hook("real", "standard", "--no-exercises")
        self.hook("fire", "standard", "--kind", "fire_setting", "--kind", "missing_person")
        self.hook("group", "standard", whose=("--group", "Grupp 1"))
        self.hook("else", "standard", whose=("--municipality", "1276"), user="dag")
        self.alert("--exercise", title="Övning")
        self.alert(title="Till en grupp", where=("--group", "Grupp 0"))
        self.alert(kind="fire_setting", title="Brand")

        def titles(name, n):
            """Different alerts may overtake each other."""
            return {json.loads(h.body)["data"]["title"] for h in self.got(name, n)}
        self.assertEqual(titles("real", 2), {"Till en grupp", "Brand"})
        self.assertEqual(titles("fire", 1), {"Brand"})
        self.assertEqual(titles("group", 2), {"Övning", "Brand"})
        self.assertEqual(self.r.hits["else"], [])

    def test_letters_that_are_public(self):
        self.hook("letters", "standard", "--kind", "letter")
        for classification in ("ombud_only", "public"):
            path = self.d.folder / (classification + ".md")
            path.write_text("---\ntitle: Brev %s\nkind: info\nclassification: %s\nmunicipalities: 1292\n---\nLås cykeln.\n"
                            % (classification, classification), encoding="utf-8")
            letter = self.d.add_letter(source=path)
            self.d.cli("--as", "anna", "letter", "send", letter)
        body = json.loads(self.got("letters")[0].body)
        self.assertEqual((body["type"], body["data"]["title"], body["data"]["exercise"]), ("letter.sent", "Brev public", False))
        self.assertEqual(body["data"]["url"], "https://grannbud.example.se/feed/letters/" + body["data"]["id"])
        self.d.wait_sent(letter)
        self.assertEqual(len(self.r.hits["letters"]), 1)


class Formats(Webhooks):
    def one(self, fmt, *options, exercise=True, **where):
        self.hook(fmt, fmt, *options, **where)
        self.alert(*(["--exercise"] if exercise else []), title=EVIL, kind="boat_theft")
        return self.got(fmt)[0]

    def test_cloudevents(self):
        made = self.hook("ce", "cloudevents")
        self.alert("--exercise", title=EVIL)
        hit = self.got("ce")[0]
        self.assertEqual(hit.headers["content-type"], "application/cloudevents+json")
        event = verify([made["secret"]], hit.headers, hit.body)
        self.assertEqual((event["specversion"], event["type"], event["source"], event["id"], event["exercise"]),
                         ("1.0", "se.grannbud.alert.sent", "https://grannbud.example.se", hit.headers["webhook-id"], True))
        self.assertEqual((event["data"]["title"], event["data"]["exercise"]), (EVIL, True))
        self.assertEqual(event["subject"], event["data"]["id"])

    def test_slack(self):
        hit = self.one("slack")
        body = json.loads(hit.body)
        heading = body["blocks"][0]["text"]["text"]
        self.assertEqual(heading, "ÖVNING: Varning: " + EVIL.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))
        self.assertTrue(body["text"].startswith("ÖVNING: "))
        self.assertNotIn("webhook-signature", hit.headers)
        self.assertLessEqual(max(len(b["text"]["text"]) for b in body["blocks"] if "text" in b), 3000)

    def test_mattermost(self):
        text = json.loads(self.one("mattermost").body)["text"]
        self.assertIn("ÖVNING", text)
        self.assertIsNone(re.search("@(channel|all|here)", text))
        self.assertIsNone(re.search(r"(?<!\\)\]\(https://evil", text))

    def test_teams(self):
        hit = self.one("teams")
        body = json.loads(hit.body)
        card = body["attachments"][0]["content"]
        self.assertEqual((body["type"], card["type"], card["version"]), ("message", "AdaptiveCard", "1.4"))
        self.assertEqual(card["body"][0]["inlines"][0]["text"], "ÖVNING: Varning: " + EVIL)
        self.assertLess(len(hit.body), 28000)

    def test_matrix(self):
        hit = self.one("matrix", "--room", "!rum:example.se", "--token", "syt_abc", url=self.r.url("matrix"))
        self.assertEqual(hit.method, "PUT")
        self.assertRegex(hit.path, r"^/matrix/_matrix/client/v3/rooms/%21rum%3Aexample.se/send/m.room.message/evt_\w+$")
        self.assertEqual(hit.headers["authorization"], "Bearer syt_abc")
        body = json.loads(hit.body)
        self.assertEqual((body["msgtype"], body["format"]), ("m.text", "org.matrix.custom.html"))
        self.assertIn(EVIL, body["body"])
        html = xml.etree.ElementTree.fromstring("<x>%s</x>" % body["formatted_body"].replace("<br>", "<br/>"))
        self.assertEqual(html.find("h4").text, "ÖVNING: Varning: " + EVIL)

    def test_ntfy(self):
        hit = self.one("ntfy", "--topic", "larm", "--token", "tk_abc")
        body = json.loads(hit.body)
        self.assertEqual((body["topic"], body["title"], body["priority"]), ("larm", "ÖVNING: Varning: " + EVIL, 3))
        self.assertIn("exercise", body["tags"])
        self.assertEqual(hit.headers["authorization"], "Bearer tk_abc")

    def test_cap(self):
        made = self.hook("cap", "cap")
        first = self.alert("--exercise", title=EVIL)
        hit = self.got("cap")[0]
        document = xml.etree.ElementTree.fromstring(verify([made["secret"]], hit.headers, hit.body))
        self.assertEqual((hit.headers["content-type"], document.tag), ("application/cap+xml", CAP + "alert"))
        self.assertEqual(document.find(CAP + "status").text, "Exercise")
        self.assertIn(EVIL, document.find("%sinfo/%sheadline" % (CAP, CAP)).text)
        self.assertIn(first, document.find(CAP + "identifier").text)

    def test_template(self):
        for name, body, kind in (("json", '{"t":"{{title}}","u":"{{ text }}","e":{{exercise}}}', "application/json"),
                                 ("xml", '<a t="{{title}}"><b>{{text}}</b></a>', "application/xml; charset=utf-8"),
                                 ("form", "t={{title}}&e={{exercise}}", "application/x-www-form-urlencoded"),
                                 ("plain", "{{title}}|{{kind}}|{{severity}}", "text/plain; charset=utf-8")):
            path = self.d.folder / name
            path.write_text(body)
            self.hook(name, "template", "--template", path, "--content-type", kind)
        self.alert("--exercise", title=EVIL)
        marked = "ÖVNING: " + EVIL
        body = json.loads(self.got("json")[0].body)
        self.assertEqual((body["t"], body["e"]), (marked, True))
        self.assertIn("DETTA ÄR EN ÖVNING.", body["u"])
        document = xml.etree.ElementTree.fromstring(self.got("xml")[0].body)
        self.assertEqual(document.get("t"), marked)
        self.assertEqual(self.got("xml")[0].headers["content-type"], "application/xml; charset=utf-8")
        self.assertEqual(urllib.parse.parse_qs(self.got("form")[0].body.decode()), {"t": [marked], "e": ["true"]})
        self.assertEqual(self.got("plain")[0].body.decode(), marked + "|boat_theft|moderate")

    def report(self, path, form):
        """As the gateway does it, past no login."""
        connection = http.client.HTTPConnection("127.0.0.1", self.d.http, timeout=60)
        connection.request("POST", path, urllib.parse.urlencode(form),
                           {"Host": "localhost", "Content-Type": "application/x-www-form-urlencoded"})
        status = connection.getresponse().status
        connection.close()
        return status

    def test_46elks_and_its_report(self):
        (self.d.folder / "password").write_text("hemligt\n")
        self.hook("sms", "46elks", "--from", "GrannInfo", "--to", "070-174 06 05", "--to", "+46701740606", "--user", "u123",
                  "--password-file", self.d.folder / "password")
        self.alert("--exercise", "--sms", "Båtar stjäls – lås “båten” nu")
        hits = self.got("sms", 2)
        forms = [dict(urllib.parse.parse_qsl(h.body.decode(), strict_parsing=True)) for h in hits]
        self.assertEqual({f["to"] for f in forms}, {"+46701740605", "+46701740606"})
        for hit, form in zip(hits, forms):
            self.assertEqual(set(form), {"from", "to", "message", "whendelivered"})
            self.assertEqual(form["from"], "GrannInfo")
            self.assertTrue(form["message"].startswith("ÖVNING: Båtar stjäls - lås \"båten\" nu"), form["message"])
            self.assertEqual(base64.b64decode(hit.headers["authorization"].split()[1]), b"u123:hemligt")
        self.assertNotEqual(forms[0]["whendelivered"], forms[1]["whendelivered"])
        path = forms[0]["whendelivered"].removeprefix("https://grannbud.example.se")
        self.assertRegex(path, r"^/webhook/46elks/\w{29}$")
        self.assertEqual(self.report(path, {"id": "s1", "status": "delivered", "delivered": "2026-03-01T12:00:00.1"}), 204)
        self.assertEqual(self.report(path[:-1] + ("a" if path[-1] != "a" else "b"), {"id": "s1", "status": "failed"}), 404)
        rows = {row["to"]: row["report"] for row in self.deliveries("sms")}
        self.assertEqual(rows, {forms[0]["to"]: "delivered", forms[1]["to"]: None})


class Care(Webhooks):
    def test_the_test_shows_request_and_answer(self):
        made = self.hook("std", "standard", "--user", "larm", "--password-file", "/dev/null")
        done = self.d.run("--as", "anna", "webhook", "test", "std")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        for words in ("POST", self.r.url("std"), "webhook-signature", '"type":"webhook.test"', '"exercise":true', "200",
                      "s70df59406a1b4643b96f3f91e0bfb7b0", "< X-Receiver: here", "< Set-Cookie: (secret)"):
            self.assertIn(words.lower(), done.stdout.lower())
        verify([made["secret"]], self.got("std")[0].headers, self.got("std")[0].body)
        self.hook("matrix", "matrix", "--room", "!rum:example.se", "--token", "syt_hemlig")
        self.hook("slack", "slack", url=self.r.url("slack/services/hemlig"))
        self.r.status["matrix"] = 403
        done = self.d.run("--as", "anna", "webhook", "test", "matrix")
        self.assertEqual(done.returncode, 1)
        self.assertIn("403", done.stderr)
        text = done.stdout + done.stderr + self.d.cli("--as", "anna", "webhook", "test", "slack")
        for what in (("webhook", "list"), ("webhook", "show", "matrix"), ("webhook", "show", "slack"), ("audit", "list"),
                     ("webhook", "deliveries", "matrix"), ("webhook", "delivery", "slack", self.deliveries("slack")[0]["id"])):
            text += self.d.cli(*what) + self.d.cli(*what, "--json")
        text += self.d.log()
        self.assertNotIn("hemlig", text)
        self.assertNotIn(made["secret"][6:], text)
        self.assertEqual(len(self.r.hits["matrix"]), 1)  # a test is tried once

    def test_edit(self):
        self.hook("matrix", "matrix", "--room", "!rum:example.se", "--token", "syt_hemlig")
        token = self.d.folder / "token"
        token.write_text("syt_ny\n", encoding="utf-8")
        edited = self.d.cli("--as", "anna", "webhook", "edit", "matrix", "--token", "@%s" % token)
        self.assertIn("webhook matrix changed: ", edited)
        self.d.cli("--as", "anna", "webhook", "edit", "matrix", "--name", "Larmrummet", "--kind", "boat_theft")
        self.d.cli("--as", "anna", "webhook", "test", "Larmrummet")
        self.assertEqual(self.got("matrix")[-1].headers["authorization"], "Bearer syt_ny")
        self.assertEqual(self.d.json("webhook", "show", "Larmrummet")["kinds"], ["boat_theft"])
        for words, options in (("nothing to change", ()), ("token", ("--address", "https://localhost:1/")),
                               ("unknown option", ("--secret", "x"))):
            done = self.d.run("--as", "anna", "webhook", "edit", "Larmrummet", *options)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(words, done.stderr)

    def test_410_disables_at_once_and_tells_the_owner(self):
        self.hook("std", "standard")
        self.r.status["std"] = 410
        self.alert()
        self.wait_state("std", "failed")
        shown = self.d.json("webhook", "show", "std")
        self.assertEqual(shown["state"], "disabled")
        self.assertIn("410", shown["disabled_reason"])
        wait_for("mail to the owner", lambda: [p for p in self.mails.rglob("new/*.eml")
                                               if "anna@example.se" in p.read_text(errors="replace")
                                               and "avst" in p.read_text(errors="replace")])
        self.assertIn("webhook.disable", self.d.cli("audit", "list"))
        self.alert(title="Nummer två")
        # what was not delivered is kept, and goes out under its old id
        self.r.status["std"] = 200
        self.assertNotEqual(self.d.run("--as", "anna", "webhook", "replay", "std").returncode, 0)
        self.d.cli("--as", "anna", "webhook", "enable", "std")
        self.assertEqual(self.d.json("--as", "anna", "webhook", "replay", "std")["replayed"], 1)
        hits = self.got("std", 2)
        self.assertEqual(hits[0].headers["webhook-id"], hits[1].headers["webhook-id"])
        self.assertEqual(hits[0].body, hits[1].body)
        self.wait_state("std", "sent")

    def test_what_is_over_is_replayed_only_when_asked_for(self):
        self.hook("std", "standard")
        self.r.status["std"] = 500
        first = self.alert()
        self.wait_state("std", "pending")
        wait_for("a try", lambda: self.deliveries("std")[0]["http_status"] == 500)
        self.d.cli("--as", "anna", "webhook", "disable", "std", "--reason", "semester")
        self.d.cli("--as", "anna", "alert", "recall", first)
        self.d.cli("--as", "anna", "webhook", "enable", "std")
        self.r.status["std"] = 200
        self.assertEqual(self.d.json("--as", "anna", "webhook", "replay", "std")["replayed"], 0)
        self.assertEqual(self.d.json("--as", "anna", "webhook", "replay", "std", "--expired")["replayed"], 1)
        self.got("std", 2)

    def test_a_recall_goes_to_those_who_have_it(self):
        self.hook("down", "standard")
        self.hook("up", "standard")
        self.r.status["down"] = 503
        first = self.alert()
        self.got("down")
        self.got("up")
        self.wait_state("down", "pending")
        self.d.cli("--as", "anna", "alert", "recall", first)
        self.r.status["down"] = 200
        self.assertEqual(json.loads(self.got("up", 2)[1].body)["type"], "alert.recalled")
        self.assertEqual([row["state"] for row in self.deliveries("down")], ["withdrawn"])
        self.assertEqual(len(self.r.hits["down"]), 1)

    def test_walls(self):
        self.hook("annas", "standard", whose=("--municipality", "1292"), user="cecilia")
        self.assertEqual(self.d.json("--as", "dag", "webhook", "list")["items"], [])
        for verb in ("show", "test", "rotate", "disable", "enable", "replay", "deliveries", "remove"):
            done = self.d.run("--as", "dag", "webhook", verb, "annas")
            self.assertEqual((done.returncode, done.stdout), (1, ""), verb)
        done = self.d.run("--as", "dag", "webhook", "add", self.r.url("x"), "--format", "standard", "--municipality", "1292")
        self.assertEqual(done.returncode, 1)
        done = self.d.run("--as", "dag", "webhook", "add", self.r.url("x"), "--format", "standard", "--all")
        self.assertEqual(done.returncode, 1)
        self.d.cli("--as", "cecilia", "webhook", "remove", "annas")
        self.assertEqual(self.d.json("webhook", "list")["items"], [])

    def test_what_is_refused_says_what_to_do(self):
        for words, options in (("https", ("http://hooks.example.org/", "--format", "standard", "--all")),
                               ("fragment", ("https://hooks.example.org/#x", "--format", "standard", "--all")),
                               ("room", ("https://m.example.org", "--format", "matrix", "--token", "x", "--all")),
                               ("--format", ("https://m.example.org", "--all"))):
            done = self.d.run("webhook", "add", *options)
            self.assertIn(done.returncode, (1, 2), options)
            self.assertIn(words, done.stderr)

    def test_the_dispatcher_goes_on_where_it_was_killed(self):
        secret = self.hook("std", "standard")["secret"]
        self.r.status["std"] = 500
        self.alert()
        self.got("std")
        self.wait_state("std", "pending")
        self.d.kill()
        self.r.status["std"] = 200
        self.d.start()
        hits = self.got("std", 2)
        self.assertEqual(hits[0].headers["webhook-id"], hits[1].headers["webhook-id"])
        verify([secret], hits[1].headers, hits[1].body)


class Cap(Webhooks):
    def test_a_test_of_cap_is_a_valid_test(self):
        self.hook("cap", "cap")
        self.d.cli("--as", "anna", "webhook", "test", "cap")
        path = self.d.folder / "alert.cap"
        path.write_bytes(self.got("cap")[0].body)
        done = subprocess.run(["xmllint", "--noout", "--nonet", "--schema", str(SCHEMA), str(path)], capture_output=True,
                              text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(b"<status>Test</status>", path.read_bytes())


if __name__ == "__main__":
    unittest.main(verbosity=2)
