#!/usr/bin/python3
"""Letters a second through one relay, personal and recorded on disk one by one, beside what others do into the same sink.

smtp-source is Postfix's load generator: one text, no list, nothing kept. curl_multi_mail is libcurl's own SMTP under its
multi interface. mlmmj-send is a list server's sender: one text, an envelope of its own for each recipient, over one
connection. All send mails of one size; the rounds are interleaved and the median is shown.
"""
import pathlib
import shutil
import subprocess
import tempfile

from common import PostfixSink, add_people, letter_bytes, line, make_daemon, median, run_timed, send_timed
from peers import BUILD

ROUNDS = 3
LETTERS = 20000
LIST_LETTERS = 100  # mlmmj-send writes in small pieces, and waits for the sink's delayed ACK at each letter


def make_list(port, size):
    """A list for mlmmj-send, and a mail to it."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="gb-mlmmj-"))
    for name in ("subscribers.d", "control", "queue/discarded", "archive", "requeue", "bounce", "digesters.d", "nomailsubs.d", "text"):
        (folder / name).mkdir(parents=True)
    (folder / "control" / "listaddress").write_text("grannsamverkan@example.se\n", encoding="ascii")
    (folder / "control" / "relayhost").write_text("127.0.0.1\n", encoding="ascii")
    (folder / "control" / "smtpport").write_text("%d\n" % port, encoding="ascii")
    (folder / "index").write_text("0\n", encoding="ascii")
    (folder / "subscribers.d" / "p").write_text("".join("p%d@example.se\n" % i for i in range(LIST_LETTERS)), encoding="ascii")
    head = "From: grannsamverkan@example.se\nTo: grannsamverkan@example.se\nSubject: Brev\n\n"
    body = "Dorren ska vara last aven nar nagon ar hemma i huset dar.\n" * (size // 59)
    (folder / "mail").write_text(head + body, encoding="ascii")
    return folder


def run_list(folder):
    copy = shutil.copy(folder / "mail", folder / "queue" / "mail")  # it is moved into the archive
    return run_timed("/usr/bin/mlmmj-send", "-L", folder, "-m", copy)


def measure(connections, size, has_list):
    figures = {}

    def add(name, count, seconds, cpu):
        figures.setdefault(name, []).append((count / seconds, cpu * 1000 / count))

    with PostfixSink() as sink, make_daemon(sink.port, connections) as d:
        add_people(d, LETTERS)
        mlmmj = make_list(sink.port, size) if has_list else None
        try:
            for _ in range(ROUNDS):
                add("Grannbud", LETTERS, *send_timed(d))
                add("smtp-source", LETTERS, *run_timed(
                    "/usr/sbin/smtp-source", "-d", "-s", connections, "-l", size, "-m", LETTERS, "-f", "a@example.se", "-t",
                    "b@example.se", "127.0.0.1:%d" % sink.port))
                add("libcurl multi", LETTERS, *run_timed(BUILD / "bench" / "curl_multi_mail", sink.port, connections, LETTERS, size))
                if mlmmj:
                    add("mlmmj-send, 1 connection", LIST_LETTERS, *run_list(mlmmj))
        finally:
            if mlmmj:
                shutil.rmtree(mlmmj)
    ours = median(rate for rate, _ in figures["Grannbud"])
    for name, rounds in figures.items():
        rate, cpu = (median(values) for values in zip(*rounds))
        note = "%.3f CPU s per 1 000" % cpu
        if name != "Grannbud":
            note += "; Grannbud %.2f times as fast" % (ours / rate)
        line("%d connections: %s" % (connections, name), "%.0f letters/s" % rate, note)


def main():
    size = letter_bytes()
    line("a letter on the wire", "%d bytes" % size)
    for connections in (8, 20):
        measure(connections, size, connections == 8)


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as e:
        raise SystemExit("throughput.py: %s" % e) from e
