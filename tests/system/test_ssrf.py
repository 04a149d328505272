#!/usr/bin/python3
"""No outbound call reaches an address that is not public: whatever the URL's spelling, the name server's answer, a redirect
or an earlier call under another rule. In a network namespace where *every* address is this machine's own and a server
listens on all of them, so that a call that gets through is seen; with a name server that gives any answer.
"""
import contextlib
import http.server
import ipaddress
import os
import pathlib
import shutil
import socket
import socketserver
import struct
import subprocess
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, __file__.rsplit("/", 1)[0])
from peers import BUILD  # noqa: E402

FETCH = BUILD / "tests" / "tools" / "http_fetch"
INSIDE = "GRANNBUD_TEST_INSIDE"
SPACE = ["unshare", "--map-root-user", "--mount", "--net"]

V4 = """
0.0.0.0 0.0.0.1 0.255.255.255 10.0.0.0 10.0.0.1 10.1.2.3 10.255.255.255 100.64.0.0 100.64.0.1 100.100.100.200
100.127.255.255 127.0.0.0 127.0.0.1 127.0.0.53 127.0.1.1 127.1.2.3 127.255.255.255 169.254.0.0 169.254.169.253
169.254.169.254 169.254.170.2 169.254.255.255 172.16.0.0 172.16.0.1 172.17.0.1 172.31.255.255 192.0.0.0 192.0.0.1
192.0.0.8 192.0.0.170 192.0.0.192 192.0.0.255 192.0.2.0 192.0.2.1 192.0.2.255 192.88.99.0 192.88.99.1 192.88.99.255
192.168.0.0 192.168.0.1 192.168.1.1 192.168.255.255 198.18.0.0 198.18.0.1 198.19.255.255 198.51.100.0 198.51.100.1
198.51.100.255 203.0.113.0 203.0.113.1 203.0.113.255 224.0.0.0 224.0.0.1 239.255.255.250 239.255.255.255 240.0.0.0
240.0.0.1 250.1.2.3 255.255.255.254 255.255.255.255
""".split()

V6 = """
:: ::1 ::2 ::ffff 100:: 100::1 100::ffff:ffff:ffff:ffff 1::1 200::1 400::1 800::1 1000::1 2001:: 2001::1
2001:0:53aa:64c:0:ffff:80ff:fffe 2001:0:ffff:ffff:ffff:ffff:ffff:ffff 2001:2::1 2001:3::1 2001:10::1 2001:20::1
2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff 2001:db8:: 2001:db8::1 2001:db8:ffff:ffff:ffff:ffff:ffff:ffff 3fff::1
3fff:fff:ffff::1 4000::1 5f00::1 6000::1 8000::1 a000::1 c000::1 e000::1 f000::1 f800::1 fc00:: fc00::1 fd00::1
fd00:ec2::254 fd7f:1:2:3::4 fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff fe00::1 fe80:: fe80::1 fe80::a9fe:a9fe
febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff fec0:: fec0::1 feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ff00::1 ff02::1 ff02::fb
ff05::2 ff0e::1 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff
::ffff:0.0.0.0 ::ffff:10.0.0.1 ::ffff:100.64.0.1 ::ffff:127.0.0.1 ::ffff:127.1.2.3 ::ffff:169.254.169.254
::ffff:172.16.0.1 ::ffff:192.0.2.1 ::ffff:192.168.1.1 ::ffff:198.18.0.1 ::ffff:224.0.0.1 ::ffff:255.255.255.255
::10.0.0.1 ::127.0.0.1 ::169.254.169.254 ::192.168.0.1 ::8.8.8.8
64:ff9b::0.0.0.0 64:ff9b::10.0.0.1 64:ff9b::127.0.0.1 64:ff9b::169.254.169.254 64:ff9b::172.16.0.1 64:ff9b::192.168.0.1
64:ff9b::224.0.0.1 64:ff9b::255.255.255.255 64:ff9b:1::10.0.0.1 64:ff9b:1::8.8.8.8 64:ff9b:1:7f00:0:100::
64:ff9b:1:ffff:ffff:ffff:ffff:ffff 64:ff9b:0:0:0:1::1 64:ff9b:2::1
2002:: 2002:a00:1:: 2002:6440:1:: 2002:7f00:1:: 2002:7f00:1::1 2002:a9fe:a9fe:: 2002:ac10:1::1 2002:c000:201::1
2002:c0a8:101::1 2002:e000:1:: 2002:ffff:ffff::
2a00:1:2:3:0:5efe:10.0.0.1 2a00:1:2:3:200:5efe:127.0.0.1 2a00:1:2:3:0:5efe:169.254.169.254
""".split()

