"""Verifies the countersignatures of CMS signatures (DER): RFC 5652, 11.4, with asn1crypto and cryptography.

Usage: verify_countersignatures.py FILE|@LIST...

One line per file, fields separated by tabs: path, OK or FAIL, number of countersignatures, reason; exit code 1 when one
fails. Each has to be over the value of the signer that it stands in, to have no content-type, to name its certificate by
digest (RFC 5035), and to have a value of that certificate's key. RSA PKCS#1 v1.5, RSASSA-PSS and ECDSA. Who issued the
certificate is not asked. A file without any fails.
"""

import hashlib
import pathlib
import sys
from collections.abc import Iterator

from asn1crypto import cms, tsp, x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding

HASHES = {"sha1": hashes.SHA1, "sha256": hashes.SHA256, "sha384": hashes.SHA384, "sha512": hashes.SHA512}


def attribute(signer: cms.SignerInfo, name: str) -> object:
    """The one value of a signed attribute."""
    (values,) = [one["values"] for one in signer["signed_attrs"] if one["type"].native == name]
    (value,) = values
    return value


def certificate_of(signer: cms.SignerInfo, certificates: list[x509.Certificate]) -> x509.Certificate:
    named = signer["sid"].chosen
    (found,) = [
        one
        for one in certificates
        if one.issuer == named["issuer"] and one.serial_number == named["serial_number"].native
    ]
    essence = attribute(signer, "signing_certificate_v2")
    assert isinstance(essence, tsp.SigningCertificateV2)
    first = essence["certs"][0]
    algorithm = first["hash_algorithm"]["algorithm"].native
    assert first["cert_hash"].native == hashlib.new(algorithm, found.dump()).digest(), "another certificate"
    return found


def check_value(signer: cms.SignerInfo, certificate: x509.Certificate) -> None:
    # as a SET OF, which is what was signed (RFC 5652, 5.4)
    signed = b"\x31" + signer["signed_attrs"].dump()[1:]
    key = serialization.load_der_public_key(certificate.public_key.dump())
    digest = HASHES[signer["digest_algorithm"]["algorithm"].native]()
    value = signer["signature"].native
    if isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(value, signed, ec.ECDSA(digest))
        return
    if signer["signature_algorithm"]["algorithm"].native == "rsassa_pss":
        scheme = padding.PSS(padding.MGF1(digest), padding.PSS.AUTO)
    else:
        scheme = padding.PKCS1v15()
    key.verify(value, signed, scheme, digest)


def countersigners(signer: cms.SignerInfo) -> Iterator[cms.SignerInfo]:
    unsigned = signer["unsigned_attrs"]
    for one in unsigned if isinstance(unsigned, cms.CMSAttributes) else []:
        if one["type"].native == "counter_signature":
            yield from one["values"]


def check(content: bytes) -> int:
    signed_data = cms.ContentInfo.load(content, strict=True)["content"]
    certificates = [one.chosen for one in signed_data["certificates"] if one.name == "certificate"]
    count = 0
    for signer in signed_data["signer_infos"]:
        for over in countersigners(signer):
            count += 1
            assert over["version"].native == "v1", "another version than 1"
            kinds = [one["type"].native for one in over["signed_attrs"]]
            assert "content_type" not in kinds, "it has a content-type (RFC 5652, 11.4)"
            algorithm = over["digest_algorithm"]["algorithm"].native
            digest = hashlib.new(algorithm, signer["signature"].native).digest()
            assert attribute(over, "message_digest").native == digest, "it is over something else"
            check_value(over, certificate_of(over, certificates))
    assert count, "there is none"
    return count


def main() -> int:
    targets = sys.argv[1:]
    if not targets:
        sys.exit(__doc__)
    failed = False
    for target in targets:
        listed = pathlib.Path(target[1:]).read_text().splitlines() if target[0] == "@" else [target]
        for path in listed:
            try:
                print(path, "OK", check(pathlib.Path(path).read_bytes()), "", sep="\t")
            except Exception as error:
                failed = True
                reason = f"{type(error).__name__}: {error}".replace("\n", " ").replace("\t", " ")
                print(path, "FAIL", 0, reason, sep="\t")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
