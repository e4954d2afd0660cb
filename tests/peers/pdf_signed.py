"""PDFs signed with pyHanko and the key of samples/pki, and attacks on signed PDFs.

The attacks follow what was published: shadow attacks (Mainka, Mladenov, Rohlmann: "Shadow Attacks",
NDSS 2021) and those on signatures before (Mladenov and others: "1 Trillion Dollar Refund", CCS 2019).
The program that makes the rest is make_pdfs.py.
"""

import io
import pathlib
import re

from asn1crypto import keys, pem, x509
from make_pdfs import (
    LINES,
    TOTAL,
    Made,
    either,
    invoice,
    qpdf,
    refuse,
    text,
    two_fields,
    with_field,
)
from pdf_writer import Pdf, stream, update
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import (
    FieldMDPAction,
    FieldMDPSpec,
    MDPPerm,
    SigFieldSpec,
    SigSeedSubFilter,
)
from pyhanko_certvalidator.registry import SimpleCertificateStore

PKI = pathlib.Path(__file__).parents[2] / "samples/pki"
RESERVED = 16384


class Signer(signers.SimpleSigner):
    """Signs now, which is after the certificate's beginning; the key is parsed once."""

    @classmethod
    def of(cls, chain: list[bytes], key: bytes) -> "Signer":
        store = SimpleCertificateStore()
        certificates = [x509.Certificate.load(one) for one in chain]
        store.register_multiple(certificates[1:])
        return cls(certificates[0], keys.PrivateKeyInfo.load(key), store)

    @classmethod
    def of_samples(cls) -> "Signer":
        chain = [der for _, _, der in pem.unarmor((PKI / "chain.pem").read_bytes(), multiple=True)]
        return cls.of(chain, pem.unarmor((PKI / "seal-key.pem").read_bytes())[2])


def sign(
    content: bytes,
    signer: Signer,
    name: str = "Signature1",
    certified: int | None = None,
    adobe: bool = False,
    spec: SigFieldSpec | None = None,
) -> bytes:
    """One more signature: PAdES B, unless it is to be Adobe's older kind."""
    kind = SigSeedSubFilter.ADOBE_PKCS7_DETACHED if adobe else SigSeedSubFilter.PADES
    settings = signers.PdfSignatureMetadata(
        field_name=name,
        md_algorithm="sha256",
        subfilter=kind,
        certify=certified is not None,
        docmdp_permissions=MDPPerm(certified or 2),
    )
    writer = IncrementalPdfFileWriter(io.BytesIO(content), strict=False)
    if writer.prev.encrypted:
        writer.encrypt(b"")
    pdf_signer = signers.PdfSigner(settings, signer, new_field_spec=spec)
    return pdf_signer.sign_pdf(writer, bytes_reserved=RESERVED).getvalue()


def at(box: tuple[int, int, int, int] | None, name: str, **given: object) -> SigFieldSpec:
    return SigFieldSpec(name, box=box, **given)


# --- honest ones ----------------------------------------------------------------------------------


def signed() -> list[Made]:
    who = Signer.of_samples()
    plain, form = invoice().classic(), two_fields().classic()
    once = sign(plain, who)
    locking = FieldMDPSpec(FieldMDPAction.INCLUDE, fields=["Buyer"])
    others = FieldMDPSpec(FieldMDPAction.INCLUDE, fields=["Remark"])
    everything = FieldMDPSpec(FieldMDPAction.ALL)

    def locked(content: bytes, spec: FieldMDPSpec) -> bytes:
        return sign(content, who, "Lock", spec=at(None, "Lock", field_mdp_spec=spec))

    return [
        Made("signed-once", once),
        Made("signed-adbe", sign(plain, who, adobe=True)),
        Made("signed-visible", sign(plain, who, spec=at((56, 100, 256, 160), "Signature1"))),
        Made("signed-twice", sign(once, who, "Signature2")),
        Made("signed-one-field-of-two", sign(form, who, "Seller")),
        Made("signed-both-fields", sign(sign(form, who, "Seller"), who, "Buyer")),
        Made("signed-xref-stream", sign(invoice().streams(packed=True), who)),
        Made("signed-hybrid", sign(invoice().hybrid(), who)),
        Made("signed-encrypted", sign(
            qpdf(plain, "--allow-weak-crypto", "--encrypt", "", "owner", "256", "--"), who)),
        Made("certified-1", sign(plain, who, certified=1), refuse("pdf-certified")),
        Made("certified-1-empty-field", sign(form, who, "Seller", certified=1), refuse("pdf-certified")),
        Made("certified-2", sign(plain, who, certified=2)),
        Made("certified-3", sign(plain, who, certified=3)),
        Made("certified-2-and-signed", sign(sign(plain, who, certified=2), who, "Signature2")),
        Made("locked-buyer", locked(form, locking), either("pdf-field-locked")),
        Made("locked-remark", locked(with_field("Remark", "Tx").classic(), others)),
        Made("locked-all", locked(form, everything), either("pdf-field-locked")),
        *attacks(who),
    ]  # fmt: skip


# --- attacks --------------------------------------------------------------------------------------

CHEAP = ["TO PAY 196.80 EUR"]
DEAR = ["TO PAY 9196.80 EUR"]


