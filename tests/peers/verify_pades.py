"""Verifies the signatures of PDFs with pyHanko, and whether their form is that of PAdES baseline.

Usage: verify_pades.py [OPTION...] FILE|FOLDER|@LIST...
  --root PEM             trust anchors (may be repeated); without them nobody is trusted, none asked
  --certificates PEM     certificates that a signature may leave out (may be repeated)
  --time INSTANT         validation time, such as 2026-01-31T12:00:00Z; else now
  --expect-signatures N  every file has exactly N signatures
  --entire-file-last     the last signature of every file covers all of it
  --baseline             every signature has the form of PAdES baseline
  --timestamp            every signature has a timestamp inside that is right, and trusted with --root
  @LIST                  one file a line

One line per signature, oldest first, fields separated by tabs: path, number from 1, field, verdict,
then what it stands on: intact, valid, trusted, coverage, modification, docmdp, form, SubFilter,
digest, signing-time, signing-certificate-v2, subject, reason. "-" is nothing; a file without
signature, or that cannot be read, has one line with number 0. OK: digest and value are right, it
covers a whole revision, nothing suspicious came later, no certification was broken and, with --root,
the chain ends there. Exit code 1 when a signature is not OK or an expectation does not hold.

Encrypted files are opened with the empty password. `form` is "baseline" or what it lacks: this is
read from the bytes (EN 319 142-1, 6.3), not from what pyHanko makes of them.
"""

import asyncio
import datetime
import hashlib
import io
import logging
import pathlib
import re
import sys

from asn1crypto import cms, pem, x509
from asn1crypto.parser import peek
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.crypt.api import AuthStatus
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.validation import (
    EmbeddedPdfSignature,
    async_validate_pdf_signature,
    async_validate_pdf_timestamp,
)
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import (
    DocumentTimestampStatus,
    PdfSignatureStatus,
    SignatureCoverageLevel,
)
from pyhanko_certvalidator import ValidationContext

# A seal's certificate may say either.
USAGE = KeyUsageConstraints(key_usage={"digital_signature", "non_repudiation"})
SIGNED_LENGTHS = 4
INDEFINITE = 0x80
NO_LINE = ["-"] * 12


class Asked:
    """The command line."""

    def __init__(self, arguments: list[str]) -> None:
        self.roots: list[x509.Certificate] = []
        self.certificates: list[x509.Certificate] = []
        self.time: datetime.datetime | None = None
        self.signatures: int | None = None
        self.entire_file_last = self.baseline = self.timestamp = False
        self.files: list[pathlib.Path] = []
        left = iter(arguments)
        for one in left:
            match one:
                case "--root":
                    self.roots += certificates(next(left))
                case "--certificates":
                    self.certificates += certificates(next(left))
                case "--time":
                    self.time = datetime.datetime.fromisoformat(next(left).replace("Z", "+00:00"))
                case "--expect-signatures":
                    self.signatures = int(next(left))
                case "--entire-file-last":
                    self.entire_file_last = True
                case "--baseline":
                    self.baseline = True
                case "--timestamp":
                    self.timestamp = True
                case _ if one.startswith("--"):
                    sys.exit(f"unknown option {one}\n\n{__doc__}")
                case _:
                    self.files += files(one)
        if not self.files:
            sys.exit(__doc__)

    def context(self) -> ValidationContext:
        return ValidationContext(
            trust_roots=self.roots,
            other_certs=self.certificates,
            moment=self.time,
            allow_fetching=False,
        )


def files(target: str) -> list[pathlib.Path]:
    if target.startswith("@"):
        lines = pathlib.Path(target[1:]).read_text().splitlines()
        return [pathlib.Path(line) for line in lines if line]
    path = pathlib.Path(target)
    return sorted(path.rglob("*.pdf")) if path.is_dir() else [path]


def certificates(path: str) -> list[x509.Certificate]:
    content = pathlib.Path(path).read_bytes()
    return [x509.Certificate.load(der) for _, _, der in pem.unarmor(content, multiple=True)]


# --- form -----------------------------------------------------------------------------------------


