#!/usr/bin/python3
"""Runs the tests: every cmocka program (tests/unit, tests/sim), then every tests/system/test_*.py.

Single test functions are counted, not programs. Each program gets a process group, a time limit and a
temporary directory (TMPDIR) of its own, and its output goes to a file, so that a daemon left behind can
neither hold the run up nor outlive it. Only those process groups are ever ended.

A system test finds the programs through GRANNBUD_BIN (build, build/asan, …) and may import from tests/lib. Each has its
own folder, ports (peers.free_port) and servers, and mostly waits: several run at a time, beside the unit tests, the
longest first. So none may judge by time: it waits for what should come, and its limits only guard against hanging.
A file says otherwise among its first 20 lines: `# run: alone`, after all others, and why; `# run: not under tsan`, where
its time limits are too short or its program has one thread and nothing to race with. A unit test that takes long and
has one thread says the latter too, as a comment of C.

The last line is `N passed, N failed`, with `, N skipped` only when something was skipped. Exit status 1 when
a test failed or none ran.
"""

import argparse
import fnmatch
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
UNIT_LIMIT_S = 240
SYSTEM_LIMIT_S = 600
UNIT_JOBS = os.cpu_count() or 2
SYSTEM_JOBS = 4
# So that none of these begins when all others have ended.
LONG_UNITS = ("sim/test_sim", "core/test_lint", "core/test_ledger_faults", "deliver/test_outbox")
LONG_SYSTEMS = ("system/test_incoming", "system/test_clock", "system/test_alert", "system/test_webhook",
                "system/test_relay_postfix", "system/test_webhook_faults", "system/test_smtp_session", "system/test_import",
                "system/test_unplugged", "system/test_day")
SLOWEST = 5
OUTPUT_MAX_BYTES = 200_000  # of one program's output that a failure prints: its end
WHY_MAX_CHARACTERS = 400  # of a failure's reason, which stands in one line: a log that is cut still tells it
# A sanitizer slows a program down: the limits grow with it.
SLOWDOWN = {"asan": 3, "tsan": 6, "coverage": 2}

RUNNING = set()  # process groups now running, each led by a child that is not reaped yet

# cmocka 1.1.5 writes these, RUN to stdout and FAILED to stderr; a test's own text may stand before them.
CMOCKA_LINE = re.compile(r"\[\s*(RUN|OK|FAILED|SKIPPED)\s*\] (\w+)")
CMOCKA_WHY = re.compile(r"\[\s*ERROR\s*\] --- (.*)|LINE\] --- (.*)")
WISH = re.compile(r"(?:#|/\*) run: (.*?)(?: \*/)?")


class Program:
    """One test program: what to run, and afterwards what came of it."""

    def __init__(self, name, argv, limit_s, is_cmocka):
        self.name = name
        self.argv = argv
        self.limit_s = limit_s
        self.is_cmocka = is_cmocka
        self.passed = []
        self.failed = []  # "test: why"
        self.skipped = []
        self.output = ""
        self.seconds = 0.0

    def count(self):
        return len(self.passed) + len(self.failed) + len(self.skipped)


def full_pattern(pattern):
    """`due*` means test_due*: every test function's name begins so."""
    if not pattern or pattern.startswith(("test", "*")) or "." in pattern:
        return pattern
    return "test_" + pattern


def sanitizer_environment(env):
    """Findings end the program, so that they fail its test; what the caller has set goes first."""
    defaults = {
        # The order: libfaketime, preloaded by some tests, comes before the sanitizer and harms nothing.
        "ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1",
        "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
        "TSAN_OPTIONS": "halt_on_error=1:second_deadlock_stack=1",
    }
    for name, value in defaults.items():
        env.setdefault(name, value)
    return env


