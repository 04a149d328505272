#!/usr/bin/python3
"""README.md against the tree: paths that exist, targets that make knows, commands and options that the programs take.

"""
import os
import pathlib
import re
import shlex
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("GRANNBUD_BIN", ROOT / "build"))
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
FENCES = re.findall(r"^```\n(.*?)^```$", TEXT, re.M | re.S)
PROSE = re.sub(r"^```\n.*?^```$", "", TEXT, flags=re.M | re.S)
SPANS = [" ".join(s.split()) for s in re.findall(r"`([^`]+)`", PROSE)]
TOP = {p.name for p in ROOT.iterdir() if p.name not in (".git", "build")}
# What stands for a name of the reader's own.
PATTERN = re.compile(r"NNNN|_X\.|LAYER")
# Names of the code that look like keys of the configuration.
CODE_NAMES = {"scope_municipality", "expires_at", "not_before", "ledger_finish", "ledger_recover", "module_verb"}


def command_lines():
    """Every command of the fences (continued lines joined) and of the prose, without comments."""
    lines = []
    for fence in FENCES:
        lines += fence.replace("\\\n", " ").split("\n")
    return [re.sub(r"(^|\s)#.*", "", line).strip() for line in lines] + SPANS


def commands(program):
    """The words behind each call of `program`."""
    found = []
    for line in command_lines():
        for part in re.split(r"\s&&\s", line):
            words = shlex.split(part) if part.startswith((program + " ", "sudo " + program + " ")) else []
            if words:
                found.append(words[words.index(program) + 1:])
    return found


def paths():
    """(path as it stands there, folders it may lie in). A bare file name in a table belongs to its row's folders."""
    for line in PROSE.split("\n"):
        spans = re.findall(r"`([^`]+)`", line)
        folders = [s for s in spans if s.endswith("/") and s.split("/")[0] in TOP] if line.startswith("|") else []
        for span in spans:
            if PATTERN.search(span):
                continue
            if "/" in span and span.split("/")[0] in TOP and " " not in span:
                yield span, [""]
            elif span in TOP and "." in span:
                yield span, [""]
            elif folders and re.fullmatch(r"[\w*]+\.\w+|\w+/", span):
                yield span, folders


def options_of(*words):
    """The options that a program's help shows, and its exit code."""
    done = subprocess.run([str(BUILD / words[0]), *words[1:], "--help"], capture_output=True, text=True, check=False,
                          timeout=60)
    return done.returncode, set(re.findall(r"--[a-z-]+", done.stdout)), done.stdout + done.stderr


class Readme(unittest.TestCase):
    def test_paths_exist(self):
        seen = 0
        for path, folders in paths():
            seen += 1
            with self.subTest(path):
                found = [p for f in folders for p in ROOT.glob((f + path).rstrip("/"))]
                self.assertTrue(found, "README names %s, which is not there" % path)
        self.assertGreater(seen, 80)

    def test_links_lead_somewhere(self):
        for target in re.findall(r"\]\(([^)#]+)\)", PROSE):
            with self.subTest(target):
                self.assertTrue(target.startswith("https://") or (ROOT / target).exists())

    def test_every_folder_is_named(self):
        tracked = [ROOT / "conf", ROOT / "systemd", *(p for p in (ROOT / "daemon").iterdir() if p.is_dir())]
        for folder in tracked:
            name = str(folder.relative_to(ROOT)) + "/"
            with self.subTest(name):
                self.assertTrue("`%s`" % name in PROSE, "README does not name `%s`" % name)
        for folder in (ROOT / "tests").iterdir():
            if folder.is_dir() and folder.name != "__pycache__":
                with self.subTest(folder.name):
                    self.assertIn("`%s/`" % folder.name, PROSE)

    def test_make_targets_exist(self):
        makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
        targets = set(re.findall(r"^([a-z][a-z-]*):", makefile, re.M))
        calls = commands("make")
        self.assertGreater(len(calls), 15)
        for words in calls:
            with self.subTest(" ".join(words)):
                for word in words:
                    name, equals, value = word.partition("=")
                    if not equals:
                        self.assertIn(word, targets)
                    elif name == "T":
                        places = ["bench/%s.py"] if "bench" in words else ["unit/%s.c", "%s.c", "%s.py"]
                        self.assertTrue(any((ROOT / "tests" / (place % value)).exists() for place in places), value)
                    elif name == "FUZZ":
                        self.assertTrue((ROOT / "tests" / "fuzz" / ("fuzz_%s.c" % value)).exists(), value)
                    elif name != "F":
                        self.assertRegex(makefile, r"\b%s\b" % name)

    def test_named_tests_exist(self):
        for span in SPANS:
            if re.fullmatch(r"(system|sim)/test_\w+", span):
                with self.subTest(span):
                    self.assertTrue(any((ROOT / "tests" / (span + end)).exists() for end in (".c", ".py")))

    def test_variables_are_read(self):
        scripts = "".join(p.read_text(encoding="utf-8") for p in (ROOT / "tests").glob("*/*.py"))
        names = set(re.findall(r"GRANNBUD_[A-Z_]+", TEXT))
        self.assertGreater(len(names), 5)
        for name in names:
            with self.subTest(name):
                self.assertTrue('"%s"' % name in scripts, "nothing reads %s" % name)

    def test_grannbud_commands_exist(self):
        calls = commands("grannbud")
        self.assertGreater(len(calls), 25)
        takes_value = {"--socket", "--url", "--token-file", "--as", "--lang"}
        for words in calls:
            with self.subTest(" ".join(words)):
                while words and words[0].startswith("--"):
                    words = words[2 if words[0] in takes_value else 1:]
                if words[0] == "help":
                    words = words[1:]
                command = words[:1] if words[:1] and words[0] in ("status", "why", "hold", "resume") else words[:2]
                code, known, shown = options_of("grannbud", *command)
                self.assertEqual(code, 0, shown)
                self.assertIn(" ".join(["grannbud", *command]), shown)
                for word in words[len(command):]:
                    if word.startswith("--"):
                        self.assertIn(word, known)

    def test_loose_options_exist(self):
        done = subprocess.run([str(BUILD / "grannbud"), "completion"], capture_output=True, text=True, check=True)
        known = set(re.findall(r"--[a-z0-9-]+", done.stdout)) | options_of("grannbudd")[1]
        for span in SPANS:
            if re.fullmatch(r"--[a-z-]+", span):
                with self.subTest(span):
                    self.assertIn(span, known)

    def test_grannbudd_options_exist(self):
        code, known, shown = options_of("grannbudd")
        self.assertEqual(code, 0)
        for words in commands("grannbudd"):
            for word in words:
                if word.startswith("-"):
                    with self.subTest(word):
                        self.assertIn(word, known | set(re.findall(r"(?<!\S)-[a-z]\b", shown)))

    def test_configuration_exists(self):
        manual = (ROOT / "conf" / "grannbud.conf").read_text(encoding="utf-8")
        for span in SPANS:
            section = re.match(r"\[([a-z_]+)", span)
            key = re.fullmatch(r"(?:\[[a-z_]+\] )?([a-z]+(?:_[a-z*]+)+)", span)
            with self.subTest(span):
                if section:
                    self.assertRegex(manual, r"(?m)^#?\[%s\b" % section.group(1))
                if key and key.group(1) not in CODE_NAMES:
                    self.assertRegex(manual, r"(?m)^#?%s = " % key.group(1).replace("*", r"\w+"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
