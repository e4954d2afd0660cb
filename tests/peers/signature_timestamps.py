"""Takes the signature timestamps out of signed files, with the octets that each has to be over.

Usage: signature_timestamps.py FILE|@LIST...

One line per timestamp, fields separated by tabs: path, number from 1, the token and the octets in
hexadecimal. XAdES: the octets are those of ds:SignatureValue as its CanonicalizationMethod says (EN
319 132-1, 5.3; inclusive without one). PDF and CMS (DER): those of the signature value (EN 319 122-1,
5.3). A file without any has no line. Nothing is verified: `openssl ts -verify` does.
"""

import base64
import io
import pathlib
import sys
from collections.abc import Iterator

from asn1crypto import cms
from lxml import etree
from pyhanko.pdf_utils.reader import PdfFileReader

DS = "{http://www.w3.org/2000/09/xmldsig#}"
XML = "{http://www.w3.org/XML/1998/namespace}"
XADES = "{http://uri.etsi.org/01903/v1.3.2#}"
INCLUSIVE = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
METHODS = {INCLUSIVE: False, "http://www.w3.org/2001/10/xml-exc-c14n#": True}


def canonical(element: etree._Element, exclusive: bool) -> bytes:
    if not exclusive:
        # lxml takes over namespaces from above, but not attributes as xml:lang (C14N 1.0, 2.4)
        for above in element.iterancestors():
            for name, value in above.attrib.items():
                if name.startswith(XML) and name not in element.attrib:
                    element.set(name, value)
    return etree.tostring(element, method="c14n", exclusive=exclusive, with_tail=False)


def in_xml(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    for signature in etree.fromstring(content, parser).iter(f"{DS}Signature"):
        place = f"{DS}Object/{XADES}QualifyingProperties/{XADES}UnsignedProperties"
        place += f"/{XADES}UnsignedSignatureProperties/{XADES}SignatureTimeStamp"
        for stamp in signature.iterfind(place):
            named = stamp.find(f"{DS}CanonicalizationMethod")
            method = INCLUSIVE if named is None else named.get("Algorithm")
            value = signature.find(f"{DS}SignatureValue")
            octets = canonical(value, METHODS[method])
            yield base64.b64decode(stamp.findtext(f"{XADES}EncapsulatedTimeStamp")), octets


def in_cms(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    for signer in cms.ContentInfo.load(content)["content"]["signer_infos"]:
        unsigned = signer["unsigned_attrs"]
        for attribute in unsigned if isinstance(unsigned, cms.CMSAttributes) else []:
            if attribute["type"].native == "signature_time_stamp_token":
                for token in attribute["values"]:
                    yield token.dump(), signer["signature"].native


def in_pdf(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    for signature in PdfFileReader(io.BytesIO(content)).embedded_signatures:
        yield from in_cms(signature.pkcs7_content)


def timestamps(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    if content.startswith(b"%PDF"):
        return in_pdf(content)
    return in_cms(content) if content.startswith(b"\x30") else in_xml(content)


def main() -> None:
    targets = sys.argv[1:]
    if not targets:
        sys.exit(__doc__)
    for target in targets:
        listed = pathlib.Path(target[1:]).read_text().splitlines() if target[0] == "@" else [target]
        for path in listed:
            found = timestamps(pathlib.Path(path).read_bytes())
            for number, (token, octets) in enumerate(found, 1):
                print(path, number, token.hex(), octets.hex(), sep="\t")


if __name__ == "__main__":
    main()
