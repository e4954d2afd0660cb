"""Asks Python's email package and dkimpy whether mails are what they were meant to be.

Usage: verify_mail.py EXPECTED.json FOLDER

EXPECTED.json holds `mails`, by Message-ID without brackets: subject, from, from_name, to, to_name,
date_ms, text, html (or null), files (name, base64 bytes) and dkim (name of the record that verifies,
or null); and `records`, the TXT records by name. FOLDER holds one mail a file. One line per file,
`OK path` or `FAIL path reason`; exit code 1 when one fails.
"""

import base64
import email
import email.header
import email.policy
import email.utils
import json
import pathlib
import re
import sys

import dkim


class Refused(Exception):
    """The mail is not what we expect, in one sentence."""


def same(what, found, expected):
    if found != expected:
        raise Refused(f"{what} is {found!r}, not {expected!r}")


def lines(text):
    return text.replace("\r\n", "\n").rstrip("\n")


def blanks(text):
    """Headers may be folded at blanks; runs of them are one."""
    return re.sub(r"\s+", " ", text)


def display_name(raw, header):
    """As RFC 2047 6.2 has it; the newer parser keeps blanks between encoded words of a name."""
    name, _ = email.utils.parseaddr(email.message_from_bytes(raw)[header])
    return str(email.header.make_header(email.header.decode_header(name)))


def check_headers(raw, mail, expected):
    for name in ("From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Auto-Submitted"):
        same(f"number of {name}", len(mail.get_all(name, [])), 1)
    same("Subject", blanks(mail["Subject"]), blanks(expected["subject"]))
    for header, key in (("From", "from"), ("To", "to")):
        (address,) = mail[header].addresses
        same(header, address.addr_spec, expected[key])
        same(f"name in {header}", display_name(raw, header), expected[f"{key}_name"])
    same("Date", mail["Date"].datetime.timestamp(), expected["date_ms"] // 1000)
    same("Auto-Submitted", mail["Auto-Submitted"], "auto-generated")


def names_for_old_readers(raw):
    """`name` of Content-Type, as programs read it that know RFC 2047 and not RFC 2231."""
    parts = email.message_from_bytes(raw).walk()
    names = [part.get_param("name") for part in parts if part.get_content_disposition() == "attachment"]
    return [str(email.header.make_header(email.header.decode_header(name or ""))) for name in names]


def check_parts(raw, mail, expected):
    for part in mail.walk():
        if part.defects:
            raise Refused(f"defects in {part.get_content_type()}: {part.defects}")
    text = mail.get_body(("plain",))
    same("text", lines(text.get_content()), lines(expected["text"]))
    html = mail.get_body(("html",))
    if expected["html"] is None:
        same("HTML", html, None)
    else:
        same("HTML", lines(html.get_content()), lines(expected["html"]))
    # is_multipart: a mail that is its text alone has no attachments to iterate
    files = list(mail.iter_attachments()) if mail.is_multipart() else []
    same("number of files", len(files), len(expected["files"]))
    same("names for old readers", names_for_old_readers(raw), [file["name"] for file in expected["files"]])
    for file, wanted in zip(files, expected["files"]):
        same("file name", file.get_filename(), wanted["name"])
        same(f"content of {wanted['name']}", file.get_payload(decode=True), base64.b64decode(wanted["bytes"]))


def check_dkim(raw, expected, records):
    signatures = raw.split(b"\n\n")[0].lower().count(b"\ndkim-signature:")
    if expected["dkim"] is None:
        same("number of DKIM signatures", signatures, 0)
        return
    same("number of DKIM signatures", signatures, 1)
    asked = []

    def answer(name, timeout=5):
        asked.append(name.decode().rstrip("."))
        return records.get(asked[-1], "").encode()

    if not dkim.DKIM(raw).verify(dnsfunc=answer):
        raise Refused("the DKIM signature does not verify")
    same("DKIM record", asked, [expected["dkim"]])


def check(raw, expectations):
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    identifier = (mail["Message-ID"] or "").strip("<>")
    expected = expectations["mails"].get(identifier)
    if expected is None:
        raise Refused(f"nobody sent {identifier!r}")
    check_headers(raw, mail, expected)
    check_parts(raw, mail, expected)
    check_dkim(raw, expected, expectations["records"])


def main():
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    expectations = json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
    failed = False
    for path in sorted(pathlib.Path(sys.argv[2]).iterdir()):
        try:
            check(path.read_bytes(), expectations)
            print(f"OK {path}")
        except (Refused, dkim.DKIMException) as reason:
            failed = True
            print(f"FAIL {path} {reason}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
