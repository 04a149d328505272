"""What the benchmarks share: the daemon with its people, sinks, clocks, and the one line of each figure."""
import os
import pathlib
import resource
import sqlite3
import statistics
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "system"))
from daemon import Caller, Daemon  # noqa: E402
from peers import Sink, answers, free_port, wait_for  # noqa: E402

FULL = os.environ.get("GRANNBUD_BENCH_FULL") == "1"
POLL_S = 0.2  # how often a running letter is asked after: rare enough not to disturb it
TICKS = os.sysconf("SC_CLK_TCK")
MIB = 1024.0


def line(name, value, note=""):
    """One figure: what it is, how much, and what to hold it against."""
    print("%-46s %-18s %s" % (name, value, note), flush=True)


def median(values):
    return statistics.median(values)


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


# --- processes --------------------------------------------------------------------------------------------------------

def cpu_s(process):
    """User and system time of a process with all its threads."""
    fields = pathlib.Path("/proc/%d/stat" % process.pid).read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory_mib(process, name):
    """`name`: VmHWM, the most it ever had, or VmRSS, what it has."""
    status = pathlib.Path("/proc/%d/status" % process.pid).read_text(encoding="ascii")
    return int(next(text for text in status.splitlines() if text.startswith(name)).split()[1]) / MIB


def forget_peak(process):
    """From here on VmHWM counts anew."""
    pathlib.Path("/proc/%d/clear_refs" % process.pid).write_text("5", encoding="ascii")


def run_timed(*command):
    """(seconds, CPU seconds) of a program that must succeed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.monotonic()
    subprocess.run([str(word) for word in command], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    seconds = time.monotonic() - begin
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


class PostfixSink:
    """Postfix's own smtp-sink: takes everything as fast as it comes."""

    def __enter__(self):
        self.port = free_port()
        self.process = subprocess.Popen(["/usr/sbin/smtp-sink", "-u", "postfix", "127.0.0.1:%d" % self.port, "500"],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for("smtp-sink", lambda: answers(self.port))
        return self

    def __exit__(self, *unused):
        self.process.terminate()
        self.process.wait()


# --- letters ----------------------------------------------------------------------------------------------------------

def make_daemon(port, connections, more="", limits=""):
    return Daemon(relay="smtp://127.0.0.1:%d" % port, level="warning", limits_more=limits,
                  relay_more="connections = %d\nreserved_for_alerts = 0\nmax_messages_per_connection = 0\n%s" % (connections, more))


def write_register(path, people, per_group=10, first=0):
    """A register of `people`, rows of one group together."""
    with open(path, "w", encoding="utf-8") as out:
        out.write("Område;Typ;Status;Roll;Förnamn;Efternamn;E-post\r\n")
        for i in range(first, first + people):
            out.write("Grupp %d;Villa;Aktiv;KO;Åsa;Exempel%d;p%d@example.se\r\n" % (i // per_group, i, i))
    return path


def add_people(d, people):
    d.add_people()
    d.cli("group", "import", write_register(d.folder / "bench.csv", people), "--municipality", "1292")


def begin_letter(d, caller, *options):
    """An approved letter to everybody is told to go; its id."""
    letter = d.add_letter("--scope", "police_area:angelholm", *options)
    status, answer, _ = caller.ask("POST", "/api/v1/letter/%s/send" % letter, {}, as_="anna")
    if status >= 300:
        raise RuntimeError(answer)
    return letter


def is_sent(caller, letter):
    return caller.ask("GET", "/api/v1/letter/" + letter)[1]["state"] == "sent"


def wait_sent(caller, letter, seconds=3600):
    end = time.monotonic() + seconds
    while not is_sent(caller, letter):
        if time.monotonic() > end:
            raise TimeoutError("the letter did not end within %d s" % seconds)
        time.sleep(POLL_S)


def times_of_last(d):
    """When the newest message was told to go and when its last row was recorded, by the ledger, in seconds."""
    db = sqlite3.connect("file:%s?mode=ro" % d.database, uri=True)
    row = db.execute("SELECT created_at, finished_at FROM message ORDER BY id DESC LIMIT 1").fetchone()
    db.close()
    return row[0] / 1e6, row[1] / 1e6


def send_timed(d):
    """One letter to everybody: (seconds from `letter send` to `sent`, CPU seconds of the daemon)."""
    caller = Caller(d)
    before = cpu_s(d.process)
    wait_sent(caller, begin_letter(d, caller))
    cpu = cpu_s(d.process) - before
    caller.close()
    begin, end = times_of_last(d)
    return end - begin, cpu


def letter_bytes():
    """How long one letter of the benchmarks is on the wire."""
    with Sink() as sink, make_daemon(sink.port, 1) as d:
        add_people(d, 1)
        send_timed(d)
        stats = sink.stats()
        return stats["bytes"] // stats["messages"]


# --- latency ----------------------------------------------------------------------------------------------------------

class Sampler:
    """Asks the same small things over and over from a thread, some milliseconds between, and keeps the seconds."""

    def __init__(self, d, requests, pause_s=0.005):
        self.caller = Caller(d)
        self.requests = requests  # name: (method, path, body)
        self.pause_s = pause_s
        self.seconds = {name: [] for name in requests}
        self.is_ending = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        while not self.is_ending.is_set():
            for name, (method, path, body) in self.requests.items():
                status, answer, seconds = self.caller.ask(method, path, body)
                if status >= 300:
                    raise RuntimeError("%s %s: %d %s" % (method, path, status, answer))
                self.seconds[name].append(seconds)
                time.sleep(self.pause_s)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *unused):
        self.is_ending.set()
        self.thread.join()
        self.caller.close()

    def all(self):
        return [s for seconds in self.seconds.values() for s in seconds]
