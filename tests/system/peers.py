"""Real mail servers and the scripted sink for the system tests, all on 127.0.0.1, on free ports, in folders of their own.

    with Sink("--fault", "RCPT=450") as sink:          the scripted server of smtp_sink.py
    with Dovecot(bed) as dovecot, Postfix(bed, dovecot) as postfix:    needs root; see have_postfix()

A peer is started by entering it and ended, by its own process id, on leaving. Nothing outside its folder is touched.
"""
import atexit
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(os.environ.get("GRANNBUD_BIN") or ROOT / "build").resolve()
START_S = 60  # a guard against hanging, for a busy machine too; no test expects it to pass


def how_many(variable, usual, sanitized):
    """How often a test does something: as the environment says, else as usual; less in a sanitizer's build, which is slow."""
    return os.environ.get(variable) or str(sanitized if BUILD.name in ("asan", "tsan", "coverage") else usual)


PORTS = range(10000, 32768)  # below those that the kernel gives to outgoing connections and to whoever asks for any
PORTS_HELD = []


def hold_port(port):
    """Whether no other test has it: a name in the abstract namespace is ours until this process ends."""
    lock = socket.socket(socket.AF_UNIX)
    try:
        lock.bind("\0grannbud-test-port-%d" % port)
    except OSError:
        lock.close()
        return False
    PORTS_HELD.append(lock)
    return True


def is_unused(port):
    with socket.socket() as s:
        try:
            s.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free_port():
    """A port to be bound later, even again and again: nobody else takes it before this process ends."""
    first = os.getpid() * 64  # so that those who look at the same time look elsewhere
    for i in range(len(PORTS)):
        port = PORTS[(first + i) % len(PORTS)]
        if hold_port(port) and is_unused(port):
            return port
    raise RuntimeError("no port from %d to %d is free" % (PORTS[0], PORTS[-1]))


def wait_for(what, test, seconds=START_S):
    """Until test() is true. It raises with `what` when that takes so long that it would never come: no measure of speed."""
    end = time.monotonic() + seconds
    while not test():
        if time.monotonic() > end:
            raise TimeoutError("no %s within %d s" % (what, seconds))
        time.sleep(0.02)