def form(content: bytes, signature: EmbeddedPdfSignature) -> list[str]:
    """What a signature lacks to be PAdES baseline B, by EN 319 142-1, 6.3."""
    lacks = dictionary(signature.sig_object) + hole(content, signature)
    info = signature.signer_info
    encapsulated = signature.signed_data["encap_content_info"]
    attributes = {one["type"].native: one for one in info["signed_attrs"]}
    checks = {
        "CMS has content": encapsulated["content"].native is None,
        "content is not id-data": encapsulated["content_type"].native == "data",
        "not one SignerInfo": len(signature.signed_data["signer_infos"]) == 1,
        "signing-time is there": "signing_time" not in attributes,
        "no content-type": "content_type" in attributes,
        "no message-digest": "message_digest" in attributes,
        "no signing-certificate-v2": "signing_certificate_v2" in attributes,
        "signing-certificate v1": "signing_certificate" not in attributes,
        "digest algorithm not declared": info["digest_algorithm"]["algorithm"].native
        in [one["algorithm"].native for one in signature.signed_data["digest_algorithms"]],
        "attribute twice": len(attributes) == len(info["signed_attrs"]),
    }
    lacks += [what for what, holds in checks.items() if not holds]
    if "signing_certificate_v2" in attributes and not names(attributes, signature.signer_cert):
        lacks.append("signing-certificate-v2 names another certificate")
    members = [one.dump() for one in info["signed_attrs"]]
    if members != sorted(members):
        lacks.append("signed attributes not in DER order")
    return lacks


def dictionary(signed: generic.DictionaryObject) -> list[str]:
    lacks = []
    for key, value in [("/Type", "/Sig"), ("/SubFilter", "/ETSI.CAdES.detached")]:
        if signed.get(key) != value:
            lacks.append(f"{key} is {signed.get(key)}")
    if not signed.get("/Filter"):
        lacks.append("no /Filter")
    if "/Cert" in signed:
        lacks.append("/Cert is there")
    claimed = signed.get("/M")
    if isinstance(claimed, generic.DecryptedObjectProxy):
        claimed = claimed.decrypted
    if not re.fullmatch(r"D:\d{14}(Z|Z00'00'?|[+-]\d\d'\d\d'?)", str(claimed)):
        lacks.append(f"/M is {claimed}")
    return lacks


def hole(content: bytes, signature: EmbeddedPdfSignature) -> list[str]:
    """Whether /ByteRange leaves out exactly the token of /Contents, which is one CMS and zeros."""
    lengths = [int(one) for one in signature.byte_range]
    if len(lengths) != SIGNED_LENGTHS or lengths[0] != 0:
        return [f"/ByteRange is {lengths}"]
    _, first, second, rest = lengths
    token = content[first:second]
    if not re.fullmatch(rb"<[0-9A-Fa-f]*>", token):
        return ["/ByteRange leaves out more than a hexadecimal string"]
    if second + rest > len(content):
        return ["/ByteRange ends after the file"]
    held = bytes.fromhex(token[1:-1].decode())
    if held != signature.pkcs7_content and held.rstrip(b"\0") != signature.pkcs7_content.rstrip(b"\0"):
        return ["/ByteRange leaves out another string than /Contents"]
    if held[1] == INDEFINITE:
        return ["CMS is BER with indefinite length"]
    lacks = []
    if held[peek(held) :].strip(b"\0"):
        lacks.append("something follows the CMS in /Contents")
    return lacks


def names(attributes: dict[str, cms.CMSAttribute], signer: x509.Certificate) -> bool:
    first = attributes["signing_certificate_v2"]["values"][0]["certs"][0]
    algorithm = first["hash_algorithm"]["algorithm"].native
    return first["cert_hash"].native == hashlib.new(algorithm, signer.dump()).digest()


# --- verdicts -------------------------------------------------------------------------------------


def opened(content: bytes, strict: bool) -> PdfFileReader:
    reader = PdfFileReader(io.BytesIO(content), strict=strict)
    if reader.encrypted and reader.decrypt(b"").status == AuthStatus.FAILED:
        raise ValueError("needs a password")
    return reader


def found(reader: PdfFileReader) -> list[EmbeddedPdfSignature]:
    """Every signed field, also those whose SubFilter pyHanko does not know."""
    signed = [
        EmbeddedPdfSignature(reader, field, name)
        for name, _, field in enumerate_sig_fields(reader, filled_status=True)
    ]
    return sorted(signed, key=lambda one: one.signed_revision)


def timestamped(status: PdfSignatureStatus | DocumentTimestampStatus, trusted: bool) -> bool:
    """Whether a timestamp inside a signature is right."""
    found = getattr(status, "timestamp_validity", None)
    return found is not None and found.intact and found.valid and (found.trusted or not trusted)


