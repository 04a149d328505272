"""The real grannbudd and grannbud in a folder of their own, for system tests.

    with Daemon(relay="smtp://127.0.0.1:%d" % sink.port) as d:
        d.cli("group", "import", path, "--municipality", "1292")
        d.json("status")["queue"]

`at` starts the daemon with a wall clock of its own (libfaketime; monotonic time is left alone): "2026-03-31 08:59:58" in
Swedish time. `clock` is one that jumps or runs faster (fake_clock.py). Everything is ended by process id and removed on
leaving; a failed test keeps the daemon's log in its message.
"""
import glob
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from peers import BUILD, ROOT, free_port, wait_for

FIXTURES = ROOT / "tests" / "fixtures"
STOP_S = 60  # a guard: the daemon ends itself by an alarm when it cannot stop within 11 s, with another exit code then
LOG_LINES = 80  # of each daemon, when a test fails

DAEMONS = []  # those of the running test, and those that its class has

CONF = """
[node]
base_url = https://grannbud.example.se
[store]
url = sqlite:{database}
[listen]
socket = {folder}/api.sock
http = 127.0.0.1:{http}
[sender]
from = grannsamverkan@example.se
from_name = Polisen Ängelholm
envelope_domain = bounce.example.se
organisation = Polisen, lokalpolisområde Ängelholm
[relay main]
url = {relay}
tls = {tls}
{relay_more}
{relays_more}
[letter]
{letter_more}
[alert]
{alert_more}
[limits]
{limits_more}
[log]
format = text
level = {level}
"""


def faketime_library():
    found = glob.glob("/usr/lib/*/faketime/libfaketime.so.1")
    return found[0] if found else None


def preload(library):
    """For LD_PRELOAD: behind a sanitizer's runtime, which has to come first."""
    needed = subprocess.run(["ldd", str(BUILD / "grannbudd")], capture_output=True, text=True, check=True).stdout
    runtimes = re.findall(r"=> (\S*/lib(?:asan|tsan)\.so\S*)", needed)
    return " ".join(runtimes + [library])


def forget_ended():
    """A test begins: the daemons of those before it are not its own."""
    DAEMONS[:] = [d for d in DAEMONS if not d.has_left]


def logs():
    """The end of each daemon's log, for the message of a test that failed."""
    parts = []
    for d in DAEMONS:
        lines = (d.last_log if d.has_left else d.log()).splitlines()
        parts += ["--- log of %s, %s, the last of %d lines" % (d.folder, d.how_it_is(), len(lines)), *lines[-LOG_LINES:]]
    return "\n".join(parts)


def all_sent(daemon):
    """Whether every letter is."""
    answer = daemon.json("letter", "list")
    return all(row["state"] == "sent" for row in (answer["items"] if isinstance(answer, dict) else answer))


class Caller:
    """One connection to a daemon's socket that stays open: quick, and cheap for the daemon."""

    def __init__(self, d):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(60)
        self.socket.connect(str(d.socket))
        self.file = self.socket.makefile("rb")

    def close(self):
        self.file.close()
        self.socket.close()

    def ask(self, method, path, body=None, as_=None):
        """(status, JSON, seconds)."""
        data = json.dumps(body).encode() if body is not None else b""
        head = "%s %s HTTP/1.1\r\nHost: localhost\r\n%sContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % (
            method, path, "X-Grannbud-As: %s\r\n" % as_ if as_ else "", len(data))
        begin = time.monotonic()
        self.socket.sendall(head.encode() + data)
        status = int(self.file.readline().split()[1])
        length = 0
        while line := self.file.readline().strip():
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        text = self.file.read(length)
        seconds = time.monotonic() - begin
        return status, json.loads(text) if text.startswith(b"{") else text.decode(), seconds


