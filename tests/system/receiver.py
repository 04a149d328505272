"""A webhook receiver that behaves as badly as receivers do: `FAULTS` names each way, with the answer's bytes by hand.

    with Receiver(ca) as r:       r.url("500") -> https://localhost:PORT/500
        r.hits["500"]             [(time, headers, body), ...] of the requests that came in whole

Each fault is a function of the connection, after the request was read; some are a listener of their own, since they are
about the connection itself. Servers are threads of the test and end with it.
"""
import collections
import email.utils
import gzip
import socket
import ssl
import struct
import threading
import time

from peers import free_port

FAULTS = {}
BOMB = gzip.compress(b"\0" * 100_000_000)


def fault(name):
    def keep(function):
        FAULTS[name] = function
        return function
    return keep


def answer(status, *headers, body=b"ok"):
    lines = ["HTTP/1.1 " + status, *headers, "Content-Length: %d" % len(body), "", ""]
    return "\r\n".join(lines).encode() + body


def simple(name, *args, **kwargs):
    FAULTS[name] = lambda c: c.sendall(answer(*args, **kwargs))


simple("200", "200 OK")
simple("redirected", "200 OK")
simple("204", "204 No Content", body=b"")
simple("200-garbage", "200 OK", body=bytes(range(256)) * 4)
simple("299", "299 Whatever")
simple("400", "400 Bad Request")
simple("401", "401 Unauthorized", "WWW-Authenticate: Basic realm=x")
simple("404", "404 Not Found")
simple("410", "410 Gone")
simple("413", "413 Content Too Large")
simple("429", "429 Too Many Requests")
simple("429-after-7", "429 Too Many Requests", "Retry-After: 7")
simple("500", "500 Internal Server Error")
simple("502", "502 Bad Gateway")
simple("503", "503 Service Unavailable")
simple("503-after-120", "503 Service Unavailable", "Retry-After: 120")
simple("503-after-absurd", "503 Service Unavailable", "Retry-After: 99999999999999999999")
simple("503-after-never", "503 Service Unavailable", "Retry-After: Fri, 31 Dec 9999 23:59:59 GMT")
simple("503-after-garbage", "503 Service Unavailable", "Retry-After: när det passar".encode().decode("latin-1"))
simple("504", "504 Gateway Timeout")
simple("status-600", "600 Whatever")
simple("status-999", "999 Request denied")
for code, words in ((301, "Moved Permanently"), (302, "Found"), (303, "See Other"), (307, "Temporary Redirect"),
                    (308, "Permanent Redirect")):
    FAULTS["%d-inside" % code] = lambda c, code=code, words=words: c.sendall(answer(
        "%d %s" % (code, words), "Location: https://169.254.169.254/latest/meta-data/"))
    FAULTS["%d-good" % code] = lambda c, code=code, words=words: c.sendall(answer(
        "%d %s" % (code, words), "Location: /redirected"))


@fault("503-after-date")
def _(c):
    c.sendall(answer("503 Service Unavailable", "Retry-After: " + email.utils.formatdate(time.time() + 600, usegmt=True)))


@fault("503-after-past")
def _(c):
    c.sendall(answer("503 Service Unavailable", "Retry-After: Thu, 01 Jan 1970 00:00:00 GMT"))


@fault("hang")
def _(c):
    c.wait()


@fault("hang-in-head")
def _(c):
    c.sendall(b"HTTP/1.1 200 OK\r\nContent-Len")
    c.wait()


@fault("hang-after-head")
def _(c):
    c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")
    c.wait()


@fault("hang-after-500")
def _(c):
    c.sendall(b"HTTP/1.1 500 Oops\r\nContent-Length: 10\r\n\r\n")
    c.wait()


@fault("drip-head")
def _(c):
    for byte in b"HTTP/1.1 200 OK\r\nX: " + b"y" * 10000:
        c.sendall(bytes([byte]))
        time.sleep(0.1)


