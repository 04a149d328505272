#!/usr/bin/python3
"""The command line as it is used: exit codes, help, schedules, and what it asks of a daemon (a stub on a Unix socket).

The programs are those of $GRANNBUD_BIN (default: build), the tests need nothing but them.
"""

import fcntl
import http.server
import json
import os
import pathlib
import pty
import socketserver
import stat
import struct
import subprocess
import tempfile
import termios
import threading
import unicodedata
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = ROOT / os.environ.get("GRANNBUD_BIN", "build") / "grannbud"
LETTER = ROOT / "tests/fixtures/letter-2026-03.md"

NOUNS = {
    "area": "list show import", "municipality": "list show",
    "group": "add list show set status import export", "contact": "add list show set remove",
    "series": "add list show pause resume", "schedule": "next upcoming",
    "letter": "new list show edit lint preview test submit approve reject send cancel report",
    "alert": "send update recall list show approve reject discard", "delivery": "list show retry", "user": "add list show disable", "token": "add list revoke",
    "audit": "list verify export", "store": "backup verify restore migrate",
}
ALONE = ["status", "why", "hold", "resume", "help", "completion"]


def run(*args, stdin=b"", **env):
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("GRANNBUD_", "LC_", "LANG", "http_proxy"))}
    done = subprocess.run([BIN, *args], input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60,
                          env={**clean, **env})
    return done.returncode, done.stdout.decode(), done.stderr.decode()


class Usage(unittest.TestCase):
    def refused(self, *args):
        code, out, err = run(*args)
        self.assertEqual((code, out), (2, ""), err)
        self.assertRegex(err, r"\Agrannbud: .+: .+\n\Z")
        return err

    def test_every_noun_and_verb_has_help_that_fits(self):
        calls = [[noun] for noun in NOUNS] + [[noun] for noun in ALONE] + [[]]
        calls += [[noun, verb] for noun, verbs in NOUNS.items() for verb in verbs.split()]
        for call in calls:
            code, out, err = run(*call, "--help")
            self.assertEqual((code, err), (0, ""), call)
            self.assertTrue(out.startswith("usage: grannbud"), call)
            self.assertLessEqual(max(map(len, out.splitlines())), 100, call)
            if call and call != ["help"]:
                self.assertEqual(run("help", *call)[1], out)

    def test_wrong_calls_exit_2_and_say_what_to_do(self):
        self.refused()
        self.assertIn("did you mean 'letter'", self.refused("leter", "list"))
        self.assertIn("did you mean 'letter report'", self.refused("letter", "raport"))
        self.assertIn("did you mean --municipality", self.refused("group", "list", "--municipallity", "1292"))
        self.assertIn("STATE is missing", self.refused("group", "status", "grp_1"))
        self.assertIn("needs --role", self.refused("user", "add", "eva"))
        self.assertIn("would send the token in clear", self.refused("status", "--url", "http://example.com"))
        self.assertIn("--url ftp://x", self.refused("status", "--url", "ftp://x"))

    def test_no_daemon_is_69_with_the_path_that_was_tried(self):
        code, out, err = run("status", "--socket", "/nonexistent/api.sock")
        self.assertEqual((code, out), (69, ""))
        self.assertIn("/nonexistent/api.sock", err)
        self.assertIn("--socket", err)
        code, _, err = run("status", GRANNBUD_SOCKET="/nonexistent/other.sock")
        self.assertEqual(code, 69)
        self.assertIn("/nonexistent/other.sock", err)
        code, _, err = run("status", "--url", "http://127.0.0.1:1")
        self.assertEqual(code, 69)
        self.assertIn("127.0.0.1:1", err)

    def test_a_tokens_file_must_be_private(self):
        with tempfile.NamedTemporaryFile() as f:
            f.write(b"gbt_secret\n")
            f.flush()
            os.chmod(f.name, 0o644)
            code, _, err = run("status", "--url", "http://127.0.0.1:1", "--token-file", f.name)
            self.assertEqual(code, 1)
            self.assertIn("chmod 600", err)
            os.chmod(f.name, 0o600)
            self.assertEqual(run("status", "--url", "http://127.0.0.1:1", "--token-file", f.name)[0], 69)

    def test_version(self):
        code, out, _ = run("--version")
        self.assertEqual(code, 0)
        self.assertRegex(out, r"\Agrannbud \d+\.\d+\.\d+\n\Z")

    def test_a_full_disk_is_told(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([BIN, "help"], stdout=full, stderr=subprocess.PIPE, timeout=60)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"cannot write the output", done.stderr)

    def test_the_kept_completion_is_the_programs_own(self):
        kept = ROOT / "conf/completion/grannbud.bash"
        code, out, _ = run("completion")
        self.assertEqual(code, 0)
        self.assertEqual(out, kept.read_text(), "write it anew: grannbud completion >conf/completion/grannbud.bash")

    def test_the_completion_completes(self):
        def complete(*words):
            script = (f"source {ROOT}/conf/completion/grannbud.bash; COMP_WORDS=({' '.join(words)} ''); "
                      f"[[ '{words[-1]}' == *= ]] || COMP_CWORD={len(words) - 1}; _grannbud; printf '%s\\n' \"${{COMPREPLY[@]}}\"")
            done = subprocess.run(["bash", "-c", script], stdout=subprocess.PIPE, check=True, timeout=60)
            return done.stdout.decode().split()
        self.assertEqual(complete("grannbud", "gro"), ["group"])
        self.assertEqual(complete("grannbud", "group", "im"), ["import"])
        self.assertEqual(complete("grannbud", "group", "import", "--d"), ["--dry-run"])
        self.assertEqual(complete("grannbud", "--socket", "/s", "letter", "rep"), ["report"])
        self.assertEqual(complete("grannbud", "why", "a@example.se", "--js"), ["--json"])


