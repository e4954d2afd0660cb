"""What recompute_zatca.py and recompute_myinvois.py share; not a program.

Both authorities publish a recipe of their own instead of XML Signature as written: no verifier of
XML signatures accepts these documents. So the judge is a second implementation of the recipe that is
proven on the authorities' own samples (selftest_conformance.py) and shares no line with ours.
"""

import base64
import binascii
import hashlib
import pathlib
import sys
from collections.abc import Callable

from cryptography import x509
from lxml import etree

CAC = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
CBC = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
DS = "http://www.w3.org/2000/09/xmldsig#"
EXT = "urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2"
XADES = "http://uri.etsi.org/01903/v1.3.2#"
NAMESPACES = {"cac": CAC, "cbc": CBC, "ds": DS, "ext": EXT, "xades": XADES}
PREFIXES = {DS: "ds", XADES: "xades"}
SIGNATURE_PROPERTIES = DS + "SignatureProperties"


class Refused(Exception):
    """The file is not what the recipe describes, in one sentence."""


class Document:
    """A sealed document and the parts that both recipes name."""

    def __init__(self, content: bytes) -> None:
        parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
        self.root = etree.fromstring(content, parser)
        self.signature = self.one(".//ds:Signature", self.root)
        references = self.signature.findall("ds:SignedInfo/ds:Reference", NAMESPACES)
        whole = [reference for reference in references if reference.get("URI") == ""]
        typed = [one for one in references if one.get("Type") == SIGNATURE_PROPERTIES]
        if len(references) != 2 or len(whole) != 1 or len(typed) != 1:
            raise Refused("expected one reference to the document and one of type SignatureProperties")
        self.properties = self.one(".//xades:SignedProperties", self.signature)
        if typed[0].get("URI") != "#" + (self.properties.get("Id") or ""):
            raise Refused("the second reference does not name the SignedProperties")
        self.document_digest = self.text("ds:DigestValue", whole[0])
        self.properties_digest = self.text("ds:DigestValue", typed[0])
        self.value = base64.b64decode(self.text("ds:SignatureValue", self.signature))
        self.certificate_text = self.text(".//ds:X509Certificate", self.signature)
        self.certificate = x509.load_der_x509_certificate(base64.b64decode(self.certificate_text))
        self.certificate_digest = self.text(".//xades:CertDigest/ds:DigestValue", self.properties)
        self.serial = self.text(".//ds:X509SerialNumber", self.properties)
        self.issuer = self.text(".//ds:X509IssuerName", self.properties)

    @staticmethod
    def one(path: str, below: etree._Element) -> etree._Element:
        found = below.findall(path, NAMESPACES)
        if len(found) != 1:
            raise Refused(f"expected one {path}, found {len(found)}")
        return found[0]

    def text(self, path: str, below: etree._Element) -> str:
        return (self.one(path, below).text or "").strip()

    def has_issuer_and_serial(self) -> bool:
        """Serial number and the same name parts, whatever the order and blanks."""
        wanted = {
            (part.rfc4514_attribute_name.upper(), part.value)
            for part in self.certificate.issuer
        }
        named = x509.Name.from_rfc4514_string(",".join(p.strip() for p in self.issuer.split(", ")))
        given = {(part.rfc4514_attribute_name.upper(), part.value) for part in named}
        return int(self.serial) == self.certificate.serial_number and given == wanted


def remove(element: etree._Element) -> None:
    """Takes an element out and leaves the text after it in place."""
    parent, before, tail = element.getparent(), element.getprevious(), element.tail or ""
    if before is None:
        parent.text = (parent.text or "") + tail
    else:
        before.tail = (before.tail or "") + tail
    element.tail = None
    parent.remove(element)


def canonical(root: etree._Element) -> bytes:
    """Inclusive c14n of the whole document, where 1.0 and 1.1 give the same octets."""
    return etree.tostring(root.getroottree(), method="c14n", exclusive=False, with_comments=False)


def sha256(octets: bytes) -> bytes:
    return hashlib.sha256(octets).digest()


def base64_digest(octets: bytes) -> str:
    return base64.b64encode(sha256(octets)).decode()


def base64_of_hex(octets: bytes) -> str:
    return base64.b64encode(binascii.hexlify(sha256(octets))).decode()


def main(usage: str, checks: Callable[[Document], dict[str, bool | None]]) -> None:
    """One line per file: path, OK or FAIL, a sign for each check (? is absent), reason."""
    files = sys.argv[1:]
    if files and files[0].startswith("@"):
        files = pathlib.Path(files[0][1:]).read_text().splitlines()
    if not files or files[0].startswith("-"):
        sys.exit(usage)
    failed = False
    for file in files:
        marks, reason = "-", "-"
        try:
            results = checks(Document(pathlib.Path(file).read_bytes()))
            sign = {True: "+", False: "-", None: "?"}
            marks = " ".join(f"{name}={sign[result]}" for name, result in results.items())
            wrong = [name for name, result in results.items() if result is False]
            reason = "not right: " + ", ".join(wrong) if wrong else "-"
        except Exception as error:  # whatever a judge stumbles over is a refusal
            reason = " ".join(f"{type(error).__name__}: {error}".split())
        failed |= reason != "-"
        print("\t".join([file, "OK" if reason == "-" else "FAIL", marks, reason]), flush=True)
    sys.exit(1 if failed else 0)
