#!/usr/bin/python3
"""Grannbud's own rules, that no compiler knows. Every finding is `file:line: what is wrong: what to do`.

check.py [--root DIR] looks at every text file of the tree (git's list where there is one) and exits 1 when it
found something. tests/lint/test_check.py shows each rule a bad example, so that a rule that went blind is seen.
"""

import argparse
import pathlib
import re
import subprocess
import sys

FILE_MAX_LINES = 600
TEST_MAX_LINES = 1000  # rows of cases are longer, and nobody reads them at a stretch
FUNCTION_MAX_LINES = 100
LINE_MAX_CHARS = 160  # 120 is the aim, which clang-format sees to; a table's row or a long text may pass it

# What may include what: the path's first part against the layers whose headers it may use.
LAYERS = {
    "base": {"base"},
    "store": {"base", "store"},
    "net": {"base", "net"},
    "core": {"base", "store", "net", "core"},
    "deliver": {"base", "store", "net", "core", "deliver"},
    "inbound": {"base", "store", "net", "core", "inbound"},
    "http": {"base", "store", "core", "http"},
    "cli": {"base", "core", "cli"},
    "main": {"base", "store", "net", "core", "deliver", "inbound", "http", "main"},
}
# These only return errors; the layers above decide what is worth a line in the log.
SILENT_LAYERS = {"base", "store", "net"}
WRAPPED_LIBRARIES = ("uv.h", "curl/", "sqlite3.h", "libpq-fe.h", "llhttp.h")

BANNED = {
    "strcpy": "use buf_adds, or snprintf into an array",
    "strcat": "use buf_adds",
    "strncpy": "it may leave no NUL: use snprintf or memcpy",
    "strncat": "use buf_add",
    "sprintf": "use snprintf or buf_addf",
    "vsprintf": "use vsnprintf or buf_vaddf",
    "gets": "use fgets",
    "strtok": "use strcspn or strchr on a pointer of your own",
    "atoi": "it hides errors: use strtol and check the end",
    "atol": "it hides errors: use strtol and check the end",
    "atoll": "it hides errors: use strtoll and check the end",
    "atof": "it hides errors: use strtod and check the end",
    "scanf": "use strtol on what was read",
    "fscanf": "use fgets and strtol",
    "sscanf": "its numbers overflow silently: use strtol and check the end",
    "vsscanf": "use strtol and check the end",
    "system": "start no shell: use uv_spawn with an argument list",
    "popen": "start no shell: use uv_spawn with an argument list",
    "alloca": "use a buf with a maximum",
    "asctime": "use strftime",
    "ctime": "use strftime",
    "localtime": "use localtime_r",
    "gmtime": "use gmtime_r",
    "rand": "use random_bytes",
    "srand": "use random_bytes",
    "tmpnam": "use mkstemp",
    "tempnam": "use mkstemp",
    "mktemp": "use mkstemp",
    "signal": "use sigaction or uv_signal_start; only SIG_IGN and SIG_DFL are set with it",
}
# Out of memory ends the process, in one place.
ALLOCATORS = {"malloc", "calloc", "realloc", "reallocarray", "strdup", "strndup", "asprintf", "vasprintf"}

SQL = re.compile(
    r"\bSELECT\s|\bINSERT\s+INTO\b|\bUPDATE\s+\w+\s+SET\b|\bDELETE\s+FROM\b"
    r"|\b(?:CREATE|ALTER|DROP)\s+(?:UNIQUE\s+)?(?:TABLE|INDEX|TRIGGER|VIEW)\b")
SQL_CONTROL = re.compile(r"^\s*(?:PRAGMA\s|(?:BEGIN|COMMIT|ROLLBACK)(?=[\s;]|$)|(?:SAVEPOINT|RELEASE)\s)")

# Written in two pieces, so that this file does not find itself.
UNFINISHED = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
SOMEBODYS_PATH = re.compile(r"(?<![\w.:/-])/(?:ho" r"me|wo" r"rk)/\w")

TEXT_SUFFIXES = {
    ".c", ".h", ".py", ".sql", ".awk", ".sh", ".conf", ".service", ".socket", ".timer", ".sysusers", ".tmpfiles",
    ".css", ".js", ".html", ".json", ".yaml", ".yml", ".bash",
}
# Data whose very faults are the test, and what others wrote.
EXEMPT = ("tests/fixtures/", "tests/fuzz/corpus/", "conf/samples/", "LICENSE", "build/", ".git/")
MUST_EXIST = ("README.md", "CHANGELOG.md", "LICENSE", "Makefile", ".ci/run", "conf/grannbud.conf")


