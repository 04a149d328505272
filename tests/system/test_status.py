#!/usr/bin/python3
"""What the daemon tells of itself: status on one screen, why, delivery show, and /metrics read by a strict reader.

GRANNBUD_SHOW=1 prints the screens.
"""
import http.client
import json
import math
import os
import re
import sys
import unittest

sys.path.insert(0, __file__.rsplit("/", 1)[0])
from daemon import Daemon  # noqa: E402
from peers import ROOT, Sink, wait_for  # noqa: E402

COLUMNS = 80
LETTER_COLUMNS = re.compile(r"let_\w+|/\S+/")  # ids and paths may stick out

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"'
PAIR = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\\\|\\"|\\n)*"'
SAMPLE = re.compile(r"(%s)(?:\{(%s(?:,%s)*)\})? (\S+)" % (NAME, PAIR, PAIR))
UNITS = ("_seconds", "_bytes", "_total", "_info", "_deliveries", "_sessions", "_connections", "_fds", "_minute", "_waiting",
         "_paused", "_problems", "_state", "_hold", "_endpoints", "_calls")


def read_metrics(text):
    """{name: {labels: value}} of Prometheus' text format 0.0.4; anything doubtful is an error."""
    families = {}
    helped, values = set(), {}
    current = None
    if not text.endswith("\n"):
        raise ValueError("no line end at the end")
    for line in text[:-1].split("\n"):
        comment = re.fullmatch(r"# (HELP|TYPE) (%s) (.+)" % NAME, line)
        if comment:
            kind, name, rest = comment.groups()
            if kind == "HELP":
                if name in helped:
                    raise ValueError("a second HELP of " + name)
                helped.add(name)
            else:
                if name in families or name not in helped or rest not in ("counter", "gauge", "histogram"):
                    raise ValueError(line)
                families[name] = rest
                current = name
            continue
        sample = SAMPLE.fullmatch(line)
        if not sample:
            raise ValueError("no sample: " + line)
        name, labels, value = sample.groups()
        base = re.sub(r"_(bucket|sum|count)$", "", name) if families[current] == "histogram" else name
        if base != current:
            raise ValueError("%s stands below %s" % (name, current))
        pairs = re.findall(LABEL, labels or "")
        key = tuple(sorted(pairs))
        if len(dict(pairs)) != len(pairs) or key in values.setdefault(name, {}):
            raise ValueError("twice: " + line)
        values[name][key] = float(value)
        if not math.isfinite(float(value)) or float(value) < 0:
            raise ValueError(line)
    check_families(families, values)
    return values


def check_families(families, values):
    for name, kind in families.items():
        if (kind == "counter") != name.endswith("_total") or not name.endswith(UNITS):
            raise ValueError("%s %s: the name does not tell what it counts" % (kind, name))
        if kind != "histogram":
            continue
        for labels, count in values[name + "_count"].items():
            buckets = [(dict(k)["le"], v) for k, v in values[name + "_bucket"].items()
                       if tuple(sorted(set(k) - {("le", dict(k)["le"])})) == labels]
            bounds = [float(b) for b, _ in buckets]
            counts = [v for _, v in buckets]
            if bounds != sorted(bounds) or counts != sorted(counts) or bounds[-1] != math.inf or counts[-1] != count:
                raise ValueError("the buckets of %s%s" % (name, labels))
            if labels not in values[name + "_sum"]:
                raise ValueError("no sum of " + name)


class Reader(unittest.TestCase):
    def test_the_reader_is_strict(self):
        good = '# HELP a_total x\n# TYPE a_total counter\na_total{l="a\\"b"} 1\n'
        self.assertEqual(read_metrics(good), {"a_total": {(("l", 'a\\"b'),): 1.0}})
        for bad in (good[:-1], good + good, good.replace(" 1", ""), good.replace("counter", "gauge"), good.replace('\\"', '"'),
                    good + 'a_total{l="a\\"b"} 2\n', "a_total 1\n" + good, good.replace("a_total{", "b_total{")):
            with self.assertRaises((ValueError, KeyError), msg=bad):
                read_metrics(bad)


SCHEMAS = json.loads((ROOT / "conf" / "openapi.json").read_text(encoding="utf-8"))["components"]["schemas"]
KINDS = {"string": str, "integer": int, "boolean": bool, "number": (int, float), "object": dict, "array": list,
         "null": type(None)}