def environment(build, tmp):
    env = dict(os.environ)
    env.update(
        GRANNBUD_BIN=str(build),
        TMPDIR=str(tmp),
        LC_ALL="C.UTF-8",
        PYTHONDONTWRITEBYTECODE="1",
        PYTHONPATH=os.pathsep.join([str(ROOT / "tests" / "lib"), str(ROOT / "tests" / "system")]),
    )
    # A socket or token of the one who runs the tests must not lead a test to a real daemon.
    for name in ("GRANNBUD_SOCKET", "NOTIFY_SOCKET", "CREDENTIALS_DIRECTORY", "MAKEFLAGS", "MAKELEVEL", "MFLAGS"):
        env.pop(name, None)
    return sanitizer_environment(env)


def wait_group(process, limit_s):
    """Waits for the program, then ends what is left of its group. Returns whether it was in time.

    The leader stays unreaped until the group is ended: so its number cannot be given to somebody else.
    """
    deadline = time.monotonic() + limit_s
    pause_s = 0.002
    in_time = True
    while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        if time.monotonic() > deadline:
            in_time = False
            break
        time.sleep(pause_s)
        pause_s = min(pause_s * 1.5, 0.05)
    end_group(process.pid)
    RUNNING.discard(process.pid)
    process.wait()
    return in_time


def end_group(pid):
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass  # all gone already


def on_interrupt(number, _frame):
    """Ctrl-C does not reach the programs, which are in sessions of their own."""
    for pid in list(RUNNING):
        end_group(pid)
    print(f"\nended by {signal.Signals(number).name}; no summary", flush=True)
    os._exit(128 + number)


def read_end(path):
    data = path.read_bytes()
    if len(data) > OUTPUT_MAX_BYTES:
        data = b"[... cut ...]\n" + data[-OUTPUT_MAX_BYTES:]
    return data.decode("utf-8", "replace")


def one_line(text):
    text = " ".join(str(text).split())
    return text if len(text) <= WHY_MAX_CHARACTERS else text[:WHY_MAX_CHARACTERS] + " …"


def why_of(err):
    return f"{err[0].__name__}: {one_line(err[1])}"


def count_cmocka(program, text, why):
    """Reads the results out of the output; a test that began and never ended took the program with it.

    `why` says how the program ended, None when properly; returns what of it no test answers for.
    """
    running = None
    begin = 0
    for found in CMOCKA_LINE.finditer(text):
        word, test = found.groups()
        if word == "RUN":
            if running:
                program.failed.append(f"{running}: no result")
            running = test
            begin = found.end()
        elif test == running:
            if word == "OK":
                program.passed.append(test)
            elif word == "SKIPPED":
                program.skipped.append(test)
            else:
                whys = [a or b for a, b in CMOCKA_WHY.findall(text, begin, found.start())]
                program.failed.append(f"{test}: {one_line(' at '.join(whys))}" if whys else test)
            running = None
    if running:
        program.failed.append(f"{running}: {why or 'the program ended in it'}")
        return None
    return why


def count_unittest(program, results):
    """Reads the result lines that unittest_child wrote."""
    into = {"passed": program.passed, "failed": program.failed, "skipped": program.skipped}
    if results.exists():
        for line in results.read_text().splitlines():
            try:
                row = json.loads(line)
            except ValueError:
                continue  # cut off by the time limit
            into[row["outcome"]].append(row["test"])


def how_it_ended(program, status, in_time):
    """Why the program did not come to its end; None when it did."""
    if not in_time:
        return f"took longer than {program.limit_s} s and was ended"
    if status < 0:
        return f"ended by {signal.Signals(-status).name}"
    return None


def run_program(program, build, scratch, may_be_empty):
    tmp = pathlib.Path(tempfile.mkdtemp(dir=scratch))
    out, results = tmp / ".output", tmp / ".results"
    begin = time.monotonic()
    env = environment(build, tmp)
    env["GRANNBUD_TEST_RESULTS"] = str(results)
    try:
        with open(out, "wb") as sink:
            process = subprocess.Popen(
                program.argv, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink,
                start_new_session=True)
        RUNNING.add(process.pid)
        in_time = wait_group(process, program.limit_s)
    except OSError as error:
        program.failed.append(f"cannot start: {error}")
        return
    program.seconds = time.monotonic() - begin
    program.output = read_end(out)
    why = how_it_ended(program, process.returncode, in_time)
    if program.is_cmocka:
        why = count_cmocka(program, out.read_text("utf-8", "replace"), why)
    else:
        count_unittest(program, results)
    if why:
        program.failed.append(why)
    if process.returncode > 0 and not program.failed:
        # A leak that the sanitizer reports at exit, or a group's teardown.
        program.failed.append(f"exit status {process.returncode}, although no test failed")
    if program.count() == 0 and not may_be_empty:
        program.failed.append("ran no test")