class Source:
    """One file: its text, and for C the same text with comments, strings and directives blanked out."""

    def __init__(self, root, path):
        self.path = path
        self.text = (root / path).read_bytes().decode("utf-8", "replace")
        self.lines = self.text.split("\n")
        self.is_c = path.endswith((".c", ".h"))
        self.is_header = path.endswith(".h")
        self.code, self.comments, self.strings = "", [], []  # [(line, text)]
        if self.is_c:
            self._split()

    def _split(self):
        """Blanks are put for what is cut out, so that every position keeps its line."""
        out, i, line, text = [], 0, 1, self.text
        token = re.compile(
            r'(?P<block>/\*.*?(?:\*/|\Z))|(?P<line>//[^\n]*)|(?P<string>"(?:\\.|[^"\\\n])*")'
            r"|(?P<char>'(?:\\.|[^'\\\n])*')", re.S)
        for m in token.finditer(text):
            out.append(text[i:m.start()])
            line = text.count("\n", 0, m.start()) + 1
            if m.lastgroup in ("block", "line"):
                self.comments.append((line, m.group(), m.lastgroup))
            elif m.lastgroup == "string":
                self.strings.append((line, m.start(), m.end(), m.group()[1:-1].replace("\\n", "\n")))
            keep = '""' if m.lastgroup == "string" else ""
            out.append(keep + re.sub(r"[^\n]", " ", m.group())[len(keep):])
            i = m.end()
        out.append(text[i:])
        self.code = "".join(out)

    def includes(self):
        """(line, name, quoted?) of each #include."""
        for number, line in enumerate(self.lines, 1):
            m = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
            if m:
                yield number, m.group(2), m.group(1) == '"'

    def layer(self):
        """The layer that the file belongs to; None outside daemon/ and include/."""
        parts = self.path.split("/")
        if parts[0] not in ("daemon", "include"):
            return None
        return parts[1] if len(parts) > 2 else "main"

    def line_of(self, position):
        return self.text.count("\n", 0, position) + 1

    def literals(self):
        """String literals, with neighbours joined as the compiler joins them: (line, text)."""
        joined, end = [], None
        for line, begin, stop, text in self.strings:
            if joined and end is not None and not self.text[end:begin].strip():
                joined[-1] = (joined[-1][0], joined[-1][1] + text)
            else:
                joined.append((line, text))
            end = stop
        return joined

    def functions(self):
        """(name, first line, last line) of each function body: a brace at level 0 after a parenthesis."""
        code = re.sub(r"^[ \t]*#(?:[^\n\\]|\\.|\\\n)*", lambda m: re.sub(r"[^\n]", " ", m.group()), self.code,
                      flags=re.M)
        level, begin, name = 0, 0, ""
        for m in re.finditer(r"[{}]", code):
            if m.group() == "{":
                if level == 0:
                    begin = m.start()
                    head = code[:begin].rpartition(";")[2].rpartition("}")[2]
                    head = re.sub(r"__attribute__\s*\(\(.*?\)\)", "", head)
                    found = re.search(r"(\w+)\s*\((?:[^{}]*)\)\s*$", head, re.S)
                    name = found.group(1) if found else ""
                level += 1
            elif level > 0:
                level -= 1
                if level == 0 and name:
                    yield name, self.line_of(begin), self.line_of(m.start())


RULES = []


def rule(function):
    RULES.append(function)
    return function


def in_c(source):
    return source.is_c


def in_daemon(source):
    return source.is_c and source.layer() is not None


@rule
def banned_functions(s):
    if not in_c(s):
        return
    for m in re.finditer(r"(?<![\w.>])(\w+)\s*\(", s.code):
        ignores = m.group(1) == "signal" and re.match(r"[^;]*\bSIG_(?:IGN|DFL)\b", s.code[m.end():])
        if m.group(1) in BANNED and not ignores:
            yield s.line_of(m.start()), f"{m.group(1)}() is banned: {BANNED[m.group(1)]}"
    if in_daemon(s) and s.path != "daemon/base/mem.c":
        for m in re.finditer(r"(?<![\w.>])(\w+)\s*\(", s.code):
            if m.group(1) in ALLOCATORS:
                yield s.line_of(m.start()), f"{m.group(1)}() may return NULL: use the x… functions of base/mem.h"


