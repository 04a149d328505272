#!/usr/bin/python3
"""Clients that mean harm, or are broken: slow, huge, deep, many, for another host. The real daemon over TCP.

It must give the right refusal, go on serving others meanwhile, and stay within its memory. And what it must keep to
itself: passwords and mail addresses in its log, its process, its files.
"""
import base64
import http.client
import json
import os
import pathlib
import re
import socket
import stat
import sys
import tempfile
import time
import unittest

sys.path.insert(0, __file__.rsplit("/", 1)[0])
from daemon import Daemon  # noqa: E402
from peers import Sink, wait_for  # noqa: E402

IS_SANITIZED = pathlib.Path(os.environ.get("GRANNBUD_BIN", "build")).name in ("asan", "tsan")
MEMORY_MAX_KB = 4_000_000 if IS_SANITIZED else 120_000
PASSWORD = "Hemligt-Ord-4711"


def connect(d):
    s = socket.create_connection(("127.0.0.1", d.http), 10)
    s.settimeout(60)
    return s


def exchange(d, data):
    """Raw bytes in, (status, whole answer) out; the server is to close."""
    with connect(d) as s:
        try:
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # refused before all was read
        answer = b""
        try:
            while chunk := s.recv(65536):
                answer += chunk
        except ConnectionResetError:
            pass
    return int(answer.split(b" ")[1]) if answer.startswith(b"HTTP/1.1 ") else 0, answer


def ask(d, method, path, body=None, token=None, **headers):
    c = http.client.HTTPConnection("127.0.0.1", d.http, timeout=60)
    if token:
        headers["Authorization"] = "Bearer " + token
    try:
        c.request(method, path, body, {k.replace("_", "-"): v for k, v in headers.items()})
    except BrokenPipeError:
        pass  # refused before all of it was sent; the answer is there
    r = c.getresponse()
    text = r.read().decode("utf-8", "replace")
    c.close()
    return r.status, text, r.headers


def has_ended(s):
    """Whether the other side has said something on an idle connection, or closed it."""
    s.setblocking(False)
    try:
        s.recv(100, socket.MSG_PEEK)
        return True
    except BlockingIOError:
        return False
    except OSError:
        return True


def memory_kb(d, name="VmHWM"):
    text = pathlib.Path("/proc/%d/status" % d.process.pid).read_text(encoding="ascii")
    return int(re.search(name + r":\s+(\d+)", text).group(1))


