#!/usr/bin/python3
"""The walls between municipalities, from outside: the real daemon over TCP, a token per kind of person.

Every route of conf/openapi.json is asked with the ids of another municipality: the answer must be 403 or 404, or a list
without it, and no body (refusals too) may hold a name, an address, an id or a figure of the other side.
"""
import http.client
import json
import socket
import sys
import time
import unittest
import urllib.parse

sys.path.insert(0, __file__.rsplit("/", 1)[0])
from daemon import Daemon  # noqa: E402
from peers import ROOT, Sink, wait_for  # noqa: E402

HEAD = "Område;Typ;Status;Roll;Förnamn;Efternamn;E-post;Telefon"
# municipality: (group, first name, last name, mail domain, telephone). All that must not be seen from the other side.
SIDES = {"1292": ("Skogsbacken", "Sixten", "Söderqvist", "soder.example.se", "0431-100 200"),
         "1284": ("Fyrvägen", "Nanna", "Norrthon", "norr.example.se", "042-300 400")}
LETTER = """---
kind: monthly
lpo: Ängelholm
municipalities: ["1292", "1284"]
period: 2026-03
classification: ombud_and_households
title: Månadsbrev grannsamverkan
---
Hej! Mars blev en lugn månad. Tack för alla tips till 114 14.
"""
OWN_LETTER = LETTER.replace(', "1284"', "").replace("period: 2026-03", "period: 2026-04").replace(
    "Månadsbrev grannsamverkan", "Kastanjebrevet")
JSON_BODIES = {  # what makes each request right, but for the wall
    "/api/v1/alert": {"kind": "boat_theft", "title": "Kastanjelarm", "text": "Ring 112.", "classification": "ombud_only",
                      "target": {"municipalities": ["1292"]}},
    "/api/v1/alert/{id}/reject": {"note": "x"},
    "/api/v1/alert/{id}/update": {"title": "Kastanjelarm igen", "text": "Ring 112."},
    "/api/v1/contact": {"group": "{group}", "name": "Ny Person", "addresses": ["ny@example.se"]},
    "/api/v1/contact/{id}": {"name": "Ny Person"},
    "/api/v1/group": {"municipality": "1292", "name": "Ny grupp"},
    "/api/v1/group/{id}": {"district": "Ny"},
    "/api/v1/group/{id}/state": {"state": "paused", "note": "x"},
    "/api/v1/hold": {"reason": "x"},
    "/api/v1/letter": {"source": OWN_LETTER, "scope": "municipality:1292"},
    "/api/v1/letter/{id}": {"source": OWN_LETTER},
    "/api/v1/letter/{id}/reject": {"note": "x"},
    "/api/v1/letter/{id}/test": {"to": "ny@example.se", "municipality": "1292"},
    "/api/v1/meeting": {"title": "Kastanjemöte", "scope": "municipality:1292",
                        "starts_at": time.strftime("%Y-12-01T18:00:00Z", time.gmtime(time.time() + 366 * 86400))},
    "/api/v1/meeting/{id}": {"title": "Kastanjeträff"},
    "/api/v1/webhook/{id}": {"name": "Kastanjelarmet"},
    "/api/v1/series": {"name": "Ny", "scope": "municipality:1292", "rrule": "FREQ=MONTHLY;BYMONTHDAY=1", "time": "09:00"},
    "/api/v1/store/backup": {"path": "/tmp/never-written.db"},
    "/api/v1/token": {"name": "ny", "user": "anna"},
    "/api/v1/webhook": {"url": "https://kastanje.example.org/Kastanje", "format": "standard", "municipality": "1292"},
    "/api/v1/webhook/{id}/disable": {"reason": "x"},
    "/api/v1/user": {"name": "ny", "role": "coordinator", "scope": "municipality:1292"},
}
QUERIES = {
    "/api/v1/audit": ["", "?object={letter}"],
    "GET /api/v1/contact": ["", "?municipality=1292", "?address=p0@soder.example.se", "?q=Sixten"],
    "/api/v1/delivery": ["", "?letter={letter}", "?message={message}", "?address=p0@soder.example.se", "?state=sent"],
    "GET /api/v1/group": ["", "?municipality=1292", "?q=Skogs"],
    "/api/v1/group/export": ["", "?municipality=1292"],
    "/api/v1/group/import": ["?municipality=1292", "?municipality=1292&dry_run=1"],
    "/api/v1/letter/material": ["?municipality=1292"],
    "/api/v1/letter/{id}/preview": ["", "?group={group}", "?municipality=1292"],
    "/api/v1/why": ["?address=p0@soder.example.se", "?address=hemlig@soder.example.se"],
}
OPEN = {"/healthz", "/metrics", "/u/{token}", "/feed/alerts.atom", "/feed/alerts/{id}", "/feed/exercises.atom",
        "/feed/letters.atom", "/feed/letters/{id}", "/feed/calendar.ics", "/webhook/46elks/{token}"}
