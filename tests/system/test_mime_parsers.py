# run: not under tsan
"""What we write as MIME, read by three programs that nobody here wrote: Python's email, Perl's Email::MIME and GMime.

Hostile strings go into every field and both bodies; what each reader shows must be the input, to the character.
The bytes are checked beside that: CRLF only, 7-bit, line lengths, RFC 2047's limits.
"""

import email
import email.header
import email.policy
import email.utils
import json
import os
import pathlib
import random
import re
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("GRANNBUD_BIN", ROOT / "build"))
MAIL_DUMP = BUILD / "tests" / "tools" / "mail_dump"
GMIME_DUMP = BUILD / "tests" / "tools" / "gmime_dump"
PERL_DUMP = ROOT / "tests" / "lib" / "tools" / "email_mime_dump.pl"

SLOTS = {"group": "\x01", "name": "\x02", "municipality": "\x03", "area": "\x04", "period": "\x05"}
LINK = "\x06"

ONE_LINE = [
    "", " ", "  ", "a", "Polisen Nacka grannsamverkan", "Åsa Öberg", "ÅÄÖåäö", "Lärkvägen 3–5 & co",
    "Månadsbrev grannsamverkan, mars 2026", "=?utf-8?Q?falskt?=", "=?utf-8?B?ZmFsc2t0?=", "=?", "?=", "a =?x?= b",
    "=?iso-8859-1?Q?=E5?= å", "=?utf-8?Q?=0D=0ABcc:_x@example.se?=", '"', '""', '"quoted"', 'say "hej" och "då"',
    "\\", "\\\\", '\\"', "back\\slash", "a, b", ",", ";", ":", "<", ">", "<namn@example.se>", "namn@example.se",
    "Namn <namn@example.se>", "(comment)", "(((", ")", "[x]", "group: a@b.se;", "a.b", ".", "...", ".leading", "a.",
    "From ", "From here", ">From ", "-- ", "--", "--=_gb_", "=", "==", "===", "=3D", "=\u00e5", "=20", "_", "a_b", "?",
    "a?b", "100%", "%0D%0A", "&amp;", "<b>fet</b>", "<script>alert(1)</script>", "' onload='x", "a&b<c>d\"e'f",
    "trailing ", "trailing  ", " leading", "a  b", "a   b    c", "å  ä", " å ", "a å b ö c", "å b", "b å", "a\u00a0b",
    "\u00a0", "\u00a0å\u00a0", "\u2007x\u2009", "e\u0301", "\u0301", "\u0301\u0302\u0303", "a\u030a", "Z\u0351\u036b\u0343",
    "שלום עולם", "مرحبا بالعالم", "abc שלום def", "\u200e\u200f", "\u200b", "\ufeff", "\ufeffx", "\u2060", "\u00ad", "日本語の長い題名" * 6,
    "😀", "😀" * 40, "👩‍👩‍👧‍👦" * 12, "🇸🇪🇸🇪", "a😀" * 30, "\U0010fffd", "\ufffd", "\ud7ff\ue000", "İıſß", "ﬁ", "x" * 40, "x" * 49,
    "x" * 60, "x" * 75, "x" * 76, "x" * 77, "x" * 78, "x" * 200, "x" * 2000, "å" * 2000, "😀" * 2000, "ord " * 50 + "ord",
    "x" * 47 + " " + "y" * 48, "x" * 48 + " " + "y" * 48, "Kommun" + " " * 100 + "slut", "/" * 100, "@" * 80, "!" * 80,
    "[ÖVNING] Larm", "Re: Re: Fwd: å", "Subject: x", "Bcc: namn@example.se", "\u2013\u2014\u2018\u2019\u201c\u201d\u2026",
    "NULL", "{{group}}", "{{}}", "$(reboot)", "%s%n", "\u0085".replace("\u0085", "ok"), "á" * 15 + " " + "é" * 15,
]

ALPHABET = (
    "abcXYZ019 .,;:!?\"'\\/()<>[]@=_-+*#$%&^`{|}~"
    "åäöÅÄÖéü\u00a0ß€–—’…\u0301\u030aשלعمר日本語한\u200d😀👩🇸🇪\U0001f3fd"
)