class Terminal(unittest.TestCase):
    def test_help_fits_a_narrow_terminal(self):
        for columns, longest in ((80, 80), (40, 60)):  # at 40 an option's name and value may need more
            master, end = pty.openpty()
            fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", 25, columns, 0, 0))
            with subprocess.Popen([str(BIN), "help", "webhook", "edit"], stdout=end, stderr=end, stdin=subprocess.DEVNULL) as p:
                os.close(end)
                text = b""
                try:
                    while piece := os.read(master, 4096):
                        text += piece
                except OSError:  # the other end is closed
                    pass
                p.wait()
            os.close(master)
            lines = text.decode().replace("\r", "").split("\n")
            self.assertGreater(len(lines), 20)
            self.assertLessEqual(max(map(len, lines)), longest, text.decode())


class Schedule(unittest.TestCase):
    def next(self, rrule, time, *more):
        code, out, err = run("schedule", "next", "--json", "--rrule", rrule, "--time", time, *more)
        self.assertEqual(code, 0, err)
        return [(each["local"], each["utc"]) for each in json.loads(out)]

    def test_both_clock_changes(self):
        self.assertEqual(self.next("FREQ=DAILY", "09:00", "--from", "2026-03-28", "--count", "2"), [
            ("2026-03-28T09:00:00+01:00", "2026-03-28T08:00:00Z"),
            ("2026-03-29T09:00:00+02:00", "2026-03-29T07:00:00Z")])
        self.assertEqual(self.next("FREQ=DAILY", "02:30", "--from", "2026-03-28", "--count", "3"), [
            ("2026-03-28T02:30:00+01:00", "2026-03-28T01:30:00Z"),
            ("2026-03-29T03:30:00+02:00", "2026-03-29T01:30:00Z"),
            ("2026-03-30T02:30:00+02:00", "2026-03-30T00:30:00Z")])
        self.assertEqual(self.next("FREQ=DAILY", "02:30", "--from", "2026-10-24", "--count", "3"), [
            ("2026-10-24T02:30:00+02:00", "2026-10-24T00:30:00Z"),
            ("2026-10-25T02:30:00+02:00", "2026-10-25T00:30:00Z"),
            ("2026-10-26T02:30:00+01:00", "2026-10-26T01:30:00Z")])

    def test_the_first_working_day(self):
        rule = "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1"
        got = self.next(rule, "09:00", "--from", "2027-01-01", "--count", "3", "--working-day")
        self.assertEqual([local[:10] for local, _ in got], ["2027-01-04", "2027-02-01", "2027-03-01"])

    def test_from_is_included_and_start_counts_the_intervals(self):
        self.assertEqual(len(self.next("FREQ=DAILY;COUNT=3", "09:00", "--from", "2026-01-01")), 3)
        got = self.next("FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=1", "09:00", "--start", "2026-01-01", "--from", "2026-02-01",
                        "--count", "2")
        self.assertEqual([local[:10] for local, _ in got], ["2026-03-01", "2026-05-01"])

    def test_other_zones_and_defaults(self):
        self.assertEqual(self.next("FREQ=DAILY", "09:00", "--from", "2026-07-01", "--count", "1", "--tz",
                                   "America/New_York"), [("2026-07-01T09:00:00-04:00", "2026-07-01T13:00:00Z")])
        self.assertEqual(len(self.next("FREQ=DAILY", "09:00")), 12)

    def test_hostile_rules_are_refused_at_once(self):
        for rule in ("FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=DAILY;INTERVAL=0",
                     "nonsense", "FREQ=MONTHLY;BYSETPOS=400", "A" * 5000):
            code, out, err = run("schedule", "next", "--rrule", rule, "--time", "09:00")
            self.assertIn(code, (1, 2), rule[:40])
            self.assertEqual(out, "")
            self.assertTrue(err.startswith("grannbud: "))
        for more in (["--count", "0"], ["--count", "x"], ["--from", "2026-02-30"], ["--tz", "Mars/Olympus"]):
            self.assertIn(run("schedule", "next", "--rrule", "FREQ=DAILY", "--time", "09:00", *more)[0], (1, 2), more)

    def test_people_get_a_table(self):
        code, out, _ = run("schedule", "next", "--rrule", "FREQ=DAILY", "--time", "09:00", "--from", "2026-01-01", "--count",
                           "1")
        self.assertEqual(code, 0)
        self.assertEqual(out.splitlines()[0].split(), ["Local", "UTC", "Period"])