# These are the country's, not a tenant's: everybody may know which municipalities there are.
CSV = {"/api/v1/group/import": HEAD + "\r\nSkogsbacken 0;Villa;Aktiv;KO;Sixten;Söderqvist0;p0@soder.example.se;\r\n",
       "/api/v1/area/import": "code,name,county_code\r\n1292,Tjuvholm,12\r\n"}
LISTS = {"/api/v1/area", "/api/v1/area/{code}", "/api/v1/municipality", "/api/v1/municipality/{code}", "/api/v1/status",
         "/api/v1/alert", "/api/v1/contact", "/api/v1/delivery", "/api/v1/group", "/api/v1/group/export", "/api/v1/incoming",
         "/api/v1/letter", "/api/v1/meeting", "/api/v1/police-event", "/api/v1/schedule/upcoming", "/api/v1/series",
         "/api/v1/webhook", "/api/v1/why"}
NAMED = {"POST /api/v1/alert", "POST /api/v1/webhook"}  # what is asked for stands in the body: refused as what nobody there may name


def routes():
    paths = json.loads((ROOT / "conf" / "openapi.json").read_text(encoding="utf-8"))["paths"]
    for path, methods in paths.items():
        for method, operation in methods.items():
            if method in ("get", "post", "put", "patch", "delete"):
                yield method.upper(), path, operation