class LineResult(unittest.TextTestResult):
    """Writes one JSON line per test function, as it ends, so that a time-out keeps what was done."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.lines = open(os.environ["GRANNBUD_TEST_RESULTS"], "a", encoding="utf-8")

    def _line(self, outcome, test, why=""):
        name = test.id() if hasattr(test, "id") else str(test)
        self.lines.write(json.dumps({"outcome": outcome, "test": name + (f": {why}" if why else "")}) + "\n")
        self.lines.flush()

    def startTest(self, test):
        if "daemon" in sys.modules:
            sys.modules["daemon"].forget_ended()
        super().startTest(test)

    def _show_logs(self):
        """What the daemons of a failed test had to say, before its cleanups remove it."""
        if "daemon" in sys.modules:
            self.stream.writeln(sys.modules["daemon"].logs())

    def addSuccess(self, test):
        super().addSuccess(test)
        self._line("passed", test)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._show_logs()
        self._line("failed", test, why_of(err))

    def addError(self, test, err):
        super().addError(test, err)
        self._show_logs()
        self._line("failed", test, why_of(err))

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._line("skipped", test, reason)

    def addExpectedFailure(self, test, err):
        super().addExpectedFailure(test, err)
        self._line("failed", test, "an expected failure is no test here")

    def addUnexpectedSuccess(self, test):
        super().addUnexpectedSuccess(test)
        self._line("failed", test, "unexpected success")

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self._show_logs()
            self._line("failed", subtest, why_of(err))


def unittest_child(path, pattern):
    """In the process of one system test: runs the file's tests with LineResult."""
    path = pathlib.Path(path)
    sys.path.insert(0, str(path.parent))
    loader = unittest.TestLoader()
    if pattern:
        loader.testNamePatterns = [pattern if "." in pattern else f"*.{pattern}"]
    suite = loader.loadTestsFromName(path.stem)
    result = unittest.TextTestRunner(resultclass=LineResult, verbosity=2, stream=sys.stdout).run(suite)
    return 0 if result.wasSuccessful() else 1


def wishes(path):
    """What the file's `# run:` lines say, or such comments of C."""
    with open(path, encoding="utf-8") as f:
        head = [line.strip() for _, line in zip(range(20), f)]
    return {found.group(1) for found in map(WISH.fullmatch, head) if found}


def find_units(build, test, pattern, slow):
    sources = {f"{s.parent.name}/{s.stem}": s for s in sorted(ROOT.glob("tests/unit/*/test_*.c"))}
    sources.update({f"sim/{s.stem}": s for s in sorted(ROOT.glob("tests/sim/test_*.c"))})
    return [Program(n, [str(build / "tests" / n)] + ([pattern] if pattern else []), UNIT_LIMIT_S * slow, True)
            for n, source in sources.items()
            if (not test or fnmatch.fnmatch(n, test)) and f"not under {build.name}" not in wishes(source)]


def long_first(programs, names):
    order = {name: i for i, name in enumerate(names)}
    return sorted(programs, key=lambda p: order.get(p.name, len(order)))


def find_systems(variant, test, pattern, slow):
    """(alone, beside others)"""
    alone, others = [], []
    for path in sorted(ROOT.glob("tests/system/test_*.py")):
        name = f"system/{path.stem}"
        wish = wishes(path)
        if (test and not fnmatch.fnmatch(name, test)) or f"not under {variant}" in wish:
            continue
        argv = [sys.executable, str(pathlib.Path(__file__).resolve()), "--unittest", str(path)]
        argv += ["--filter", pattern] if pattern else []
        (alone if "alone" in wish else others).append(Program(name, argv, SYSTEM_LIMIT_S * slow, False))
    return alone, others


