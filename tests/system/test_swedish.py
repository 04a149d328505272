"""Officers read Swedish: what the code refuses of alerts and meetings has it, and no Swedish outlives its English."""
import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FILES = sorted((ROOT / "daemon" / "core").glob("alert*.c")) + [
    ROOT / "daemon" / name for name in ("core/meeting.c", "core/geo.c", "http/api_alert_body.c", "http/api_meeting.c",
                                        "cli/alert_file.c")]
# Said of JSON that a program made, or in other words beside it (err_add_swedish, further down).
PROGRAMS = ("target", 'kind \\"', "%s: %s", "corner %zu of the polygon: %s", "a point needs", "%s, line %zu: %s")
STRING = r'"((?:[^"\\]|\\.)*)"'
CALL = re.compile(r"err_set\(\s*[^,]+,\s*\w+,\s*((?:%s\s*)+)([,);]|\w)" % STRING)


def join(text):
    return "".join(re.findall(STRING, text))


class Swedish(unittest.TestCase):
    def setUp(self):
        table = (ROOT / "daemon/base/err_swedish.c").read_text(encoding="utf-8")
        entry = re.compile(r"\{((?:%s\s*)+),\s*((?:%s\s*)+)\}" % (STRING, STRING))
        self.words = {join(m[1]): join(m[3]) for m in entry.finditer(table)}
        self.assertGreater(len(self.words), 50)

    def test_every_refusal_has_it(self):
        missing = []
        for path in FILES:
            text = path.read_text(encoding="utf-8")
            for m in CALL.finditer(text):
                english = join(m[1])
                is_beside = "err_add_swedish(" in text[m.end():m.end() + 700].split("err_set(")[0]
                if english not in self.words and not is_beside and not english.startswith(PROGRAMS):
                    missing.append("%s: %s" % (path.name, english))
        self.assertEqual(missing, [])

    def test_none_outlives_its_english(self):
        said = set()
        for path in (ROOT / "daemon").rglob("*.c"):
            said.update(join(m[1]) for m in CALL.finditer(path.read_text(encoding="utf-8")))
        self.assertEqual([english for english in self.words if english not in said], [])

    def test_it_is_one_sentence_that_ends(self):
        for swedish in self.words.values():
            self.assertRegex(swedish, r"[.?]$", swedish)


if __name__ == "__main__":
    unittest.main()
