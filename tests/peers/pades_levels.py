"""Has pyHanko make seals of PDFs at the levels B, T, LT and LTA, as somebody else's files to be raised and verified.

Usage: pades_levels.py SEAL.key SEAL.chain.pem TSA.key TSA.pem TSA-ROOT.pem IN.pdf FOLDER LIST.crl...

Writes b.pdf, t.pdf, lt.pdf and lta.pdf. No line of ours takes part.
"""

import io
import pathlib
import sys

from asn1crypto import crl, keys, pem, x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore


def certificates(path: pathlib.Path) -> list[x509.Certificate]:
    return [x509.Certificate.load(der) for _, _, der in pem.unarmor(path.read_bytes(), True)]


def secret(path: pathlib.Path) -> keys.PrivateKeyInfo:
    return keys.PrivateKeyInfo.load(pem.unarmor(path.read_bytes())[2])


def store(some: list[x509.Certificate]) -> SimpleCertificateStore:
    result = SimpleCertificateStore()
    result.register_multiple(some)
    return result


def main() -> None:
    key, chain, tsa_key, tsa, tsa_root, source, folder, *lists = (
        pathlib.Path(one) for one in sys.argv[1:]
    )
    seal, *issuers = certificates(chain)
    signer = signers.SimpleSigner(
        signing_cert=seal, signing_key=secret(key), cert_registry=store(issuers)
    )
    anchor = certificates(tsa_root)
    stamper = DummyTimeStamper(certificates(tsa)[0], secret(tsa_key), store(anchor))
    revocation = [crl.CertificateList.load(pem.unarmor(one.read_bytes())[2]) for one in lists]
    for level in ("b", "t", "lt", "lta"):
        context = ValidationContext(
            trust_roots=[issuers[-1], *anchor],
            other_certs=issuers[:-1],
            crls=revocation,
            allow_fetching=False,
            revocation_mode="require",
        )
        settings = signers.PdfSignatureMetadata(
            field_name="Signature1",
            md_algorithm="sha256",
            subfilter=SigSeedSubFilter.PADES,
            embed_validation_info=level.startswith("lt"),
            use_pades_lta=level == "lta",
            validation_context=context if level.startswith("lt") else None,
        )
        writer = IncrementalPdfFileWriter(io.BytesIO(source.read_bytes()))
        sealed = signers.PdfSigner(
            settings, signer, timestamper=None if level == "b" else stamper
        ).sign_pdf(writer)
        (folder / f"{level}.pdf").write_bytes(sealed.getvalue())


if __name__ == "__main__":
    main()
