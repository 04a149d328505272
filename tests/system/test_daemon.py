#!/usr/bin/python3
"""The daemon as a service: checks, one per store, stopping, reloading, sd_notify."""
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, __file__.rsplit("/", 1)[0])
from daemon import Daemon  # noqa: E402
from peers import BUILD, ROOT, Sink, wait_for  # noqa: E402


def grannbudd(*words):
    return subprocess.run([str(BUILD / "grannbudd"), *map(str, words)], capture_output=True, text=True, check=False, timeout=60)


class Service(unittest.TestCase):
    def test_usage_and_version(self):
        self.assertEqual(grannbudd("--version").returncode, 0)
        self.assertEqual(grannbudd().returncode, 64)
        self.assertEqual(grannbudd("--nonsense").returncode, 64)
        self.assertEqual(grannbudd("-c", "/nowhere/x.conf").returncode, 66)

    def test_check_tells_every_mistake_with_its_line(self):
        done = grannbudd("-c", ROOT / "conf" / "grannbud.conf", "--check")
        self.assertEqual(done.returncode, 78)
        self.assertIn("base_url", done.stderr)
        self.assertIn("from", done.stderr)
        with Daemon() as d:
            done = grannbudd("-c", d.conf, "--check")  # while it runs
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("sound", done.stdout)

    def test_a_second_daemon_on_the_same_store_is_refused(self):
        with Daemon() as d:
            done = grannbudd("-c", d.conf)
            self.assertEqual(done.returncode, 75)
            self.assertIn("another grannbudd (pid %d)" % d.process.pid, done.stderr)

    def test_term_finishes_what_is_on_the_wire(self):
        with Sink("--fault", "dot=delay:1500+ok") as sink, Daemon(
                relay="smtp://127.0.0.1:%d" % sink.port, relay_more="connections = 4\nreserved_for_alerts = 0") as d:
            d.add_people()
            d.add_register(40)
            letter = d.add_letter("--scope", "police_area:angelholm")
            d.cli("--as", "anna", "letter", "send", letter)
            wait_for("bodies on the wire", lambda: sink.stats().get("data", 0) >= 4)
            self.assertEqual(d.stop()[0], 0)
            sent = sink.stats().get("messages", 0)
            sink.control("clear")
            d.start()
            d.wait_sent(letter)
            counts = sink.stats()["recipients"]
            self.assertEqual(len(counts), 40)
            self.assertEqual(max(counts.values()), 1, "%d were sent before the stop" % sent)

    def test_a_hanging_relay_does_not_hold_the_stop(self):
        with Sink("--fault", "MAIL=silence") as sink, Daemon(relay="smtp://127.0.0.1:%d" % sink.port) as d:
            d.add_people()
            d.add_register(5)
            letter = d.add_letter("--scope", "police_area:angelholm")
            d.cli("--as", "anna", "letter", "send", letter)
            wait_for("a session", lambda: sink.stats().get("mail", 0) >= 1)
            self.assertEqual(d.stop()[0], 0)  # not SIGALRM: it was in time

    def test_hup_takes_a_good_file_and_refuses_a_bad_one(self):
        with Sink() as sink, Daemon() as d:
            d.add_people()
            d.add_register(3)
            letter = d.add_letter("--scope", "police_area:angelholm")
            d.cli("--as", "anna", "letter", "send", letter)
            wait_for("a problem", lambda: d.json("status")["problems"])  # no relay at port 9
            good = d.conf.read_text(encoding="utf-8")
            d.conf.write_text(good + "nonsense = 1\n", encoding="utf-8")
            d.process.send_signal(signal.SIGHUP)
            wait_for("refusal", lambda: "configuration not changed" in d.log())
            self.assertTrue(any("nonsense" in p for p in d.json("status")["problems"]))
            d.write_config(relay="smtp://127.0.0.1:%d" % sink.port)
            d.process.send_signal(signal.SIGHUP)
            d.wait_sent(letter)
            self.assertEqual(len(sink.stats()["recipients"]), 3)
            self.assertEqual(d.json("status")["problems"], [])

    def test_the_service_manager_is_told(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="gbn-"))
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
            listener.bind(str(folder / "notify"))
            listener.settimeout(60)
            d = Daemon(env={"NOTIFY_SOCKET": str(folder / "notify"), "WATCHDOG_USEC": "4000000"})
            seen = []
            with d:
                while not any("READY=1" in s for s in seen) or not any("WATCHDOG=1" in s for s in seen):
                    seen.append(listener.recv(4096).decode())
                d.process.send_signal(signal.SIGTERM)
                while not any("STOPPING=1" in s for s in seen):
                    seen.append(listener.recv(4096).decode())
                self.assertEqual(d.process.wait(60), 0)
        os.unlink(folder / "notify")
        os.rmdir(folder)

    def test_logs_hold_no_address(self):
        with Sink("--fault", "RCPT=550*1") as sink, Daemon(relay="smtp://127.0.0.1:%d" % sink.port) as d:
            d.add_people()
            d.add_register(3)
            letter = d.add_letter("--scope", "police_area:angelholm")
            d.cli("--as", "anna", "letter", "send", letter)
            d.wait_sent(letter)
            time.sleep(0.1)
            self.assertNotIn("@example.se", d.log())


if __name__ == "__main__":
    unittest.main(verbosity=2)
