"""A receiver's side of Standard Webhooks, written from the specification alone: verify() is what a receiver does.

    verify(["whsec_..."], headers, body)      raises ValueError unless a signature is one of the secrets'; returns the JSON
"""
import base64
import hashlib
import hmac
import json
import pathlib
import subprocess
import tempfile
import time

TOLERANCE_S = 300
# DER of an ed25519 public key before its 32 bytes (RFC 8410).
DER = bytes.fromhex("302a300506032b6570032100")


def verify_ed25519(key, signature, signed):
    """By OpenSSL's command line, which is not what signed it."""
    with tempfile.TemporaryDirectory(prefix="ed25519.") as name:
        folder = pathlib.Path(name)
        pem = "-----BEGIN PUBLIC KEY-----\n%s\n-----END PUBLIC KEY-----\n" % base64.b64encode(DER + key).decode()
        (folder / "key").write_text(pem)
        (folder / "signed").write_bytes(signed)
        (folder / "signature").write_bytes(signature)
        return subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", folder / "key", "-rawin", "-in",
                               folder / "signed", "-sigfile", folder / "signature"], capture_output=True, check=False).returncode == 0


def matches(secret, version, signature, signed):
    if secret.startswith("whpk_"):
        return version == "v1a" and verify_ed25519(base64.b64decode(secret[5:], validate=True), signature, signed)
    key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    return version == "v1" and hmac.compare_digest(signature, hmac.new(key, signed, hashlib.sha256).digest())


def verify(secrets, headers, body, now=None):
    message, stamp = headers["webhook-id"], headers["webhook-timestamp"]
    if "." in message or "." in stamp or not message:
        raise ValueError("a dot in what is signed with dots")
    if abs((now or time.time()) - int(stamp)) > TOLERANCE_S:
        raise ValueError("too old or too new")
    signed = ("%s.%s." % (message, stamp)).encode() + body
    for item in headers["webhook-signature"].split(" "):
        version, _, text = item.partition(",")
        if any(matches(secret, version, base64.b64decode(text, validate=True), signed) for secret in secrets):
            return json.loads(body) if body[:1] == b"{" else body
    raise ValueError("no signature is of these secrets")
