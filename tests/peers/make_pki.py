"""Makes a throw-away authority with revocation lists, so that DSS can say TOTAL_PASSED of its seals.

Usage: make_pki.py FOLDER

Writes root.pem, root.crl, issuing.crl and, for rsa, rsa2048, p256, p384 and secp256k1, NAME-chain.pem (seal,
issuing, root) and NAME-key.pem (PKCS #8). Valid from an hour ago for a day; nobody is revoked.
"""

import datetime
import pathlib
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

PRIVATE = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
NOW = datetime.datetime.now(datetime.timezone.utc)
HOUR, DAY = datetime.timedelta(hours=1), datetime.timedelta(days=1)
USAGES = (
    "digital_signature content_commitment key_encipherment data_encipherment key_agreement "
    "key_cert_sign crl_sign encipher_only decipher_only"
).split()


def usage(*names: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{name: name in names for name in USAGES})


def certify(
    name: str, key: PRIVATE, issuer: x509.Certificate | None, issuer_key: PRIVATE, is_ca: bool
) -> x509.Certificate:
    names = [(x509.NameOID.COUNTRY_NAME, "PT"), (x509.NameOID.ORGANIZATION_NAME, "Conformance")]
    names.append((x509.NameOID.COMMON_NAME, name))
    subject = x509.Name([x509.NameAttribute(oid, value) for oid, value in names])
    can = ["key_cert_sign", "crl_sign"] if is_ca else ["digital_signature", "content_commitment"]
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number() >> 96)
        .not_valid_before(NOW - HOUR)
        .not_valid_after(NOW + DAY)
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(authority, critical=False)
        .add_extension(usage(*can), critical=True)
        .sign(issuer_key, hashes.SHA256())
    )


def revocations(issuer: x509.Certificate, key: PRIVATE) -> bytes:
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
    return (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.subject)
        .last_update(NOW - datetime.timedelta(minutes=1))
        .next_update(NOW + DAY)
        .add_extension(authority, critical=False)
        .add_extension(x509.CRLNumber(1), critical=False)
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.DER)
    )


def pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def make(folder: pathlib.Path) -> None:
    root_key, issuing_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root = certify("Root", root_key, None, root_key, is_ca=True)
    issuing = certify("Issuing", issuing_key, root, root_key, is_ca=True)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "root.pem").write_bytes(pem(root))
    (folder / "root.crl").write_bytes(revocations(root, root_key))
    (folder / "issuing.crl").write_bytes(revocations(issuing, issuing_key))
    keys: dict[str, PRIVATE] = {
        "rsa": rsa.generate_private_key(65537, 3072),
        "rsa2048": rsa.generate_private_key(65537, 2048),
        "p256": ec.generate_private_key(ec.SECP256R1()),
        "p384": ec.generate_private_key(ec.SECP384R1()),
        "secp256k1": ec.generate_private_key(ec.SECP256K1()),
    }
    for name, key in keys.items():
        seal = certify(f"Seal {name}", key, issuing, issuing_key, is_ca=False)
        (folder / f"{name}-chain.pem").write_bytes(b"".join(map(pem, [seal, issuing, root])))
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        (folder / f"{name}-key.pem").write_bytes(private)


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    make(pathlib.Path(sys.argv[1]))