class Daemon:
    def __init__(self, relay="smtp://127.0.0.1:9", tls="none", relay_more="", relays_more="", letter_more="", limits_more="",
                 alert_more="quiet_hours = none", level="info", folder=None, database=None, at=None, clock=None, env=None):
        self.folder = pathlib.Path(folder or tempfile.mkdtemp(prefix="grannbud-"))
        self.keep = folder is not None
        self.database = pathlib.Path(database or self.folder / "grannbud.db")
        self.http = free_port()
        self.at = at
        self.clock = clock
        self.env = env or {}
        self.process = None
        self.has_left = False
        self.last_log = ""
        DAEMONS.append(self)
        self.settings = {"relay": relay, "tls": tls, "relay_more": relay_more, "relays_more": relays_more,
                         "letter_more": letter_more, "limits_more": limits_more, "alert_more": alert_more, "level": level}
        self.write_config()

    @property
    def conf(self):
        return self.folder / "grannbud.conf"

    @property
    def socket(self):
        return self.folder / "api.sock"

    def write_config(self, **changes):
        self.settings.update(changes)
        self.conf.write_text(CONF.format(folder=self.folder, database=self.database, http=self.http, **self.settings), encoding="utf-8")

    def start(self, wait=True):
        env = dict(os.environ, **self.env)
        if self.at:
            # FAKETIME is read in the zone of TZ; the daemon's own zone is set by its configuration later.
            env.update(LD_PRELOAD=preload(faketime_library()), FAKETIME="@" + self.at, FAKETIME_DONT_FAKE_MONOTONIC="1",
                       TZ="Europe/Stockholm")
        if self.clock:
            env.update(self.clock.environment(preload))
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen([str(BUILD / "grannbudd"), "-c", str(self.conf)], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, env=env)
        if wait:
            wait_for("daemon\n" + self.log(), lambda: self.process.poll() is not None or self.answers())
            if self.process.poll() is not None:
                raise RuntimeError("the daemon ended with %s:\n%s" % (self.process.returncode, self.log()))
        return self

    def answers(self):
        return subprocess.run(self.command("status", "--json"), capture_output=True, check=False).returncode == 0

    def stop(self):
        """SIGTERM; returns (exit code, seconds)."""
        before = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(STOP_S)
        self.process = None
        return code, time.monotonic() - before

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *unused):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.last_log = self.log()
        self.has_left = True
        if not self.keep:
            shutil.rmtree(self.folder, ignore_errors=True)

    def how_it_is(self):
        if not self.process:
            return "stopped"
        return "running" if self.process.poll() is None else "ended with %s" % self.process.returncode

    def log(self):
        path = self.folder / "log"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def command(self, *words):
        return [str(BUILD / "grannbud"), "--socket", str(self.socket), *[str(w) for w in words]]

    def run(self, *words, **options):
        return subprocess.run(self.command(*words), capture_output=True, text=True, encoding="utf-8", check=False, **options)

    def cli(self, *words):
        """The output of a call that must succeed."""
        done = self.run(*words)
        if done.returncode != 0:
            raise AssertionError("grannbud %s: exit %d\n%s%s\n%s" % (" ".join(map(str, words)), done.returncode, done.stdout,
                                                                   done.stderr, self.log()[-3000:]))
        return done.stdout

    def json(self, *words):
        return json.loads(self.cli(*words, "--json"))

    def wait_sent(self, letter, seconds=180):
        wait_for("end of the letter\n" + self.log()[-2000:],
                 lambda: self.json("letter", "show", letter)["state"] == "sent", seconds)

    # --- what most tests begin with -------------------------------------------------------------------------------

    def add_people(self):
        """Two officers of the police area Ängelholm: anna writes, bertil approves."""
        for name in ("anna", "bertil"):
            self.cli("user", "add", name, "--role", "officer", "--scope", "police_area:angelholm", "--email",
                     name + "@example.se")

    def add_register(self, people, municipality="1292", groups=10, domain="example.se"):
        """`people` contact persons p0@`domain` ... in a register file, imported. Returns the addresses."""
        rows = ["Område;Typ;Status;Roll;Förnamn;Efternamn;E-post"]
        addresses = []
        for i in range(people):
            addresses.append("p%d@%s" % (i, domain))
            rows.append("Grupp %d;Villa;Aktiv;KO;Åsa;Exempel%d;%s" % (i % groups, i, addresses[-1]))
        rows = [rows[0]] + sorted(rows[1:])
        path = self.folder / "register.csv"
        path.write_text("\r\n".join(rows) + "\r\n", encoding="utf-8")
        self.cli("group", "import", path, "--municipality", municipality)
        return addresses

    def add_letter(self, *options, source=FIXTURES / "letter-2026-03.md"):
        """A letter that anna wrote and bertil approved; its id."""
        letter = self.json("--as", "anna", "letter", "new", source, *options)["id"]
        self.cli("--as", "anna", "letter", "submit", letter)
        self.cli("--as", "bertil", "letter", "approve", letter)
        return letter
