#!/usr/bin/python3
"""A scripted SMTP server: takes mail, keeps or counts it, and misbehaves on demand. Debian's Python, standard library only.

    smtp_sink.py --port 0 --control-port 0 --store DIR --cert c.pem --key c.key --auth app:secret --fault RCPT=450

It prints one line, `port=N control=N`, when it listens, and ends on SIGTERM or when its standard input (a pipe) closes.

Faults: STEP=ACTION, STEP one of connect greeting EHLO STARTTLS AUTH MAIL RCPT DATA dot RSET QUIT; ACTION is one or more
of these joined by '+', and may end in *N (only N times) and @K (from the K-th time on, as in MAIL=close*1@2):
    ok              the usual reply                     450, 550 5.1.1 Words   that reply
    delay:MS        wait, then go on                    close, rst             hang up, with or without a farewell
    silence         never answer                        drip                   the usual reply, a byte a second
    garbage, nul    not SMTP                            long                   one line of 100 kB
    mixed           lines with different codes          endless                a reply that never ends
    inject          (STARTTLS) replies in clear behind the 220, as a man in the middle would add them
    cut             the usual reply, and hang up when the next bytes come (STARTTLS, or connect: in the handshake)
A sender's or recipient's local part may ask for one too: rcpt-550@, dot-delay500-451@, data-close@, mail-421@, and
rcpt-550-5.7.1@ with an enhanced status; what follows a '+' is ignored (rcpt-550+7@).

The control port answers each line with one line of JSON:
    stats | count | reset | log | fault STEP=ACTION | clear
    listen JSON    a further port with its own options and faults
    raw            with --log: what came outside TLS, as text of one character a byte
    mark           with --digest: mails from now on carry the next number
    mails          with --digest: [mark, recipient, Message-ID, SHA-256 of head and body] of each mail and recipient
"""
import argparse
import asyncio
import base64
import collections
import copy
import hashlib
import json
import os
import re
import signal
import socket
import ssl
import stat
import struct
import sys
import time
import warnings

STEPS = ("connect", "greeting", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "dot", "RSET", "QUIT")
USUAL = {"greeting": "220 sink.test ESMTP", "STARTTLS": "220 2.0.0 Ready", "AUTH": "235 2.7.0 Welcome",
         "MAIL": "250 2.1.0 Ok", "RCPT": "250 2.1.5 Ok", "DATA": "354 Go ahead", "RSET": "250 2.0.0 Ok",
         "QUIT": "221 2.0.0 Bye"}
WORDS = {"421": "4.3.2 Closing", "450": "4.2.0 Try again later", "451": "4.3.0 Try again later",
         "452": "4.3.1 Too busy", "454": "4.7.0 Temporary failure", "535": "5.7.8 Wrong login",
         "550": "5.1.1 User unknown", "552": "5.2.2 Mailbox full", "554": "5.0.0 Transaction failed"}
ENDING = ("close", "rst", "silence", "endless", "cut")
RAW_MAX = 1 << 20
ACTION = re.compile(r"ok|delay:\d+|close|rst|silence|drip|garbage|nul|long|mixed|endless|inject|cut|[2-5]\d\d( .*)?")


def check_action(action):
    for part in action.split("+"):
        if not ACTION.fullmatch(part):
            raise ValueError("%r is no action; see smtp_sink.py --help" % part)
    return action


class Faults:
    """STEP -> list of actions, each used a limited number of times or for ever."""

    def __init__(self, texts=()):
        self.by_step = {}
        for text in texts:
            self.add(text)

    def add(self, text):
        step, _, action = text.partition("=")
        if step not in STEPS or not action:
            raise ValueError("a fault is STEP=ACTION with STEP one of %s, not %r" % (" ".join(STEPS), text))
        action, count, first = re.fullmatch(r"(.*?)(?:\*(\d+))?(?:@(\d+))?", action, re.DOTALL).groups()
        self.by_step[step] = [check_action(action), int(count) if count else None, int(first or 1) - 1]

    def take(self, step):
        row = self.by_step.get(step)
        if not row or row[1] == 0:
            return None
        if row[2] > 0:
            row[2] -= 1
            return None
        if row[1] is not None:
            row[1] -= 1
        return row[0]


