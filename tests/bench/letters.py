#!/usr/bin/python3
"""The whole daemon measured: one line a figure, ratios in one run against tools that exist.

    tests/bench/letters.py [slow] [throughput] [memory] [import]      all of them without a word

GRANNBUD_BENCH_PEOPLE sets the size of the memory run (100 000; a million takes some minutes).
"""
import os
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "system"))
from daemon import Daemon  # noqa: E402
from peers import Sink, free_port, wait_for  # noqa: E402

PEOPLE = int(os.environ.get("GRANNBUD_BENCH_PEOPLE", "100000"))
SMTP_SINK, SMTP_SOURCE = "/usr/sbin/smtp-sink", "/usr/sbin/smtp-source"


def line(name, value, note=""):
    print("%-34s %-22s %s" % (name, value, note), flush=True)


def peak_kib(process):
    status = pathlib.Path("/proc/%d/status" % process.pid).read_text(encoding="ascii")
    return int(next(l for l in status.splitlines() if l.startswith("VmHWM")).split()[1])


def cpu_s(process):
    fields = pathlib.Path("/proc/%d/stat" % process.pid).read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def register(folder, people, groups):
    """A register file, rows of one group together."""
    path = folder / "bench.csv"
    with open(path, "w", encoding="utf-8") as out:
        out.write("Område;Typ;Status;Roll;Förnamn;Efternamn;E-post\r\n")
        for i in range(people):
            out.write("Grupp %d;Villa;Aktiv;KO;Åsa;Exempel%d;p%d@example.se\r\n" % (i * groups // people, i, i))
    return path


def send_letter(d):
    """Sends the sample letter to everybody; seconds from the first attempt to the last outcome, by the ledger."""
    letter = d.add_letter("--scope", "police_area:angelholm")
    begin = time.monotonic()
    d.cli("--as", "anna", "letter", "send", letter)
    wait_for("end of the letter", lambda: d.json("letter", "show", letter)["state"] == "sent", 3600)
    return time.monotonic() - begin


def bench_slow():
    with Sink("--fault", "dot=delay:20+ok") as sink, Daemon(
            relay="smtp://127.0.0.1:%d" % sink.port, relay_more="connections = 20\nreserved_for_alerts = 0") as d:
        d.add_people()
        d.cli("group", "import", register(d.folder, 400, 40), "--municipality", "1292")
        seconds = send_letter(d)
    ideal = 400 / 20 * 0.020
    line("slow relay, 400 letters", "%.2f s" % seconds, "20 ms after the dot, 20 connections; latency alone is %.2f s" % ideal)


def postfix_sink(port):
    sink = subprocess.Popen([SMTP_SINK, "-u", "postfix", "127.0.0.1:%d" % port, "500"], stdin=subprocess.DEVNULL,
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(0.5)
    return sink


def bench_throughput(count=20000, connections=8):
    port = free_port()
    sink = postfix_sink(port)
    try:
        with Daemon(relay="smtp://127.0.0.1:%d" % port, relay_more="connections = %d\nreserved_for_alerts = 0\n"
                    "max_messages_per_connection = 0" % connections) as d:
            d.add_people()
            d.cli("group", "import", register(d.folder, count, count // 10), "--municipality", "1292")
            before = cpu_s(d.process)
            seconds = send_letter(d)
            cpu = cpu_s(d.process) - before
        begin = time.monotonic()
        subprocess.run([SMTP_SOURCE, "-d", "-s", str(connections), "-l", "12000", "-m", str(count), "-f", "a@example.se", "-t",
                        "b@example.se", "127.0.0.1:%d" % port], check=True, stdout=subprocess.DEVNULL)
        source = time.monotonic() - begin
    finally:
        sink.terminate()
        sink.wait()
    line("letters recorded, %d connections" % connections, "%.0f/s" % (count / seconds), "%.2f CPU s per 1 000" % (cpu * 1000 / count))
    line("smtp-source, same sink and size", "%.0f/s" % (count / source), "ratio %.2f" % (source / seconds))


def bench_memory():
    port = free_port()
    sink = postfix_sink(port)
    try:
        with Daemon(relay="smtp://127.0.0.1:%d" % port, relay_more="reserved_for_alerts = 0") as d:
            d.add_people()
            d.cli("group", "import", register(d.folder, PEOPLE, PEOPLE // 10), "--municipality", "1292")
            d.stop()
            d.start()
            seconds = send_letter(d)
            line("letter to %d" % PEOPLE, "%.1f MiB at most" % (peak_kib(d.process) / 1024), "%.0f s, %.0f/s" % (seconds, PEOPLE / seconds))
    finally:
        sink.terminate()
        sink.wait()


def bench_import():
    with Daemon() as d:
        path = register(d.folder, 100000, 25000)
        idle = peak_kib(d.process)
        begin = time.monotonic()
        d.cli("group", "import", path, "--municipality", "1292")
        first = time.monotonic() - begin
        begin = time.monotonic()
        d.cli("group", "import", path, "--municipality", "1292")
        second = time.monotonic() - begin
        line("import of 100 000 rows", "%.1f s" % first, "again, changing nothing: %.1f s; memory %.1f MiB (idle %.1f)" % (
            second, peak_kib(d.process) / 1024, idle / 1024))


def main():
    parts = {"slow": bench_slow, "throughput": bench_throughput, "memory": bench_memory, "import": bench_import}
    wanted = sys.argv[1:] or list(parts)
    for name in wanted:
        if name not in parts:
            sys.exit("letters.py: no part %s: choose from %s" % (name, " ".join(parts)))
        parts[name]()


if __name__ == "__main__":
    main()
