#!/usr/bin/python3
"""A relay behind a cable that is pulled in mid-session: silence, no reset. In a network namespace; needs root.

What had not been sent to its final dot is sent again (through the other relay, or later); what had is uncertain, and a
letter's uncertain copies are not sent again. The other relay goes on meanwhile, and the first is used again when the
cable is back.
"""
import collections
import contextlib
import os
import shutil
import subprocess
import sys
import time
import unittest

sys.path.insert(0, __file__.rsplit("/", 1)[0])
import proof  # noqa: E402
from daemon import Daemon  # noqa: E402
from peers import Sink, make_bed, wait_for  # noqa: E402

PEOPLE = 400
CONNECTIONS = 4
REPLY_S = 2


def ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True)


class Cable:
    """A namespace `name` with one cable to it; `near` and `far` are the addresses of its ends. Removed on leaving."""

    def __init__(self):
        number = os.getpid() % 16000  # a /30 of its own for each test process
        self.name = "gb%d" % number
        self.net = "10.203.%d." % (number // 64)
        self.near, self.far = (self.net + str(number % 64 * 4 + i) for i in (1, 2))

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            ip("netns", "add", self.name)
            stack.callback(ip, "netns", "del", self.name)
            ip("link", "add", self.name, "type", "veth", "peer", "name", "far", "netns", self.name)
            stack.callback(ip, "link", "del", self.name)
            ip("addr", "add", self.near + "/30", "dev", self.name)
            ip("link", "set", self.name, "up")
            ip("-n", self.name, "addr", "add", self.far + "/30", "dev", "far")
            self.plug(True)
            self.stack = stack.pop_all()
        return self

    def __exit__(self, *unused):
        self.stack.close()

    def plug(self, is_in):
        """The far end: the near one keeps its route, as with a cable that is pulled out of the other machine."""
        ip("-n", self.name, "link", "set", "far", "up" if is_in else "down")

    def sink(self, *options):
        control = make_bed() / "control"
        return Sink("--host", self.far, "--control-socket", control, "--digest", *options,
                    before=("ip", "netns", "exec", self.name))


def why_not():
    """Why no namespace can be made here, or ""."""
    if os.geteuid() != 0 or not shutil.which("ip"):
        return "needs root and iproute2"
    try:
        with Cable():
            return ""
    except subprocess.CalledProcessError as e:
        return e.stderr.decode(errors="replace").strip()


WHY_NOT = why_not()


@unittest.skipIf(WHY_NOT, "no network of our own: " + WHY_NOT)
class Unplugged(unittest.TestCase):
    def setUp(self):
        self.stack = contextlib.ExitStack()
        self.addCleanup(self.stack.close)
        self.cable = self.stack.enter_context(Cable())

    def daemon(self, far, near=None):
        more = "connections = %d\nreserved_for_alerts = 0" % CONNECTIONS
        more += "".join("\n%s_timeout = %ds" % (what, REPLY_S) for what in ("connect", "reply", "final"))
        other = "[relay second]\nurl = smtp://127.0.0.1:%d\ntls = none\n%s" % (near.port, more) if near else ""
        d = self.stack.enter_context(Daemon(relay="smtp://%s:%d" % (self.cable.far, far.port), relay_more=more,
                                            relays_more=other, letter_more="retry_first = 1s\nretry_max = 2s"))
        d.add_people()
        return d

    def unplug_in_mid_send(self, fault):
        """Both relays at work, the first one's cable pulled until the daemon has noticed. Returns the rows by state and what came where."""
        far = self.stack.enter_context(self.cable.sink("--fault", fault))
        near = self.stack.enter_context(Sink("--digest", "--fault", "dot=delay:60+ok"))
        d = self.daemon(far, near)
        addresses = d.add_register(PEOPLE, groups=40)
        letter = d.add_letter("--scope", "police_area:angelholm")
        d.cli("--as", "anna", "letter", "send", letter)
        wait_for("mail through both\n" + d.log()[-2000:], lambda: far.count().get("messages", 0) >= CONNECTIONS and
                 near.count().get("messages", 0) >= 1)
        self.cable.plug(False)
        before = near.count()["messages"]
        wait_for("the problem", lambda: any("relay main" in p for p in d.json("status")["problems"]))
        wait_for("more mail through the other relay", lambda: near.count()["messages"] > before + 20)
        time.sleep(REPLY_S)  # until the last of its sessions has given up
        self.cable.plug(True)
        connections = far.count()["connections"]
        d.wait_sent(letter)
        far.control("clear")
        # The next letter finds both at work again.
        again = d.add_letter("--scope", "police_area:angelholm")
        d.cli("--as", "anna", "letter", "send", again)
        d.wait_sent(again)
        self.assertGreater(far.count()["connections"], connections, "the first relay is not used again")
        self.assertEqual(d.stop()[0], 0)
        rows = proof.check_store(d.database, finished=True)
        uncertain = proof.addresses_in(d.database, "uncertain")
        copies = collections.Counter((m[1], m[2]) for m in far.mails() + near.mails())
        self.assertEqual([c for c in copies.items() if c[1] > 1], [], "came twice")
        got = collections.Counter(address for address, _ in copies)
        missed = [a for a in addresses if got[a] < 2 and a not in uncertain]
        self.assertEqual(missed, [])
        print("unplugged at %s: %s, %d + %d copies" % (fault, rows, len(far.mails()), len(near.mails())))
        return rows

    def test_before_the_final_dot_it_is_sent_again(self):
        rows = self.unplug_in_mid_send("RCPT=delay:500+ok")
        # A body may be on its way at that very moment; most are not.
        self.assertLess(rows.get("uncertain", 0), CONNECTIONS)
        self.assertEqual(rows["sent"] + rows.get("uncertain", 0), 2 * PEOPLE)

    def test_after_the_final_dot_it_is_uncertain(self):
        rows = self.unplug_in_mid_send("dot=delay:500+ok")
        self.assertGreaterEqual(rows.get("uncertain", 0), 1)
        self.assertLessEqual(rows["uncertain"], CONNECTIONS)
        self.assertEqual(rows["sent"] + rows["uncertain"], 2 * PEOPLE)

    def test_the_only_relay(self):
        far = self.stack.enter_context(self.cable.sink("--fault", "RCPT=delay:100+ok"))
        d = self.daemon(far)
        addresses = d.add_register(60)
        letter = d.add_letter("--scope", "police_area:angelholm")
        d.cli("--as", "anna", "letter", "send", letter)
        wait_for("some mail", lambda: far.count().get("messages", 0) >= 8)
        self.cable.plug(False)
        wait_for("the problem", lambda: d.json("status")["problems"])
        self.assertEqual(d.json("letter", "show", letter)["state"], "sending")
        time.sleep(REPLY_S)  # until the last of its sessions has given up
        self.cable.plug(True)
        d.wait_sent(letter)
        wait_for("no problem", lambda: d.json("status")["problems"] == [])
        self.assertEqual(d.stop()[0], 0)
        rows = proof.check_store(d.database, finished=True)
        uncertain = proof.addresses_in(d.database, "uncertain")
        self.assertLess(len(uncertain), CONNECTIONS, rows)
        copies = collections.Counter(m[1] for m in far.mails())
        self.assertEqual(max(copies.values()), 1)
        self.assertEqual(set(addresses) - set(copies) - set(uncertain), set())


if __name__ == "__main__":
    unittest.main(verbosity=2)