def local_fault(address, step):
    """The action that the local part asks for at this step: 'dot-delay500-451@x' -> 'delay:500+451'."""
    local = address.rpartition("@")[0].lower()
    if not local.startswith(step.lower() + "-"):
        return None
    parts = local.split("+")[0].split("-")[1:]
    if len(parts) == 2 and re.fullmatch(r"[45]\d\d", parts[0]) and re.fullmatch(r"[45]\.\d+\.\d+", parts[1]):
        return "%s %s As asked" % (parts[0], parts[1])
    try:
        return check_action("+".join(re.sub(r"^delay(\d+)$", r"delay:\1", p) for p in parts))
    except ValueError:
        return None  # somebody who is called so


class Stats:
    def __init__(self):
        self.live = 0
        self.reset()

    def reset(self):
        self.counts = collections.Counter(messages=0)  # asked for before the first has come
        self.max_live = self.live
        self.recipients = collections.Counter()
        self.log = []
        self.raw = bytearray()
        self.mark = 0
        self.mails = []

    def digest(self, recipients, body):
        found = re.match(rb"(?is)(?:.*?\n)??message-id:[ \t]*([^\r\n]*)", body)
        message_id = found.group(1).decode("ascii", "replace") if found else ""
        digest = hashlib.sha256(body).hexdigest()
        self.mails += [[self.mark, r, message_id, digest] for r in recipients]

    def as_dict(self):
        return dict(self.counts, live=self.live, max_live=self.max_live, recipients=self.recipients)


