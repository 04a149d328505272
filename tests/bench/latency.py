#!/usr/bin/python3
"""The API's small requests while a letter to 100 000 runs at full speed, and how late the daemon's loop is then."""
import re
import time

from common import Caller, PostfixSink, Sampler, add_people, begin_letter, line, make_daemon, percentile

PEOPLE = 100000
CONNECTIONS = 8
SAMPLE_S = 12


def loop_delay_p99(before, after):
    """From /metrics: the bound of the bucket in which 99 % of the turns lie, in ms."""
    def buckets(text):
        return {float(le): int(n) for le, n in re.findall(r'grannbud_loop_delay_seconds_bucket\{le="([0-9.e+-]+|\+Inf)"\} (\d+)', text)}
    was, now = buckets(before), buckets(after)
    turns = {le: n - was.get(le, 0) for le, n in sorted(now.items())}
    total = max(turns.values())
    return next(le for le, n in turns.items() if n >= 0.99 * total) * 1000, total


def requests(letter):
    return {"status": ("GET", "/api/v1/status", None), "letter show": ("GET", "/api/v1/letter/" + letter, None),
            "group list of 50": ("GET", "/api/v1/group?limit=50", None), "contact list of 50": ("GET", "/api/v1/contact?limit=50", None),
            "why": ("GET", "/api/v1/why?address=p77@example.se", None), "write": ("PATCH", "/api/v1/group/Alen", {"sign_count": 3})}


def main():
    with PostfixSink() as sink, make_daemon(sink.port, CONNECTIONS) as d:
        add_people(d, PEOPLE)
        d.cli("group", "add", "--name", "Alen", "--municipality", "1257")
        caller = Caller(d)
        letter = begin_letter(d, caller)
        time.sleep(0.5)
        before = caller.ask("GET", "/metrics")[1]
        with Sampler(d, requests(letter)) as sampler:
            end = time.monotonic() + SAMPLE_S
            while caller.ask("GET", "/api/v1/letter/" + letter)[1]["state"] == "sending" and time.monotonic() < end:
                time.sleep(0.5)
        after = caller.ask("GET", "/metrics")[1]
        caller.close()
    for name, seconds in sampler.seconds.items():
        line("%s beside a letter to %d" % (name, PEOPLE), "%.1f ms" % (percentile(seconds, 0.99) * 1000),
             "99 %% of %d; median %.1f ms, the slowest %.1f ms" % (len(seconds), percentile(seconds, 0.5) * 1000, max(seconds) * 1000))
    late, turns = loop_delay_p99(before, after)
    line("delay of the event loop meanwhile", "%.1f ms" % late, "99 %% of %d turns are not later" % turns)


if __name__ == "__main__":
    main()