@fault("drip-body")
def _(c):
    c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    for _ in range(100000):
        c.sendall(b"x")
        time.sleep(0.1)


@fault("endless-body")
def _(c):
    c.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        c.sendall(b"x" * 65536)


@fault("endless-chunks")
def _(c):
    c.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        c.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")


@fault("endless-head")
def _(c):
    c.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        c.sendall(b"X: y\r\n" * 1000)


@fault("endless-line")
def _(c):
    c.sendall(b"HTTP/1.1 200 OK\r\nX: ")
    while True:
        c.sendall(b"y" * 65536)


@fault("endless-100")
def _(c):
    while True:
        c.sendall(b"HTTP/1.1 100 Continue\r\nX: y\r\n\r\n" * 100)


@fault("100-then-200")
def _(c):
    c.sendall(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\n" + answer("200 OK"))


@fault("101")
def _(c):
    c.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nxxxx")
    c.wait()


@fault("close")
def _(c):
    c.close()


@fault("reset")
def _(c):
    c.reset()


@fault("close-in-head")
def _(c):
    c.sendall(b"HTTP/1.1 200 OK\r\nContent-Le")
    c.reset()


@fault("close-in-body")
def _(c):
    c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nxx")
    c.reset()


@fault("close-in-500")
def _(c):
    c.sendall(b"HTTP/1.1 500 Oops\r\nContent-Length: 100\r\n\r\nxx")
    c.reset()


@fault("not-http")
def _(c):
    c.sendall(b"220 mail.example.org ESMTP Postfix\r\n")


@fault("http-0.9")
def _(c):
    c.sendall(b"<html>ok</html>\n")


@fault("bad-status-line")
def _(c):
    c.sendall(b"HTTP/1.1 OK\r\nContent-Length: 0\r\n\r\n")


@fault("bad-version")
def _(c):
    c.sendall(b"HTTP/7.3 200 OK\r\nContent-Length: 0\r\n\r\n")


@fault("bad-chunks")
def _(c):
    c.sendall(b"HTTP/1.1 500 Oops\r\nTransfer-Encoding: chunked\r\n\r\nzzzz\r\nxx\r\n-1\r\n")


@fault("nul-in-head")
def _(c):
    c.sendall(b"HTTP/1.1 503 Oops\r\nRetry-After: 60\x0030\r\nContent-Length: 0\r\n\r\n")


@fault("gzip-bomb")
def _(c):
    c.sendall(answer("200 OK", "Content-Encoding: gzip", "Content-Type: application/json", body=BOMB))


@fault("huge-length")
def _(c):
    c.sendall(b"HTTP/1.1 500 Oops\r\nContent-Length: 99999999999999999999999\r\n\r\nxx")


class Connection:
    """A socket with the manners that faults need; `wait` until the other side is gone."""

    def __init__(self, sock):
        self.sock = sock

    def sendall(self, data):
        self.sock.sendall(data)

    def wait(self):
        while self.sock.recv(65536):
            pass

    def close(self):
        self.sock.close()

    def reset(self):
        time.sleep(0.05)  # what was sent gets there first
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()


def tls(cert, protocols=("http/1.1",)):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*cert)
    context.set_alpn_protocols(list(protocols))
    return context


