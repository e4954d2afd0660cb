"""Verifies every ds:Signature of files with the libxmlsec that PyPI's xmlsec bundles.

Usage: verify_xml.py [--key PEM] [--base FOLDER] FILE|@LIST...

The second build of that engine: newer than Debian's xmlsec1, it knows RSA-PSS and SHA-3, and this
program looks at every signature of a file, nested ones too. One line per signature, fields separated
by tabs: path, number of the signature in the file, OK or FAIL, one + per reference when OK (the
engine does not tell which one is wrong), reason. The key is that of the signer's certificate in
ds:KeyInfo, else --key. No certificate is checked. References to other files are looked up in --base;
without it they fail. Exit code 1 when one fails.
"""

import argparse
import base64
import os
import pathlib
import sys

import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from lxml import etree

DS = "{http://www.w3.org/2000/09/xmldsig#}"


class Refused(Exception):
    """Why this signature cannot be verified, in one sentence."""


def signer(signature: etree._Element) -> x509.Certificate | None:
    """The one certificate of ds:KeyInfo that issued no other."""
    found = signature.findall(f"{DS}KeyInfo/{DS}X509Data/{DS}X509Certificate")
    chain = [x509.load_der_x509_certificate(base64.b64decode(one.text or "")) for one in found]
    leaves = [
        one
        for one in chain
        if not any(other.issuer == one.subject for other in chain if other != one)
    ]
    if len(set(leaves)) > 1:
        raise Refused("two certificates in ds:KeyInfo could be the signer's")
    return leaves[0] if leaves else None


def verify(signature: etree._Element, key: xmlsec.Key | None, base: str | None) -> None:
    certificate = signer(signature)
    if certificate is not None:
        pem = certificate.public_bytes(serialization.Encoding.PEM)
        key = xmlsec.Key.from_memory(pem, xmlsec.constants.KeyDataFormatCertPem)
    if key is None:
        raise Refused("no certificate in ds:KeyInfo")
    for reference in signature.iterfind(f"{DS}SignedInfo/{DS}Reference"):
        uri = reference.get("URI")
        if base is None and uri and not uri.startswith("#"):
            raise Refused(f"refers to {uri} and there is no --base")
    context = xmlsec.SignatureContext()
    context.key = key
    context.verify(signature)


def judge(file: str, key: xmlsec.Key | None, base: str | None) -> bool:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    try:
        content = pathlib.Path(file).read_bytes()
        root = etree.fromstring(content, parser, base_url=base and base + "/document.xml")
        signatures = list(root.iter(DS + "Signature"))
        if not signatures:
            raise Refused("no ds:Signature")
        xmlsec.tree.add_ids(root, ["Id", "ID", "id"])
    except Exception as error:
        print("\t".join([file, "0", "FAIL", "-", sentence(error)]), flush=True)
        return False
    good = True
    for number, signature in enumerate(signatures, 1):
        marks = "+" * len(signature.findall(f"{DS}SignedInfo/{DS}Reference"))
        try:
            verify(signature, key, base)
            fields = ["OK", marks, "-"]
        except Exception as error:  # whatever a judge stumbles over is a refusal
            good = False
            fields = ["FAIL", "-", sentence(error)]
        print("\t".join([file, str(number), *fields]), flush=True)
    return good


def sentence(error: Exception) -> str:
    name = "" if isinstance(error, Refused) else type(error).__name__ + ": "
    return " ".join(f"{name}{error}".split())


def main() -> None:
    arguments = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], fromfile_prefix_chars="@"
    )
    arguments.add_argument("--key", help="public key in PEM for signatures without certificate")
    arguments.add_argument("--base", help="folder of the files that detached signatures refer to")
    arguments.add_argument("files", nargs="+", metavar="FILE")
    asked = arguments.parse_args()
    files = [os.path.abspath(file) if asked.base else file for file in asked.files]
    key = None
    if asked.key:
        key = xmlsec.Key.from_file(asked.key, xmlsec.constants.KeyDataFormatPem)
    if asked.base:
        os.chdir(asked.base)  # the engine resolves names of files against it
    good = [judge(file, key, asked.base and ".") for file in files]
    sys.exit(0 if all(good) else 1)


if __name__ == "__main__":
    main()
