#!/usr/bin/python3
"""One letter to a thousand, ten thousand, a hundred thousand people: the time of each letter and the memory stay the same.

GRANNBUD_BENCH_FULL=1 adds a million, which takes some minutes.
"""
import time

from common import FULL, PostfixSink, Caller, add_people, begin_letter, line, make_daemon, median, memory_mib, times_of_last, wait_sent

# people, how often: short runs are repeated, and the median is shown
SIZES = [(1000, 7), (10000, 3), (100000, 1)] + ([(1000000, 1)] if FULL else [])
CONNECTIONS = 8


def send(d):
    caller = Caller(d)
    wait_sent(caller, begin_letter(d, caller))
    caller.close()
    begin, end = times_of_last(d)
    return end - begin


def measure(people, rounds):
    with PostfixSink() as sink, make_daemon(sink.port, CONNECTIONS, limits="import_bytes = 200M") as d:
        add_people(d, people)
        d.stop()
        d.start()  # what the import took is not the letter's
        idle = memory_mib(d.process, "VmRSS")
        seconds = median(send(d) for _ in range(rounds))
        peak = memory_mib(d.process, "VmHWM")
        time.sleep(1)
        left = memory_mib(d.process, "VmRSS")
    return seconds, idle, peak, left


def main():
    first = None
    for people, rounds in SIZES:
        seconds, idle, peak, left = measure(people, rounds)
        each = seconds / people * 1e6
        first = first or each
        line("a letter to %d" % people, "%.0f us each" % each, "%.2f of the smallest; %.1f s; memory %.1f MiB before, %.1f at most, %.1f "
             "after" % (each / first, seconds, idle, peak, left))


if __name__ == "__main__":
    main()