class Lint(unittest.TestCase):
    def test_a_file_is_linted_without_a_daemon(self):
        code, out, err = run("letter", "lint", str(LETTER), GRANNBUD_SOCKET="/nonexistent")
        self.assertEqual((code, err), (0, ""))
        self.assertIn("LIX", out)

    def test_what_stops_the_letter_is_exit_code_1(self):
        text = LETTER.read_text() + "\nRing Åsa, 19811228-9874, om ni sett något.\n"
        code, out, _ = run("letter", "lint", "-", stdin=text.encode())
        self.assertEqual(code, 1)
        self.assertIn("(personnummer) block", out)
        self.assertNotIn("9874", out)
        code, out, _ = run("letter", "lint", "-", "--json", stdin=text.encode())
        self.assertEqual(code, 1)
        self.assertGreater(json.loads(out)["blocks"], 0)

    def test_a_file_that_is_no_letter(self):
        code, out, err = run("letter", "lint", "-", "--lang", "en", stdin=b"no head")
        self.assertEqual((code, out), (1, ""))
        self.assertTrue(err.startswith("grannbud: "))


class Stub(socketserver.ThreadingUnixStreamServer):
    """Answers what the test has put into `answers` ({(method, path): (status, body)}), and keeps what was asked."""
    daemon_threads = True
    allow_reuse_address = True


class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        self.server.asked.append((self.command, self.path, dict(self.headers), body))
        status, answer = self.server.answers.get((self.command, self.path), (404, {"detail": "no such stub"}))
        data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

    def address_string(self):
        return "unix"

    def log_message(self, *args):
        pass