class Http(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon()
        cls.d = cls.daemon.__enter__()
        cls.d.add_people()
        cls.d.cli("user", "add", "carin", "--role", "coordinator", "--scope", "municipality:1292", "--email", "c@example.se")
        cls.token = cls.d.json("token", "add", "c", "--user", "carin")["secret"]

    @classmethod
    def tearDownClass(cls):
        cls.daemon.__exit__(None, None, None)

    def tearDown(self):
        self.assertIsNone(self.d.process.poll(), self.d.log()[-3000:])
        self.assertEqual(ask(self.d, "GET", "/healthz")[0], 200)
        self.assertLess(memory_kb(self.d), MEMORY_MAX_KB)

    def json_post(self, body):
        return ask(self.d, "POST", "/api/v1/group", body, self.token, Content_Type="application/json")

    def test_slow_heads_end_and_harm_nobody(self):
        slow = [connect(self.d) for _ in range(100)]
        begin = time.monotonic()
        for s in slow:
            s.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n")
        ended = 0
        while time.monotonic() - begin < 60 and ended < len(slow):
            for s in slow:
                if s.fileno() < 0:
                    continue
                try:
                    s.sendall(b"X-A: b\r\n")  # a header now and then keeps nobody alive
                    s.settimeout(0.001)
                    if s.recv(4096):
                        ended += 1
                        s.close()
                except TimeoutError:
                    pass
                except OSError:
                    ended += 1
                    s.close()
            self.assertEqual(ask(self.d, "GET", "/healthz")[0], 200)
            time.sleep(0.5)
        for s in slow:
            s.close()
        self.assertEqual(ended, len(slow))

    def test_nine_hundred_idle_connections_are_bounded(self):
        idle = []
        try:
            for _ in range(900):
                idle.append(connect(self.d))
            time.sleep(0.3)
            self.d.cli("status")  # the socket has a limit of its own
            fds = len(os.listdir("/proc/%d/fd" % self.d.process.pid))
            self.assertLess(fds, 700)
            # most of those beyond the limit are told 503 or closed
            wait_for("the end of those beyond the limit", lambda: sum(map(has_ended, idle)) >= 900 - 512)
        finally:
            for s in idle:
                s.close()
        wait_for("room again", lambda: exchange(self.d, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
                                                       b"Connection: close\r\n\r\n")[0] == 200)

    def test_heads_beyond_the_bounds(self):
        line = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
        for data, want in ((line + b"X: " + b"a" * 100_000 + b"\r\n\r\n", 431),
                           (line + b"".join(b"X%d: a\r\n" % i for i in range(5000)) + b"\r\n", 431),
                           (b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 414),
                           (b"GET /healthz HTTP/1.1\r\n\r\n", 400),
                           (line + b"Host: localhost\r\n\r\n", 400),
                           (line + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
                           (line + b"Content-Length: -1\r\n\r\n", 400),
                           (line + b"Content-Length: 99999999999999999999999\r\n\r\n", 400),
                           (b"GET /healthz HTTP/1.1\nHost: localhost\n\n", 400),
                           (b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: a\0b\r\n\r\n", 400),
                           (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 200, 400),
                           (b"GET http://evil.example/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", (400, 421)),
                           (b"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n", (400, 405, 421, 501)),
                           (b"TRACE /u/x HTTP/1.1\r\nHost: localhost\r\nCookie: geheim\r\n\r\n", (405, 501))):
            status, answer = exchange(self.d, data)
            with self.subTest(data=data[:60], answer=answer[:200]):
                self.assertIn(status, want if isinstance(want, tuple) else (want,))
                self.assertNotIn(b"geheim", answer)

    def test_hosts_that_are_not_ours(self):
        for host in ("evil.example", "grannbud.example.se.evil.example", "localhost.evil.example", "127.0.0.1.evil.example",
                     "grannbud.example.se@evil.example", "[::ffff:127.0.0.1]", "", "localhost:8080:1"):
            for path in ("/healthz", "/metrics", "/u/x", "/api/v1/status"):
                status = ask(self.d, "GET", path, token=self.token, Host=host)[0]
                self.assertIn(status, (421, 400, 403), (host, path))
        for host in ("grannbud.example.se", "GRANNBUD.example.se", "localhost", "127.0.0.1:1", "[::1]:9", "localhost:80"):
            self.assertEqual(ask(self.d, "GET", "/healthz", Host=host)[0], 200, host)

    def test_a_body_too_large_is_refused_unread(self):
        for path, size in (("/api/v1/group/import?municipality=1292", 21 << 20), ("/api/v1/group", 21 << 20)):
            head = ("POST %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nContent-Type: text/csv\r\n"
                    "Content-Length: %d\r\n\r\n" % (path, self.token, size)).encode()
            with connect(self.d) as s:
                s.sendall(head)  # and no byte of the body
                answer = s.recv(4096)
                self.assertTrue(answer.startswith(b"HTTP/1.1 413"), answer)
        # the same in chunks, which say no length before
        with connect(self.d) as s:
            s.sendall(("POST /api/v1/group/import?municipality=1292 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s"
                       "\r\nContent-Type: text/csv\r\nTransfer-Encoding: chunked\r\n\r\n" % self.token).encode())
            answer = b""
            try:
                for _ in range(21 * 16):
                    s.sendall(b"10000\r\n" + b"a" * 65536 + b"\r\n")
                answer = s.recv(4096)
            except OSError:
                answer = answer or b"HTTP/1.1 413"  # closed on us
            self.assertTrue(answer.startswith(b"HTTP/1.1 413"), answer)
        status = exchange(self.d, b"POST /api/v1/group/import HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5242880\r\n\r\n")[0]
        self.assertEqual(status, 401)  # without a login before the body

    def spooled_bytes(self):
        """What the daemon holds in unlinked files of its folder: bodies on their way."""
        total = 0
        for fd in pathlib.Path("/proc/%d/fd" % self.d.process.pid).iterdir():
            try:
                name = os.readlink(fd)
                if name.startswith(str(self.d.folder)) and name.endswith("(deleted)"):
                    total += fd.stat().st_size
            except FileNotFoundError:
                pass
        return total

    def test_strangers_fill_neither_disk_nor_memory(self):
        head = ("POST /api/v1/group/import?municipality=1292 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n"
                "Content-Type: text/csv\r\n%s\r\n\r\n")
        piece = b"a" * 65536
        before = memory_kb(self.d, "VmRSS")
        for length, begin in (("Content-Length: 20000000", b""), ("Transfer-Encoding: chunked", b"1312D00\r\n")):
            strangers = [connect(self.d) for _ in range(30)]
            for s in strangers:
                s.sendall((head % ("gbt_" + "x" * 40, length)).encode() + begin)
                s.setblocking(False)
            for _ in range(64):  # 4 MB each, if somebody took them
                for s in strangers:
                    try:
                        s.send(piece)
                    except OSError:
                        pass
            self.assertEqual(self.spooled_bytes(), 0)
            for s in strangers:
                s.settimeout(60)
                try:
                    self.assertTrue(s.recv(4096).startswith(b"HTTP/1.1 401"))
                except ConnectionResetError:
                    pass  # it sent on after the answer
                s.close()
        if not IS_SANITIZED:
            self.assertLess(memory_kb(self.d, "VmRSS"), before + 8000)
        # A known token is asked for its body, and its register is taken.
        rows = "Område;Namn;E-post\r\n" + "".join("Stor grupp %d;Åsa Exempel;stor%d@example.se\r\n" % (i // 9, i)
                                                 for i in range(2000))
        with connect(self.d) as s:
            s.sendall((head % (self.token, "Expect: 100-continue\r\nContent-Length: %d" % len(rows.encode()))).encode())
            self.assertTrue(s.recv(4096).startswith(b"HTTP/1.1 100 "))
            s.sendall(rows.encode())
            self.assertTrue(s.recv(4096).startswith(b"HTTP/1.1 200 "))
        # One that may not import hears so before it sends.
        officer = self.d.json("token", "add", "o", "--user", "anna")["secret"]
        with connect(self.d) as s:
            s.sendall((head % (officer, "Content-Length: 20000000")).encode())
            self.assertTrue(s.recv(4096).startswith(b"HTTP/1.1 403 "))

    def test_json_that_is_none(self):
        good = {"municipality": "1292", "name": "Grupp"}
        for body in (b"", b"{", b"[]", b"null", b"1", b'"a"', b"{}x", b"\xff\xfe{}", b'{"name":"\xff"}', b'{"name":"a\\u0000b"}',
                     b'{"name":"a\0b","municipality":"1292"}', b'{"name":"\\ud800","municipality":"1292"}',
                     b'{"municipality":"1292","name":"Ett","name":"Tv\xc3\xa5"}', b"[" * 10_000 + b"]" * 10_000,
                     b'{"name":' + b"[" * 10_000 + b"]" * 10_000 + b"}", b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
                     b'{"municipality":"1292","name":1e999}', b'{"municipality":"1292","name":"x","household_count":99999999999999999999}',
                     json.dumps(dict(good, name="a\u202eb")).encode(),
                     json.dumps(dict(good, name="x" * 200_000)).encode(), json.dumps(dict(good, okänd=1)).encode(),
                     json.dumps(dict(good, name=["a"])).encode(), json.dumps(dict(good, name="")).encode()):
            status, text, headers = self.json_post(body)
            with self.subTest(body=body[:50], status=status, text=text[:300]):
                self.assertIn(status, (400, 413, 422))
                self.assertEqual(headers["Content-Type"], "application/problem+json")
                self.assertLess(len(text), 2000)
        self.assertEqual(ask(self.d, "GET", "/api/v1/group", token=self.token)[1].count('"id"'), 0)

    def test_paths_that_try_to_climb(self):
        for path in ("/../etc/passwd", "/api/v1/group/../../../etc/passwd", "/api/v1/group/%2e%2e/user", "//api/v1/group",
                     "/api/v1//group", "/api/v1/group/", "/api/v1/group%00", "/api/v1/group;x", "/api/v1/group/grp_%00",
                     "/api/v1/group/%ff", "/api/v1/group/" + "a" * 4000, "/API/v1/group", "/api/v1/group%2fx", "/%61pi/v1/user",
                     "/api/v1/group/' OR 1=1 --".replace(" ", "%20"), "/api/v1/group/grp_0", "/api/v1/group/-1"):
            status, text, _ = ask(self.d, "GET", path, token=self.token)
            with self.subTest(path=path[:60], status=status, text=text[:200]):
                self.assertIn(status, (400, 403, 404, 422))
        for query in ("q=%00", "q=%ff", "limit=0", "limit=-1", "limit=99999999999999999999", "limit=1&limit=2", "after=x",
                      "after=" + "A" * 3000, "municipality=%27", "&".join("a%d=1" % i for i in range(100)), "q=%", "q=%zz"):
            status, text, _ = ask(self.d, "GET", "/api/v1/group?" + query, token=self.token)
            with self.subTest(query=query[:60], status=status, text=text[:200]):
                self.assertIn(status, (400, 422) if not query.startswith("municipality") else (400, 404, 422))

    def test_the_unsubscribe_page_gives_nothing_away(self):
        for method, want in (("GET", 404), ("HEAD", 404), ("POST", 404), ("PUT", 405), ("DELETE", 405), ("PATCH", 405),
                             ("OPTIONS", (204, 405))):
            status, text, headers = ask(self.d, method, "/u/" + "a" * 40, b"x" if method == "POST" else None)
            self.assertIn(status, want if isinstance(want, tuple) else (want,), method)
            if method == "HEAD":
                self.assertEqual(text, "")
            if want == 404:
                self.assertEqual(headers["Cache-Control"], "no-store", method)
                self.assertIn("default-src 'none'", headers["Content-Security-Policy"])
                self.assertEqual(headers["Referrer-Policy"], "no-referrer", method)


class Links(unittest.TestCase):
    """A letter's own unsubscribe link."""

    def test_only_post_of_the_whole_link_ends_the_letters(self):
        mails = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        with Sink("--store", mails) as sink, Daemon(relay="smtp://127.0.0.1:%d" % sink.port) as d:
            d.add_people()
            d.add_register(3)
            letter = d.add_letter("--scope", "police_area:angelholm")
            d.cli("--as", "anna", "letter", "send", letter)
            d.wait_sent(letter)
            text = "".join(p.read_text(encoding="utf-8") for p in mails.rglob("*") if p.is_file())
            links = re.findall(r"List-Unsubscribe:\s+<https://grannbud.example.se(/u/[^>\s]+)>", text)
            self.assertEqual(len(set(links)), 3, text[:3000])
            path = links[0]

            def said_no():
                return sum(bool(r["unsubscribed_at"]) for i in range(3)
                           for r in d.json("why", "p%d@example.se" % i)["registrations"])

            for _ in range(3):
                for method in ("GET", "HEAD"):
                    status, page, headers = ask(d, method, path)
                    self.assertEqual(status, 200)
                    self.assertNotIn("@", page)
                    self.assertNotIn("Exempel", page)
                    self.assertEqual(headers["Cache-Control"], "no-store")
                    self.assertIsNone(headers["Set-Cookie"])
            token = path[3:]
            flipped = [token[:i] + ("a" if c != "a" else "b") + token[i + 1:] for i, c in enumerate(token)]
            for wrong in flipped + [token[:-1], token + "a", token + "/", token[::-1], token * 2, "", "%00",
                                    token + "%00", "/" + token, token + "%20"]:
                for method in ("GET", "POST"):
                    status, page, _ = ask(d, method, "/u/" + wrong, b"List-Unsubscribe=One-Click" if method == "POST" else None)
                    self.assertIn(status, (404, 400), (method, wrong))
            self.assertEqual(ask(d, "GET", "/u/" + token.upper())[0], 200)  # retyped from paper
            for method in ("PUT", "DELETE", "PATCH", "TRACE", "OPTIONS"):
                self.assertIn(ask(d, method, path)[0], (204, 405, 501), method)
            self.assertIn(ask(d, "POST", path, b"a" * (2 << 20))[0], (413,))
            self.assertLessEqual(said_no(), 0)
            for body, kind in ((b"List-Unsubscribe=One-Click", "application/x-www-form-urlencoded"),
                               (b"\0\xff junk", "text/plain"), (b"", "multipart/form-data; boundary=x")):
                status, page, headers = ask(d, "POST", path, body, Content_Type=kind)
                self.assertEqual(status, 200)
                self.assertNotIn("@", page)
                self.assertIsNone(headers["Set-Cookie"])
                self.assertEqual(said_no(), 1)


class Secrets(unittest.TestCase):
    def check_modes(self, d):
        for path in d.folder.iterdir():
            mode = stat.S_IMODE(path.stat().st_mode)
            if path.name.startswith(("grannbud.db", "backup")):
                self.assertEqual(mode, 0o600, path)
            elif path == d.socket:
                self.assertEqual(mode, 0o660)

    def session(self, level):
        with Sink("--log", "--auth", "app:" + PASSWORD, "--fault",
                  "dot=550 5.2.1 <p0@example.se> is closed*1") as sink:
            d = Daemon(relay="smtp://127.0.0.1:%d" % sink.port, level=level, relay_more="username = app\npassword_file = %s\n"
                       "connections = 2\nreserved_for_alerts = 0")
            (d.folder / "pass").write_text(PASSWORD + "\n", encoding="utf-8")
            os.chmod(d.folder / "pass", 0o600)
            d.write_config(relay_more=d.settings["relay_more"] % (d.folder / "pass"))
            with d:
                d.add_people()
                d.add_register(20)
                letter = d.add_letter("--scope", "police_area:angelholm")
                sink.control("fault RCPT=550 5.1.1 <p3@example.se>: Recipient address p3@example.se rejected*1")
                d.cli("--as", "anna", "letter", "send", letter)
                d.wait_sent(letter)
                d.cli("store", "backup", d.folder / "backup.db")
                token = d.json("token", "add", "t", "--user", "anna")["secret"]
                ask(d, "GET", "/api/v1/why?address=p3@example.se", token=token)
                ask(d, "GET", "/api/v1/why?address=p3@example.se", token="gbt_" + "x" * 40)
                ask(d, "GET", "/u/kalle@example.se")
                self.check_modes(d)
                d.cli("status")
                pid = "/proc/%d/" % d.process.pid
                shown = "".join(pathlib.Path(pid + name).read_bytes().decode("utf-8", "replace")
                                for name in ("cmdline", "environ", "comm"))
                shown += json.dumps(d.json("status")) + ask(d, "GET", "/metrics")[1] + ask(d, "GET", "/healthz")[1]
                d.process.send_signal(1)  # a reload reads the password again
                time.sleep(0.3)
                core = re.search(r"Max core file size\s+(\d+|unlimited)", pathlib.Path(pid + "limits").read_text()).group(1)
                return d.log(), shown, token, letter, core

    def test_log_tells_neither_password_nor_address(self):
        log, shown, token, _, _ = self.session("info")
        for text in (log, shown):
            self.assertNotIn(PASSWORD, text)
            self.assertNotIn(token, text)
        self.assertEqual([line for line in log.splitlines() if re.search(r"[\w.]@[\w]", line)], [])

    def test_log_at_debug_tells_no_password(self):
        log, shown, token, _, _ = self.session("debug")
        for secret in (PASSWORD, token, base64.b64encode(("\0app\0" + PASSWORD).encode()).decode(),
                       base64.b64encode(PASSWORD.encode()).decode()):
            self.assertNotIn(secret, log)
            self.assertNotIn(secret, shown)

    def test_a_password_that_others_can_read_is_refused_unshown(self):
        d = Daemon(relay="smtp://127.0.0.1:9", relay_more="username = app\npassword_file = %s")
        path = d.folder / "pass"
        path.write_text(PASSWORD + "\n", encoding="utf-8")
        d.write_config(relay_more="username = app\npassword_file = %s" % path)
        for mode in (0o644, 0o604):
            os.chmod(path, mode)
            d.start(wait=False)
            code = d.process.wait(60)
            with self.subTest(mode=oct(mode), log=d.log()):
                self.assertEqual(code, 78)
                self.assertNotIn(PASSWORD, d.log())
        d.process = None
        d.__exit__()


if __name__ == "__main__":
    unittest.main()
