"""The systemd files: the unit is well formed and locked up, its user and directories can be made."""
# run: not under asan
# run: not under tsan

import os
import pathlib
import re
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SYSTEMD = ROOT / "systemd"
EXPOSURE_MAX = 1.3  # of 10; what is left is the network that a mail daemon needs


def run(*argv):
    return subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env=dict(os.environ, SYSTEMD_PAGER="", NO_COLOR="1"), text=True, timeout=60)


class UnitFileTest(unittest.TestCase):
    def setUp(self):
        self.tmp = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def test_exposure(self):
        got = run("systemd-analyze", "security", "--offline=true", "--no-pager", str(SYSTEMD / "grannbudd.service"))
        m = re.search(r"Overall exposure level for grannbudd\.service: ([0-9.]+)", got.stdout)
        self.assertTrue(m, got.stdout)
        self.assertLessEqual(float(m.group(1)), EXPOSURE_MAX, got.stdout)

    def test_callers_keep_their_uid(self):
        """In a user namespace SO_PEERCRED gives 65534 for all but root and the daemon's own user."""
        self.assertRegex((SYSTEMD / "grannbudd.service").read_text(), r"(?m)^PrivateUsers=no$")

    def test_reload_needs_the_shell_only(self):
        """/bin/kill is in procps, which a minimal Debian does not have."""
        got = re.findall(r"(?m)^ExecReload=(\S+)", (SYSTEMD / "grannbudd.service").read_text())
        self.assertEqual(got, ["/bin/sh"])

    def test_verify_is_silent(self):
        daemon = pathlib.Path(os.environ["GRANNBUD_BIN"]) / "grannbudd"
        text = (SYSTEMD / "grannbudd.service").read_text()
        self.assertIn("ExecStart=/usr/sbin/grannbudd ", text)
        unit = self.tmp / "grannbudd.service"
        unit.write_text(text.replace("/usr/sbin/grannbudd", str(daemon)))
        got = run("systemd-analyze", "verify", str(unit))
        self.assertEqual((got.returncode, got.stdout), (0, ""))

    def test_verify_sees_a_misspelt_key(self):
        """Shows that the test above can fail."""
        unit = self.tmp / "grannbudd.service"
        unit.write_text("[Service]\nExecStart=/bin/true\nPrivateTemp=yes\n")
        self.assertIn("PrivateTemp", run("systemd-analyze", "verify", str(unit)).stdout)

    def test_sysusers(self):
        got = run("systemd-sysusers", "--dry-run", f"--root={self.tmp}", str(SYSTEMD / "grannbud.sysusers"))
        self.assertEqual(got.returncode, 0, got.stdout)
        self.assertIn("grannbud", got.stdout)

    def test_tmpfiles(self):
        etc = self.tmp / "etc"
        etc.mkdir()
        # Both names are whoever runs the test, so that it needs no privilege.
        uid, gid = os.getuid(), os.getgid()
        (etc / "passwd").write_text(f"root:x:{uid}:{gid}::/:/bin/sh\ngrannbud:x:{uid}:{gid}::/:/bin/sh\n")
        (etc / "group").write_text(f"root:x:{gid}:\ngrannbud:x:{gid}:\n")
        got = run("systemd-tmpfiles", "--create", f"--root={self.tmp}", str(SYSTEMD / "grannbud.tmpfiles"))
        self.assertEqual((got.returncode, got.stdout), (0, ""))
        for path in ("var/lib/grannbud", "etc/grannbud/secrets"):
            self.assertEqual((self.tmp / path).stat().st_mode & 0o7777, 0o700, path)


if __name__ == "__main__":
    unittest.main()
