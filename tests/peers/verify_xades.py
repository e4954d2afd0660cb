"""Asks signxml whether files are sealed with an enveloped XAdES signature of a trusted signer.

Usage: verify_xades.py [--references N] ROOT.pem FILE...

One line per file, `OK path` or `FAIL path reason`; exit code 1 when one fails. Beyond signxml's own
checks (schema, digests, value, chain to ROOT.pem, signing certificate) a file passes only when the
signature covers the whole document and carries the signed properties of the baseline profile.
"""

import argparse
import pathlib
import sys

from lxml import etree
from signxml.verifier import VerifyResult
from signxml.xades import XAdESSignatureConfiguration, XAdESVerifier

NAMESPACES = {
    "ds": "http://www.w3.org/2000/09/xmldsig#",
    "xades": "http://uri.etsi.org/01903/v1.3.2#",
}
MANDATORY = [  # EN 319 132-1 clause 6.3, table 2, level B
    "xades:SignedSignatureProperties/xades:SigningTime",
    "xades:SignedSignatureProperties/xades:SigningCertificateV2/xades:Cert/xades:CertDigest",
    "xades:SignedDataObjectProperties/xades:DataObjectFormat/xades:MimeType",
]


class Refused(Exception):
    """The file is not what we ask for, in one sentence."""


def parser() -> etree.XMLParser:
    return etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)


class Verifier(XAdESVerifier):
    """signxml with whole documents kept whole.

    signxml canonicalizes the root *element*, copied through ASCII text. That loses the processing
    instructions around it, which URI="" covers (XMLDSig 1.1, 4.4.3.3), and spoils names that are not
    ASCII. Here it is the document, copied in UTF-8.
    """

    def _tostring(self, xml_node: etree._Element, **kwargs: object) -> bytes:
        return etree.tostring(whole(xml_node), encoding="UTF-8", **kwargs)

    def _c14n(self, nodes: etree._Element, **kwargs: object) -> bytes:
        return super()._c14n(whole(nodes), **kwargs)


def whole(node: etree._Element) -> etree._Element | etree._ElementTree:
    """The document of a root element, other elements as they are."""
    return node.getroottree() if node.getparent() is None else node


def verify(content: bytes, root_pem: str, references: int | bool) -> None:
    results = Verifier().verify(
        content,
        ca_pem_file=root_pem,
        parser=parser(),
        expect_config=XAdESSignatureConfiguration(expect_references=references),
    )
    signed = [result.signed_xml for result in results if result.signed_xml is not None]
    root = etree.fromstring(content, parser())
    if not any(element.tag == root.tag for element in signed):
        raise Refused("no reference covers the whole document")
    check_whole(root, results)
    properties = next(element for element in signed if element.tag.endswith("}SignedProperties"))
    for path in MANDATORY:
        if len(properties.findall(path, NAMESPACES)) != 1:
            raise Refused(f"expected one {path}")


def check_whole(root: etree._Element, results: list[VerifyResult]) -> None:
    """What was digested must be the document without its one signature, nothing less."""
    signatures = root.findall(".//ds:Signature", NAMESPACES)
    if len(signatures) != 1:
        raise Refused(f"expected one ds:Signature, found {len(signatures)}")
    elements = sum(1 for _ in root.iter("*")) - sum(1 for _ in signatures[0].iter("*"))
    covered = (
        sum(1 for _ in result.signed_xml.iter("*"))
        for result in results
        if result.signed_xml is not None and result.signed_xml.tag == root.tag
    )
    if elements not in covered:
        raise Refused("the signature covers only a part of the document")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--references", type=int, help="exact number of references to expect")
    arguments.add_argument("root", help="PEM file of the trust anchor")
    arguments.add_argument("files", nargs="+", metavar="FILE")
    asked = arguments.parse_args()
    references = True if asked.references is None else asked.references
    failed = False
    for path in asked.files:
        try:
            verify(pathlib.Path(path).read_bytes(), asked.root, references)
            print(f"OK {path}")
        except Exception as error:  # whatever a judge stumbles over is a refusal
            failed = True
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            print(f"FAIL {path} {reason}")
        sys.stdout.flush()
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