# What browsers, libcurl or a resolver would take for an address that is not public.
SPELLINGS = """
localhost LOCALHOST LocalHost localhost. localhost.localdomain. ｌocalhost ⓛocalhost loc%61lhost %6c%6f%63%61%6c%68%6f%73%74
a.localhost A.LOCALHOST. deep.er.localhost
2130706433 2130706434 017700000001 0x7f000001 0X7F000001 0x7F000001. 2130706433.
127.1 127.0.1 127.1. 127.0.1. 127.0.0.1. 0x7f.1 0x7f.0.1 0x7f.0.0.1 0x7f.0x0.0x0.0x1 0177.1 0177.0.1 0177.0.0.1
0177.0.0.01 00177.0.0.1 0000000177.0.0.1 0x0000007f.0.0.1 127.0.0.0x1 127.00.00.01 127.0x0.1 127.65534 127.16777214
127.0.256 0x7f.0xffffff 0 0x0 00 0.0 0.0.0 0. 0x0.0x0 000000000000
3232235521 0xc0a80001 0xC0A80001 030052000001 192.168.1 192.11010049 0xc0.0xa8.0x0.0x1 0300.0250.0.1 0xc0.168.1
167772161 0xa000001 01200000001 10.1 10.0.1 012.1 0xa.1 0xa.0.0.1 012.0.0.1
2852039166 0xa9fea9fe 025177524776 169.254.43518 169.16689662 0xa9.0xfe.0xa9.0xfe 0251.0376.0251.0376 0xa9.254.169.254
4294967295 0xffffffff 037777777777 255.16777215 1681915905 0x64400001
１２７.0.0.1 １２７．０．０．１ 127。0。0。1 127．0．0．1 127｡0｡0｡1 ①②⑦.⓪.⓪.① ①27.0.0.1 ２１３０７０６４３３ ０ｘ7f000001 𝟏𝟐𝟕.𝟎.𝟎.𝟏 ¹²⁷.0.0.1
127。1 １６９.254.１６９.254 １0.0.0.1
%31%32%37.0.0.1 127.0.0.%31 127%2e0%2e0%2e1 127%2E0.0.1 %30x7f.1 %32130706433 1%32%37.1 %EF%BC%91%EF%BC%92%EF%BC%97.0.0.1
127%E3%80%820%E3%80%820%E3%80%821 %2531%2532%2537.0.0.1 %31%2536%2539.254.169.254
[::1] [::1]. [0:0:0:0:0:0:0:1] [0000:0000:0000:0000:0000:0000:0000:0001] [::0001] [0::1] [::] [0::0] [::0.0.0.1] [::0.0.0.0]
[::ffff:127.0.0.1] [::FFFF:127.0.0.1] [::ffff:7f00:1] [::ffff:7f00:0001] [0:0:0:0:0:ffff:7f00:1] [::ffff:a9fe:a9fe]
[::ffff:0:127.0.0.1] [0:0:0:0:0:FFFF:10.0.0.1] [::ffff:c0a8:101] [::127.0.0.1] [::7f00:1] [64:ff9b::7f00:1] [64:FF9B::a9fe:a9fe]
[2002:7f00:1::] [fe80::1%25lo] [fe80::1%lo] [::1%25lo] [::1%251] [::1%lo] [fc00::1%25eth0] [2a00::1%25lo] [FE80::1] [FD00::1]
[::ffff:127.1] [::ffff:0x7f.1] [::%66%66%66%66:127.0.0.1] [::１] [%3A%3A1] [v1.127.0.0.1] [127.0.0.1]
127.0.0.1:80 127.0.0.1:080 127.1:80 [::1]:80 localhost:80 2130706433:80 0x7f.1:80
user@127.0.0.1 user:pass@127.0.0.1 8.8.8.8@127.0.0.1 8.8.8.8:80@127.0.0.1 @127.0.0.1 :@127.0.0.1 8.8.8.8%40127.0.0.1
8.8.8.8%2523@127.0.0.1 127.0.0.1%2f@8.8.8.8 8.8.8.8#@127.0.0.1 8.8.8.8\\@127.0.0.1 127.0.0.1\\@8.8.8.8 127.0.0.1%00.example.org
127.0.0.1%0a 127.0.0.1%20 127.0.0.1%09 127.0.0.1;8.8.8.8 127.0.0.1,8.8.8.8 127.0.0.1:80:80 127..1 127.0.0.1.. .127.0.0.1
127.0.0.1%23.example.org 127.0.0.1%3f.example.org 127-0-0-1%2e @@127.0.0.1 user@@127.0.0.1 8.8.8.8@@127.0.0.1
1.1.1.1%20@127.0.0.1 256.0.0.1 127.0.0.256 127.0.0.1.0 0x7f.0.0.0.1 4294967296 4294967297 0x17f000001 127.0.0.09
""".split()
SCHEMES = """
HTTP:127.0.0.1 http:/127.0.0.1 http:///127.0.0.1 http:\\\\127.0.0.1 //127.0.0.1/ 127.0.0.1 127.0.0.1:80 file:///etc/passwd
file://127.0.0.1/etc/passwd ftp://127.0.0.1/ gopher://127.0.0.1:80/_GET dict://127.0.0.1:80/x ldap://127.0.0.1/ smtp://127.0.0.1:80
telnet://127.0.0.1:80 tftp://127.0.0.1/ ws://127.0.0.1/ unix:///run/x.sock http+unix://%2Frun%2Fx.sock/ jar:http://127.0.0.1!/
view-source:http://127.0.0.1/ url:http://127.0.0.1/ http:http://127.0.0.1/ h2c://127.0.0.1/ socks5://127.0.0.1:80 scp://127.0.0.1/
""".split()