def covered_content() -> tuple[Pdf, int]:
    """The real sum lies under an image that shows another."""
    pdf = invoice(contents=[text(LINES), text(DEAR, 760) + b"q 300 0 0 40 50 745 cm /Over Do Q\n" + text(CHEAP)])
    over = pdf.add(
        stream(b"\xff", Type="/XObject", Subtype="/Image", Width="1", Height="1",
               ColorSpace="/DeviceGray", BitsPerComponent="8")
    )  # fmt: skip
    fonts = f"/Font << /F1 {pdf.font} 0 R >>"
    pdf.page(1)["/Resources"] = f"<< {fonts} /XObject << /Over {over} 0 R >> >>"
    return pdf, over


def redirected(signed_content: bytes, number: int, hidden: bytes) -> bytes:
    """An update of nothing but the table: an object number now means bytes that were signed."""
    start = int(re.findall(rb"startxref\s+(\d+)", signed_content)[-1])
    offset = signed_content.index(hidden)
    size = re.findall(rb"/Size (\d+)", signed_content)[-1]
    root = re.findall(rb"/Root (\d+ 0 R)", signed_content)[-1]
    table_at = len(signed_content) + 1
    return signed_content + b"\nxref\n%d 1\n%010d 00000 n \ntrailer\n<< /Size %s /Root %s /Prev %d >>\n" % (
        number, offset, size, root, start,
    ) + b"startxref\n%d\n%%%%EOF\n" % table_at  # fmt: skip


def attacks(who: Signer) -> list[Made]:
    shadowed = refuse("pdf-shadowed", "pdf-damaged")
    covered, over = covered_content()
    hide = sign(covered.classic(), who)
    gone = {over: stream(b"", Type="/XObject", Subtype="/Form", BBox="[0 0 0 0]")}

    replaced = invoice(contents=[text(LINES), text(CHEAP)])
    before = sign(replaced.classic(), who)
    font = {replaced.font: b"<< /Type /Font /Subtype /Type1 /BaseFont /Symbol >>"}

    field = with_field("Total", "Tx", DA="(/F1 0 Tf 0 g)")
    number = max(field.at)
    field.dictionary(number)["/V"] = "(196.80)"
    filled = sign(field.classic(), who)
    shown = stream(b"BT /F1 11 Tf (9196.80) Tj ET", Type="/XObject", Subtype="/Form", BBox="[0 0 200 60]")
    appearance = {
        number: field.dictionary(number) | {"/AP": f"<< /N {max(field.at) + 20} 0 R >>"},
        max(field.at) + 20: shown,
    }

    twin = invoice(contents=[text(LINES), text(CHEAP)])
    contents = int(twin.page(1)["/Contents"].split()[0])
    body = stream(text(DEAR))
    hidden = b"%d 0 obj\n%s\nendobj\n" % (contents, body)
    prepared = sign(hide_twin(twin, hidden), who)

    plain = sign(invoice().classic(), who)
    other = {6: stream(text([*TOTAL[:-1], *DEAR]))}
    digit = plain.index(b"196.80")
    overlay = {5: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 8 0 R >>"}
    return [
        Made("shadow-hide", update(hide, gone), shadowed),
        Made("shadow-replace-font", update(before, font), shadowed),
        # the field's value stays as it was: pyHanko takes it for the filling of a form
        Made("shadow-replace-appearance", update(filled, appearance), either("pdf-shadowed")),
        Made("shadow-hide-and-replace", redirected(prepared, contents, hidden), shadowed),
        Made("changed-later", update(plain, other), shadowed),
        Made("changed-later-after-certification", update(
            sign(invoice().classic(), who, certified=2), other), shadowed),
        Made("changed-later-page", update(plain, overlay), shadowed),
        Made("changed-later-and-signed", sign(update(plain, other), who, "Signature2"), shadowed),
        # whether a digest is right is not looked at when one more signature is wanted
        Made("changed-byte", plain[:digit] + b"9" + plain[digit + 1 :], either("pdf-shadowed")),
        Made("byte-range-hole", with_hole(plain), shadowed),
        Made("byte-range-short", re.sub(rb"/ByteRange \[( ?)0", rb"/ByteRange [\g<1>7", plain), shadowed),
        Made("contents-emptied", re.sub(
            rb"(/Contents <)[0-9a-fA-F]+", lambda it: it[1] + b"0" * (len(it[0]) - len(it[1])), plain),
            either("pdf-shadowed")),
        Made("appended-without-table", plain + b"6 0 obj\n%s\nendobj\n" % other[6],
             either("pdf-shadowed", "pdf-damaged", "pdf-truncated")),
    ]  # fmt: skip


def hide_twin(pdf: Pdf, hidden: bytes) -> bytes:
    """A second object of the same number, to which no table points yet."""
    whole = pdf.classic()
    start = int(re.findall(rb"startxref\s+(\d+)", whole)[-1])
    moved = whole[:start] + hidden + whole[start:]
    return moved.replace(b"startxref\n%d" % start, b"startxref\n%d" % (start + len(hidden)))


def with_hole(content: bytes) -> bytes:
    """The range leaves out bytes after /Contents too; they say something else now."""
    found = re.search(rb"/ByteRange \[\s*(\d+) (\d+) (\d+) (\d+)\s*\]", content)
    assert found
    first, second, third, fourth = (int(one) for one in found.groups())
    wanted = b"/ByteRange [%d %d %d %d]" % (first, second, third + 20, fourth - 20)
    assert len(wanted) <= len(found[0])
    return content[: found.start()] + wanted.ljust(len(found[0])) + content[found.end() :]


