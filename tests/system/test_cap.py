#!/usr/bin/python3
"""CAP documents before a reader nobody here wrote (libxml2): any alert, however hostile its texts, gives a document that
is valid after the rules of the standard in tests/fixtures/cap-1.2.xsd. GRANNBUD_CAP=10000 makes more of them,
GRANNBUD_SEED others."""
import os
import pathlib
import re
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree as ET

from peers import BUILD, ROOT, how_many

SCHEMA = ROOT / "tests" / "fixtures" / "cap-1.2.xsd"
NS = "{urn:oasis:names:tc:emergency:cap:1.2}"
PART = 900  # the tool's names have three digits


def xmllint(*paths):
    return subprocess.run(["xmllint", "--noout", "--nonet", "--schema", str(SCHEMA), *map(str, paths)], capture_output=True,
                          text=True, check=False)


class Cap(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="grannbud-cap-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def make(self, count, seed):
        subprocess.run([str(BUILD / "tests/tools/cap_random"), str(self.folder), str(count), str(seed)], check=True)
        return [self.folder / ("%03d.xml" % i) for i in range(count)]

    def look(self, path):
        """What no schema can say."""
        root = ET.parse(path).getroot()
        text = path.read_text(encoding="utf-8")
        self.assertNotIn("Z</", text)
        status, kind = root.findtext(NS + "status"), root.findtext(NS + "msgType")
        self.assertEqual(root.find(NS + "references") is not None, kind != "Alert")
        self.assertEqual(root.findtext(NS + "scope") == "Public", root.find(NS + "restriction") is None)
        infos = root.findall(NS + "info")
        self.assertEqual([i.findtext(NS + "language") for i in infos], ["sv-SE", "en-GB"][:len(infos)])
        for info in infos:
            if status == "Exercise":
                self.assertRegex(info.findtext(NS + "headline"), "^(ÖVNING|EXERCISE): ")
                self.assertRegex(info.findtext(NS + "description"), "(ÖVNING|EXERCISE)")
            self.assertLessEqual(root.findtext(NS + "sent")[:10], info.findtext(NS + "expires")[:10])
            for polygon in info.iter(NS + "polygon"):
                pairs = polygon.text.split(" ")
                self.assertEqual(pairs[0], pairs[-1])
                for pair in pairs:
                    lat, lon = map(float, pair.split(","))
                    self.assertTrue(-90 <= lat <= 90 and -180 <= lon <= 180, pair)

    def test_any_alert_gives_a_valid_document(self):
        left = int(how_many("GRANNBUD_CAP", 900, 200))
        seed = int(os.environ.get("GRANNBUD_SEED") or 1)
        while left > 0:
            paths = self.make(min(left, PART), seed)
            answer = xmllint(*paths)
            wrong = [line for line in answer.stderr.split("\n") if line and not line.endswith("validates")]
            self.assertEqual((answer.returncode, wrong[:5]), (0, []), "seed %d" % seed)
            for path in paths:
                self.look(path)
            left -= PART
            seed += 1

    def test_the_schema_refuses_what_is_wrong(self):
        path = self.make(1, 5)[0]
        good = path.read_text(encoding="utf-8")
        self.assertEqual(xmllint(path).returncode, 0)
        for what, pattern, by in (
                ("UTC as Z", r"[-+]\d\d:\d\d</sent>", "Z</sent>"), ("a fraction of a second", r"[-+](\d\d:\d\d)</sent>", r".5+\1</sent>"),
                ("no identifier", r"<identifier>.*?</identifier>\n", ""), ("a comma in a name", r"<sender>", "<sender>a,b"),
                ("an unknown status", r"<status>\w+", "<status>Real"), ("no scope", r"<scope>.*?</scope>\n", ""),
                ("severity in small letters", r"<severity>\w+", "<severity>severe"), ("no event", r"<event>.*?</event>\n", ""),
                ("another order", r"(<urgency>.*?</urgency>\n)(<severity>.*?</severity>\n)", r"\2\1"),
                ("no area text", r"<areaDesc>.*?</areaDesc>\n", ""), ("another namespace", "cap:1.2", "cap:1.1"),
                ("an unknown element", r"<info>", "<colour>red</colour><info>")):
            bad = re.sub(pattern, by, good, count=1, flags=re.S)
            self.assertNotEqual(bad, good, what)
            path.write_text(bad, encoding="utf-8")
            self.assertNotEqual(xmllint(path).returncode, 0, what)


if __name__ == "__main__":
    unittest.main()