def show(program):
    parts = [f"{len(program.passed)} passed"]
    parts += [f"{len(program.failed)} FAILED"] if program.failed else []
    parts += [f"{len(program.skipped)} skipped"] if program.skipped else []
    mark = "FAIL" if program.failed else "ok  "
    print(f"{mark} {program.name:<44} {program.seconds:7.2f} s  {', '.join(parts)}", flush=True)
    for what in program.failed:
        print(f"     {one_line(what)}", flush=True)


def run_all(lanes, build, scratch, may_be_empty):
    """Each lane is (programs, jobs): they run in order on `jobs` threads, each waiting for one process."""
    lock = threading.Lock()

    def worker(waiting):
        while True:
            with lock:
                if not waiting:
                    return
                program = waiting.pop()
            try:
                run_program(program, build, scratch, may_be_empty)
            except Exception:  # the runner's own fault must not pass as success
                program.failed.append("the runner failed:\n" + traceback.format_exc())
            with lock:
                if program.count() or not may_be_empty:
                    show(program)

    threads = []
    for programs, jobs in lanes:
        waiting = list(reversed(programs))
        threads += [threading.Thread(target=worker, args=(waiting,)) for _ in range(min(jobs, len(programs)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def report(programs):
    """Prints failures in full and then in short, the slowest, and the summary; returns the exit status."""
    for program in programs:
        if program.failed:
            print(f"\n----- {program.name} -----")
            print(program.output.rstrip("\n"))
    for program in programs:
        for what in program.skipped:
            print(f"skipped {program.name}: {what}")
    print()
    for program in programs:
        for what in program.failed:
            print(f"FAILED {program.name}: {what}")
    slow = sorted(programs, key=lambda p: -p.seconds)[:SLOWEST]
    print("slowest: " + ", ".join(f"{p.name} {p.seconds:.1f} s" for p in slow))
    passed, failed, skipped = (sum(len(x) for x in column) for column in (
        [p.passed for p in programs], [p.failed for p in programs], [p.skipped for p in programs]))
    if passed + failed + skipped == 0:
        print("no test ran: is T or F misspelt?")
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""), flush=True)
    return 0 if failed == 0 and passed > 0 else 1


def main():
    parser = argparse.ArgumentParser(description="Runs the unit and system tests.")
    parser.add_argument("--build", default="build", help="where the programs are (build, build/asan, …)")
    parser.add_argument("--test", default="", help="only this one: core/test_schedule, system/test_demo; * allowed")
    parser.add_argument("--filter", default="", help="only test functions whose name matches: 'due*'")
    parser.add_argument("--only", choices=("unit", "system"), help="only this kind")
    parser.add_argument("--unittest", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.unittest:
        return unittest_child(args.unittest, args.filter)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, on_interrupt)
    args.filter = full_pattern(args.filter)
    build = (ROOT / args.build).resolve()
    slow = SLOWDOWN.get(build.name, 1)
    units = find_units(build, args.test, args.filter, slow) if args.only != "system" else []
    alone, systems = find_systems(build.name, args.test, args.filter, slow) if args.only != "unit" else ([], [])
    if not units + alone + systems:
        print(f"no test program matches {args.test!r}: give it as core/test_schedule or system/test_demo")
        print("0 passed, 0 failed")
        return 1
    # A short path: the tests put Unix sockets there, whose names end at 107 bytes.
    scratch = tempfile.mkdtemp(prefix="gbt.", dir="/tmp")
    try:
        lanes = (long_first(units, LONG_UNITS), UNIT_JOBS), (long_first(systems, LONG_SYSTEMS), SYSTEM_JOBS)
        run_all(lanes, build, scratch, bool(args.filter))
        run_all(((alone, 1),), build, scratch, bool(args.filter))
    finally:
        if os.environ.get("KEEP"):
            print(f"kept: {scratch}")
        else:
            shutil.rmtree(scratch, ignore_errors=True)
    return report(units + systems + alone)


if __name__ == "__main__":
    sys.exit(main())