@rule
def gotos(s):
    if in_c(s):
        for m in re.finditer(r"\bgoto\s+(\w+)", s.code):
            if m.group(1) != "out":
                yield s.line_of(m.start()), f"goto {m.group(1)}: one clean-up label per function, called out"


@rule
def layers(s):
    layer = s.layer()
    if not in_daemon(s):
        return
    if layer not in LAYERS:
        yield 1, f"there is no layer {layer}: one of {', '.join(sorted(LAYERS))}"
        return
    for line, name, quoted in s.includes():
        if not quoted or name.endswith(".inc"):
            continue
        used = name.split("/")[0]
        if "/" not in name:
            yield line, f'"{name}" without its layer: write "{layer}/{name}"'
        elif used not in LAYERS:
            yield line, f'"{name}" is of no layer: one of {", ".join(sorted(LAYERS))}'
        elif used not in LAYERS[layer]:
            yield line, f'{layer} must not use {used} ("{name}"): dependencies point one way, see README, Architecture'
        elif name == "base/log.h" and layer in SILENT_LAYERS and s.path != "daemon/base/log.c":
            yield line, f"{layer} does not log: return the error, and let core, deliver, http or main decide"


@rule
def opaque_headers(s):
    if s.is_header and s.path.startswith("include/"):
        for line, name, _ in s.includes():
            if name.startswith(WRAPPED_LIBRARIES):
                yield line, f"<{name}> in a public header: keep it in the .c, behind an opaque struct"


@rule
def sizes(s):
    if not in_c(s):
        return
    count = len(s.lines) - 1
    limit = TEST_MAX_LINES if s.path.startswith("tests/") else FILE_MAX_LINES
    if count > limit:
        yield limit + 1, f"{count} lines, at most {limit}: split the file by what it knows"
    for name, first, last in s.functions():
        if last - first + 1 > FUNCTION_MAX_LINES:
            yield first, f"{name} has {last - first + 1} lines, at most {FUNCTION_MAX_LINES}: give its steps names"


@rule
def contract(s):
    if in_c(s):
        head = re.match(r"/\*(.*?)\*/", s.text, re.S)
        if not head or len(head.group(1).strip(" *\n")) < 20:
            yield 1, "no contract at the top: open with a comment that says what the file is for"


@rule
def include_guard(s):
    if not s.is_header:
        return
    m = re.search(r"^#ifndef (\w+)\n#define (\w+)$", s.text, re.M)
    parts = pathlib.PurePosixPath(s.path).with_suffix("").parts
    if parts[0] in ("include", "daemon"):
        want = "GB_" + "_".join(parts[1:]).upper().replace("-", "_") + "_H"
        # A private header may have a public one's name beside it, then its guard says DAEMON.
        allowed = {want, want.replace("GB_", "GB_DAEMON_", 1)} if parts[0] == "daemon" else {want}
        right = m and m.group(1) == m.group(2) and m.group(1) in allowed
    else:
        want = "GB_TESTS_…_H"
        right = m and m.group(1) == m.group(2) and re.fullmatch(r"GB_TESTS_\w+_H", m.group(1))
    if not right:
        yield s.line_of(m.start()) if m else 1, f"the include guard is not {want}"


@rule
def own_header_first(s):
    parts = s.path.split("/")
    if parts[0] != "daemon" or not s.path.endswith(".c") or len(parts) < 3:
        return
    own = "/".join(parts[1:])[:-2] + ".h"
    names = list(s.includes())
    if any(name == own for _, name, _ in names) and names[0][1] != own:
        yield names[0][0], f'"{own}" comes first, to show that it needs nothing else'


@rule
def comments_and_types(s):
    if not in_c(s):
        return
    for line, text, kind in s.comments:
        if kind == "line":
            yield line, "// comment: write /* ... */"
    for m in re.finditer(r"\btypedef\s+(struct|union|enum)\b", s.code):
        yield s.line_of(m.start()), f"typedef {m.group(1)}: write `{m.group(1)} x` in full; typedefs are for callbacks"


@rule
def sql_in_its_place(s):
    if not in_daemon(s):
        return
    driver = re.fullmatch(r"daemon/store/db_\w+\.c", s.path)
    for line, text in s.literals():
        if driver:
            continue
        if SQL.search(text):
            yield line, "SQL in C: put it in daemon/store/sql (statements) or daemon/store/schema (tables)"
        elif SQL_CONTROL.search(text):
            yield line, "a database's control statement: only the drivers, daemon/store/db_*.c, have them"