def answers(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


WATCHER = 'setsid "$@" & read -r line; kill $!; wait $!'


def start(*command):
    """A server in a session of its own, behind a watcher that ends it when stop() is called or the test ends in whatever
    way: then the watcher's standard input closes."""
    return subprocess.Popen(["sh", "-c", WATCHER, "watcher", *command], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL, start_new_session=True)


def stop(process):
    process.stdin.close()
    process.wait(START_S)


def make_bed():
    """A folder that servers running as other users can reach into; removed at exit. Short, for the sake of sockets."""
    bed = tempfile.mkdtemp(prefix="gb-", dir="/tmp")
    os.chmod(bed, 0o711)
    atexit.register(shutil.rmtree, bed, ignore_errors=True)
    return pathlib.Path(bed)


# --- certificates -----------------------------------------------------------------------------------------------------

class TestCA:
    """ca (a path), and certificates as (cert, key) paths by cert()."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.ca = self.folder / "ca.pem"
        self._key("ca")
        self._openssl("req", "-x509", "-new", "-key", "ca.key", "-subj", "/CN=Grannbud test CA", "-days", "30",
                      "-out", "ca.pem")

    def _openssl(self, *args, stdin=None):
        subprocess.run(["openssl", *args], cwd=self.folder, check=True, input=stdin, capture_output=True)

    def _key(self, name):
        self._openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", name + ".key")

    def cert(self, name="localhost", san="DNS:localhost,IP:127.0.0.1", expired=False, self_signed=False):
        self._key(name)
        (self.folder / (name + ".ext")).write_text("subjectAltName=%s\n" % san)
        self._openssl("req", "-new", "-key", name + ".key", "-subj", "/CN=" + name, "-out", name + ".csr")
        signer = ["-signkey", name + ".key"] if self_signed else ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"]
        days = ["-days", "-1"] if expired else ["-days", "20"]
        self._openssl("x509", "-req", "-in", name + ".csr", *signer, *days, "-extfile", name + ".ext",
                      "-out", name + ".pem")
        return str(self.folder / (name + ".pem")), str(self.folder / (name + ".key"))


def make_test_ca(folder):
    return TestCA(folder)


# --- the scripted sink --------------------------------------------------------------------------------------------------

class Sink:
    """smtp_sink.py as a process: port, control(line), stats(), log(), listen(...). `before`: words before its command
    line, such as those that put it into a network namespace; then it needs a --control-socket."""

    def __init__(self, *options, before=()):
        self.options = [str(o) for o in options]
        self.before = list(before)
        self.lock = threading.Lock()

    def __enter__(self):
        script = pathlib.Path(__file__).resolve().parent / "smtp_sink.py"
        self.process = subprocess.Popen([*self.before, sys.executable, str(script), *self.options],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the sink did not start; see its message above")
        self.port, self.control_port = (int(word.split("=")[1]) for word in line.split())
        with self.connect() as control:
            self.connection = control.makefile("rw", encoding="utf-8")  # keeps the socket
        return self

    def connect(self):
        if "--control-socket" not in self.options:
            return socket.create_connection(("127.0.0.1", self.control_port))
        control = socket.socket(socket.AF_UNIX)
        control.connect(self.options[self.options.index("--control-socket") + 1])
        return control

    def __exit__(self, *unused):
        self.connection.close()
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()

    def control(self, line):
        with self.lock:
            self.connection.write(line + "\n")
            self.connection.flush()
            answer = json.loads(self.connection.readline())
        if isinstance(answer, dict) and "error" in answer:
            raise ValueError(answer["error"])
        return answer

    def stats(self):
        return self.control("stats")

    def count(self):
        """The counters of stats() alone: cheap to ask often."""
        return self.control("count")

    def mails(self):
        """[mark, recipient, Message-ID, digest] of each mail and recipient, as they came; needs --digest."""
        return self.control("mails")

    def log(self):
        """Every line received: [came by TLS, text]; needs --log."""
        return self.control("log")

    def listen(self, *faults, **options):
        """A further port with faults and options of its own; returns it."""
        return self.control("listen " + json.dumps(dict(options, fault=list(faults))))["port"]


# --- Dovecot and Postfix ------------------------------------------------------------------------------------------------

def have_postfix():
    return os.geteuid() == 0 and all(os.path.exists(p) for p in ("/usr/sbin/postfix", "/usr/sbin/dovecot"))


DOVECOT_CONF = """
base_dir = {dir}/run
state_dir = {dir}/run
log_path = {dir}/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1
ssl = yes
ssl_cert = <{cert}
ssl_key = <{key}
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_username_chars =
auth_username_format = %Lu
auth_failure_delay = 0
mail_location = maildir:{dir}/mail/%u
mail_uid = nobody
mail_gid = nogroup
first_valid_uid = 1
first_valid_gid = 1
default_internal_user = dovecot
default_login_user = dovenull
service imap-login {{
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service lmtp {{
  unix_listener lmtp {{
    mode = 0666
  }}
}}
service auth {{
  unix_listener auth-client {{
    mode = 0666
  }}
}}
service anvil {{
  chroot =
}}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {dir}/passwd
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={dir}/mail/%u
}}
protocol lmtp {{
  postmaster_address = postmaster@watch.test
}}
"""


class Dovecot:
    """IMAP, LMTP and the login service for Postfix. `users`: address -> password. Ports: imap, imaps."""

    def __init__(self, bed, cert, users):
        self.dir = pathlib.Path(bed) / "dovecot"
        self.cert, self.users = cert, users
        self.imap, self.imaps = free_port(), free_port()

    def __enter__(self):
        (self.dir / "mail").mkdir(parents=True)
        (self.dir / "run").mkdir()
        shutil.chown(self.dir / "mail", "nobody", "nogroup")
        rows = ["%s:{PLAIN}%s::::::\n" % row for row in self.users.items()]
        (self.dir / "passwd").write_text("".join(rows))
        self.conf = self.dir / "dovecot.conf"
        self.conf.write_text(DOVECOT_CONF.format(dir=self.dir, cert=self.cert[0], key=self.cert[1], imap=self.imap,
                                                 imaps=self.imaps))
        self.process = start("dovecot", "-F", "-c", self.conf)
        wait_for("login service of Dovecot", (self.dir / "run" / "auth-client").exists)
        return self

    def __exit__(self, *unused):
        stop(self.process)

    def mails(self, address):
        """The contents of the mails that have arrived, as bytes."""
        return [p.read_bytes() for p in sorted((self.dir / "mail" / address / "new").glob("*"))]


POSTFIX_MAIN = """
compatibility_level = 3.7
queue_directory = {dir}/spool
data_directory = {dir}/data
maillog_file = {dir}/mail.log
maillog_file_prefixes = {dir}
myhostname = mail.test
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtputf8_enable = yes
virtual_mailbox_domains = watch.test
virtual_mailbox_maps = texthash:{dir}/etc/mailboxes
virtual_transport = {transport}
lmtp_discard_lhlo_keywords =
relay_domains =
default_transport = error:5.4.4 no route from the test bed
relay_transport = error
smtpd_relay_restrictions = permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination
smtpd_recipient_restrictions = permit_sasl_authenticated, reject_unauth_destination
smtpd_tls_cert_file = {cert}
smtpd_tls_key_file = {key}
smtpd_tls_security_level = may
smtpd_sasl_type = dovecot
smtpd_sasl_path = {sasl}
smtpd_sasl_auth_enable = no
message_size_limit = 2000000
smtpd_client_connection_rate_limit = 0
smtpd_client_connection_count_limit = 0
in_flow_delay = 0
notify_classes =
biff = no
recipient_delimiter = +
"""

POSTFIX_MASTER = """
127.0.0.1:{smtp} inet n - n - - smtpd
127.0.0.1:{submission} inet n - n - - smtpd
  -o syslog_name=postfix/submission
  -o smtpd_tls_security_level=encrypt
  -o smtpd_tls_auth_only=yes
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_recipient_restrictions=reject_unlisted_recipient,permit_sasl_authenticated,reject
127.0.0.1:{smtps} inet n - n - - smtpd
  -o syslog_name=postfix/smtps
  -o smtpd_tls_wrappermode=yes
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_recipient_restrictions=reject_unlisted_recipient,permit_sasl_authenticated,reject
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


class Postfix:
    """Ports: smtp (no login), submission (STARTTLS and login), smtps (login). Takes mail for `mailboxes`, which goes to
    Dovecot, or nowhere without it. `settings` are further lines of main.cf."""

    def __init__(self, bed, cert, dovecot=None, mailboxes=(), settings=()):
        self.dir = pathlib.Path(bed) / "postfix"
        self.cert, self.dovecot, self.mailboxes, self.settings = cert, dovecot, mailboxes, settings
        self.smtp, self.submission, self.smtps = free_port(), free_port(), free_port()

    def __enter__(self):
        for name in ("etc", "spool", "data"):
            (self.dir / name).mkdir(parents=True)
        shutil.chown(self.dir / "data", "postfix")
        run = self.dovecot.dir / "run" if self.dovecot else self.dir
        transport = "lmtp:unix:%s" % (run / "lmtp") if self.dovecot else "discard:"
        main = POSTFIX_MAIN.format(dir=self.dir, cert=self.cert[0], key=self.cert[1], transport=transport,
                                   sasl=run / "auth-client")
        (self.dir / "etc" / "main.cf").write_text(main + "".join(line + "\n" for line in self.settings))
        (self.dir / "etc" / "master.cf").write_text(POSTFIX_MASTER.format(
            smtp=self.smtp, submission=self.submission, smtps=self.smtps))
        (self.dir / "etc" / "mailboxes").write_text("".join("%s x\n" % m for m in self.mailboxes))
        command = ["postfix", "-c", self.dir / "etc"]
        check = subprocess.run([*command, "check"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if check.returncode != 0:
            raise RuntimeError("postfix check: %s%s" % (check.stderr, self.log()))
        # Without the `postfix` command, which would put it beyond our reach. It ends its children by its process group.
        self.process = start("/usr/lib/postfix/sbin/master", "-d", "-c", self.dir / "etc")
        wait_for("Postfix", lambda: answers(self.smtp))
        return self

    def __exit__(self, *unused):
        stop(self.process)

    def log(self):
        try:
            return (self.dir / "mail.log").read_text(errors="replace")
        except FileNotFoundError:
            return ""