PUBLIC = """
1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0 172.15.255.255 172.32.0.0
192.0.1.0 192.169.0.0 198.20.0.0 223.255.255.255 2001:200::1 2001:4860:4860::8888 2606:4700:4700::1111
2a00:1450:400f::200e ::ffff:8.8.8.8 64:ff9b::8.8.8.8 2002:808:808::1
""".split()


def has_space():
    """Why no namespace can be made here, or ""."""
    if not shutil.which("ip") or not shutil.which("unshare"):
        return "needs iproute2 and util-linux"
    done = subprocess.run([*SPACE, "ip", "link", "set", "lo", "up"], capture_output=True, text=True)
    return "" if done.returncode == 0 else "no namespaces here: " + done.stderr.strip()


class Names(threading.Thread):
    """A name server on 127.0.0.1 port 53. `answers` maps a name to a function from "A" or "AAAA" to addresses."""

    def __init__(self):
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 53))
        self.answers = {}
        self.asked = []
        self.start()

    def always(self, name, *addresses):
        def answer(kind):
            wanted = 4 if kind == "A" else 6
            return [a for a in addresses if ipaddress.ip_address(a).version == wanted]
        self.answers[name] = answer
        return name

    def run(self):
        while True:
            query, sender = self.socket.recvfrom(2048)
            labels, at = [], 12
            while query[at]:
                labels.append(query[at + 1:at + 1 + query[at]].decode())
                at += 1 + query[at]
            name = ".".join(labels).lower()
            kind = {1: "A", 28: "AAAA"}.get(struct.unpack("!H", query[at + 1:at + 3])[0], "?")
            known = self.answers.get(name)
            records = known(kind) if known and kind != "?" else []
            self.asked.append((name, kind, records))
            reply = query[:2] + struct.pack("!HHHHH", 0x8580 if known else 0x8583, 1, len(records), 0, 0)
            reply += query[12:at + 5]
            for address in records:
                raw = ipaddress.ip_address(address).packed
                reply += struct.pack("!HHHIH", 0xC00C, 1 if len(raw) == 4 else 28, 1, 0, len(raw)) + raw
            self.socket.sendto(reply, sender)