class Receiver:
    def __init__(self, ca):
        self.ca = ca
        self.hits = collections.defaultdict(list)
        self.listeners, self.ports = [], {}

    def __enter__(self):
        good = self.ca.cert("localhost")
        self.listen("tls", self.serve, tls(good))
        self.listen("plain", self.serve, None)
        self.listen("wrong-host", self.serve, tls(self.ca.cert("other", san="DNS:other.example")))
        self.listen("expired", self.serve, tls(self.ca.cert("expired", expired=True)))
        self.listen("self-signed", self.serve, tls(self.ca.cert("selfsigned", self_signed=True)))
        self.listen("h2-goaway", self.serve_h2, tls(good, ["h2"]), self.goaway)
        self.listen("h2-reset", self.serve_h2, tls(good, ["h2"]), self.reset_stream)
        self.listen("h2-refused", self.serve_h2, tls(good, ["h2"]), self.refuse_stream)
        self.listen("h2-close", self.serve_h2, tls(good, ["h2"]), lambda *unused: None)
        self.listen("h2-garbage", self.serve_h2, tls(good, ["h2"]), lambda c, stream: c.sendall(b"\xff" * 400))
        self.listen("h2-200", self.serve_h2, tls(good, ["h2"]), self.h2_ok)
        silent = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.listeners.append(silent)
        self.ports["hang-at-accept"] = silent.getsockname()[1]
        self.ports["refused"] = free_port()
        return self

    def __exit__(self, *unused):
        for listener in self.listeners:
            listener.close()

    def url(self, name):
        if name == "dns":
            return "https://nosuch.invalid/dns"
        if name.startswith("plain-"):
            return "http://localhost:%d/%s" % (self.ports["plain"], name)
        return "https://localhost:%d/%s" % (self.ports.get(name, self.ports["tls"]), name)

    def listen(self, name, serve, context, *more):
        listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.listeners.append(listener)
        self.ports[name] = listener.getsockname()[1]
        threading.Thread(target=self.accept, args=(listener, serve, context, *more), daemon=True).start()

    def accept(self, listener, serve, context, *more):
        while True:
            try:
                raw, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self.run, args=(raw, serve, context, *more), daemon=True).start()

    def run(self, raw, serve, context, *more):
        sock = raw
        try:
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if context:
                sock = context.wrap_socket(raw, server_side=True)
            serve(Connection(sock), *more)
        except (OSError, ValueError):
            pass  # it has gone, or we have
        finally:
            sock.close()

    def serve(self, c):
        with c.sock.makefile("rb") as file:
            while self.serve_one(c, file):
                pass

    def serve_one(self, c, file):
        """Whether the connection is kept."""
        line = file.readline().split()
        if not line:
            return False
        name = line[1].decode().strip("/").partition("?")[0].removeprefix("plain-")
        headers = {}
        while (field := file.readline().strip()):
            key, _, value = field.partition(b":")
            headers[key.decode().lower()] = value.strip().decode()
        body = file.read(int(headers.get("content-length", 0)))
        self.hits[name].append((time.time(), headers, body))
        FAULTS[name](c)
        return name.startswith("2")  # the good ones keep the connection

    # --- HTTP/2, frame by frame (RFC 9113) ---

    @staticmethod
    def frame(kind, flags, stream, payload=b""):
        return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload

    def serve_h2(self, c, respond):
        with c.sock.makefile("rb") as file:
            self.frames(c, file, respond)

    def frames(self, c, file, respond):
        file.read(24)  # the preface
        c.sendall(self.frame(4, 0, 0))
        while True:
            head = file.read(9)
            if len(head) < 9:
                return
            kind, flags = head[3], head[4]
            stream = int.from_bytes(head[5:9], "big") & 0x7FFFFFFF
            file.read(int.from_bytes(head[:3], "big"))
            if kind == 4 and not flags & 1:
                c.sendall(self.frame(4, 1, 0))
            if kind in (0, 1) and flags & 1:  # the end of the request
                self.hits["h2"].append((time.time(), {}, b""))
                respond(c, stream)
                if respond != self.h2_ok and respond != self.reset_stream and respond != self.refuse_stream:
                    return

    def goaway(self, c, stream):
        del stream
        c.sendall(self.frame(7, 0, 0, struct.pack("!II", 0, 2)))

    def reset_stream(self, c, stream):
        c.sendall(self.frame(3, 0, stream, struct.pack("!I", 2)))  # INTERNAL_ERROR

    def refuse_stream(self, c, stream):
        c.sendall(self.frame(3, 0, stream, struct.pack("!I", 7)))  # REFUSED_STREAM

    def h2_ok(self, c, stream):
        c.sendall(self.frame(1, 5, stream, b"\x88"))  # :status 200
