"""Signs a PDF with pyHanko and the key of samples/pki, a timestamp inside: no line of ours takes part.

Usage: timestamped_pdf.py TSA.pem TSA.key ROOT.pem IN.pdf OUT.pdf
"""

import io
import pathlib
import sys

from asn1crypto import keys, pem, x509
from pdf_signed import RESERVED, Signer
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore


def main() -> None:
    tsa, key, root, source, target = (pathlib.Path(one) for one in sys.argv[1:])
    store = SimpleCertificateStore()
    store.register(certificate(root))
    secret = keys.PrivateKeyInfo.load(pem.unarmor(key.read_bytes())[2])
    stamper = DummyTimeStamper(certificate(tsa), secret, store)
    settings = signers.PdfSignatureMetadata(
        field_name="Signature1", md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES
    )
    signer = signers.PdfSigner(settings, Signer.of_samples(), timestamper=stamper)
    writer = IncrementalPdfFileWriter(io.BytesIO(source.read_bytes()))
    target.write_bytes(signer.sign_pdf(writer, bytes_reserved=RESERVED).getvalue())


def certificate(path: pathlib.Path) -> x509.Certificate:
    return x509.Certificate.load(pem.unarmor(path.read_bytes())[2])


if __name__ == "__main__":
    main()
