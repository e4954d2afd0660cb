"""Validates seals of PDFs with pyHanko from what is in the file alone, as EN 319 102-1 has it.

Usage: verify_pades_long_term.py --root PEM... FILE|@LIST...
  --root PEM    trust anchors (may be repeated)
  @LIST         one file a line

One line per seal, oldest first, fields separated by tabs: path, field, verdict, document timestamps
behind it, streams that its entry of /VRI names, reason. OK: with the trust anchors and the document
security store alone, nothing fetched and every certificate demanded to have revocation data, it is right
with all timestamps in it; with a document timestamp behind it, the process for signatures with archival
data (EN 319 102-1, 5.6.3) passes, too. pyHanko follows that process only for seals with a timestamp inside,
so that of others the document timestamps alone are asked about. Exit code 1 when a seal is not OK.
"""

import asyncio
import datetime
import io
import logging
import pathlib
import sys

from asn1crypto import pem, x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESPassed
from pyhanko.sign.validation import (
    EmbeddedPdfSignature,
    async_validate_pdf_signature,
    async_validate_pdf_timestamp,
)
from pyhanko.sign.validation.ades import ades_lta_validation
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.policy_decl import PdfSignatureValidationSpec, SignatureValidationSpec
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.policy_decl import (
    CertRevTrustPolicy,
    RevocationCheckingPolicy,
    RevocationCheckingRule,
)
from pyhanko_certvalidator.registry import SimpleTrustManager

# A seal's certificate may say either.
USAGE = KeyUsageConstraints(key_usage={"digital_signature", "non_repudiation"})
NEEDED = RevocationCheckingRule.CRL_OR_OCSP_REQUIRED


def spec(roots: list[x509.Certificate]) -> PdfSignatureValidationSpec:
    revocation = CertRevTrustPolicy(
        RevocationCheckingPolicy(
            ee_certificate_rule=NEEDED, intermediate_ca_cert_rule=NEEDED
        )
    )
    policy = CertValidationPolicySpec(
        trust_manager=SimpleTrustManager.build(trust_roots=roots),
        revinfo_policy=revocation,
        # Clocks of whole seconds.
        time_tolerance=datetime.timedelta(seconds=10),
    )
    return PdfSignatureValidationSpec(
        SignatureValidationSpec(
            cert_validation_policy=policy,
            ts_cert_validation_policy=policy,
            key_usage_settings=USAGE,
        )
    )


async def judged(content: bytes, roots: list[x509.Certificate]) -> list[list[str]]:
    lines = []
    for number in range(len(opened(content).embedded_regular_signatures)):
        # pyHanko keeps what it found out: each is read anew.
        reader = opened(content)
        seal = reader.embedded_regular_signatures[number]
        behind = [
            one
            for one in reader.embedded_timestamp_signatures
            if one.signed_revision > seal.signed_revision
        ]
        reason = await right(reader, seal, roots)
        if behind and not reason and has_timestamp(seal):
            seal = opened(content).embedded_regular_signatures[number]
            seal.compute_integrity_info()
            result = await ades_lta_validation(seal, spec(roots))
            if result.ades_subindic != AdESPassed.OK:
                reason = f"{result.ades_subindic}: {result.failure_msg}"
        entry = named(reader, seal.pkcs7_content)
        verdict = "FAIL" if reason else "OK"
        lines.append([seal.field_name, verdict, str(len(behind)), str(entry), reason or "-"])
    return lines


def has_timestamp(seal: EmbeddedPdfSignature) -> bool:
    return any(
        one["type"].native == "signature_time_stamp_token"
        for one in seal.signer_info["unsigned_attrs"]
    )


def opened(content: bytes) -> PdfFileReader:
    # Strict reading refuses hybrid-reference files (ISO 32000-1, 7.5.8.4); verify_pades.py reads strictly.
    return PdfFileReader(io.BytesIO(content), strict=False)


async def right(
    reader: PdfFileReader, seal: EmbeddedPdfSignature, roots: list[x509.Certificate]
) -> str:
    """What is wrong with a seal, and with the document timestamps of its file; nothing when all holds."""
    store = DocumentSecurityStore.read_dss(reader)

    def known() -> ValidationContext:
        return store.as_validation_context(
            {"trust_roots": roots, "allow_fetching": False, "revocation_mode": "require"}
        )

    status = await async_validate_pdf_signature(
        seal,
        signer_validation_context=known(),
        ts_validation_context=known(),
        key_usage_settings=USAGE,
    )
    if not status.bottom_line:
        return f"not right: {status.summary()}"
    inside = status.timestamp_validity
    if inside is not None and not (inside.valid and inside.intact and inside.trusted):
        return "its timestamp is not right"
    # The last one has its data elsewhere as yet.
    for stamp in reader.embedded_timestamp_signatures[:-1]:
        said = await async_validate_pdf_timestamp(stamp, known())
        covers = said.coverage >= SignatureCoverageLevel.ENTIRE_REVISION
        if not (said.intact and said.valid and said.trusted and covers):
            return f"a document timestamp is not right: {said.summary()}"
    return ""


def named(reader: PdfFileReader, contents: bytes) -> int:
    """How many streams the entry of a signature names, each of which the store has."""
    store = DocumentSecurityStore.read_dss(reader)
    entry = store.vri_entries.get(DocumentSecurityStore.sig_content_identifier(contents))
    if entry is None:
        return 0
    entry = entry.get_object()
    dictionary = reader.root["/DSS"]
    count = 0
    for key, whole in [("/Cert", "/Certs"), ("/OCSP", "/OCSPs"), ("/CRL", "/CRLs")]:
        there = {one.reference for one in dictionary.get(whole, ())}
        own = [one.reference for one in entry.get(key, ())]
        if not set(own) <= there:
            raise ValueError(f"{key} names what is not in {whole}")
        count += len(own)
    return count


async def main() -> int:
    logging.disable(logging.CRITICAL)
    roots: list[x509.Certificate] = []
    files: list[pathlib.Path] = []
    left = iter(sys.argv[1:])
    for one in left:
        match one:
            case "--root":
                content = pathlib.Path(next(left)).read_bytes()
                roots += [x509.Certificate.load(it) for _, _, it in pem.unarmor(content, True)]
            case _ if one.startswith("@"):
                lines = pathlib.Path(one[1:]).read_text().splitlines()
                files += [pathlib.Path(line) for line in lines if line]
            case _:
                files.append(pathlib.Path(one))
    if not files:
        sys.exit(__doc__)
    right = True
    for path in files:
        try:
            lines = await judged(path.read_bytes(), roots)
        except Exception as error:  # noqa: BLE001 - whatever it stumbles over is its verdict
            lines = [["-", "FAIL", "0", "0", f"ERROR {type(error).__name__}: {error}"]]
        for line in lines or [["-", "FAIL", "0", "0", "no seal"]]:
            right = right and line[1] == "OK"
            print("\t".join(" ".join(one.split()) or "-" for one in [str(path), *line]), flush=True)
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
