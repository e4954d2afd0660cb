"""Recomputes the seal of invoices by ZATCA's recipe (Saudi Arabia, simplified tax invoices).

Usage: recompute_zatca.py FILE...|@LIST

One line per file, fields separated by tabs: path, OK or FAIL, the checks, reason; exit code 1 when one
fails. The checks:

  document     DigestValue: SHA-256 over c14n 1.1 of the document without ext:UBLExtensions,
               cac:Signature and the QR reference; the white space around them stays
  value        SignatureValue: ECDSA in DER with SHA-256 over the 32 octets of that digest (not over
               ds:SignedInfo), with the certificate's key
  certificate  CertDigest: base64 of the hex SHA-256 of the certificate's base64 text
  properties   digest of SignedProperties: base64 of the hex SHA-256 of the element's text as it stands
               in the file, with xmlns:xades before Id and xmlns:ds first on every ds element
  issuer       issuer and serial number are the certificate's
  qr           fields 6, 7 and 8 of the QR code are digest, value and public key; "?" when there is
               none, or one from before the seal (without these fields)
"""

import base64
from xml.sax.saxutils import escape, quoteattr

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from lxml import etree
from recompute import (
    CAC,
    DS,
    EXT,
    NAMESPACES,
    PREFIXES,
    Document,
    base64_digest,
    base64_of_hex,
    canonical,
    main,
    remove,
)


def qr_references(root: etree._Element) -> list[etree._Element]:
    found = root.iter(f"{{{CAC}}}AdditionalDocumentReference")
    return [one for one in found if one.findtext("cbc:ID", namespaces=NAMESPACES) == "QR"]


def signed_octets(document: Document) -> bytes:
    root = etree.fromstring(etree.tostring(document.root.getroottree()))
    names = [f"{{{EXT}}}UBLExtensions", f"{{{CAC}}}Signature"]
    for element in [*root.iter(*names), *qr_references(root)]:
        remove(element)
    return canonical(root)


def properties_text(element: etree._Element) -> str:
    """The element as ZATCA's validator writes it."""
    name = etree.QName(element)
    prefix = PREFIXES[name.namespace]
    declares = prefix == "ds" or name.localname == "SignedProperties"
    start = f"<{prefix}:{name.localname}"
    start += f' xmlns:{prefix}="{name.namespace}"' if declares else ""
    start += "".join(f" {key}={quoteattr(value)}" for key, value in element.items())
    inner = escape(element.text or "")
    inner += "".join(properties_text(child) + escape(child.tail or "") for child in element)
    return f"{start}>{inner}</{prefix}:{name.localname}>" if inner else start + "/>"


def value_is_right(document: Document) -> bool:
    digest = base64.b64decode(document.document_digest)
    try:
        document.certificate.public_key().verify(document.value, digest, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def qr_fields(document: Document) -> dict[int, bytes]:
    path = "cac:Attachment/cbc:EmbeddedDocumentBinaryObject"
    fields: dict[int, bytes] = {}
    for reference in qr_references(document.root):
        rest = base64.b64decode(reference.findtext(path, namespaces=NAMESPACES) or "")
        while len(rest) > 2:
            tag, length = rest[0], rest[1]
            fields[tag], rest = rest[2 : 2 + length], rest[2 + length :]
    return fields


def qr_is_right(document: Document) -> bool | None:
    fields = qr_fields(document)
    if not fields.keys() & {6, 7, 8}:
        return None
    key = document.certificate.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    wanted = [
        document.document_digest.encode(),
        document.text(f".//{{{DS}}}SignatureValue", document.root).encode(),
        key,
    ]
    return [fields.get(tag) for tag in (6, 7, 8)] == wanted


def checks(document: Document) -> dict[str, bool | None]:
    text = properties_text(document.properties)
    certificate = document.certificate_text.encode()
    return {
        "document": base64_digest(signed_octets(document)) == document.document_digest,
        "value": value_is_right(document),
        "certificate": base64_of_hex(certificate) == document.certificate_digest,
        "properties": base64_of_hex(text.encode()) == document.properties_digest,
        "issuer": document.has_issuer_and_serial(),
        "qr": qr_is_right(document),
    }


if __name__ == "__main__":
    main(__doc__, checks)