MANY_LINES = [
    "\n", "\n\n\n", "a\nb\n", "a\nb", ".\n", ".", "..\n.\n", ".a\n..b\n", "From x\n", "From x\nFrom y\n", "\nFrom ", "x\nFrom\n",
    "=\n=\n=\n", "==========" * 20 + "\n", "=" * 76, "=" * 75 + "\n", "trailing \nspaces  \nand tab\t\n", " \n \n", "\t\n\t\t\n",
    "tab\tin\tline\n", "\tx\n", "--=_gb_0123456789abcdef01234567\n", "--\n-- \n", "x" * 2000, "x" * 75, "x" * 76, "x" * 77,
    "å" * 2000, "😀" * 2000 + "\n", ("x" * 74 + "å") * 5, ("x" * 73 + "😀") * 5, ("y" * 75 + "\n") * 3, ("y" * 76 + "\n") * 3,
    ("y" * 75 + " \n") * 3, ("y" * 74 + " \n") * 3, "x" * 74 + ".", "x" * 75 + ".x", "x" * 75 + "From x", "a" + " " * 200 + "b",
    " " * 200, "\u2028\u2029\n", "\u202emoc.elpmaxe\u202c\n", "Content-Type: text/html\n\n<b>x</b>\n", "\nQUIT\n.\nMAIL FROM:<x>\n",
]


def random_line(rng):
    return "".join(rng.choice(ALPHABET) for _ in range(rng.choice([1, 2, 5, 20, 40, 90, 300])))


def random_body(rng):
    lines = [rng.choice([random_line(rng), ".", "From x", "", " ", "=" * rng.randint(60, 80)]) for _ in range(rng.randint(0, 6))]
    return "\n".join(lines) + rng.choice(["", "\n"])


def random_template(rng):
    """A body with placeholders at any place: edges, next to each other, beside line ends."""
    pieces = []
    for _ in range(rng.randint(1, 12)):
        pieces.append(rng.choice([random_body(rng), "x" * rng.randint(0, 160), "\n", " ", ".", *SLOTS.values(), *SLOTS.values(), LINK]))
    return "".join(pieces)


def html_escape(value):
    for char, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("'", "&#39;")):
        value = value.replace(char, entity)
    return value


def expand(template, case, escape=lambda value: value):
    for word, byte in SLOTS.items():
        template = template.replace(byte, escape(case["slots"].get(word, "")))
    return template.replace(LINK, escape(case.get("link", "")))


def ended(body):
    return body if body.endswith("\n") else body + "\n"


def cases():
    """Every string in every field by itself, then random ones in all fields at once."""
    rng = random.Random(20260401)
    lines = ONE_LINE + [random_line(rng) for _ in range(400)]
    bodies = ONE_LINE + MANY_LINES + [random_body(rng) for _ in range(350)]
    for i, body in enumerate(bodies):
        line = lines[i % len(lines)]
        html = "<p>" + body + "</p>" if i % 2 else body
        yield {"subject": line, "from_name": line, "to_name": line, "organisation": line, "list_name": line, "slots": {},
               "text": body, "html": html, "list_id": "nacka.grannsam.example.se"}
    for i, line in enumerate(lines):
        short = line[:1000]
        yield {"subject": "Hej \x01, \x05!" if i % 2 else "\x01\x02", "to_name": line, "text": random_template(rng),
               "html": "<a href=\"\x06\">\x01</a>" + random_template(rng), "link": "https://grannsam.example.se/u/abc?a=1&b=2",
               "slots": {"group": short, "name": rng.choice(lines)[:500], "municipality": rng.choice(["", " ", "Nacka", short]),
                         "area": rng.choice(lines)[:80], "period": rng.choice(["mars 2026", "", "."])}}
    for body in bodies[::5]:
        yield {"subject": "Påminnelse", "text": body, "slots": {}}


