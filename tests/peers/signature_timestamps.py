"""Takes the timestamps out of signed files, with the octets that each has to be over.

Usage: signature_timestamps.py FILE|@LIST...

One line per timestamp, fields separated by tabs: path, number from 1, the token and the octets in
hexadecimal. XAdES: the octets are those of ds:SignatureValue as its CanonicalizationMethod says (EN
319 132-1, 5.3; inclusive without one), those of an archive timestamp what 5.5.2.2 lists. PDF and CMS (DER): those of the signature value (EN 319 122-1,
5.3). A file without any has no line. Nothing is verified: `openssl ts -verify` does.
"""

import base64
import copy
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
XADES_141 = "{http://uri.etsi.org/01903/v1.4.1#}"
ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
XPATH = "http://www.w3.org/TR/1999/REC-xpath-19991116"
NO_SIGNATURES = "not(ancestor-or-self::ds:Signature)"
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


def without(signature: etree._Element, others: bool) -> etree._ElementTree:
    """A copy of the document without a signature, or without any."""
    tree = signature.getroottree()
    number = list(tree.iter(f"{DS}Signature")).index(signature)
    tree = copy.deepcopy(tree)
    found = list(tree.iter(f"{DS}Signature"))
    for mine in found if others else [found[number]]:
        before, parent, tail = mine.getprevious(), mine.getparent(), mine.tail or ""
        parent.remove(mine)
        if before is None:
            parent.text = (parent.text or "") + tail
        else:
            before.tail = (before.tail or "") + tail
    return tree


def referenced(reference: etree._Element, signature: etree._Element) -> bytes:
    """What a reference digests: the document or an element of it, with few transforms."""
    transforms = list(reference.iterfind(f"{DS}Transforms/{DS}Transform"))
    algorithms = [one.get("Algorithm") for one in transforms]
    expressions = [one.findtext(f"{DS}XPath") for one in transforms if one.get("Algorithm") == XPATH]
    assert all(one.strip() == NO_SIGNATURES for one in expressions), expressions
    uri = reference.get("URI")
    tree = signature.getroottree()
    if expressions or ENVELOPED in algorithms:
        tree = without(signature, bool(expressions))
    (method,) = [one for one in algorithms if one not in (ENVELOPED, XPATH)]
    exclusive = METHODS[method]
    if uri == "":
        return etree.tostring(tree, method="c14n", exclusive=exclusive, with_comments=False)
    (element,) = tree.xpath("//*[@Id = $id]", id=uri[1:])
    return canonical(element, exclusive)


def archived(signature: etree._Element, stamp: etree._Element, exclusive: bool) -> bytes:
    """What an archive timestamp is over (EN 319 132-1, 5.5.2.2)."""
    references = signature.iterfind(f"{DS}SignedInfo/{DS}Reference")
    parts = [referenced(one, signature) for one in references]
    names = ["SignedInfo", "SignatureValue", "KeyInfo"]
    elements = [signature.find(f"{DS}{name}") for name in names]
    elements += reversed(list(stamp.itersiblings(etree.Element, preceding=True)))
    objects = signature.iterfind(f"{DS}Object")
    elements += [one for one in objects if one.find(f"{XADES}QualifyingProperties") is None]
    parts += [canonical(one, exclusive) for one in elements if one is not None]
    return b"".join(parts)


def in_xml(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    for signature in etree.fromstring(content, parser).iter(f"{DS}Signature"):
        place = f"{DS}Object/{XADES}QualifyingProperties/{XADES}UnsignedProperties"
        place += f"/{XADES}UnsignedSignatureProperties/"
        for name in [f"{XADES}SignatureTimeStamp", f"{XADES_141}ArchiveTimeStamp"]:
            for stamp in signature.iterfind(place + name):
                named = stamp.find(f"{DS}CanonicalizationMethod")
                exclusive = METHODS[INCLUSIVE if named is None else named.get("Algorithm")]
                if name.startswith(XADES):
                    octets = canonical(signature.find(f"{DS}SignatureValue"), exclusive)
                else:
                    octets = archived(signature, stamp, exclusive)
                yield base64.b64decode(stamp.findtext(f"{XADES}EncapsulatedTimeStamp")), octets


def of_signers(signers: cms.SignerInfos) -> Iterator[tuple[bytes, bytes]]:
    """Those of signers, and of who countersigned them."""
    for signer in signers:
        unsigned = signer["unsigned_attrs"]
        for attribute in unsigned if isinstance(unsigned, cms.CMSAttributes) else []:
            if attribute["type"].native == "signature_time_stamp_token":
                for token in attribute["values"]:
                    yield token.dump(), signer["signature"].native
            if attribute["type"].native == "counter_signature":
                yield from of_signers(attribute["values"])


def in_cms(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    return of_signers(cms.ContentInfo.load(content)["content"]["signer_infos"])


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
