"""Recomputes the seal of invoices by MyInvois' recipe (Malaysia, UBL 2.1 XML, version 1.1).

Usage: recompute_myinvois.py FILE...|@LIST

One line per file, fields separated by tabs: path, OK or FAIL, the checks, reason; exit code 1 when one
fails. The checks:

  document     DigestValue: SHA-256 over inclusive c14n of the document without ext:UBLExtensions,
               cac:Signature and all text that is white space only
  value        SignatureValue: RSA PKCS#1 v1.5 with SHA-256 over the same octets (not over
               ds:SignedInfo), with the certificate's key
  certificate  CertDigest: SHA-256 of the certificate's DER
  properties   digest of SignedProperties: SHA-256 of the element's text without white space between
               elements, with xmlns last on SignedProperties and on every ds element
  issuer       issuer and serial number are the certificate's
"""

from xml.sax.saxutils import escape, quoteattr

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from lxml import etree
from recompute import CAC, EXT, PREFIXES, Document, base64_digest, canonical, main, remove


def signed_octets(document: Document) -> bytes:
    root = etree.fromstring(etree.tostring(document.root.getroottree()))
    for element in list(root.iter(f"{{{EXT}}}UBLExtensions", f"{{{CAC}}}Signature")):
        remove(element)
    for element in root.iter():
        if element.text is not None and not element.text.strip() and isinstance(element.tag, str):
            element.text = None
        if element.tail is not None and not element.tail.strip():
            element.tail = None
    return canonical(root)


def properties_text(element: etree._Element) -> str:
    """The element as .NET writes it."""
    name = etree.QName(element)
    prefix = PREFIXES[name.namespace]
    declares = prefix == "ds" or name.localname == "SignedProperties"
    start = f"<{prefix}:{name.localname}"
    start += "".join(f" {key}={quoteattr(value)}" for key, value in element.items())
    start += f' xmlns:{prefix}="{name.namespace}"' if declares else ""
    text = element.text or ""
    inner = escape(text) if text.strip() else ""
    inner += "".join(properties_text(child) for child in element)
    return f"{start}>{inner}</{prefix}:{name.localname}>" if inner else start + " />"


def value_is_right(document: Document, octets: bytes) -> bool:
    key = document.certificate.public_key()
    try:
        key.verify(document.value, octets, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True


def checks(document: Document) -> dict[str, bool | None]:
    octets = signed_octets(document)
    der = document.certificate.public_bytes(serialization.Encoding.DER)
    text = properties_text(document.properties)
    return {
        "document": base64_digest(octets) == document.document_digest,
        "value": value_is_right(document, octets),
        "certificate": base64_digest(der) == document.certificate_digest,
        "properties": base64_digest(text.encode()) == document.properties_digest,
        "issuer": document.has_issuer_and_serial(),
    }


if __name__ == "__main__":
    main(__doc__, checks)
