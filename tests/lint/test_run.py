#!/usr/bin/python3
"""Shows tests/run.py programs that pass, fail, crash, hang or leave something behind: it must count each rightly."""

import os
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

RUN = pathlib.Path(__file__).resolve().parents[1] / "run.py"

OK = "echo '[ RUN      ] test_a__b'\necho '[       OK ] test_a__b'\n"
FAILED = "echo '[ RUN      ] test_c__d'\necho why >&2\necho '[  FAILED  ] test_c__d' >&2\n"
SKIPPED = "echo '[ RUN      ] test_e__f'\necho '[  SKIPPED ] test_e__f'\n"
HALF = "echo '[ RUN      ] test_g__h'\n"


class RunTest(unittest.TestCase):
    def setUp(self):
        self.root = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        for path in ("tests/unit/core", "tests/system", "build/tests/core"):
            (self.root / path).mkdir(parents=True)
        text = RUN.read_text()
        self.assertIn("UNIT_LIMIT_S = 240\n", text)
        (self.root / "tests/run.py").write_text(text.replace("UNIT_LIMIT_S = 240\n", "UNIT_LIMIT_S = 1\n"))

    def unit(self, name, script):
        (self.root / f"tests/unit/core/{name}.c").touch()
        program = self.root / f"build/tests/core/{name}"
        program.write_text("#!/bin/sh\n" + script)
        program.chmod(0o755)

    def run_it(self, *arguments):
        got = subprocess.run([sys.executable, str(self.root / "tests/run.py"), *arguments], stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
        return got.returncode, got.stdout.splitlines()[-1], got.stdout

    def test_all_well(self):
        self.unit("test_x", OK)
        (self.root / "tests/system/test_y.py").write_text(
            "import unittest\nclass Y(unittest.TestCase):\n    def test_it(self):\n        pass\n")
        self.assertEqual(self.run_it()[:2], (0, "2 passed, 0 failed"))
        self.assertEqual(self.run_it("--test", "system/test_y")[:2], (0, "1 passed, 0 failed"))
        self.assertEqual(self.run_it("--filter", "it*")[:2], (0, "2 passed, 0 failed"))

    def test_what_a_file_wishes(self):
        text = "import unittest\nclass Y(unittest.TestCase):\n    def test_it(self):\n        pass\n"
        (self.root / "build/tsan").mkdir()
        (self.root / "tests/system/test_y.py").write_text("# run: alone\n" + text)
        (self.root / "tests/system/test_z.py").write_text("# run: not under tsan\n" + text)
        self.assertEqual(self.run_it()[:2], (0, "2 passed, 0 failed"))
        self.assertEqual(self.run_it("--build", "build/tsan")[:2], (0, "1 passed, 0 failed"))
        self.unit("test_x", OK)
        (self.root / "tests/unit/core/test_x.c").write_text("/* x */\n/* run: not under tsan */\n")
        self.assertEqual(self.run_it()[:2], (0, "3 passed, 0 failed"))
        self.assertEqual(self.run_it("--build", "build/tsan")[:2], (0, "1 passed, 0 failed"))

    def test_failure_and_skip(self):
        self.unit("test_x", OK + FAILED + SKIPPED + "exit 1\n")
        status, last, text = self.run_it()
        self.assertEqual((status, last), (1, "1 passed, 1 failed, 1 skipped"))
        self.assertIn("why\n", text)

    def test_failed_system_tests(self):
        (self.root / "tests/system/test_y.py").write_text(
            "import unittest\nclass Y(unittest.TestCase):\n    def test_it(self):\n        self.fail('why')\n")
        (self.root / "tests/system/test_z.py").write_text("import nothing_of_that_name\n")
        self.assertEqual(self.run_it()[:2], (1, "0 passed, 2 failed"))

    def test_crash_in_a_test(self):
        self.unit("test_x", OK + HALF + "kill -ABRT $$\n")
        status, last, text = self.run_it()
        self.assertEqual((status, last), (1, "1 passed, 1 failed"))
        self.assertIn("test_g__h: ended by SIGABRT", text)

    def test_leak_found_at_exit(self):
        self.unit("test_x", OK + "exit 23\n")
        self.assertEqual(self.run_it()[:2], (1, "1 passed, 1 failed"))

    def test_hang(self):
        self.unit("test_x", OK + HALF + "sleep 50\n")
        begin = time.monotonic()
        status, last, text = self.run_it()
        self.assertEqual((status, last), (1, "1 passed, 1 failed"))
        self.assertIn("took longer than 1 s", text)
        self.assertLess(time.monotonic() - begin, 20)

    def test_nothing_ran(self):
        self.assertEqual(self.run_it()[:2], (1, "0 passed, 0 failed"))
        self.unit("test_x", "true\n")
        self.assertEqual(self.run_it()[:2], (1, "0 passed, 1 failed"))
        self.unit("test_x", SKIPPED)
        self.assertEqual(self.run_it()[0], 1)

    def test_program_that_was_not_built(self):
        (self.root / "tests/unit/core/test_x.c").touch()
        self.assertEqual(self.run_it()[:2], (1, "0 passed, 1 failed"))

    def test_what_is_left_behind_is_ended(self):
        note = self.root / "pid"
        self.unit("test_x", OK + f"sleep 50 &\necho $! >{note}\n")
        self.assertEqual(self.run_it()[0], 0)
        pid = int(note.read_text())
        for _ in range(100):  # it dies as nobody's child: whoever adopts it may take a moment
            try:
                state = pathlib.Path(f"/proc/{pid}/stat").read_text().split()[2]
            except (FileNotFoundError, ProcessLookupError):
                return
            if state == "Z":
                return
            time.sleep(0.05)
        self.fail(f"{pid} lives")

    def test_own_directory_and_programs(self):
        self.unit("test_x", OK + 'echo "$TMPDIR $GRANNBUD_BIN" >pid\ntest -d "$TMPDIR" || exit 9\n')
        self.assertEqual(self.run_it()[0], 0)
        tmp, programs = (self.root / "pid").read_text().split()
        self.assertFalse(os.path.exists(tmp))
        self.assertEqual(programs, str((self.root / "build").resolve()))


if __name__ == "__main__":
    unittest.main()