@rule
def unit_test_names(s):
    if s.path.startswith("tests/unit/"):
        tables = re.sub(r"(?m)^[ \t]*#.*", lambda m: " " * len(m.group()), s.code)
        for m in re.finditer(r"\bTEST(?:_FIXTURE)?\(\s*(\w+)", tables):
            if not re.fullmatch(r"test_\w+?__\w+", m.group(1)):
                yield s.line_of(m.start()), f"{m.group(1)}: name it test_<function>__<case>"


@rule
def blanks(s):
    if "\r" in s.text:
        yield 1, "carriage returns: the files end their lines with LF"
    if s.text and not s.text.endswith("\n"):
        yield len(s.lines), "no newline at the end of the file"
    for number, line in enumerate(s.lines, 1):
        if "\t" in line and s.path != "Makefile":
            yield number, "a tab: indent with blanks"
        if line.endswith((" ", "\t")):
            yield number, "blanks at the end of the line"
        if s.path.endswith((".c", ".h", ".py")) and len(line) > LINE_MAX_CHARS:
            yield number, f"{len(line)} characters, at most {LINE_MAX_CHARS}"


@rule
def unfinished(s):
    for number, line in enumerate(s.lines, 1):
        m = UNFINISHED.search(line)
        if m:
            yield number, f"{m.group()}: finish it, or file an issue and say here what holds today"
        if SOMEBODYS_PATH.search(line):
            yield number, "a path of one person's machine: take it from the environment or the repository's root"


@rule
def prerequisites_are_known(s):
    """make expands them where it reads the rule: a variable that is defined further down is empty there."""
    if s.path != "Makefile":
        return
    defined = {}
    for number, line in enumerate(s.lines, 1):
        m = re.match(r"(\w+) *[:?]?=", line)
        if m:
            defined.setdefault(m.group(1), number)
    for number, line in enumerate(s.lines, 1):
        m = re.match(r"[^\t#=][^#=]*?:(?![:=])([^#=|]*)", line)
        for name in re.findall(r"\$\((\w+)\)", m.group(1)) if m else ():
            if defined.get(name, 0) > number:
                yield number, f"$({name}) is empty here: define it above this rule"


def tree(root):
    """Paths of all files, relative: git's list, or what lies there in a tree without git."""
    if (root / ".git").exists():
        out = subprocess.run(["git", "-C", str(root), "ls-files", "-co", "--exclude-standard", "-z"],
                             check=True, stdout=subprocess.PIPE).stdout.decode()
        paths = [p for p in out.split("\0") if p and (root / p).is_file()]
    else:
        paths = [str(p.relative_to(root)) for p in root.rglob("*") if p.is_file()]
    return sorted(p for p in paths if not p.startswith(EXEMPT) and "__pycache__" not in p)


def is_text(path):
    return pathlib.PurePosixPath(path).suffix in TEXT_SUFFIXES or path == "Makefile"


def check_file(root, path):
    source = Source(root, path)
    for each in RULES:
        for line, text in each(source) or ():
            yield path, line, text


def unused_statements(root, paths):
    """Statements that no C names."""
    code = "".join((root / p).read_text(encoding="utf-8", errors="replace") for p in paths if p.endswith((".c", ".h")))
    used = set(re.findall(r"\bQ_(\w+)", code))
    for path in paths:
        if path.startswith("daemon/store/sql/"):
            for number, line in enumerate((root / path).read_text(encoding="utf-8").split("\n"), 1):
                m = re.match(r"-- name: (\w+)", line)
                if m and m.group(1).upper() not in used:
                    yield path, number, f"nothing uses {m.group(1)}: use Q_{m.group(1).upper()}, or take it out"


def check_tree(root):
    """All findings, as (path, line, text)."""
    for path in MUST_EXIST:
        if not (root / path).exists():
            yield path, 1, "missing: every checkout has one"
    paths = tree(root)
    for path in paths:
        if is_text(path):
            yield from check_file(root, path)
    yield from unused_statements(root, paths)


def main():
    parser = argparse.ArgumentParser(description="Checks Grannbud's own rules.")
    parser.add_argument("--root", default=pathlib.Path(__file__).resolve().parents[2], type=pathlib.Path)
    args = parser.parse_args()
    found = 0
    for path, line, text in check_tree(args.root):
        print(f"{path}:{line}: {text}")
        found += 1
    if found:
        print(f"{found} finding(s)")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
