#!/usr/bin/python3
"""Webhook deliveries a second, signed, and recorded on disk one by one, beside a bare libcurl multi loop to the same nginx
that neither signs nor keeps anything; and what one receiver that hangs costs the other 999.

Over TLS, as webhooks go, and without it. Both sides talk to one nginx on the loopback, which answers 204, with HTTP/1.1 (it
offers no other), the same CA, kept connections, bodies and heads of the same size, and as many requests in a round. The
loop has 8 connections at a time, or 64; we have WEBHOOKS_YOUNG_MAX. Each side is timed from its first request to its last
answer, TLS handshakes included and the start of the process not (the CPU time is with it); what we are answered last is
recorded a turn of some 10 ms later. Rounds of the two alternate; shown are the median, and the median and range of the
ratios of rounds that stand side by side.
"""
import pathlib
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time

from common import Daemon, answers, cpu_s, free_port, line, median, percentile, wait_for
from peers import BUILD, TestCA

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "system"))
from hook_rows import HookRows, Outcomes  # noqa: E402

ROUNDS = 5
HOOKS = 1000
EVENTS = 20
CONNECTIONS = (8, 64)
BODY_BYTES = 877  # as the alert's below is

NGINX = """
daemon off;
worker_processes 1;
pid {folder}/pid;
error_log {folder}/errors;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    keepalive_requests 10000000;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    server {{ listen 127.0.0.1:{plain} backlog=4096; location / {{ return 204; }} }}
    server {{ listen 127.0.0.1:{tls} ssl backlog=4096; ssl_certificate {cert}; ssl_certificate_key {key};
              location / {{ return 204; }} }}
}}
"""


class Nginx:
    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="gb-nginx-"))
        ca = TestCA(self.folder / "ca")
        self.ca = ca.ca
        cert, key = ca.cert()
        self.plain, self.tls = free_port(), free_port()
        (self.folder / "conf").write_text(NGINX.format(folder=self.folder, plain=self.plain, tls=self.tls, cert=cert, key=key),
                                          encoding="ascii")
        self.process = subprocess.Popen(["/usr/sbin/nginx", "-e", self.folder / "errors", "-c", self.folder / "conf"],
                                        stdin=subprocess.DEVNULL)
        wait_for("nginx", lambda: answers(self.plain))
        return self

    def url(self, is_tls):
        return "https://localhost:%d" % self.tls if is_tls else "http://127.0.0.1:%d" % self.plain

    def __exit__(self, *unused):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder)


class Receivers:
    """A daemon with endpoints, stopped; fill() gives each some events, deliver() times them."""

    def __init__(self, ca, urls):
        self.d = Daemon(level="warning")
        self.d.conf.write_text(self.d.conf.read_text(encoding="utf-8") +
                               "[webhook]\nallow_private = yes\nallow_http = yes\nca_file = %s\n" % ca, encoding="utf-8")
        self.d.start().stop()
        rows = HookRows(self.d.database)
        self.hooks = [rows.hook(url) for url in urls]
        self.number = rows.number
        rows.close()

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.d.__exit__(*args)

    def fill(self, events):
        """Some events for each; their ids."""
        rows = HookRows(self.d.database)
        rows.number = self.number
        ids = [rows.delivery(event, hook) for event in [rows.alert() for _ in range(events)] for hook in self.hooks]
        self.number = rows.number
        rows.close()
        return ids

    def deliver(self, ids, but=()):
        """From the first call to the last outcome recorded: (seconds, CPU seconds, the rows)."""
        wanted = set(ids) - set(but)
        self.d.start()
        outcomes = Outcomes(self.d.database)
        end = time.monotonic() + 600
        while outcomes.open_count() > len(but):
            if time.monotonic() > end:
                raise TimeoutError("deliveries were not made within 600 s")
            time.sleep(0.1)
        cpu = cpu_s(self.d.process)  # with the start
        rows = [row for row in outcomes.deliveries().values() if row["id"] in wanted]
        outcomes.close()
        self.d.stop()
        if any(row["state"] != "sent" for row in rows):
            raise RuntimeError("not all were delivered")
        begin = min(row["first_at"] for row in rows)
        return (max(row["last_at"] for row in rows) - begin) / 1e6, cpu, rows


def bare_loop(url, connections, count, ca):
    """(seconds, CPU seconds) of `count` posts."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([BUILD / "bench" / "curl_multi_post", url, str(connections), str(count), str(BODY_BYTES), *ca],
                          check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return float(done.stdout), after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure(nginx, is_tls):
    scheme = "https" if is_tls else "http"
    url = nginx.url(is_tls)
    figures = {}

    def add(name, count, seconds, cpu):
        figures.setdefault(name, []).append((count / seconds, cpu * 1000 / count))

    with Receivers(nginx.ca, ["%s/%d" % (url, i) for i in range(HOOKS)]) as r:
        for _ in range(ROUNDS):
            ids = r.fill(EVENTS)
            add("Grannbud", len(ids), *r.deliver(ids)[:2])
            for connections in CONNECTIONS:
                add("libcurl multi, %d connections" % connections, len(ids),
                    *bare_loop(url + "/x", connections, len(ids), [nginx.ca] if is_tls else []))
    ours = [rate for rate, _ in figures["Grannbud"]]
    for name, rounds in figures.items():
        rate, cpu = (median(values) for values in zip(*rounds))
        note = "%.3f CPU s per 1 000" % cpu
        if name != "Grannbud":
            ratios = [mine / bare for mine, (bare, _) in zip(ours, rounds)]
            note += "; Grannbud %.2f times as fast (%.2f to %.2f)" % (median(ratios), min(ratios), max(ratios))
        line("webhooks, %s: %s" % (scheme, name), "%.0f deliveries/s" % rate, note)


def slowest_ms(nginx, hangs):
    """The slowest of one event to each of 999, beside a receiver that takes calls and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as silent:
        urls = ["%s/%d" % (nginx.url(False), i) for i in range(HOOKS - 1)]
        urls.insert(HOOKS // 2, "http://127.0.0.1:%d/" % silent.getsockname()[1] if hangs else nginx.url(False) + "/x")
        with Receivers(nginx.ca, urls) as r:
            ids = r.fill(1)
            slow = [ids[HOOKS // 2]] if hangs else []
            _, _, rows = r.deliver(ids, slow)
    begin = min(row["first_at"] for row in rows)
    times = [(row["last_at"] - begin) / 1000 for row in rows]
    return max(times), percentile(times, 0.5)


def main():
    with Nginx() as nginx:
        for is_tls in (True, False):
            measure(nginx, is_tls)
        pairs = [(slowest_ms(nginx, False), slowest_ms(nginx, True)) for _ in range(ROUNDS)]
    without, beside = (median(pair[i][0] for pair in pairs) for i in (0, 1))
    line("the last of %d beside a hanging one" % (HOOKS - 1), "%.0f ms" % beside,
         "without it %.0f ms: %.0f ms later (aim: at most 100)" % (without, max(0, beside - without)))


if __name__ == "__main__":
    main()
