#!/usr/bin/python3
"""Shows every rule of check.py a bad example, and the same thing done right."""

import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import check  # noqa: E402

HEAD = "/* What this file is for, in a sentence. */\n"
LONG_BODY = "void f(void)\n{\n" + "    g();\n" * 99 + "}\n"

# (rule's words in the finding, path, text after the contract, line)
BAD = [
    ("strcpy() is banned", "daemon/core/x.c", "void f(char *a)\n{\n    strcpy(a, \"b\");\n}\n", 4),
    ("sscanf() is banned", "tests/unit/core/test_x.c", "int f(void)\n{\n    return sscanf(a, b);\n}\n", 4),
    ("signal() is banned", "daemon/main.c", "void f(void)\n{\n    signal(1, f);\n}\n", 4),
    ("localtime() is banned", "daemon/http/x.c", "void f(void)\n{\n    localtime (&t);\n}\n", 4),
    ("may return NULL", "daemon/core/x.c", "void f(void)\n{\n    p = malloc(3);\n}\n", 4),
    ("goto fail", "daemon/core/x.c", "void f(void)\n{\n    goto fail;\n}\n", 4),
    ("base must not use core", "daemon/base/x.c", "#include \"core/letter.h\"\n", 2),
    ("store must not use core", "include/store/x.h",
     "#ifndef GB_STORE_X_H\n#define GB_STORE_X_H\n#include \"core/letter.h\"\n#endif\n", 4),
    ("net must not use store", "daemon/net/x.c", "#include \"store/db.h\"\n", 2),
    ("store must not use net", "daemon/store/x.c", "#include \"net/http_call.h\"\n", 2),
    ("core must not use http", "daemon/core/x.c", "#include \"http/server.h\"\n", 2),
    ("deliver must not use http", "daemon/deliver/x.c", "#include \"http/server.h\"\n", 2),
    ("cli must not use store", "daemon/cli/x.c", "#include \"store/db.h\"\n", 2),
    ("without its layer", "daemon/core/x.c", "#include \"letter.h\"\n", 2),
    ("no layer util", "daemon/util/x.c", "int x;\n", 1),
    ("store does not log", "daemon/store/x.c", "#include \"base/log.h\"\n", 2),
    ("in a public header", "include/deliver/x.h",
     "#ifndef GB_DELIVER_X_H\n#define GB_DELIVER_X_H\n#include <curl/curl.h>\n#endif\n", 4),
    ("$(LATE) is empty here", "Makefile", "EARLY := x\nall: $(EARLY) $(LATE)\nLATE := x\n", 3),
    ("601 lines", "daemon/core/x.c", "int x;\n" * 600, 601),
    ("1001 lines", "tests/unit/core/test_x.c", "int x;\n" * 1000, 1001),
    ("f has 101 lines", "daemon/core/x.c", LONG_BODY, 3),
    ("include guard", "include/core/x.h", "#ifndef X_H\n#define X_H\n#endif\n", 2),
    ("include guard", "include/core/x.h", "int x;\n", 1),
    ("include guard", "include/core/x.h", "#ifndef GB_DAEMON_CORE_X_H\n#define GB_DAEMON_CORE_X_H\n#endif\n", 2),
    ("include guard", "tests/lib/x.h", "#ifndef GB_X_H\n#define GB_X_H\n#endif\n", 2),
    ("comes first", "daemon/core/x.c", "#include <stdio.h>\n#include \"core/x.h\"\n", 2),
    ("// comment", "daemon/core/x.c", "int x; // why\n", 2),
    ("typedef struct", "daemon/core/x.c", "typedef struct x {\n    int y;\n} x;\n", 2),
    ("SQL in C", "daemon/core/x.c", "const char *s = \"SELECT id FROM t\";\n", 2),
    ("SQL in C", "daemon/store/x.c", "const char *s = \"\\nUPDATE t\"\n                \" SET x = 1\";\n", 2),
    ("SQL in C", "daemon/store/x.c", "const char *s = \"CREATE UNIQUE INDEX i\";\n", 2),
    ("SQL in C", "daemon/http/x.c", "const char *s = \"DELETE FROM t\";\n", 2),
    ("control statement", "daemon/store/x.c", "const char *s = \"PRAGMA journal_mode\";\n", 2),
    ("control statement", "daemon/core/x.c", "const char *s = \"BEGIN IMMEDIATE\";\n", 2),
    ("name it test_", "tests/unit/core/test_x.c", "int x = TEST(test_letter_opens);\n", 2),
    ("carriage returns", "daemon/core/x.c", "int x;\r\n", 1),
    ("no newline", "daemon/core/x.c", "int x;", 2),
    ("a tab", "daemon/store/sql/x.sql", "\tid\n", 2),
    ("blanks at the end", "systemd/x.service", "User=x \n", 2),
    ("161 characters", "daemon/core/x.c", "int " + "x" * 156 + ";\n", 2),
    ("finish it", "daemon/core/x.c", "/* TO" "DO: think */\n", 2),
    ("finish it", "conf/grannbud.conf", "# FIX" "ME\n", 2),
    ("one person's machine", "tests/system/test_x.py", "x = '/ho" "me/anna/x'\n", 2),
]