class Daemon(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory()
        self.socket = os.path.join(self.dir.name, "api.sock")
        self.server = Stub(self.socket, Handler)
        self.server.asked, self.server.answers = [], {}
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def tearDown(self):
        self.server.shutdown()
        self.server.server_close()
        self.dir.cleanup()

    def put(self, method, path, answer, status=200):
        self.server.answers[(method, "/api/v1" + path)] = (status, answer)

    def run_cli(self, *args, **more):
        return run("--socket", self.socket, *args, **more)

    def test_a_list_is_followed_to_its_end(self):
        self.put("GET", "/group?state=active", {"items": [{"id": "grp_1", "name": "Lärkvägen", "state": "active"}],
                                                "next": "a&b"})
        self.put("GET", "/group?state=active&limit=1000&after=a%26b",
                 {"items": [{"id": "grp_2", "name": "Ek", "state": "active"}], "next": None})
        code, out, err = self.run_cli("group", "list", "--state", "active")
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(out, "Id     Name       State\ngrp_1  Lärkvägen  active\ngrp_2  Ek         active\n")
        code, out, _ = self.run_cli("group", "list", "--state", "active", "--json")
        self.assertEqual([each["id"] for each in json.loads(out)["items"]], ["grp_1", "grp_2"])
        self.assertIsNone(json.loads(out)["next"])

    def test_a_cursor_that_leads_nowhere_ends(self):
        self.put("GET", "/group", {"items": [], "next": "x"})
        self.put("GET", "/group?limit=1000&after=x", {"items": [], "next": "x"})
        self.assertEqual(self.run_cli("group", "list")[0], 0)

    def test_empty_lists_are_said_in_words(self):
        self.put("GET", "/group", {"items": [], "next": None})
        code, out, _ = self.run_cli("group", "list")
        self.assertEqual(code, 0)
        self.assertIn("add one with group add", out)

    def test_bodies_headers_and_sentences(self):
        self.put("POST", "/group", {"id": "grp_1", "name": "Ek", "municipality": "Ängelholm", "state": "interest"}, 201)
        code, out, _ = self.run_cli("group", "add", "--name", "Ek", "--municipality", "1292", "--households", "34", "--as",
                                    "eva")
        self.assertEqual((code, out), (0, "group Ek added: grp_1 in Ängelholm, interest\n"))
        _, _, headers, body = self.server.asked[0]
        self.assertEqual(json.loads(body), {"name": "Ek", "municipality": "1292", "household_count": 34})
        self.assertEqual(headers["Content-Type"], "application/json")
        self.assertEqual(headers["X-Grannbud-As"], "eva")
        self.assertNotIn("Expect", headers)

    def test_posts_without_a_body(self):
        self.put("POST", "/letter/latest/submit", {"id": "let_1", "state": "submitted"})
        code, out, _ = self.run_cli("letter", "submit", "latest")
        self.assertEqual(code, 0)
        self.assertIn("let_1 is submitted", out)
        self.assertEqual(self.server.asked[0][3], b"")

    ALERT = {"id": "alr_1", "type": "alert", "state": "active", "kind": "boat_theft", "title": "Båtar", "exercise": False,
             "severity": "moderate", "urgency": "expected", "certainty": "observed", "recipients": 12, "groups": 2,
             "expires_at": "2026-04-01T12:00:00+02:00", "author": "anna", "area": "Ängelholm", "findings": [], "sample": [],
             "sms": {"text": "Båtar", "length": 5, "parts": 1, "encoding": "GSM-7"}, "thread": []}

    def asked(self):
        """(path, body) of the last request."""
        _, path, _, body = self.server.asked[-1]
        return path, json.loads(body)

    def test_an_alert_is_made_of_options_and_a_file(self):
        self.put("POST", "/alert", self.ALERT, 201)
        self.put("POST", "/alert?dry_run=1", dict(self.ALERT, dry_run=True, id=None, needs_confirmation=True))
        code, out, err = self.run_cli("alert", "send", "--kind", "boat_theft", "--title", "Båtar", "--text", "-", "--area", "a",
                                      "--area", "b", "--group-kind", "boat", "--circle", "56.24,12.86,5", "--exercise",
                                      "--expires", "90m", "--confirm", "12", "--idempotency-key", "k1", stdin="Tjuvar".encode())
        self.assertEqual((code, err), (0, ""))
        self.assertIn("alr_1", out)
        self.assertEqual(self.server.asked[-1][2]["Idempotency-Key"], "k1")
        self.assertEqual(self.asked(), ("/api/v1/alert", {
            "kind": "boat_theft", "title": "Båtar", "text": "Tjuvar", "exercise": True, "expires_in": "90m",
            "confirm_recipients": 12, "target": {"areas": ["a", "b"], "group_kinds": ["boat"],
                                                 "circle": {"lat": 56.24, "lon": 12.86, "radius_km": 5}}}))
        path = pathlib.Path(self.dir.name) / "alert.md"
        path.write_text("---\ntitle: Fil\nareas: c\nexpires: 2h\nkind: boat_theft\n---\nText\n", encoding="utf-8")
        code, out, err = self.run_cli("--lang", "en", "alert", "send", str(path), "--municipality", "1292", "--expires",
                                      "2026-04-01T09:00", "--dry-run")
        self.assertEqual((code, err), (0, ""))
        self.assertIn("--confirm 12", out)
        self.assertEqual(self.asked(), ("/api/v1/alert?dry_run=1", {
            "kind": "boat_theft", "title": "Fil", "text": "Text", "expires": "2026-04-01T09:00",
            "target": {"municipalities": ["1292"]}}))

    def test_a_draft_is_sent_by_its_id(self):
        self.put("POST", "/alert/alr_7/send", dict(self.ALERT, id="alr_7"))
        self.assertEqual(self.run_cli("alert", "send", "alr_7", "--confirm", "3")[0], 0)
        self.assertEqual(self.asked(), ("/api/v1/alert/alr_7/send", {"confirm_recipients": 3}))

    def test_a_file_that_is_no_alert(self):
        path = pathlib.Path(self.dir.name) / "alert.md"
        path.write_text("---\ntitel: Fil\n---\n", encoding="utf-8")
        for args, words in (((str(path),), "alert.md, line 2: there is no key 'titel': did you mean 'title'?"),
                            (("--circle", "here"), "write latitude"), (("--polygon", "1,2 3,4"), "three points"),
                            ((self.dir.name + "/none.md",), "cannot open"), (("-",), "is not UTF-8")):
            code, out, err = self.run_cli("alert", "send", *args, stdin=b"\xff")
            self.assertIn(code, (1, 2))
            self.assertEqual(out, "")
            self.assertIn(words, err)
        self.assertEqual(self.server.asked, [])

    def test_a_refusal_is_told_in_the_daemons_words(self):
        self.put("GET", "/group/grp_9", {"type": "urn:grannbud:problem:not-found", "status": 404,
                                         "detail": "there is no such group: see group list\x1b[2J"}, 404)
        code, out, err = self.run_cli("group", "show", "grp_9")
        self.assertEqual((code, out), (1, ""))
        self.assertEqual(err, "grannbud: there is no such group: see group list?[2J\n")
        code, out, err = self.run_cli("group", "show", "grp_9", "--json")
        self.assertEqual((code, json.loads(out)["status"]), (1, 404))

    def test_an_answer_that_is_not_grannbuds(self):
        self.put("GET", "/status", b"<html>")
        code, _, err = self.run_cli("status")
        self.assertEqual(code, 1)
        self.assertIn("no JSON", err)
        self.put("GET", "/status", b"<html>", 502)
        code, _, err = self.run_cli("status")
        self.assertEqual(code, 1)
        self.assertIn("502", err)

    def test_an_import_lists_every_problem(self):
        problem = {"severity": "error", "code": "ADDRESS", "line": 12, "column": 14, "header": "E-post", "value": "åke@x",
                   "sv": "Adressen är fel. Rätta den.", "en": "The address is wrong. Correct it.", "suggestion": "ake@x.se"}
        self.put("POST", "/group/import?municipality=1292",
                 {"detail": "nothing was taken in: correct the errors", "problems": [problem], "rows": 3, "errors": 1,
                  "warnings": 0, "notes": 0}, 422)
        register = ROOT / "tests/fixtures/register-angelholm.csv"
        code, out, err = self.run_cli("group", "import", str(register), "--municipality", "1292")
        self.assertEqual(code, 1)
        self.assertIn(f"{register}:12:14 (E-post) error: Adressen är fel. Rätta den.\n    The address is wrong.", out)
        self.assertIn("åke@x\n", out)
        self.assertIn("ake@x.se\n", out)
        self.assertIn("3 rows read: 1 errors", out)
        self.assertIn("nothing was taken in", err)
        self.assertEqual(self.server.asked[0][3], register.read_bytes())
        _, out, _ = self.run_cli("group", "import", str(register), "--municipality", "1292", LANG="sv_SE.UTF-8")
        self.assertNotIn("The address", out)
        _, out, _ = self.run_cli("group", "import", str(register), "--municipality", "1292", "--lang", "en")
        self.assertNotIn("Adressen", out)

    def test_a_dry_run_says_so(self):
        self.put("POST", "/group/import?dry_run=1", {"dry_run": True, "rows": 5, "groups_added": 3, "errors": 0,
                                                     "warnings": 0, "notes": 0, "problems": []})
        code, out, _ = self.run_cli("group", "import", "-", "--dry-run", stdin=b"a;b\n")
        self.assertEqual(code, 0)
        self.assertIn("nothing was changed", out)
        self.assertIn("Groups added: 3", out)

    def test_an_export_is_private(self):
        self.put("GET", "/group/export", "Område;E-post\n".encode())
        path = os.path.join(self.dir.name, "r.csv")
        code, out, _ = self.run_cli("group", "export", path)
        self.assertEqual(code, 0)
        self.assertEqual(pathlib.Path(path).read_text(), "Område;E-post\n")
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        self.assertEqual(self.run_cli("group", "export")[1], "Område;E-post\n")
        code, _, err = self.run_cli("group", "export", "/nonexistent/r.csv")
        self.assertEqual(code, 1)
        self.assertIn("/nonexistent/r.csv", err)

    def test_a_tokens_secret_is_shown_once_or_put_away(self):
        self.put("POST", "/token", {"name": "ci", "secret": "gbt_abc", "role": "reader"}, 201)
        code, out, err = self.run_cli("token", "add", "ci", "--role", "reader")
        self.assertEqual((code, out), (0, "gbt_abc\n"))
        self.assertIn("only now", err)
        path = os.path.join(self.dir.name, "t")
        code, out, err = self.run_cli("token", "add", "ci", "--role", "reader", "--out", path, "--json")
        self.assertEqual(code, 0)
        self.assertNotIn("gbt_abc", out + err)
        self.assertEqual(pathlib.Path(path).read_text(), "gbt_abc\n")
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        self.assertEqual(json.loads(self.server.asked[1][3]), {"name": "ci", "role": "reader"})

    def report(self):
        counts = dict.fromkeys("pending claimed sent failed uncertain withdrawn expired".split(), 0)
        return {
            "letter": {"id": "let_1", "title": "Månadsbrev mars", "due_at": "2026-04-01T09:00:00+02:00"}, "state": "sending",
            "municipalities": [
                {"code": "1292", "name": "Ängelholm", "groups_reached": 2, "groups_active": 2, "percent": 100,
                 "deliveries": {**counts, "sent": 4}},
                {"code": "1257", "name": "Örkelljunga", "groups_reached": 1, "groups_active": 2, "percent": 50,
                 "deliveries": {**counts, "sent": 1, "failed": 1, "uncertain": 1, "pending": 1}}],
            "totals": {},
            "failures": [{"delivery": "dlv_1", "municipality": "1257", "state": "failed", "status": "5.1.1",
                          "reply": "550 no such user", "address": "a@example.se"}]}

    def test_a_report_for_the_boss(self):
        self.put("GET", "/letter/latest/report", self.report())
        code, out, _ = self.run_cli("letter", "report", "latest")
        self.assertEqual(code, 0)
        lines = out.splitlines()
        rows = {line.split()[0]: line.split() for line in lines if line[:3] in ("Äng", "Örk", "Tot")}
        self.assertEqual(rows["Ängelholm"][1:8], ["2/2", "4", "4", "0", "0", "0", "0"])
        self.assertEqual(rows["Ängelholm"][8:10], ["100", "%"])
        self.assertEqual(rows["Örkelljunga"][1:10], ["1/2", "4", "1", "1", "1", "1", "0", "25", "%"])
        self.assertEqual(rows["Totalt"][1:9], ["3/4", "8", "5", "1", "1", "1", "0", "62"])
        bars = {line.index("%") for line in lines if "%" in line}
        self.assertEqual(len(bars), 1, "the columns are aligned")
        self.assertIn("550 no such user", out)
        self.assertIn("Rätta adressen", out)
        self.assertIn("skickas nu", out)
        self.assertIn("Correct the address", self.run_cli("letter", "report", "latest", "--lang", "en")[1])

    def test_status_on_one_screen(self):
        self.put("GET", "/status", {
            "version": "0.1.0", "uptime_s": 3725, "hold": True, "store": {"version": 3, "size_bytes": 2500000},
            "queue": {"alert": {"pending": 0, "claimed": 0, "oldest_due": None},
                      "letter": {"pending": 60, "claimed": 2, "oldest_due": "2026-04-01T09:00:00+02:00"}},
            "running": [{"title": "Månadsbrev", "state": "sending", "deliveries": {"pending": 60, "claimed": 0, "sent": 20}}],
            "relays": [{"name": "main", "state": "paused", "sessions": 2, "window": 2, "connections": 8, "busy": 1,
                        "retry_in_ms": 125000, "problem": "login refused", "sent": 20, "failed": 3, "retried": 0,
                        "uncertain": 0, "per_minute": 7}], "next_due": [],
            "problems": ["relay main refuses the login: look at its password_file"]})
        self.put("GET", "/schedule/upcoming", {"items": [
            {"series": "ser_1", "series_name": "Månadsbrev", "period": "2026-04", "local": "2026-05-01T09:00:00+02:00",
             "state": "missing", "colour": "red", "letter": None}], "next": None})
        code, out, _ = self.run_cli("status")
        self.assertEqual(code, 0)
        for words in ("Grannbud 0.1.0, up 1 h 2 min", "ON HOLD", "20 of 80", "25 %", "2/2 of 8", "red",
                      "write it: letter new", "Relay  State   Sessions", "2 min", "look at its password_file"):
            self.assertIn(words, out)
        code, out, _ = self.run_cli("status", "--json")
        self.assertEqual(json.loads(out)["uptime_s"], 3725)

    def test_why_tells_of_person_and_deliveries(self):
        self.put("GET", "/why?address=a%40example.se", {
            "address": "a@example.se", "next": None,
            "registrations": [{"contact": "con_1", "name": "Åke Påhittad", "groups": [{"id": "grp_1", "name": "Ek"}]}],
            "items": [{"id": "dlv_1", "title": "Brev", "state": "failed", "reply": "550 no"}]})
        code, out, _ = self.run_cli("why", "a@example.se")
        self.assertEqual(code, 0)
        for words in ("Åke Påhittad", "grp_1", "550 no"):
            self.assertIn(words, out)

    def test_verify_tells_by_its_exit_code(self):
        self.put("GET", "/audit/verify", {"ok": True, "rows": 3})
        self.assertEqual(self.run_cli("audit", "verify")[0], 0)
        self.put("GET", "/audit/verify", {"ok": False, "problem": "row 2 was changed"})
        code, out, _ = self.run_cli("audit", "verify")
        self.assertEqual(code, 1)
        self.assertIn("row 2 was changed", out)

    def test_hold_and_backup_give_what_the_daemon_needs(self):
        self.put("POST", "/hold", {"hold": True})
        self.assertEqual(self.run_cli("hold")[0], 0)
        self.assertFalse(self.server.asked[0][3], "nobody is held up for a reason")
        self.assertEqual(self.run_cli("hold", "--reason", "fel brev")[0], 0)
        self.assertEqual(json.loads(self.server.asked[1][3]), {"reason": "fel brev"})
        self.put("POST", "/store/backup", {"path": "/x"}, 201)
        self.assertEqual(self.run_cli("store", "backup", "b.db")[0], 0)
        self.assertEqual(json.loads(self.server.asked[2][3]), {"path": os.path.join(os.getcwd(), "b.db")})

    def test_a_preview_in_both_forms(self):
        self.put("GET", "/letter/let_1/preview?municipality=1257",
                 {"municipality": "1257", "subject": "Ämne", "text": "Hej\n", "html": "<p>Hej</p>\n"})
        self.assertEqual(self.run_cli("letter", "preview", "let_1", "--municipality", "1257")[1], "Subject: Ämne\n\nHej\n")
        self.assertEqual(self.run_cli("letter", "preview", "let_1", "--municipality", "1257", "--html")[1], "<p>Hej</p>\n")

    def test_over_tcp_the_token_goes_along_and_never_by_argv(self):
        class Tcp(socketserver.ThreadingTCPServer):
            daemon_threads = True
        server = Tcp(("127.0.0.1", 0), Handler)
        server.asked, server.answers = [], {("GET", "/api/v1/user"): (401, {"detail": "a valid login is needed"})}
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        path = os.path.join(self.dir.name, "token")
        with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as f:
            f.write("gbt_abc\n")
        url = f"http://127.0.0.1:{server.server_address[1]}/"
        code, _, err = run("user", "list", "--url", url, "--token-file", path)
        server.shutdown()
        server.server_close()
        self.assertEqual(code, 1)
        self.assertIn("--token-file", err)
        self.assertEqual(server.asked[0][2]["Authorization"], "Bearer gbt_abc")

    def test_names_in_nfd_stay_aligned(self):
        name = unicodedata.normalize("NFD", "Åsa")
        self.put("GET", "/contact", {"items": [{"id": "con_1", "name": name, "phone": "1"},
                                               {"id": "con_2", "name": "Bo", "phone": "2"}], "next": None})
        out = self.run_cli("contact", "list")[1].splitlines()
        self.assertEqual(unicodedata.normalize("NFC", out[1]).index("1", 6), out[2].index("2", 6))


if __name__ == "__main__":
    unittest.main()