class Listener(socketserver.ThreadingMixIn, http.server.HTTPServer):
    """On all addresses; notes whom each connection was for. A path /to/URL is redirected there."""
    address_family = socket.AF_INET6
    daemon_threads = True
    request_queue_size = 512

    def __init__(self, port):
        self.seen, self.requests = [], 0
        super().__init__(("::", port), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def server_bind(self):
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        self.socket.bind(self.server_address)
        self.server_name, self.server_port = "x", self.server_address[1]

    def get_request(self):
        connection, peer = super().get_request()
        self.seen.append(connection.getsockname()[0])
        return connection, peer


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.server.requests += 1
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = self.path.split("/", 3)
        if parts[1] == "to":
            self.send_response(int(parts[2]))
            self.send_header("Location", parts[3])
        else:
            self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *unused):
        pass


def fetch(*calls, env=None):
    """Of each (rule, URL): its fields."""
    text = "".join("%s %s\n" % call for call in calls)
    done = subprocess.run([FETCH, "--http"], input=text, capture_output=True, text=True, timeout=120,
                          env={**os.environ, **(env or {})})
    assert done.returncode == 0, (done.returncode, done.stderr)
    names = ("fault", "status", "cut", "retry", "version", "sockets", "refused", "bytes", "ms", "peer", "error")
    rows = [dict(zip(names, line.split("\t"))) for line in done.stdout.splitlines()]
    assert len(rows) == len(calls), (len(rows), len(calls))
    return rows


def literal(address):
    return "[%s]" % address if ":" in address else address


NO_SPACE = "" if os.environ.get(INSIDE) else has_space()