GOOD = [
    ("daemon/core/x.c",
     "#include \"core/x.h\"\n\n#include <stdio.h>\n\n#include \"store/db.h\"\n#include \"base/log.h\"\n"),
    ("daemon/core/x.c",
     "int f(struct x *x)\n{\n    x->system(1);\n    x.signal(2);\n    goto out;\nout:\n    return 0;\n}\n"),
    ("daemon/core/x.c", "/* strcpy(a, b) // SELECT x */\nconst char *a = \"strcpy(a, b) // TO do\", b = '\"';\n"),
    ("daemon/core/x.c", "const char *s = \"BEGIN:VCALENDAR\", *t = \"select a day, update it\";\n"),
    ("daemon/core/x.c", "const char *s = \"\";\nint t = 1;\n" + LONG_BODY.replace("    g();\n", "", 1)),
    ("daemon/core/x.c", "int x;\n" * 599),
    ("daemon/core/x.c", "typedef void (*done_cb)(void *ctx);\n"),
    ("daemon/base/mem.c", "void *f(void)\n{\n    return malloc(3);\n}\n"),
    ("daemon/base/log.c", "#include \"base/log.h\"\n"),
    ("daemon/store/db_sqlite.c", "const char *s = \"PRAGMA journal_mode\";\n"),
    ("daemon/main.c", "#include \"http/server.h\"\n#include \"deliver/outbox.h\"\n"),
    ("daemon/store/x.c", "#include \"gen/queries.inc\"\n#include <sqlite3.h>\n"),
    ("include/core/x.h", "#ifndef GB_CORE_X_H\n#define GB_CORE_X_H\n#endif\n"),
    ("daemon/core/x.h", "#ifndef GB_DAEMON_CORE_X_H\n#define GB_DAEMON_CORE_X_H\n#endif\n"),
    ("daemon/main.c", "void f(void)\n{\n    signal(SIGPIPE, SIG_IGN);\n}\n"),
    ("tests/lib/x.h", "#ifndef GB_TESTS_X_H\n#define GB_TESTS_X_H\n#endif\n"),
    ("tests/unit/core/test_x.c", "#define LIVE(f) TEST(f)\nint x = LIVE(test_x__y);\n"),
    ("tests/unit/core/test_x.c",
     "int x = TEST(test_letter_open__of_a_past_period);\nchar t[] = \"/tmp/x.XX" "XXXX\";\n"),
]


def findings(path, text):
    with tempfile.TemporaryDirectory() as d:
        root = pathlib.Path(d)
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(text.encode())
        return list(check.check_file(root, path))


class CheckTest(unittest.TestCase):
    def test_bad_is_reported(self):
        for words, path, text, line in BAD:
            with self.subTest(words=words, text=text[:60]):
                got = findings(path, HEAD + text)
                self.assertEqual([(p, n) for p, n, why in got if words in why], [(path, line)], got)

    def test_good_is_not(self):
        for path, text in GOOD:
            with self.subTest(path=path, text=text[:60]):
                self.assertEqual(findings(path, HEAD + text), [])

    def test_missing_contract(self):
        self.assertIn("no contract", findings("daemon/core/x.c", "int x;\n")[0][2])
        self.assertIn("no contract", findings("daemon/core/x.c", "/* X. */\nint x;\n")[0][2])

    def test_missing_files(self):
        with tempfile.TemporaryDirectory() as d:
            got = [path for path, _, why in check.check_tree(pathlib.Path(d)) if "missing" in why]
        self.assertEqual(got, list(check.MUST_EXIST))

    def test_unused_statements(self):
        with tempfile.TemporaryDirectory() as d:
            root = pathlib.Path(d)
            (root / "daemon/store/sql").mkdir(parents=True)
            (root / "daemon/store/sql/x.sql").write_text("-- name: one_get\nSELECT 1\n\n-- name: two_get scoped\nSELECT 2\n")
            (root / "daemon/store/x.c").write_text(HEAD + "int q = Q_ONE_GET, r = Q_TWO_GETTER;\n")
            got = [(path, line) for path, line, why in check.check_tree(root) if "nothing uses two_get" in why or "one_get" in why]
        self.assertEqual(got, [("daemon/store/sql/x.sql", 4)])

    def test_every_rule_has_a_bad_example(self):
        """Takes each rule away in turn: some example must then go unseen."""
        every = list(check.RULES)
        bad = [(words, path, HEAD + text) for words, path, text, _ in BAD]
        bad.append(("no contract", "daemon/x/y.c", "int x;\n"))
        try:
            for one in every:
                check.RULES[:] = [r for r in every if r is not one]
                unseen = [w for w, path, text in bad if not any(w in why for _, _, why in findings(path, text))]
                self.assertTrue(unseen, f"{one.__name__} has no bad example")
        finally:
            check.RULES[:] = every


if __name__ == "__main__":
    unittest.main()