def expected(case):
    parts = 2 if "html" in case else 1
    want = {"subject": expand(case["subject"], case), "to": [case.get("to_name", ""), "namn@example.se"],
            "from": [case.get("from_name", ""), "nacka@grannsam.example.se"], "parts": parts,
            "text": expand(ended(case["text"]), case)}
    if parts == 2:
        want["html"] = expand(ended(case["html"]), case, html_escape)
    return want


def dump(case_list):
    """Each case through mail_dump: the message's bytes, or its "ERR ..." line."""
    lines = "".join(json.dumps(case) + "\n" for case in case_list)
    out = subprocess.run([MAIL_DUMP], input=lines.encode(), stdout=subprocess.PIPE, check=True).stdout
    answers, at = [], 0
    while at < len(out):
        end = out.index(b"\n", at)
        head = out[at:end].decode()
        at = end + 1
        if head.startswith("OK "):
            size = int(head[3:])
            answers.append(out[at:at + size])
            at += size
        else:
            answers.append(head)
    assert len(answers) == len(case_list)
    return answers


def read_with(argv, messages):
    data = b"".join(b"%d\n%s" % (len(message), message) for message in messages)
    out = subprocess.run(argv, input=data, stdout=subprocess.PIPE, check=True).stdout
    return [json.loads(line) for line in out.decode("ascii").splitlines()]


def python_mailbox(raw, field):
    """The address taken apart as it was sent and its name decoded after that, as RFC 2047, 6.2 has it."""
    header = email.message_from_bytes(raw, policy=email.policy.compat32)[field].replace("\r\n", "")
    addresses = email.utils.getaddresses([header])
    if len(addresses) != 1:
        return []
    name, address = addresses[0]
    return [str(email.header.make_header(email.header.decode_header(name))), address]


def python_new_mailbox(message, field):
    addresses = message[field].addresses
    return [addresses[0].display_name, addresses[0].addr_spec] if len(addresses) == 1 else []


def python_text(part):
    return part.get_payload(decode=True).decode(part.get_content_charset())


def read_with_python(raw):
    message = email.message_from_bytes(raw, policy=email.policy.default)
    parts = list(message.iter_parts()) if message.is_multipart() else [message]
    got = {"subject": str(message["Subject"]), "from": python_mailbox(raw, "From"), "to": python_mailbox(raw, "To"),
           "parts": len(parts), "text": python_text(parts[0])}
    if len(parts) > 1:
        got["html"] = python_text(parts[1])
    return got


def same_lines(got):
    """Readers give the body in the line ends it was sent in; ours are LF."""
    return {key: value.replace("\r\n", "\n") if key in ("text", "html") and value else value for key, value in got.items()}


def trimmed(want):
    """GMime drops white space at the ends of a display name, after decoding it; names in a register have none."""
    for key in ("from", "to"):
        want[key][0] = want[key][0].strip(" ")
    return want


def fields(header):
    """The lines of a header section, unfolded into fields."""
    return re.sub(r"\r\n(?=[ \t])", "", header).split("\r\n")