async def judge(signature: EmbeddedPdfSignature, content: bytes, asked: Asked) -> list[str]:
    """Verdict and what follows it."""
    is_timestamp = signature.sig_object_type == "/DocTimeStamp"
    if is_timestamp:
        status = await async_validate_pdf_timestamp(signature, asked.context())
    else:
        status = await async_validate_pdf_signature(
            signature, asked.context(), key_usage_settings=USAGE
        )
    docmdp = None if is_timestamp else status.docmdp_ok
    changed = status.modification_level
    level = "-" if changed is None else changed.name
    covers = status.coverage >= SignatureCoverageLevel.ENTIRE_REVISION
    lacks = ["a document time-stamp"] if is_timestamp else form(content, signature)
    reasons = {
        "digest differs": not status.intact,
        "value is wrong": not status.valid,
        "not trusted": bool(asked.roots) and not status.trusted,
        "covers no whole revision": not covers,
        "changed later": changed is None or level == "OTHER",
        "certification or lock broken": docmdp is False,
        "not baseline": asked.baseline and bool(lacks),
        "no right timestamp": asked.timestamp and not timestamped(status, bool(asked.roots)),
    }
    reason = [what for what, holds in reasons.items() if holds]
    if isinstance(signature.diff_result, Exception):
        reason.append(str(signature.diff_result))
    attributes = {one["type"].native for one in signature.signer_info["signed_attrs"]}
    return [
        "FAIL" if reason else "OK",
        "yes" if status.intact else "no",
        "yes" if status.valid else "no",
        ("yes" if status.trusted else "no") if asked.roots else "-",
        status.coverage.name,
        level,
        {True: "ok", False: "broken", None: "-"}[docmdp],
        "; ".join(lacks) or "baseline",
        str(signature.sig_object.get("/SubFilter", "-")),
        status.md_algorithm,
        "yes" if "signing_time" in attributes else "no",
        "yes" if "signing_certificate_v2" in attributes else "no",
        status.signing_cert.subject.human_friendly,
        "; ".join(reason) or "-",
    ]


async def read(content: bytes, strict: bool, asked: Asked) -> list[list[str]]:
    """A line for each signature; strictly, the first that cannot be judged ends it."""
    lines = []
    for number, signature in enumerate(found(opened(content, strict)), 1):
        try:
            fields = await judge(signature, content, asked)
        except Exception as error:  # noqa: BLE001 - whatever it stumbles over is its verdict
            if strict:
                raise
            fields = ["FAIL", *NO_LINE, f"ERROR {said(error)}"]
        lines.append([str(number), signature.field_name, *fields])
    return lines


async def verdicts(path: pathlib.Path, asked: Asked) -> list[list[str]]:
    nothing = ["0", "-", "FAIL", *NO_LINE]
    lines: list[list[str]] = []
    note = "-"
    try:
        content = path.read_bytes()
        try:
            lines = await read(content, True, asked)
        except Exception as error:  # noqa: BLE001 - what strict reading stumbles over is a remark
            note = f"not read strictly: {said(error)}"
            lines = await read(content, False, asked)
    except Exception as error:  # noqa: BLE001 - whatever it stumbles over is its verdict
        return [[*nothing, f"ERROR {said(error)}"]]
    for line in lines:
        line[-1] = "; ".join(one for one in [note, line[-1]] if one != "-") or "-"
    signatures = len(lines)
    if not lines:
        unsigned_is_right = asked.signatures == 0
        lines = [["0", "-", "OK" if unsigned_is_right else "FAIL", *NO_LINE, "no signature"]]
    expect(lines, signatures, asked)
    return lines


def expect(lines: list[list[str]], number: int, asked: Asked) -> None:
    missed = []
    if asked.signatures is not None and number != asked.signatures:
        missed.append(f"{number} signatures instead of {asked.signatures}")
    if asked.entire_file_last and lines[-1][6] != SignatureCoverageLevel.ENTIRE_FILE.name:
        missed.append("the last does not cover the entire file")
    if missed:
        lines[-1][2] = "FAIL"
        lines[-1][-1] = "; ".join([one for one in lines[-1][-1:] if one != "-"] + missed)


def said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


async def main() -> int:
    logging.disable(logging.CRITICAL)
    asked = Asked(sys.argv[1:])
    right = True
    for path in asked.files:
        for line in await verdicts(path, asked):
            right = right and line[2] == "OK"
            print("\t".join(" ".join(one.split()) or "-" for one in [str(path), *line]), flush=True)
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
