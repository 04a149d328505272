#!/usr/bin/python3
"""The public feeds of a real daemon before readers nobody here wrote: Atom before a schema and feedparser, CAP before its
schema, iCalendar before icalendar; and a stranger, who must see nothing that is not public."""
import http.client
import re
import subprocess
import sys
import tempfile
import time
import unittest
import xml.etree.ElementTree as ET

import feedparser
import icalendar

sys.path.insert(0, __file__.rsplit("/", 1)[0])
from daemon import FIXTURES, Caller, Daemon  # noqa: E402
from peers import Sink, wait_for  # noqa: E402

ATOM = "{http://www.w3.org/2005/Atom}"
CAP = "{urn:oasis:names:tc:emergency:cap:1.2}"
FEEDS = ("alerts.atom", "exercises.atom", "letters.atom", "calendar.ics")

LETTER = """---
title: Månadsbrev för {{area}}
kind: info
area: angelholm
classification: %s
---
Hej {{name}} i {{group}}!

%s

{{#municipality 1292}}
Bara för Ängelholm.
{{/municipality}}
"""


class Feed(unittest.TestCase):
    def get(self, d, path, **headers):
        """(status, headers, text) as a stranger on the network gets it."""
        connection = http.client.HTTPConnection("127.0.0.1", d.http, timeout=30)
        connection.request(headers.pop("method", "GET"), path, headers={k.replace("_", "-"): v for k, v in headers.items()})
        answer = connection.getresponse()
        text = answer.read().decode("utf-8")
        connection.close()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, text

    def lint(self, text, *how):
        with tempfile.NamedTemporaryFile(suffix=".xml") as file:
            file.write(text.encode())
            file.flush()
            done = subprocess.run(["xmllint", "--noout", "--nonet", *map(str, how), file.name], capture_output=True, text=True,
                                  check=False)
        self.assertEqual(done.returncode, 0, done.stderr + text[:3000])

    def atom(self, d, name):
        """The entries, after every reader has taken the feed."""
        status, headers, text = self.get(d, "/feed/" + name)
        self.assertEqual((status, headers["content-type"]), (200, "application/atom+xml; charset=utf-8"))
        self.lint(text, "--relaxng", FIXTURES / "atom.rng")
        parsed = feedparser.parse(text)
        self.assertFalse(parsed.bozo, getattr(parsed, "bozo_exception", None))
        root = ET.fromstring(text)
        ids = [e.findtext(ATOM + "id") for e in root.findall(ATOM + "entry")]
        self.assertEqual(len(ids), len(set(ids)))
        times = [e.findtext(ATOM + "updated") for e in root.findall(ATOM + "entry")]
        self.assertEqual(root.findtext(ATOM + "updated"), max(times) if times else "1970-01-01T00:00:00Z")
        self.assertEqual(len(parsed.entries), len(ids))
        for entry in root.findall(ATOM + "entry"):
            for link in entry.findall(ATOM + "link"):
                path = re.sub(r"^https://grannbud\.example\.se", "", link.get("href"))
                self.assertEqual(self.get(d, path)[1]["content-type"].split(";")[0], link.get("type"))
        return parsed.entries

    def cap(self, d, alert):
        status, headers, text = self.get(d, "/feed/alerts/%s.cap" % alert)
        self.assertEqual((status, headers["content-type"]), (200, "application/cap+xml"))
        self.lint(text, "--schema", FIXTURES / "cap-1.2.xsd")
        return ET.fromstring(text)

    def page(self, d, path, status=200):
        """A page that shows by itself and says what it is for."""
        got, headers, text = self.get(d, path)
        self.assertEqual((got, headers["content-type"]), (status, "text/html; charset=utf-8"))
        self.assertIn("default-src 'none'", headers["content-security-policy"])
        for never in ("<script", "<img", " src=", "@import", "/u/"):
            self.assertNotIn(never, text)
        self.assertIn('<html lang="sv">', text)
        self.assertEqual(text.count("<h1"), 1)
        return text

    def test_feeds(self):
        with Sink() as sink, Daemon(relay="smtp://127.0.0.1:%d" % sink.port) as d:
            d.add_people()
            d.add_register(20)
            for name in FEEDS[:3]:
                self.assertEqual(self.atom(d, name), [])
            self.letters(d)
            self.calendar(d)
            self.alerts(d)
            self.polling(d)
            self.stranger(d)

    # --- letters ---------------------------------------------------------------------------------------------------

    def letters(self, d):
        sent = {}
        for classification in ("public", "ombud_and_households", "ombud_only"):
            path = d.folder / (classification + ".md")
            path.write_text(LETTER % (classification, "Detta är texten **%s**." % classification.upper()), encoding="utf-8")
            sent[classification] = d.add_letter("--scope", "police_area:angelholm", source=path)
        for name in ("public", "ombud_only"):
            self.assertEqual(self.atom(d, "letters.atom"), [])  # approved, but not on its way
            self.page(d, "/feed/letters/" + sent[name], 404)
        for letter in sent.values():
            d.cli("--as", "anna", "letter", "send", letter)
            d.wait_sent(letter)
        wait_for("the letter in the feed", lambda: "PUBLIC" in self.get(d, "/feed/letters.atom")[2])
        entry, = self.atom(d, "letters.atom")
        self.assertEqual(entry.title, "Månadsbrev för Ängelholm")
        self.assertTrue(entry.summary.startswith("Hej granne i din grupp!"), entry.summary)
        text = self.page(d, "/feed/letters/" + sent["public"])
        self.assertIn("Detta är texten <strong>PUBLIC</strong>.", text)
        self.assertNotIn("Bara för", text)
        self.assertIn("Bara för Ängelholm.", self.page(d, "/feed/letters/%s?municipality=1292" % sent["public"]))
        self.page(d, "/feed/letters/%s?municipality=1283" % sent["public"], 404)
        for name in ("ombud_and_households", "ombud_only"):
            self.page(d, "/feed/letters/" + sent[name], 404)

    # --- calendar ---------------------------------------------------------------------------------------------------

    def calendar(self, d):
        d.cli("--as", "anna", "series", "add", "--name", "Månadsbrev; Ängelholm, med ett namn som är långt nog för att vikas "
              "på mitten 🚤🚤🚤", "--scope", "police_area:angelholm", "--rrule", "FREQ=MONTHLY;BYMONTHDAY=1", "--time", "09:00")
        start = time.strftime("%Y-%m-%dT18:00", time.localtime(time.time() + 40 * 86400))
        d.cli("--as", "anna", "meeting", "add", "--title", "Ombudsträff", "--scope", "municipality:1292", "--starts", start,
              "--place", "Stadshuset, sal 2", "--note", "Kaffe\\te; välkomna")
        self.assertIn("Ombudsträff", d.cli("meeting", "list"))
        status, headers, text = self.get(d, "/feed/calendar.ics?municipality=1292")
        self.assertEqual((status, headers["content-type"]), (200, "text/calendar; charset=utf-8"))
        for line in text.split("\r\n"):
            self.assertNotIn("\n", line)
            self.assertLessEqual(len(line.encode()), 75)
        events = [c for c in icalendar.Calendar.from_ical(text).walk() if c.name == "VEVENT"]
        self.assertEqual(len({str(e["uid"]) for e in events}), len(events))
        meeting, = [e for e in events if str(e["summary"]) == "Ombudsträff"]
        self.assertEqual(str(meeting["location"]), "Stadshuset, sal 2")
        self.assertEqual(str(meeting["description"]), "Kaffe\\te; välkomna")
        self.assertEqual((meeting["dtend"].dt - meeting["dtstart"].dt).total_seconds(), 7200)
        letters = [e for e in events if e is not meeting]
        self.assertIn(len(letters), (12, 13, 14))
        for event in letters:
            self.assertRegex(str(event["summary"]), "^Månadsbrev; Ängelholm, med ett namn .* 🚤🚤🚤, [a-z]+ 20")
            self.assertEqual(str(event["dtstart"].dt.tzinfo), "UTC")
            self.assertIn(event["dtstart"].dt.hour, (7, 8))  # 09.00 here
        self.assertEqual(self.get(d, "/feed/calendar.ics?municipality=1283")[2].count("VEVENT"), 0)
        again = self.get(d, "/feed/calendar.ics?municipality=1292")[2]
        self.assertEqual(again, text)
        edited = d.json("--as", "anna", "meeting", "edit", d.json("meeting", "list")["items"][0]["id"], "--place", "Biblioteket",
                        "--note", "")
        self.assertEqual((edited["place"], edited["note"], edited["sequence"]), ("Biblioteket", "", 1))
        self.assertEqual(edited["title"], "Ombudsträff")
        d.cli("--as", "anna", "meeting", "remove", d.json("meeting", "list")["items"][0]["id"])

    # --- alerts -----------------------------------------------------------------------------------------------------

    def post(self, path, body):
        status, answer, _ = self.caller.ask("POST", "/api/v1/alert" + path, body, "anna")
        self.assertEqual(status, 201, answer)
        return answer["id"]

    def send(self, name, **more):
        body = {"kind": "boat_theft", "title": "Rubrik %s & <b>mera</b>" % name, "text": "Text med **fet** stil.\n\n- ett\n- två",
                "instruction": "Ring 112.", "title_en": "Title %s" % name, "text_en": "In *English*.",
                "target": {"municipalities": ["1292"]}}
        body.update(more)
        return self.post("", body)

    def alerts(self, d):
        self.caller = Caller(d)
        self.addCleanup(self.caller.close)
        group = d.json("group", "list", "--name", "Grupp 1")["items"][0]["id"]
        ids = {"GALLER": self.send("GALLER"), "FORST": self.send("FORST"), "TAGEN": self.send("TAGEN"),
               "OVNING": self.send("OVNING", exercise=True), "EN": self.send("EN", target={"groups": [group]}),
               "HEMLIG": self.send("HEMLIG", classification="ombud_only"),
               "VANTAR": self.send("VANTAR", second_person=True)}
        wait_for("alerts in the feed", lambda: self.get(d, "/feed/alerts.atom")[2].count("<entry>") == 4)
        before = {e.id for e in self.atom(d, "alerts.atom")}
        ids["ANDRAD"] = self.post("/%s/update" % ids["FORST"], {"title": "Rubrik ANDRAD & <b>mera</b>", "text": "Mer."})
        ids["ATER"] = self.post("/%s/recall" % ids["TAGEN"], {"text": "De är gripna."})
        wait_for("the recall in the feed", lambda: "Varningen är över" in self.get(d, "/feed/alerts.atom")[2])
        entries = self.atom(d, "alerts.atom")
        self.assertEqual({e.id for e in entries}, before)  # readers see the same entries, changed
        titles = {e.title for e in entries}
        self.assertTrue({"Rubrik GALLER & <b>mera</b>", "Rubrik EN & <b>mera</b>", "Ändrad varning: Rubrik ANDRAD & <b>mera</b>"} <
                        titles, titles)
        self.assertEqual(sum(title.startswith("Varningen är över: ") for title in titles), 1)
        exercise, = self.atom(d, "exercises.atom")
        self.assertEqual(exercise.title, "ÖVNING: Rubrik OVNING & <b>mera</b>")
        self.assertEqual(self.get(d, "/feed/alerts.atom?municipality=1283")[2].count("<entry>"), 0)
        self.assertEqual(self.get(d, "/feed/alerts.atom?area=angelholm")[2].count("<entry>"), 4)
        self.documents(d, ids)
        for name in ("HEMLIG", "VANTAR"):
            self.page(d, "/feed/alerts/" + ids[name], 404)
            self.assertEqual(self.get(d, "/feed/alerts/%s.cap" % ids[name])[0], 404)
        self.public = ids["GALLER"]

    def documents(self, d, ids):
        for name in ("GALLER", "FORST", "ANDRAD", "TAGEN", "ATER", "OVNING", "EN"):
            document = self.cap(d, ids[name])
            self.assertEqual(document.findtext(CAP + "identifier"), ids[name])
            self.assertEqual(document.findtext(CAP + "status"), "Exercise" if name == "OVNING" else "Actual")
            self.assertEqual(document.find(CAP + "info").findtext(CAP + "language"), "sv-SE")
            self.assertEqual([g.findtext(CAP + "value") for g in document.find(CAP + "info").iter(CAP + "geocode")], ["1292"])
            self.page(d, "/feed/alerts/" + ids[name])
        self.assertEqual([i.findtext(CAP + "language") for i in self.cap(d, ids["GALLER"]).findall(CAP + "info")],
                         ["sv-SE", "en-GB"])
        for first, second, kind in (("FORST", "ANDRAD", "Update"), ("TAGEN", "ATER", "Cancel")):
            document = self.cap(d, ids[second])
            self.assertEqual(document.findtext(CAP + "msgType"), kind)
            self.assertEqual(document.findtext(CAP + "references"),
                             ",".join(self.cap(d, ids[first]).findtext(CAP + tag) for tag in ("sender", "identifier", "sent")))
        self.assertIn("Varningen är över.", self.page(d, "/feed/alerts/" + ids["TAGEN"]))
        self.assertIn("Varningen har ändrats.", self.page(d, "/feed/alerts/" + ids["FORST"]))
        self.assertIn("DETTA ÄR EN ÖVNING.", self.page(d, "/feed/alerts/" + ids["OVNING"]))

    # --- readers that come back --------------------------------------------------------------------------------------

    def polling(self, d):
        for path in ["/feed/" + name for name in FEEDS] + ["/feed/alerts/" + self.public, "/feed/alerts/%s.cap" % self.public]:
            status, headers, text = self.get(d, path)
            self.assertEqual(status, 200)
            self.assertRegex(headers["cache-control"], r"^public, max-age=\d+$")
            self.assertRegex(headers["etag"], r'^"[0-9a-f]{32}"$')
            if not path.endswith(".ics"):
                time.strptime(headers["last-modified"], "%a, %d %b %Y %H:%M:%S GMT")
            for known in (headers["etag"], "W/" + headers["etag"], '"x", %s' % headers["etag"], "*"):
                status, again, nothing = self.get(d, path, If_None_Match=known)
                self.assertEqual((status, nothing, again["etag"]), (304, "", headers["etag"]), path)
            self.assertEqual(self.get(d, path, If_None_Match='"0123"')[2], text)
            status, again, nothing = self.get(d, path, method="HEAD")
            self.assertEqual((status, nothing, int(again["content-length"])), (200, "", len(text.encode())))

        self.assertEqual(self.get(d, "/feed/alerts/alr_%013d" % 1, If_None_Match="*")[0], 404)

    def stranger(self, d):
        """Nothing of persons, groups, addresses, officers or what is not public, in anything that can be fetched."""
        seen = "".join(self.get(d, "/feed/" + name)[2] for name in FEEDS)
        for path in set(re.findall(r"https://grannbud\.example\.se(/feed/[^\"<&]+)", seen)):
            seen += self.get(d, path)[2]
        for secret in ("Exempel", "Åsa", "Grupp ", "p1@", "p19@", "anna", "bertil", "HEMLIG", "VANTAR", "OMBUD_ONLY", "OMBUD_AND"):
            self.assertFalse(secret in seen, secret)
        addresses = set(re.findall(r"[\w.-]+@[\w.]+\w", seen))
        self.assertEqual({a for a in addresses if not a.endswith("@grannbud.example.se")}, {"grannsamverkan@example.se"})
        for path in ("/feed", "/feed/", "/feed/alerts", "/feed/letters", "/api/v1/meeting", "/api/v1/letter"):
            self.assertIn(self.get(d, path)[0], (401, 404), path)
        for path in ("/feed/alerts/../alerts.atom", "/feed/alerts/alr_%00.cap", "/feed/letters/" + "x" * 5000):
            self.assertGreaterEqual(self.get(d, path)[0], 400, path)
        self.assertEqual(self.get(d, "/feed/alerts.atom", method="POST")[0], 405)


if __name__ == "__main__":
    unittest.main()
