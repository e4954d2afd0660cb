"""Judges the judges: each must accept a good seal and refuse a bad one.

Usage: selftest.py    from the repository's root, with xmlsec1 and the schemas set up.

Makes a throw-away root and signer, seals the sample with a place for the signature with signxml
(no line of ours takes part), then asks verify_xades.py, xmlsec1 and the UBL schemas about the good
file and about damaged ones.
"""

import datetime
import pathlib
import subprocess
import sys
import tempfile

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from lxml import etree
from signxml import CanonicalizationMethod, methods
from signxml.xades import XAdESDataObjectFormat, XAdESSigner

SAMPLE = "samples/invoice-signature-place/input.xml"
DS = "http://www.w3.org/2000/09/xmldsig#"
SAC = "urn:oasis:names:specification:ubl:schema:xsd:SignatureAggregateComponents-2"


def usage(**given: bool) -> x509.KeyUsage:
    names = (
        "digital_signature content_commitment key_encipherment data_encipherment key_agreement "
        "key_cert_sign crl_sign encipher_only decipher_only"
    ).split()
    return x509.KeyUsage(**{name: given.get(name, False) for name in names})


def certify(name, key, issuer, issuer_key, is_root):
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer or subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number() >> 96)
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()),
            critical=False,
        )
        .add_extension(
            usage(key_cert_sign=True, crl_sign=True) if is_root else usage(digital_signature=True),
            critical=True,
        )
    )
    return builder.sign(issuer_key, hashes.SHA256())


class Signer(XAdESSigner):
    """signxml's signer, with the newest form of the certificate reference and nothing optional."""

    use_deprecated_legacy_signing_certificate = False


def seal(key, certificate) -> bytes:
    tree = etree.parse(SAMPLE)
    place = tree.find(f".//{{{SAC}}}SignatureInformation")
    etree.SubElement(place, f"{{{DS}}}Signature", Id="placeholder", nsmap={"ds": DS})
    signer = Signer(
        method=methods.enveloped,
        signature_algorithm="ecdsa-sha256",
        c14n_algorithm=CanonicalizationMethod.CANONICAL_XML_1_1,
        data_object_format=XAdESDataObjectFormat(Description="invoice", MimeType="text/xml"),
    )
    sealed = signer.sign(tree.getroot(), key=key, cert=[certificate], always_add_key_value=False)
    return etree.tostring(sealed, xml_declaration=True, encoding="UTF-8")


def ask(*command: str) -> tuple[bool, str]:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode == 0, (done.stdout + done.stderr).strip()


def main() -> None:
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = certify("Selftest root", root_key, None, root_key, is_root=True)
    certificate = certify("Selftest signer", key, root.subject, root_key, is_root=False)
    other = certify("Other root", key, None, key, is_root=True)
    good = seal(key, certificate)
    wrong_property = good.replace(b"<xades:SigningTime>", b"<xades:SigningThyme>", 1)
    wrong_property = wrong_property.replace(b"</xades:SigningTime>", b"</xades:SigningThyme>", 1)
    files = {
        "good.xml": good,
        "amount.xml": good.replace(b">1230.00<", b">1239.00<"),
        "property.xml": wrong_property,
        "method.xml": good.replace(b"<ds:SignatureValue", b"<ds:Surprise/><ds:SignatureValue", 1),
        "second.xml": good.replace(b"</Invoice>", b'<ds:Signature xmlns:ds="%s"/></Invoice>' % DS.encode()),
    }
    if len(set(files.values())) != len(files):
        sys.exit("selftest: a damage did not take")

    failures = []
    with tempfile.TemporaryDirectory() as folder:
        base = pathlib.Path(folder)
        for name, content in files.items():
            (base / name).write_bytes(content)
        for name, anchor in [("root.pem", root), ("other.pem", other)]:
            (base / name).write_bytes(anchor.public_bytes(serialization.Encoding.PEM))

        def signxml(file: str, anchor: str = "root.pem") -> tuple[bool, str]:
            program = str(pathlib.Path(__file__).with_name("verify_xades.py"))
            return ask(sys.executable, program, str(base / anchor), str(base / file))

        def xmlsec(file: str) -> tuple[bool, str]:
            identified = "http://uri.etsi.org/01903/v1.3.2#:SignedProperties"
            return ask(
                "xmlsec1", "--verify", "--id-attr:Id", identified, "--id-attr:Id", DS + ":KeyInfo",
                "--trusted-pem", str(base / "root.pem"), str(base / file),
            )

        def schema(file: str) -> tuple[bool, str]:
            return ask("scripts/validate-ubl.sh", str(base / file))

        expected = [
            ("signxml accepts a good seal", True, signxml("good.xml")),
            ("signxml refuses a changed amount", False, signxml("amount.xml")),
            ("signxml refuses a changed property", False, signxml("property.xml")),
            ("signxml refuses a second signature", False, signxml("second.xml")),
            ("signxml refuses a foreign root", False, signxml("good.xml", "other.pem")),
            ("xmlsec1 accepts a good seal", True, xmlsec("good.xml")),
            ("xmlsec1 refuses a changed amount", False, xmlsec("amount.xml")),
            ("the schemas accept a good seal", True, schema("good.xml")),
            ("the schemas refuse a wrong signed property", False, schema("property.xml")),
            ("the schemas refuse a wrong element in ds:Signature", False, schema("method.xml")),
            ("the schemas refuse a signature outside its place", False, schema("second.xml")),
        ]
        for sentence, wanted, (accepted, output) in expected:
            right = accepted == wanted
            print(f"{'ok  ' if right else 'NOT '} {sentence}")
            if not right or "--verbose" in sys.argv:
                print("     " + output.replace("\n", "\n     "))
            if not right:
                failures.append(sentence)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