class MimeParsers(unittest.TestCase):
    maxDiff = 2000

    @classmethod
    def setUpClass(cls):
        cls.cases = list(cases())
        cls.messages = dump(cls.cases)

    def compare(self, answers, adjust=lambda want: want):
        """All fields of all cases; what differs is shown in one text, the first few in full."""
        self.assertEqual(len(answers), len(self.cases))
        differences = []
        for case, message, got in zip(self.cases, self.messages, answers):
            got = same_lines(got)
            for key, want in adjust(expected(case)).items():
                if got.get(key) != want:
                    differences.append(f"{key}: wrote {want!a:.300}\n      read {got.get(key)!a:.300}")
        shown = "\n  ".join(differences[:12])
        self.assertFalse(differences, f"{len(differences)} differences:\n  {shown}")

    def test_corpus__has_over_500_hostile_strings_in_each_field(self):
        self.assertFalse([answer for answer in self.messages if isinstance(answer, str)])
        for field in ("subject", "to_name", "text", "html"):
            self.assertGreater(len({case[field] for case in self.cases if field in case}), 500, field)
        self.assertGreater(len({case["slots"].get("group") for case in self.cases}), 400)

    def test_python_email__reads_what_was_written(self):
        self.compare([read_with_python(message) for message in self.messages])

    def test_email_mime__reads_what_was_written(self):
        self.compare(read_with(["perl", PERL_DUMP], self.messages))

    def test_gmime__reads_what_was_written(self):
        self.compare(read_with([GMIME_DUMP], self.messages), trimmed)

    def test_python_email__reads_names_with_its_newer_parser_too(self):
        """Python 3.11's parser puts a space between two encoded words of a name and folds white space."""
        for case, raw in zip(self.cases, self.messages):
            message = email.message_from_bytes(raw, policy=email.policy.default)
            name, address = python_new_mailbox(message, "To")
            self.assertEqual("".join(name.split()), "".join(case.get("to_name", "").split()))
            self.assertEqual(address, "namn@example.se")

    def test_bytes__are_7_bit_lines_with_crlf(self):
        for case, raw in zip(self.cases, self.messages):
            with self.subTest(case=json.dumps(case)[:300]):
                self.assertTrue(raw.endswith(b"\r\n"))
                self.assertEqual(raw.count(b"\r"), raw.count(b"\r\n"))
                self.assertEqual(raw.count(b"\n"), raw.count(b"\r\n"))
                self.assertTrue(raw.isascii() and b"\0" not in raw)
                self.assertLessEqual(max(map(len, raw.split(b"\r\n"))), 76)

    def test_bytes__body_lines_are_safe_on_the_way(self):
        """Nothing for mbox programs, dot-stuffing or trailing-space strippers to change."""
        for case, raw in zip(self.cases, self.messages):
            body = raw.split(b"\r\n\r\n", 1)[1]
            for line in body.split(b"\r\n"):
                with self.subTest(case=json.dumps(case)[:300], line=line):
                    self.assertFalse(line.startswith((b".", b"From ")) or line.endswith((b" ", b"\t")))

    def test_encoded_words__keep_to_rfc_2047(self):
        """At most 75 characters, whole characters only, and no field of ours but the input's."""
        word = re.compile(r"=\?utf-8\?([QB])\?([!-~]*?)\?=")
        for case, raw in zip(self.cases, self.messages):
            header = raw.split(b"\r\n\r\n", 1)[0].decode("ascii")
            for match in word.finditer(header):
                self.assertLessEqual(len(match.group()), 75)
                text, charset = email.header.decode_header(match.group())[0]
                text.decode(charset)
            names = [field.split(":", 1)[0] for field in fields(header)]
            self.assertEqual(len(names), len(set(names)), names)
            self.assertLessEqual(set(names), {
                "From", "To", "Date", "Message-ID", "Subject", "Organization", "MIME-Version", "List-Id", "List-Post",
                "Content-Type", "Content-Transfer-Encoding"})

    def test_fill__same_input_gives_the_same_bytes(self):
        self.assertEqual(dump(self.cases), self.messages)

    def test_refused__controls_and_bad_addresses_become_nothing(self):
        controls = ["a\rb", "a\nb", "a\r\nBcc: x@example.se", "a\tb", "\x1b[31m", "\x7f", "\x85", "\u2028", "\u202e", "\x07"]
        refused = [{field: value} for value in controls for field in (
            "subject", "from_name", "to_name", "organisation", "from_address", "to_address", "reply_to", "form_reply_to",
            "feedback_id", "precedence", "language", "message_id", "domain", "unsubscribe_url", "unsubscribe_mailto",
            "in_reply_to", "references")]
        refused += [{"list_id": "a.b", field: value} for value in controls for field in (
            "list_name", "list_help", "list_owner", "list_archive")]
        refused += [{"text": "\x01", "slots": {"group": value}} for value in controls]
        refused += [{"text": value} for value in controls if value not in ("a\nb", "a\tb", "\u2028", "\u202e")]
        refused += [{"to_address": value} for value in (
            "", "@", "a", "a@", "@b", "a b@c", "a@b c", "<a@b>", "a@b>", "a@b,c@d", "a@b@c d", "åsa@example.se", "a@å.se",
            ".a@b", "a.@b", "a..b@c", '"a b"@c', "a@b.", "a@.b", "a@[127.0.0.1]", "x" * 65 + "@b", "a@" + "b" * 256)]
        refused += [{"list_id": value} for value in ("", "a", "a b.c", "å.se", "a..b", "<a.b>")]
        refused += [{"unsubscribe_url": value} for value in ("", "ftp://x", "https://x/ y", "https://x/>", "https://å")]
        refused += [{"text": LINK}, {"text": "\x01"}, {"subject": LINK, "link": "https://x"}]
        for case, answer in zip(refused, dump([{"slots": {}, **case} for case in refused])):
            with self.subTest(case=json.dumps(case)):
                self.assertRegex(answer if isinstance(answer, str) else "sent", "^ERR INVALID mail: .* is not valid; give ")

    def test_smtputf8__sends_a_local_part_as_it_is(self):
        raw, = dump([{"to_address": "åsa.öberg@example.se", "to_name": "Åsa", "smtputf8": True, "slots": {}}])
        self.assertIn("To: =?utf-8?Q?=C3=85sa?= <åsa.öberg@example.se>\r\n".encode(), raw)
        self.assertTrue(raw.replace("åsa.öberg".encode(), b"").isascii())

    def test_letter__has_the_fields_of_a_good_one(self):
        raw, = dump([{
            "from_name": "Polisen Nacka grannsamverkan", "to_name": "Märta Fiktiv", "to_address": "marta.fiktiv@example.se",
            "subject": "Månadsbrev, \x05", "slots": {"period": "mars 2026"}, "text": "Hej!\n", "html": "<p>Hej!</p>\n",
            "list_id": "nacka.grannsam.example.se", "list_name": "Grannsamverkan Nacka", "exercise": True,
            "list_help": "https://grannsam.example.se/hjalp", "list_owner": "agare@grannsam.example.se",
            "list_archive": "https://grannsam.example.se/arkiv", "organisation": "Polismyndigheten", "language": "sv",
            "feedback_id": "letter:nacka:1:grannbud", "precedence": "list", "auto_submitted": True,
            "message_id": "dlv_1", "reply_to": "r+abc@grannsam.example.se", "in_reply_to": "dlv_0@grannsam.example.se",
            "unsubscribe_url": "https://grannsam.example.se/u/abc", "unsubscribe_mailto": "u+abc@grannsam.example.se",
            "date_us": 1788246000000000, "date_offset_minutes": 120}])
        message = email.message_from_bytes(raw, policy=email.policy.default)
        want = {
            "From": "Polisen Nacka grannsamverkan <nacka@grannsam.example.se>", "To": "Märta Fiktiv <marta.fiktiv@example.se>",
            "Date": "Tue, 01 Sep 2026 09:00:00 +0200", "Message-ID": "<dlv_1@grannsam.example.se>",
            "In-Reply-To": "<dlv_0@grannsam.example.se>", "References": "<dlv_0@grannsam.example.se>",
            "Reply-To": "r+abc@grannsam.example.se", "Feedback-ID": "letter:nacka:1:grannbud",
            "List-Unsubscribe": "<https://grannsam.example.se/u/abc>, <mailto:u+abc@grannsam.example.se>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click", "Subject": "[ÖVNING] Månadsbrev, mars 2026",
            "Organization": "Polismyndigheten", "Precedence": "list", "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All", "MIME-Version": "1.0", "Content-Language": "sv",
            "List-Id": "Grannsamverkan Nacka <nacka.grannsam.example.se>", "List-Help": "<https://grannsam.example.se/hjalp>",
            "List-Owner": "<mailto:agare@grannsam.example.se>", "List-Archive": "<https://grannsam.example.se/arkiv>",
            "List-Post": "NO"}
        got = {name: str(value) for name, value in message.items() if name != "Content-Type"}
        self.assertEqual(got, want)
        self.assertEqual([part.get_content_type() for part in message.iter_parts()], ["text/plain", "text/html"])
        self.assertFalse([part.defects for part in message.walk() if part.defects])


if __name__ == "__main__":
    unittest.main()