class Store:
    """A maildir of sorts: written under tmp/, renamed into new/, with the envelope in two header lines."""

    def __init__(self, folder):
        self.folder = folder
        self.number = 0
        for name in ("tmp", "new", "cur"):
            os.makedirs(os.path.join(folder, name), exist_ok=True)

    def add(self, sender, recipients, body):
        self.number += 1
        name = "%d.%d_%d.eml" % (time.time_ns() // 1000, os.getpid(), self.number)
        head = "Return-Path: <%s>\r\n" % sender + "".join("Delivered-To: %s\r\n" % r for r in recipients)
        path = os.path.join(self.folder, "tmp", name)
        with open(path, "wb", buffering=0) as f:
            f.write(head.encode("utf-8", "surrogateescape") + body)
        os.rename(path, os.path.join(self.folder, "new", name))


class Connection(asyncio.Protocol):
    def __init__(self, sink, options, faults):
        self.sink, self.options, self.faults = sink, options, faults
        self.transport = None
        self.tls = bool(options.smtps)
        self.buffer = bytearray()
        self.is_upgrading = False  # what comes from here on came through TLS
        self.out = []
        self.is_cut = False      # hang up when more comes
        self.busy = False        # a delayed or ending action runs: input waits
        self.handler = None      # takes the next line instead of a command (AUTH)
        self.in_data = False
        self.scanned = 0
        self.logged_in = False
        self.messages = 0
        self.sender, self.recipients = None, []

    # --- asyncio ---

    def connection_made(self, transport):
        self.transport = transport
        stats = self.sink.stats
        stats.counts["connections"] += 1
        stats.live += 1
        stats.max_live = max(stats.max_live, stats.live)
        sock = transport.get_extra_info("socket")
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.perform("connect", None, lambda: self.perform("greeting", USUAL["greeting"]))
        self.flush()

    def connection_lost(self, exc):
        self.sink.stats.live -= 1
        self.busy = True

    def data_received(self, data):
        if self.options.log and not (self.tls or self.is_upgrading) and len(self.sink.stats.raw) < RAW_MAX:
            self.sink.stats.raw += data
        if self.is_cut:
            self.transport.close()
            return
        self.buffer += data
        self.consume()

    def consume(self):
        while not self.busy and (self.take_body() if self.in_data else self.take_line()):
            pass
        self.flush()

    def flush(self):
        if not self.out or self.transport.is_closing():
            return
        data = b"".join(self.out)
        self.out = []
        if self.options.latency:
            asyncio.get_running_loop().call_later(self.options.latency / 1000, self.transport.write, data)
        else:
            self.transport.write(data)

    # --- replies and faults ---

    def reply(self, text):
        self.out.append(text.encode("utf-8", "surrogateescape") + b"\r\n")

    def perform(self, step, usual, then=None, action=None):
        """The usual reply and then(), unless a fault is set for the step."""
        action = action or self.faults.take(step) or self.sink.faults.take(step) or "ok"
        self.run(step, action.split("+"), usual, then)

    def run(self, step, actions, usual, then):
        while actions:
            action = actions.pop(0)
            if action.startswith("delay:"):
                self.pause(int(action[6:]) / 1000, lambda: self.run(step, actions, usual, then))
                return
            self.act(step, action, usual, then)
            if action in ENDING:
                return

    def pause(self, seconds, then):
        self.flush()
        self.busy = True

        def resume():
            if self.transport.is_closing():
                return
            self.busy = False
            then()
            self.consume()
        asyncio.get_running_loop().call_later(seconds, resume)

    def act(self, step, action, usual, then):
        if action in ("ok", "inject"):
            if usual:
                self.reply(usual)
            if action == "inject":
                self.reply("250-injected.test\r\n250 AUTH PLAIN\r\n235 2.7.0 Welcome")
            if then:
                then()
        elif action == "close":
            self.busy = True
            self.flush()
            self.transport.close()
        elif action == "rst":
            self.busy = True
            sock = self.transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.transport.abort()
        elif action == "silence":
            self.busy = True
        elif action == "cut":
            if usual:
                self.reply(usual)
            self.busy = self.is_cut = True
        elif action == "drip":
            self.flush()
            self.drip(((usual or "220 slow") + "\r\n").encode(), then)
        elif action == "endless":
            self.busy = True
            self.flush()
            self.endless((usual or "250 x")[:3].encode())
        else:
            self.misspeak(action, (usual or "250 x")[:3])

    def misspeak(self, action, code):
        if action == "garbage":
            self.out.append(b"\x80\xffwhat is this\r\n{}\r\n")
        elif action == "nul":
            self.out.append(code.encode() + b" with\0nul\r\n")
        elif action == "long":
            self.out.append(code.encode() + b" " + b"x" * 100000 + b"\r\n")
        elif action == "mixed":
            self.out.append(code.encode() + b"-one thing\r\n550 and another\r\n")
        else:
            self.reply(action if " " in action else action + " " + WORDS.get(action, "As asked"))
            if action.startswith("421"):
                self.act(None, "close", None, None)

    def drip(self, data, then):
        self.busy = True
        if self.transport.is_closing():
            return
        self.transport.write(data[:1])
        if len(data) > 1:
            asyncio.get_running_loop().call_later(1, self.drip, data[1:], then)
            return
        self.busy = False
        if then:
            then()
        self.consume()

    def endless(self, code):
        if self.transport.is_closing():
            return
        self.transport.write((code + b"-and another line\r\n") * 20)
        asyncio.get_running_loop().call_later(0.01, self.endless, code)

    # --- the dialogue ---

    def take_line(self):
        end = self.buffer.find(b"\n")
        if end < 0:
            return False
        raw = bytes(self.buffer[:end])
        del self.buffer[:end + 1]
        line = raw.rstrip(b"\r").decode("utf-8", "surrogateescape")
        if self.options.log:
            self.sink.stats.log.append([self.tls, line])
        if self.handler:
            handler, self.handler = self.handler, None
            handler(line)
            return True
        verb = line.split(" ", 1)[0].upper()
        method = getattr(self, "do_" + verb.lower(), None) if verb.isalpha() else None
        self.sink.stats.counts[verb.lower() if method else "unknown"] += 1
        if method:
            method(line)
        else:
            self.reply("502 5.5.2 Command not recognised")
        return True

    def do_ehlo(self, line):
        options = self.options
        words = ["sink.test", "SIZE %d" % options.size, "8BITMIME", "ENHANCEDSTATUSCODES"]
        if not options.no_pipelining:
            words.append("PIPELINING")
        if not options.no_smtputf8:
            words.append("SMTPUTF8")
        if options.cert and not self.tls and not options.no_starttls:
            words.append("STARTTLS")
        if options.auth and (self.tls or options.auth_in_clear or not options.cert):
            words.append("AUTH PLAIN LOGIN")
        usual = "\r\n".join("250%s%s" % ("-" if i + 1 < len(words) else " ", w) for i, w in enumerate(words))
        self.perform("EHLO", usual)

    def do_helo(self, line):
        self.perform("EHLO", "250 sink.test")

    def do_noop(self, line):
        self.reply("250 2.0.0 Ok")

    def do_starttls(self, line):
        if not self.options.cert or self.tls:
            self.reply("502 5.5.1 Not offered")
            return
        self.perform("STARTTLS", USUAL["STARTTLS"], self.upgrade)

    def upgrade(self):
        self.flush()
        self.busy = self.is_upgrading = True
        self.buffer.clear()
        asyncio.get_running_loop().create_task(self.start_tls())

    async def start_tls(self):
        loop = asyncio.get_running_loop()
        try:
            new = await loop.start_tls(self.transport, self, self.sink.context(self.options), server_side=True)
        except (ssl.SSLError, OSError):
            self.sink.stats.counts["tls_failed"] += 1
            self.transport.abort()
            return
        self.transport = new
        self.tls = True
        self.busy = False
        self.sender, self.recipients = None, []
        self.consume()

    def do_auth(self, line):
        words = line.split()
        if not self.options.auth or len(words) < 2:
            self.reply("503 5.5.1 Not offered")
        elif words[1].upper() == "PLAIN":
            self.perform_auth_plain(words[2:])
        else:
            self.reply("334 VXNlcm5hbWU6")
            self.handler = self.auth_login_user

    def perform_auth_plain(self, initial):
        if initial:
            self.auth_plain(initial[0])
        else:
            self.reply("334 ")
            self.handler = self.auth_plain

    @staticmethod
    def decode(text):
        try:
            return base64.b64decode(text).decode("utf-8", "replace")
        except ValueError:
            return ""

    def auth_plain(self, text):
        self.finish_auth(self.decode(text).split("\0")[1:])

    def auth_login_user(self, text):
        user = self.decode(text)
        self.reply("334 UGFzc3dvcmQ6")
        self.handler = lambda line: self.finish_auth([user, self.decode(line)])

    def finish_auth(self, login):
        if ":".join(login) != self.options.auth:
            self.reply("535 " + WORDS["535"])
            return

        def done():
            self.logged_in = True
        self.perform("AUTH", USUAL["AUTH"], done)

    def do_mail(self, line):
        match = re.match(r"(?i)MAIL FROM:<([^>]*)>", line)
        if not match:
            self.reply("501 5.5.4 Syntax: MAIL FROM:<address>")
        elif self.sender is not None:
            self.reply("503 5.5.1 Nested MAIL")
        elif self.options.auth and not self.logged_in:
            self.reply("530 5.7.0 Log in first")
        else:
            def begin():
                self.sender, self.recipients = match.group(1), []
            self.perform("MAIL", USUAL["MAIL"], begin, local_fault(match.group(1), "mail"))

    def do_rcpt(self, line):
        match = re.match(r"(?i)RCPT TO:<([^>]+)>", line)
        if not match:
            self.reply("501 5.5.4 Syntax: RCPT TO:<address>")
        elif self.sender is None:
            self.reply("503 5.5.1 MAIL first")
        else:
            address = match.group(1)
            self.perform("RCPT", USUAL["RCPT"], lambda: self.recipients.append(address), local_fault(address, "rcpt"))

    def of_recipients(self, step):
        return next(filter(None, (local_fault(r, step) for r in self.recipients)), None)

    def do_data(self, line):
        if not self.recipients and not self.options.take_no_recipients:
            self.reply("503 5.5.1 MAIL first" if self.sender is None else "554 5.5.1 No valid recipients")
            return

        def begin():
            self.in_data = True
            self.scanned = 0
        self.perform("DATA", USUAL["DATA"], begin, self.of_recipients("data"))

    def take_body(self):
        if self.buffer.startswith(b".\r\n"):
            body, end = b"", 3
        else:
            at = self.buffer.find(b"\r\n.\r\n", self.scanned)
            if at < 0:
                self.scanned = max(0, len(self.buffer) - 4)
                return False
            body, end = bytes(self.buffer[:at + 2]), at + 5
        del self.buffer[:end]
        self.in_data = False
        if body.startswith(b"."):
            body = body[1:]
        body = body.replace(b"\r\n..", b"\r\n.")
        self.sink.stats.counts["dots"] += 1
        asked = self.of_recipients("dot")
        sender, recipients = self.sender, self.recipients
        self.sender, self.recipients = None, []
        self.perform("dot", "250 2.0.0 Ok: queued", lambda: self.keep(sender, recipients, body), asked)
        return True

    def keep(self, sender, recipients, body):
        stats = self.sink.stats
        if not recipients:
            stats.counts["to_nobody"] += 1
            return
        stats.counts["messages"] += 1
        stats.counts["bytes"] += len(body)
        stats.recipients.update(recipients)
        if self.options.digest:
            stats.digest(recipients, body)
        if self.sink.store:
            self.sink.store.add(sender, recipients, body)
        self.messages += 1
        if self.options.max_messages and self.messages >= self.options.max_messages:
            self.reply("421 4.7.0 Too many messages on one connection")
            self.act(None, "close", None, None)

    def do_rset(self, line):
        def clear():
            self.sender, self.recipients = None, []
        self.perform("RSET", USUAL["RSET"], clear)

    def do_quit(self, line):
        self.perform("QUIT", USUAL["QUIT"], lambda: self.act(None, "close", None, None))


class Sink:
    def __init__(self, options):
        self.options = options
        self.stats = Stats()
        self.store = Store(options.store) if options.store else None
        self.faults = Faults(options.fault)
        self.contexts = {}

    def context(self, options):
        key = (options.cert, options.key, options.old_tls)
        if key not in self.contexts:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(options.cert, options.key)
            if options.old_tls:
                # Python warns of it, and OpenSSL allows it at level 0 alone.
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", DeprecationWarning)
                    context.minimum_version = ssl.TLSVersion.TLSv1
                    context.maximum_version = ssl.TLSVersion.TLSv1
                context.set_ciphers("ALL:@SECLEVEL=0")
            self.contexts[key] = context
        return self.contexts[key]

    async def listen(self, options, faults, port):
        loop = asyncio.get_running_loop()
        context = self.context(options) if options.smtps else None
        server = await loop.create_server(lambda: Connection(self, options, faults), options.host, port, ssl=context,
                                          backlog=512)
        return server.sockets[0].getsockname()[1]

    async def command(self, line):
        verb, _, rest = line.partition(" ")
        if verb == "stats":
            return self.stats.as_dict()
        if verb == "count":
            return dict(self.stats.counts, live=self.stats.live)
        if verb == "log":
            return self.stats.log
        if verb == "raw":
            return {"raw": self.stats.raw.decode("latin-1")}
        if verb == "mails":
            return self.stats.mails
        if verb == "reset":
            self.stats.reset()
        elif verb == "mark":
            self.stats.mark += 1
        elif verb == "fault":
            self.faults.add(rest)
        elif verb == "clear":
            self.faults.by_step.clear()
        elif verb == "listen":
            settings = json.loads(rest)
            options = copy.copy(self.options)
            faults = Faults(settings.pop("fault", []))
            for key, value in settings.items():
                setattr(options, key, value)
            return {"port": await self.listen(options, faults, 0)}
        else:
            return {"error": "stats, count, reset, log, mails, mark, fault, clear or listen"}
        return {}

    async def control(self, reader, writer):
        try:
            while line := await reader.readline():
                try:
                    answer = await self.command(line.decode().strip())
                except (ValueError, KeyError) as e:
                    answer = {"error": str(e)}
                writer.write(json.dumps(answer).encode() + b"\n")
                await writer.drain()
        except ConnectionError:
            pass
        writer.close()

    async def run(self):
        loop = asyncio.get_running_loop()
        done = asyncio.Event()
        loop.add_signal_handler(signal.SIGTERM, done.set)
        mode = os.fstat(0).st_mode
        if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode):
            loop.add_reader(0, lambda: os.read(0, 4096) or done.set())
        port = await self.listen(self.options, Faults(), self.options.port)
        if self.options.control_socket:
            await asyncio.start_unix_server(self.control, self.options.control_socket, limit=1 << 20)
            control = 0
        else:
            server = await asyncio.start_server(self.control, self.options.host, self.options.control_port, limit=1 << 20)
            control = server.sockets[0].getsockname()[1]
        print("port=%d control=%d" % (port, control), flush=True)
        await done.wait()


