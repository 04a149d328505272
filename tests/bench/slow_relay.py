#!/usr/bin/python3
"""A relay that answers late after the final dot: connections / latency letters a second are possible, how many are there?

libcurl's SMTP waits for that answer inside the multi interface, one transfer after the other (7.88), whatever the connections.
"""
from common import Sink, add_people, line, make_daemon, run_timed, send_timed
from peers import BUILD

CONNECTIONS = 20
BYTES = 12000
# latency in ms, letters of ours, letters of libcurl's: about four seconds each
CASES = ((20, 4000, 160), (200, 400, 20))


def measure(latency_ms, letters, curl_letters):
    possible = CONNECTIONS * 1000 / latency_ms
    with Sink("--fault", "dot=delay:%d+ok" % latency_ms) as sink, make_daemon(sink.port, CONNECTIONS) as d:
        add_people(d, letters)
        seconds, _ = send_timed(d)
        line("%d ms after the dot, %d connections" % (latency_ms, CONNECTIONS), "%.0f letters/s" % (letters / seconds),
             "%.2f of connections/latency" % (letters / seconds / possible))
        seconds, _ = run_timed(BUILD / "bench" / "curl_multi_mail", sink.port, CONNECTIONS, curl_letters, BYTES)
        line("%d ms after the dot: libcurl multi" % latency_ms, "%.0f letters/s" % (curl_letters / seconds),
             "%.2f of connections/latency" % (curl_letters / seconds / possible))


if __name__ == "__main__":
    for case in CASES:
        measure(*case)
