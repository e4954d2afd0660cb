#!/usr/bin/env python3
"""A receiver of webhooks on a free port, which checks every delivery with the library of the
specification's authors (standardwebhooks) and, for v1a, with cryptography's Ed25519.

usage: webhook_receiver.py [--secret NAME=whsec_... | --public NAME=whpk_...]... [--answers JSON]
                           [--tls FOLDER]

--answers is a list of what to answer to the first, second, ... delivery; the last one repeats. Each is an
object: status (200), headers ({}), body (""), delay_ms (0: before the answer), huge (octets of a body
without end), close (true: no answer), dribble_ms (0: wait after each octet of the body).
--tls makes an authority, FOLDER/root.pem, and answers as localhost and 127.0.0.1 with TLS.

Lines of JSON on stdout: first {"port"}, then for each delivery {"path", "id", "timestamp", "signature",
"content_type", "user_agent", "cookie", "verified": [NAME...], "body"}.
"""

import argparse
import base64
import datetime
import ipaddress
import json
import pathlib
import ssl
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from standardwebhooks import Webhook, WebhookVerificationError

OUT = threading.Lock()


def say(line):
    with OUT:
        print(json.dumps(line), flush=True)


def verifies_symmetric(secret, body, headers):
    try:
        Webhook(secret).verify(body, headers)
        return True
    except WebhookVerificationError:
        return False


def verifies_asymmetric(public, body, headers):
    key = base64.b64decode(public.removeprefix("whpk_"))
    key = ed25519.Ed25519PublicKey.from_public_bytes(key)
    if abs(time.time() - int(headers["webhook-timestamp"])) > 300:
        return False
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    for entry in headers["webhook-signature"].split(" "):
        version, value = entry.split(",")
        if version == "v1a":
            try:
                key.verify(base64.b64decode(value), signed)
                return True
            except InvalidSignature:
                pass
    return False


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        say({"path": self.path, "method": "GET"})
        self.send_error(405)

    def do_POST(self):
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", 0)))
        verified = [
            name
            for check, known in (
                (verifies_symmetric, self.server.secrets),
                (verifies_asymmetric, self.server.publics),
            )
            for name, key in known.items()
            if check(key, body, headers)
        ]
        with OUT:
            answers = self.server.answers
            answer = answers.pop(0) if len(answers) > 1 else answers[0]
        say({
            "path": self.path,
            "id": headers.get("webhook-id"),
            "timestamp": headers.get("webhook-timestamp"),
            "signature": headers.get("webhook-signature"),
            "content_type": headers.get("content-type"),
            "user_agent": headers.get("user-agent"),
            "cookie": headers.get("cookie"),
            "verified": verified,
            "body": body.decode(),
        })
        self.answer(answer)

    def answer(self, answer):
        time.sleep(answer.get("delay_ms", 0) / 1000)
        if answer.get("close"):
            self.close_connection = True
            self.connection.close()
            return
        body, huge = answer.get("body", "").encode(), answer.get("huge", 0)
        try:
            self.send_response(answer.get("status", 200))
            for name, value in answer.get("headers", {}).items():
                self.send_header(name, value)
            self.send_header("content-length", str(huge or len(body)))
            self.end_headers()
            for octet in body:
                self.wfile.write(bytes([octet]))
                if answer.get("dribble_ms"):
                    time.sleep(answer["dribble_ms"] / 1000)
            while huge > 0:
                self.wfile.write(b"x" * min(huge, 65536))
                huge -= 65536
        except OSError:
            self.close_connection = True


def make_tls(folder):
    """An authority and a certificate of localhost; answers the server's context."""
    now = datetime.datetime.now(datetime.timezone.utc)
    day = datetime.timedelta(days=1)

    def certificate(subject, key, issuer, issuer_key, extensions):
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - day)
            .not_valid_after(now + day)
        )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(issuer_key, hashes.SHA256())

    def name(text):
        return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])

    root_key = ec.generate_private_key(ec.SECP256R1())
    root = certificate(name("Root"), root_key, name("Root"), root_key, [
        (x509.BasicConstraints(ca=True, path_length=None), True),
        (x509.SubjectKeyIdentifier.from_public_key(root_key.public_key()), False),
    ])
    key = ec.generate_private_key(ec.SECP256R1())
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    leaf = certificate(name("Receiver"), key, name("Root"), root_key, [
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (x509.SubjectAlternativeName(names), False),
        (x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.SERVER_AUTH]), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), False),
    ])
    pem = serialization.Encoding.PEM
    (folder / "root.pem").write_bytes(root.public_bytes(pem))
    (folder / "leaf.pem").write_bytes(
        leaf.public_bytes(pem)
        + key.private_bytes(
            pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "leaf.pem")
    return context


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--secret", action="append", default=[])
    parser.add_argument("--public", action="append", default=[])
    parser.add_argument("--answers", type=json.loads, default=[{}])
    parser.add_argument("--tls", type=pathlib.Path)
    arguments = parser.parse_args()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.secrets = dict(each.split("=", 1) for each in arguments.secret)
    server.publics = dict(each.split("=", 1) for each in arguments.public)
    server.answers = arguments.answers
    if arguments.tls:
        server.socket = make_tls(arguments.tls).wrap_socket(server.socket, server_side=True)
    say({"port": server.server_address[1]})

    def leave_with_parent():
        # More secrets may come on stdin, as the receiver's side of a rotation: {"NAME": "whsec_..."}.
        for line in sys.stdin:
            for name, key in json.loads(line).items():
                known = server.publics if key.startswith("whpk_") else server.secrets
                known[name] = key
            say({"learned": sorted(json.loads(line))})
        server.shutdown()

    threading.Thread(target=leave_with_parent, daemon=True).start()
    server.serve_forever()


if __name__ == "__main__":
    main()