def parse(argv):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--host", default="127.0.0.1")
    p.add_argument("--port", type=int, default=0)
    p.add_argument("--control-port", type=int, default=0)
    p.add_argument("--control-socket", metavar="PATH", help="instead of the control port: reachable from any network namespace")
    p.add_argument("--digest", action="store_true", help="keep who got which Message-ID and what bytes, for `mails`")
    p.add_argument("--store", metavar="DIR", help="keep each mail as a file")
    p.add_argument("--cert", help="PEM; offers STARTTLS")
    p.add_argument("--key")
    p.add_argument("--smtps", action="store_true", help="TLS from the first byte")
    p.add_argument("--old-tls", action="store_true", help="TLS 1.0 and nothing better")
    p.add_argument("--auth", metavar="USER:PASSWORD", help="a login is demanded, and offered after TLS if there is a cert")
    p.add_argument("--auth-in-clear", action="store_true", help="offer AUTH before TLS too")
    p.add_argument("--no-starttls", action="store_true")
    p.add_argument("--no-pipelining", action="store_true")
    p.add_argument("--no-smtputf8", action="store_true")
    p.add_argument("--take-no-recipients", action="store_true", help="354 to DATA although every RCPT was refused")
    p.add_argument("--size", type=int, default=10240000)
    p.add_argument("--max-messages", type=int, default=0, help="per connection, then 421")
    p.add_argument("--latency", type=float, default=0, metavar="MS", help="every batch of replies is so late: a far relay")
    p.add_argument("--log", action="store_true", help="keep every line received, with whether it came by TLS")
    p.add_argument("--fault", action="append", default=[], metavar="STEP=ACTION")
    p.add_argument("--script", metavar="FILE", help='JSON object of options, e.g. {"fault": ["RCPT=450*3"]}')
    options = p.parse_args(argv)
    if options.script:
        with open(options.script, encoding="utf-8") as f:
            for key, value in json.load(f).items():
                setattr(options, key, value)
    return options


if __name__ == "__main__":
    asyncio.run(Sink(parse(sys.argv[1:])).run())