class OwnSpace(unittest.TestCase):
    """What make check sees: the tests below, run as a program in namespaces of their own."""

    @unittest.skipIf(NO_SPACE, NO_SPACE)
    def test_all_in_a_space_of_its_own(self):
        done = subprocess.run([*SPACE, sys.executable, __file__, "Ssrf"], env={**os.environ, INSIDE: "1"},
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertRegex(done.stdout, r"(?m)^OK$", "nothing is skipped in there")


# Without a namespace of its own it would mount over this machine's /etc and route every address to itself.
@unittest.skipUnless(os.environ.get(INSIDE), "is run by OwnSpace")
class Ssrf(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        for family in ("-4", "-6"):  # every address is ours
            subprocess.run(["ip", family, "route", "add", "local", "default", "dev", "lo"], check=True)
        folder = pathlib.Path(tempfile.mkdtemp(prefix="ssrf."))
        cls.addClassCleanup(shutil.rmtree, folder)
        resolv = folder / "resolv.conf"
        resolv.write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
        hosts = folder / "hosts"  # what a machine has
        hosts.write_text("127.0.0.1 localhost localhost.localdomain\n::1 localhost ip6-localhost\n")
        nsswitch = folder / "nsswitch.conf"
        nsswitch.write_text("hosts: files dns\n")
        for file in (resolv, hosts, nsswitch):
            subprocess.run(["mount", "--bind", file, "/etc/" + file.name], check=True)
        cls.names = Names()
        cls.web, cls.other = Listener(80), Listener(81)
        cls.other_scheme = Listener(443)

    def setUp(self):
        for server in (self.web, self.other, self.other_scheme):
            server.seen.clear()
            server.requests = 0

    def nothing_came(self):
        return self.web.seen + self.other.seen + self.other_scheme.seen == []

    def test_the_list_is_long_enough(self):
        self.assertGreaterEqual(len({*V4, *V6, *SPELLINGS, *SCHEMES}), 218)

    def test_the_listener_hears_every_address(self):
        """The control: under the other rule, most of them get through, so that silence means something."""
        rows = fetch(*(("private", "http://%s/" % literal(a)) for a in V4 + V6))
        through = [a for a, row in zip(V4 + V6, rows) if row["status"] == "200"]
        self.assertGreater(len(through), 120)
        for address in ("127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "fc00::1", "::ffff:127.0.0.1", "64:ff9b::10.0.0.1",
                        "2002:7f00:1::", "100.64.0.1"):
            self.assertIn(address, through)

    def test_public_addresses_are_reached(self):
        names = [self.names.always("public%d.test" % i, address) for i, address in enumerate(PUBLIC)]
        for hosts in ([literal(a) for a in PUBLIC], names):
            rows = fetch(*(("public", "http://%s/" % host) for host in hosts))
            for host, row in zip(hosts, rows):
                with self.subTest(host):
                    self.assertEqual((row["fault"], row["status"]), ("none", "200"), row)

    def test_no_literal_and_no_spelling_opens_a_socket(self):
        hosts = [literal(a) for a in V4 + V6] + SPELLINGS
        urls = ["http://%s/" % host for host in hosts] + ["https://%s/" % host for host in hosts] + SCHEMES
        for url, row in zip(urls, fetch(*(("public", url) for url in urls))):
            with self.subTest(url):
                self.assertEqual((row["status"], row["sockets"]), ("0", "0"), row)
                self.assertIn(row["fault"], ("invalid", "forbidden", "resolve"), row)
        self.assertTrue(self.nothing_came())

    def test_no_name_leads_to_an_address_that_is_not_public(self):
        """Each address as a name server's answer: judged when the socket would open."""
        addresses = V4 + V6
        names = [self.names.always("a%d.test" % i, address) for i, address in enumerate(addresses)]
        for address, row in zip(addresses, fetch(*(("public", "http://%s/" % name) for name in names))):
            with self.subTest(address):
                self.assertEqual((row["fault"], row["sockets"], row["refused"]), ("forbidden", "0", "1"), row)
                self.assertIn("not public", row["error"])
        self.assertTrue(self.nothing_came())
        asked = {name for name, _, _ in self.names.asked}
        self.assertTrue(asked.issuperset(names), "the names were not looked up")

    def test_names_that_the_machine_itself_knows(self):
        rows = fetch(("public", "http://ip6-localhost/"), ("public", "http://localhost.localdomain/"))
        self.assertEqual([row["fault"] for row in rows], ["forbidden", "forbidden"], rows)
        self.assertTrue(self.nothing_came())

    def test_an_answer_that_changes(self):
        """Public when asked first, then not: another port makes libcurl ask again within one process."""
        for number, inside in enumerate(("127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1", "fc00::1")):
            with self.subTest(inside):
                name = "rebind%d.test" % number
                self.names.always(name, "8.8.8.8")
                flips = iter(["8.8.8.8"])
                wanted = ipaddress.ip_address(inside).version

                def answer(kind, flips=flips, inside=inside, wanted=wanted):
                    if kind == "A":
                        first = next(flips, None)
                        if first:
                            return [first]
                        answer.flipped = True
                        return [inside] if wanted == 4 else []
                    return [inside] if wanted == 6 and answer.flipped else []
                answer.flipped = False
                self.names.answers[name] = answer
                self.setUp()
                first, second, third = fetch(("public", "http://%s/" % name), ("public", "http://%s:81/" % name),
                                             ("public", "https://%s/" % name))
                self.assertEqual(first["status"], "200")
                for row in (second, third):
                    self.assertEqual((row["fault"], row["sockets"]), ("forbidden", "0"), row)
                self.assertEqual(self.web.seen, ["::ffff:8.8.8.8"])
                self.assertEqual(self.other.seen + self.other_scheme.seen, [])

    def test_an_answer_with_both(self):
        """The public address may be used, the other never, whichever stands first."""
        for number, addresses in enumerate((["127.0.0.1", "8.8.8.8"], ["8.8.8.8", "10.0.0.1"], ["::1", "8.8.8.8"],
                                            ["fe80::1", "2a00::1", "10.0.0.1"], ["127.0.0.1", "::1", "10.0.0.1"])):
            with self.subTest(addresses):
                self.setUp()
                name = self.names.always("both%d.test" % number, *addresses)
                fetch(("public", "http://%s/" % name))
                for seen in self.web.seen:
                    self.assertIn(seen.removeprefix("::ffff:"), ("8.8.8.8", "2a00::1"))

    def test_redirects_are_not_followed(self):
        self.names.always("inside.test", "127.0.0.1")
        targets = ["http://127.0.0.1/", "http://[::1]/", "http://169.254.169.254/latest/meta-data/", "http://inside.test/",
                   "http://0x7f.1/", "//127.0.0.1/", "file:///etc/passwd", "http://1.1.1.1:81/"]
        calls = [("public", "http://8.8.8.8/to/%d/%s" % (status, target))
                 for status in (301, 302, 303, 307, 308) for target in targets]
        for (_, url), row in zip(calls, fetch(*calls)):
            with self.subTest(url):
                self.assertEqual((row["fault"], row["status"][:1]), ("none", "3"), row)
        self.assertEqual(set(self.web.seen), {"::ffff:8.8.8.8"})
        self.assertEqual(self.web.requests, len(calls))
        self.assertEqual(self.other.seen, [])

    def test_a_connection_of_the_other_rule_is_not_reused(self):
        """As after a reload that takes allow_private back: the open connection is there, and out of reach."""
        name = self.names.always("inside2.test", "127.0.0.1")
        url = "http://%s/" % name
        first, again, strict, once_more = fetch(("private", url), ("private", url), ("public", url), ("private", url))
        self.assertEqual((first["sockets"], again["sockets"], again["status"]), ("1", "0", "200"))
        self.assertEqual((strict["fault"], strict["sockets"]), ("forbidden", "0"), strict)
        self.assertEqual((once_more["sockets"], once_more["status"]), ("0", "200"))
        self.assertEqual((len(self.web.seen), self.web.requests), (1, 3))

    def test_neither_a_proxy_nor_netrc_of_the_environment(self):
        with tempfile.TemporaryDirectory() as home:
            pathlib.Path(home, ".netrc").write_text("default login a password b\n")
            proxy = "http://127.0.0.1:81"
            env = {"HOME": home, "http_proxy": proxy, "https_proxy": proxy, "HTTPS_PROXY": proxy, "ALL_PROXY": proxy,
                   "all_proxy": proxy, "NO_PROXY": "", "no_proxy": ""}
            row, = fetch(("public", "http://8.8.8.8/"), env=env)
        self.assertEqual((row["status"], self.other.seen, self.web.seen), ("200", [], ["::ffff:8.8.8.8"]))


def load_tests(loader, _tests, _pattern):
    return loader.loadTestsFromTestCase(Ssrf if os.environ.get(INSIDE) else OwnSpace)


if __name__ == "__main__":
    if not os.environ.get(INSIDE) and not NO_SPACE:
        with contextlib.suppress(OSError):
            os.execvpe("unshare", [*SPACE, sys.executable, *sys.argv], {**os.environ, INSIDE: "1"})
    unittest.main(verbosity=2)