def hold_against(value, schema, where="answer"):
    """The answer is what conf/openapi.json says, with every member that it names and no other."""
    if "enum" in schema:
        assert value in schema["enum"], (where, value)
        return
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    assert isinstance(value, tuple(KINDS[k] for k in kinds)), (where, value)
    if isinstance(value, bool):
        assert "boolean" in kinds, where
    if isinstance(value, dict):
        known = schema.get("properties")
        if known is not None:
            assert set(value) == set(known), (where, set(value) ^ set(known))
        for name, inner in value.items():
            hold_against(inner, known[name] if known is not None else schema["additionalProperties"], where + "." + name)
    if isinstance(value, list):
        for i, inner in enumerate(value):
            hold_against(inner, schema["items"], "%s.%d" % (where, i))


class Status(unittest.TestCase):
    def enter(self, manager):
        value = manager.__enter__()
        self.addCleanup(manager.__exit__, None, None, None)
        return value

    def screen(self, d, title):
        text = d.cli("status")
        hold_against(d.json("status"), SCHEMAS["Status"])
        if os.environ.get("GRANNBUD_SHOW"):
            print("\n=== %s\n%s" % (title, text))
        self.narrow(text)
        self.assertLessEqual(len(text.splitlines()), 50)
        return text

    def narrow(self, text):
        for line in text.splitlines():
            self.assertLessEqual(len(LETTER_COLUMNS.sub("", line)), COLUMNS, line)

    def metrics(self, d):
        web = http.client.HTTPConnection("127.0.0.1", d.http, timeout=60)
        web.request("GET", "/metrics", headers={"Host": "127.0.0.1:%d" % d.http})
        answer = web.getresponse()
        self.assertEqual(answer.getheader("Content-Type"), "text/plain; version=0.0.4; charset=utf-8")
        text = answer.read().decode("utf-8")
        web.close()
        self.assertNotIn("@", text)
        return read_metrics(text)

    def test_an_empty_one(self):
        sink = self.enter(Sink())
        d = self.enter(Daemon(relay="smtp://127.0.0.1:%d" % sink.port))
        text = self.screen(d, "empty")
        for words in ("Nothing is being sent.", "No problems are known.", "No letter of a series is due", "main   ready"):
            self.assertIn(words, text)
        status = d.json("status")
        self.assertIsNone(status["restored"])
        self.assertIsNone(status["hold_since"])
        self.assertEqual(status["domains_waiting"], {"count": 0, "items": []})
        self.assertIn("versions 1 to", d.cli("store", "migrate"))
        values = self.metrics(d)
        self.assertEqual(values["grannbud_relay_state"][(("relay", "main"), ("state", "ready"))], 1)
        self.assertGreater(values["process_resident_memory_bytes"][()], 1e6)
        self.assertGreater(values["process_open_fds"][()], 5)

    def test_a_letter_on_its_way_and_on_hold(self):
        sink = self.enter(Sink("--latency", "20"))
        d = self.enter(Daemon(relay="smtp://127.0.0.1:%d" % sink.port,
                              relay_more="connections = 2\nreserved_for_alerts = 0"))
        d.add_people()
        d.add_register(600)
        letter = d.add_letter("--scope", "police_area:angelholm")
        d.cli("--as", "anna", "letter", "send", letter)
        wait_for("an expected end", lambda: any(m["expected_end"] for m in d.json("status")["running"]))
        running = d.json("status")["running"][0]
        self.assertGreater(running["expected_in_s"], 0)
        self.assertIsNone(running["expected_end_unknown"])
        self.assertRegex(self.screen(d, "a letter on its way"), r"ends about \d{4}-\d\d-\d\d \d\d:\d\d, in \d+ (s|min)")
        d.cli("hold", "--reason", "fel bilaga")
        wait_for("quiet", lambda: not d.json("status")["queue"]["letter"]["claimed"])
        text = self.screen(d, "on hold")
        for words in ("ON HOLD since", "by uid:%d: fel bilaga" % os.getuid(), "on hold: it goes on after"):
            self.assertIn(words, text)
        waiting = d.json("delivery", "list", "--letter", letter, "--state", "pending")
        address = waiting["items"][0]["address"]
        why = d.cli("why", address)
        self.assertIn("waits: all sending is on hold by uid:%d, fel bilaga" % os.getuid(), why)
        d.cli("hold", "--reason", "den bilaga som skulle med är en annan " * 6)
        self.screen(d, "on hold for a long reason")
        self.narrow(d.cli("why", address))
        values = self.metrics(d)
        self.assertEqual(values["grannbud_hold"][()], 1)
        self.assertGreater(values["grannbud_queue_oldest_age_seconds"][(("lane", "letter"),)], 0)
        self.assertGreater(values["grannbud_relay_results_total"][(("relay", "main"), ("result", "sent"))], 0)
        self.assertGreater(values["grannbud_queue_age_seconds_count"][(("lane", "letter"),)], 0)
        self.assertGreater(values["grannbud_relay_hand_off_seconds_count"][(("relay", "main"),)], 0)
        self.assertGreater(values["grannbud_loop_delay_seconds_count"][()], 0)
        self.assertGreater(values["grannbud_store_commit_seconds_count"][()], 5)
        self.assertGreater(values["grannbud_http_request_seconds_count"][(("class", "write"),)], 5)

    def test_relays_that_fail_and_domains_that_wait(self):
        sink = self.enter(Sink())
        d = self.enter(Daemon(relay="smtp://127.0.0.1:%d" % sink.port, relay_more="[relay spare]\n"
                              "url = smtp://127.0.0.1:9\ntls = none\npriority = 20"))
        d.add_people()
        path = d.folder / "register.csv"
        rows = ["Område;Typ;Status;Roll;Förnamn;Efternamn;E-post"]
        rows += ["Eken;Villa;Aktiv;KO;Åsa;Exempel;rcpt-450+%d@slow.example.se" % i for i in range(12)]
        rows += ["Eken;Villa;Aktiv;KO;Åke;Exempel;fine@example.se", "Eken;Villa;Aktiv;KO;Eva;Exempel;rcpt-550@example.se"]
        path.write_text("\r\n".join(rows) + "\r\n", encoding="utf-8")
        d.cli("group", "import", path, "--municipality", "1292")
        letter = d.add_letter("--scope", "police_area:angelholm")
        d.cli("--as", "anna", "letter", "send", letter)
        wait_for("waiting", lambda: d.json("status")["running"] and d.json("status")["running"][0]["waiting"] == 12)
        running = d.json("status")["running"][0]
        self.assertEqual(running["expected_end_unknown"], "waiting_for_retries")
        self.assertTrue(running["next_try"])
        text = self.screen(d, "refused for now")
        self.assertIn("12 wait for another try, the next 20", text)
        self.assertIn("spare", text)
        why = d.cli("why", "rcpt-450+3@slow.example.se")
        self.narrow(why)
        if os.environ.get("GRANNBUD_SHOW"):
            print(why)
        self.assertIn("waits: it is tried again at its time, 20", why)
        self.assertIn("RCPT", why)
        self.assertIn("450", why)
        failed = d.json("why", "rcpt-550@example.se")["items"][0]
        self.assertEqual((failed["state"], failed["waits_for"]), ("failed", None))
        self.assertEqual([t["result"] for t in failed["tries"]], ["failed"])
        shown = d.cli("delivery", "show", failed["id"])
        hold_against(d.json("delivery", "show", failed["id"]), SCHEMAS["Delivery"])
        waiting = d.json("delivery", "list", "--letter", letter, "--state", "pending")["items"][0]["id"]
        hold_against(d.json("delivery", "show", waiting), SCHEMAS["Delivery"])
        self.assertIn("What happened, newest first", shown)
        self.assertIn("550", shown)
        self.metrics(d)

    def test_no_relay_answers(self):
        d = self.enter(Daemon())
        d.add_people()
        d.add_register(3)
        letter = d.add_letter("--scope", "police_area:angelholm")
        d.cli("--as", "anna", "letter", "send", letter)
        wait_for("a paused relay", lambda: d.json("status")["relays"][0]["state"] == "paused")
        wait_for("rows", lambda: d.json("status")["running"][0]["state"] == "sending")
        text = self.screen(d, "no relay")
        self.assertIn("Problems:", text)
        self.assertIn("relay main: ", text)
        self.assertIn("no relay can be used just now", text)
        self.assertIn("relay main is paused", d.cli("why", "p1@example.se"))
        values = self.metrics(d)
        self.assertEqual(values["grannbud_problems"][()], 1)
        self.assertEqual(values["grannbud_relay_state"][(("relay", "main"), ("state", "paused"))], 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