class Walls(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.enter = []
        sink = Sink()
        cls.sink = sink.__enter__()
        cls.enter.append(sink)
        daemon = Daemon(relay="smtp://127.0.0.1:%d" % cls.sink.port, level="info")
        cls.d = daemon.__enter__()
        cls.enter.append(daemon)
        cls.fill()

    @classmethod
    def tearDownClass(cls):
        for thing in reversed(cls.enter):
            thing.__exit__(None, None, None)

    @classmethod
    def fill(cls):
        d = cls.d
        d.add_people()
        for name, role, scope in (("carin", "coordinator", "municipality:1292"), ("david", "coordinator", "municipality:1284"),
                                  ("rut", "reader", "municipality:1284"), ("olof", "officer", "police_area:klippan"),
                                  ("delad", "admin", "municipality:1284"), ("borta", "officer", "police_area:angelholm")):
            d.cli("user", "add", name, "--role", role, "--scope", scope, "--email", name + "@example.se")
        for code, (group, first, last, domain, phone) in SIDES.items():
            rows = [HEAD] + ["%s %d;Villa;Aktiv;KO;%s;%s%d;p%d@%s;%s" % (group, i // 2, first, last, i, i, domain, phone)
                             for i in range(7)]
            path = d.folder / "register.csv"
            path.write_text("\r\n".join(rows) + "\r\n", encoding="utf-8")
            d.cli("group", "import", path, "--municipality", code)
        cls.token = {}
        for name in ("anna", "carin", "david", "rut", "olof", "delad", "borta"):
            cls.token[name] = d.json("token", "add", name + "-t", "--user", name)["secret"]
        cls.token["program"] = d.json("token", "add", "program", "--role", "reader", "--scope", "municipality:1284")["secret"]
        cls.token["gone"] = d.json("token", "add", "gone", "--user", "anna")["secret"]
        d.cli("token", "revoke", "gone")
        d.cli("user", "disable", "borta")
        cls.group = d.json("group", "list", "--municipality", "1292")["items"][0]["id"]
        contacts = d.json("contact", "list", "--municipality", "1292")["items"]
        cls.contact = contacts[0]["id"]
        secret = cls.ask("carin", "POST", "/api/v1/contact", {"group": cls.group, "name": "Hemlig Hansdotter",
                                                           "addresses": ["hemlig@soder.example.se"], "protected": True})
        assert secret[0] == 201, secret
        cls.protected = json.loads(secret[1])["id"]
        letter = d.folder / "letter.md"
        letter.write_text(LETTER, encoding="utf-8")
        cls.wide = d.add_letter("--scope", "police_area:angelholm", source=letter)
        d.cli("--as", "anna", "letter", "send", cls.wide)
        d.wait_sent(cls.wide)
        cls.message = d.json("letter", "show", cls.wide)["message"]
        letter.write_text(OWN_LETTER, encoding="utf-8")
        cls.letter = d.json("--as", "carin", "letter", "new", letter, "--scope", "municipality:1292")["id"]
        series = cls.ask("carin", "POST", "/api/v1/series", {"name": "Kastanjeserien", "scope": "municipality:1292",
                                                            "rrule": "FREQ=MONTHLY;BYMONTHDAY=1", "time": "09:00"})
        assert series[0] == 201, series
        cls.series = json.loads(series[1])["id"]
        alert = cls.ask("anna", "POST", "/api/v1/alert", JSON_BODIES["/api/v1/alert"])
        assert alert[0] == 201, alert
        cls.alert = json.loads(alert[1])["id"]
        wait_for("the alert", lambda: d.json("alert", "show", cls.alert)["deliveries"]["sent"] == 8)
        made = {}
        for kind in ("meeting", "webhook"):
            answer = cls.ask("carin", "POST", "/api/v1/" + kind, JSON_BODIES["/api/v1/" + kind])
            assert answer[0] == 201, answer
            made[kind] = json.loads(answer[1])["id"]
        deliveries = d.json("delivery", "list", "--letter", cls.wide)["items"]
        cls.delivery = [x["id"] for x in deliveries if x["municipality_code"] == "1292"][0]
        cls.ids = {"group": cls.group, "contact": cls.contact, "letter": cls.letter, "series": cls.series,
                   "delivery": cls.delivery, "message": cls.message, "alert": cls.alert, **made}
        cls.hidden = [cls.group, cls.contact, cls.letter, cls.alert, cls.series, cls.delivery, cls.protected,
                      *made.values(),
                      *SIDES["1292"][:4], "100200", "Hemlig", "hemlig@", "Kastanje"]

    @classmethod
    def ask(cls, who, method, path, body=None, content="application/json", **headers):
        """(status, body) of a request with the token of `who`; without one for None."""
        connection = http.client.HTTPConnection("127.0.0.1", cls.d.http, timeout=60)
        if who:
            headers["Authorization"] = "Bearer " + cls.token.get(who, who)
        if body is not None:
            headers["Content-Type"] = content
            body = (json.dumps(body) if not isinstance(body, (str, bytes)) else body)
            body = body.encode() if isinstance(body, str) else body
        connection.request(method, path, body, {k.replace("_", "-"): v for k, v in headers.items()})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, text

    def requests(self):
        """Every route, filled with what belongs to 1292: (method, pattern, path, body, content type)."""
        for method, pattern, operation in routes():
            kind = pattern.split("/")[3] if pattern.startswith("/api/v1/") and len(pattern.split("/")) > 3 else ""
            if pattern.startswith("/feed/"):
                kind = pattern.split("/")[2].rstrip("s")
            path = pattern.replace("{code}", "1292" if kind == "municipality" else "angelholm")
            path = path.replace("{name}", "anna" if kind == "user" else "carin-t").replace("{token}", "x")
            path = path.replace("{delivery}", self.delivery)
            body, content = None, "application/json"
            if "requestBody" in operation:
                if "text/csv" in operation["requestBody"]["content"]:
                    body, content = CSV[pattern], "text/csv"
                else:
                    body = json.loads(json.dumps(JSON_BODIES.get(pattern, {})).replace("{group}", self.group))
            targets = [self.ids[kind]] if "{id}" in path else [""]
            if kind == "contact" and "{id}" in path:
                targets.append(self.protected)
            for target in targets:
                for query in QUERIES.get(method + " " + pattern, QUERIES.get(pattern, [""])):
                    for name, value in self.ids.items():
                        query = query.replace("{%s}" % name, value)
                    yield method, pattern, path.replace("{id}", target) + query, body, content

    def assert_nothing_of(self, text, path, who, method, asked=""):
        asked = urllib.parse.unquote(path) + asked
        for word in self.hidden:
            if word in asked:
                text = text.replace(word, "", 1 + ('"detail_sv"' in text))  # a refusal may repeat what was asked, per language
            self.assertNotIn(word, text, "%s %s %s" % (who, method, path))

    def test_no_route_leads_to_the_other_municipality(self):
        for who in ("david", "rut", "program", "olof", "delad"):
            for method, pattern, path, body, content in self.requests():
                if pattern in OPEN:
                    continue
                status, text = self.ask(who, method, path, body, content)
                with self.subTest(who=who, method=method, path=path, status=status, text=text[:300]):
                    if pattern == "/api/v1/group/import" and status == 422:
                        self.assert_outside(text)
                        continue
                    self.assert_nothing_of(text, path, who, method, json.dumps(body or ""))
                    if pattern in LISTS and method == "GET":
                        self.assertIn(status, (200, 403, 404))
                    elif method + " " + pattern in NAMED:
                        self.assertIn(status, (403, 404, 422))
                    else:
                        self.assertIn(status, (403, 404))

    def assert_outside(self, text):
        """A file with rows of another municipality: refused by its line, whether or not the group is known there."""
        answer = json.loads(text)
        self.assertIn("line 2: The municipality 1292 is outside your area.", answer["detail"])
        self.assertEqual([p["code"] for p in answer["problems"]], ["MUNICIPALITY_OUTSIDE"])
        for name in ("groups_added", "groups_changed", "groups_unchanged", "contacts_added", "contacts_changed",
                     "contacts_unchanged", "addresses_added"):
            self.assertEqual(answer[name], 0, name)

    def test_it_was_the_wall_and_not_the_request(self):
        """The same requests by somebody inside reach the handler: none of them is 404 or a mistake of the test."""
        for method, pattern, path, body, content in self.requests():
            if method != "GET" or pattern in OPEN or pattern.startswith(("/api/v1/user", "/api/v1/token", "/api/v1/audit",
                                                                        "/api/v1/store")):
                continue
            if "{delivery}" in pattern:
                continue  # nothing has been sent to this endpoint
            status, text = self.ask("carin", method, path, body, content)
            with self.subTest(path=path, text=text[:300]):
                self.assertEqual(status, 200)

    def test_figures_are_ones_own(self):
        """A letter for both municipalities: the report and the lists tell each side its own part."""
        for who in ("david", "rut"):
            for path in ("/api/v1/letter/%s/report", "/api/v1/letter/%s", "/api/v1/letter/%s/preview"):
                status, text = self.ask(who, "GET", path % self.wide)
                with self.subTest(who=who, path=path, text=text):
                    self.assertEqual(status, 200)
                    self.assert_nothing_of(text, "", who, path)
            report = json.loads(self.ask(who, "GET", "/api/v1/letter/%s/report" % self.wide)[1])
            self.assertEqual([m["code"] for m in report["municipalities"]], ["1284"])
            self.assertEqual(report["totals"]["deliveries"]["sent"], 7)
        mine = json.loads(self.ask("david", "GET", "/api/v1/delivery?limit=1000")[1])["items"]
        self.assertEqual({x["municipality_code"] for x in mine}, {"1284"})
        status = json.loads(self.ask("david", "GET", "/api/v1/status")[1])
        counts = [lane[name] for lane in status["queue"].values() for name in ("pending", "claimed")]
        self.assertNotIn(14, counts, status)

    def test_a_cursor_of_the_other_side_opens_nothing(self):
        for path in ("contact", "group", "delivery", "letter", "alert"):
            page = json.loads(self.ask("carin", "GET", "/api/v1/%s?limit=1" % path)[1])
            if page["next"]:
                status, text = self.ask("david", "GET", "/api/v1/%s?after=%s" % (path, urllib.parse.quote(page["next"])))
                self.assertIn(status, (200, 400))
                self.assert_nothing_of(text, "", "david", path)

    def test_protected_persons_are_in_no_list(self):
        for who in ("carin", "anna"):
            for path in ("contact?limit=1000", "contact?q=Hemlig", "contact?address=hemlig@soder.example.se",
                         "contact?municipality=1292&limit=1000", "group/export?municipality=1292",
                         "group/" + self.group, "delivery?limit=1000", "delivery?address=hemlig@soder.example.se",
                         "why?address=hemlig@soder.example.se", "letter/%s/report" % self.wide):
                text = self.ask(who, "GET", "/api/v1/" + path)[1]
                with self.subTest(who=who, path=path):
                    self.assertNotIn("Hemlig", text)
                    if "address=hemlig" not in path:
                        self.assertNotIn("hemlig@", text)
                    self.assertNotIn(self.protected, text)

    def test_tokens_that_are_none(self):
        good = self.token["anna"]
        soon = json.dumps({"name": "soon", "user": "anna",
                           "expires_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 6))})
        done = self.admin("POST", "/api/v1/token", soon)
        self.assertEqual(done[0], 201, done)
        soon = json.loads(done[1])["secret"]
        self.assertEqual(self.ask(soon, "GET", "/api/v1/group")[0], 200)
        for bad in (self.token["gone"], self.token["borta"], good[:-1], good + "a", good.upper(), "gbt_", "",
                    "gbt_" + "a" * 5000, "uid:0", "anna"):
            for method, pattern, path, body, content in self.requests():
                if pattern in OPEN:
                    continue
                status, text = self.ask(None, method, path, body, content, Authorization="Bearer " + bad)
                self.assertIn(status, (401, 400, 431) if len(bad) > 1000 or not bad else (401,), (bad[:20], method, path, text))
                self.assert_nothing_of(text, path, "nobody", method)
                self.assertNotIn(good, text)
                if len(bad) > 1000 or not bad:
                    break
        wait_for("the end of the token", lambda: self.ask(soon, "GET", "/api/v1/group")[0] == 401)

    def admin(self, method, path, body):
        """The administrator's way in: the Unix socket."""
        connection = http.client.HTTPConnection("localhost", timeout=60)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(str(self.d.socket))
        connection.request(method, path, body.encode(), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, text

    def test_nobody_acts_for_another_over_tcp(self):
        for who in (None, "rut", "delad", "anna"):
            for name in ("anna", "carin", "uid:0", ""):
                status, text = self.ask(who, "GET", "/api/v1/letter/" + self.letter, X_Grannbud_As=name)
                self.assertEqual(status, 403 if who else 401, (who, name, text))
                self.assert_nothing_of(text, "/" + self.letter, who, "GET")

    def test_rights_come_from_those_who_have_all(self):
        users = len(self.d.json("user", "list")["items"])
        tokens = len(self.d.json("token", "list")["items"])
        for who in ("delad", "anna", "carin", "rut", "program"):
            for body in ({"name": "tjuv", "role": "admin", "scope": "all"},
                         {"name": "tjuv", "role": "reader", "scope": "municipality:1284"}):
                for path in ("/api/v1/user", "/api/v1/token"):
                    self.assertEqual(self.ask(who, "POST", path, body)[0], 403, (who, path, body))
            self.assertEqual(self.ask(who, "POST", "/api/v1/token", {"name": "tjuv", "user": "anna"})[0], 403, who)
            self.assertEqual(self.ask(who, "POST", "/api/v1/token/program/revoke", {})[0], 403)
            self.assertEqual(self.ask(who, "POST", "/api/v1/user/anna/disable", {})[0], 403)
        for body in ({"name": "vid", "user": "rut", "role": "admin"}, {"name": "vid", "user": "rut", "role": "officer"},
                     {"name": "vid", "user": "carin", "scope": "municipality:1284"},
                     {"name": "vid", "user": "carin", "scope": "police_area:angelholm"},
                     {"name": "vid", "user": "anna", "scope": "all"}, {"name": "vid", "user": "delad", "scope": "all"},
                     {"name": "vid", "user": "borta"}):
            status, text = self.admin("POST", "/api/v1/token", json.dumps(body))
            self.assertIn(status, (403, 404, 422), (body, text))
        self.assertEqual(len(self.d.json("user", "list")["items"]), users)
        self.assertEqual(len(self.d.json("token", "list")["items"]), tokens)

    def test_an_idempotency_key_is_ones_own(self):
        body = {"municipality": "1292", "name": "Skogsbacken Nyckel"}
        key = {"Idempotency_Key": "samma-nyckel"}
        status, first = self.ask("carin", "POST", "/api/v1/group", body, **key)
        self.assertEqual(status, 201, first)
        self.assertEqual(self.ask("carin", "POST", "/api/v1/group", body, **key), (201, first))
        for who in ("david", "delad", "rut", "olof", "program"):
            status, text = self.ask(who, "POST", "/api/v1/group", body, **key)
            self.assertIn(status, (403, 404), (who, text))
            self.assertNotIn(json.loads(first)["id"], text)
        # its existence is not told either: another one's use of it is a first use
        mine = {"municipality": "1284", "name": "Fyrvägen Nyckel"}
        status, text = self.ask("david", "POST", "/api/v1/group", mine, **key)
        self.assertEqual(status, 201, text)


if __name__ == "__main__":
    unittest.main()
