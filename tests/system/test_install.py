"""make install and uninstall into a scratch DESTDIR."""
# run: not under asan
# run: not under tsan

import os
import pathlib
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


class InstallTest(unittest.TestCase):
    def setUp(self):
        self.dest = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        build = pathlib.Path(os.environ["GRANNBUD_BIN"])
        self.variant = "release" if build.name == "build" else build.name

    def make(self, target, **variables):
        got = subprocess.run(
            ["make", "-C", str(ROOT), target, f"VARIANT={self.variant}", f"DESTDIR={self.dest}"]
            + [f"{k}={v}" for k, v in variables.items()],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=250)
        self.assertEqual(got.returncode, 0, got.stdout)
        return got.stdout

    def files(self):
        return sorted(str(p.relative_to(self.dest)) for p in self.dest.rglob("*") if p.is_file())

    def test_defaults(self):
        self.make("install")
        got = self.files()
        for path in ("usr/local/sbin/grannbudd", "usr/local/bin/grannbud", "etc/grannbud/grannbud.conf",
                     "usr/local/lib/systemd/system/grannbudd.service", "usr/local/lib/sysusers.d/grannbud.conf",
                     "usr/local/lib/tmpfiles.d/grannbud.conf",
                     "usr/local/share/grannbud/areas/municipalities.csv"):
            self.assertIn(path, got)
        for program in ("usr/local/sbin/grannbudd", "usr/local/bin/grannbud"):
            self.assertTrue(os.access(self.dest / program, os.X_OK), program)
        unit = (self.dest / "usr/local/lib/systemd/system/grannbudd.service").read_text()
        self.assertIn("ExecStart=/usr/local/sbin/grannbudd -c /etc/grannbud/grannbud.conf\n", unit)

    def test_prefix_and_sysconfdir_reach_the_unit(self):
        self.make("install", PREFIX="/opt/gb", SYSCONFDIR="/opt/gb/etc")
        unit = (self.dest / "opt/gb/lib/systemd/system/grannbudd.service").read_text()
        self.assertIn("ExecStart=/opt/gb/sbin/grannbudd -c /opt/gb/etc/grannbud/grannbud.conf\n", unit)
        self.assertFalse((self.dest / "usr").exists())

    def test_an_edited_configuration_stays(self):
        conf = self.dest / "etc/grannbud/grannbud.conf"
        conf.parent.mkdir(parents=True)
        conf.write_text("# mine\n")
        self.assertIn("kept: ", self.make("install"))
        self.assertEqual(conf.read_text(), "# mine\n")

    def test_uninstall_leaves_only_the_configuration(self):
        self.make("install")
        self.make("uninstall")
        self.assertEqual(self.files(), ["etc/grannbud/grannbud.conf"])


if __name__ == "__main__":
    unittest.main()
