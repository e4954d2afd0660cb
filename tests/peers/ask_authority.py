"""Asks an authority over HTTP with pyHanko's clients: its TSA, its OCSP responder, its lists, its issuers.

Usage: ask_authority.py TSA_URL ROOT.pem CERTIFICATE.pem

One line each, fields separated by tabs: what was asked, OK or BAD, reason.
  tsa    a token over a digest, its certificate validated with the root as the only trust anchor and nothing else
         given: the intermediate comes from the token, and whether any was revoked is asked where certificates say
  ocsp   the certificate, its issuer fetched where it says, with OCSP demanded
  crl    the same with revocation lists demanded
Exit code 1 when something is BAD.
"""

import asyncio
import hashlib
import pathlib
import sys

import aiohttp
from asn1crypto import pem, x509
from pyhanko.sign.timestamps.aiohttp_client import AIOHttpTimeStamper
from pyhanko.sign.validation.generic_cms import validate_tst_signed_data
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.fetchers import Fetchers
from pyhanko_certvalidator.fetchers.aiohttp_fetchers import AIOHttpFetcherBackend
from pyhanko_certvalidator.policy_decl import (
    CertRevTrustPolicy,
    RevocationCheckingPolicy,
    RevocationCheckingRule,
)


def read(path: str) -> x509.Certificate:
    content = pathlib.Path(path).read_bytes()
    return x509.Certificate.load(pem.unarmor(content)[2])


def context(
    root: x509.Certificate, rule: RevocationCheckingRule, fetchers: Fetchers
) -> ValidationContext:
    # The issuing authority has lists alone.
    checking = RevocationCheckingPolicy(
        ee_certificate_rule=rule,
        intermediate_ca_cert_rule=RevocationCheckingRule.CRL_REQUIRED,
    )
    return ValidationContext(
        trust_roots=[root],
        allow_fetching=True,
        fetchers=fetchers,
        revinfo_policy=CertRevTrustPolicy(checking),
    )


async def tsa(url: str, context: ValidationContext, session: aiohttp.ClientSession) -> None:
    def digest(name: str) -> bytes:
        return hashlib.new(name, b"there").digest()

    token = await AIOHttpTimeStamper(url, session).async_timestamp(digest("sha256"), "sha256")
    facts = await validate_tst_signed_data(token["content"], context, digest)
    if not (facts["valid"] and facts["intact"]):
        raise ValueError(f"the token does not hold: {facts}")


async def certificate(path: str, context: ValidationContext) -> None:
    validator = CertificateValidator(read(path), validation_context=context)
    await validator.async_validate_usage({"digital_signature"})


async def main(url: str, root: str, path: str) -> int:
    bad = 0
    ocsp, crl = RevocationCheckingRule.OCSP_REQUIRED, RevocationCheckingRule.CRL_REQUIRED
    async with aiohttp.ClientSession() as session, AIOHttpFetcherBackend(session) as fetchers:

        def held(rule: RevocationCheckingRule) -> ValidationContext:
            return context(read(root), rule, fetchers)

        for name, asked in [
            ("tsa", tsa(url, held(ocsp), session)),
            ("ocsp", certificate(path, held(ocsp))),
            ("crl", certificate(path, held(crl))),
        ]:
            try:
                await asked
                print(name, "OK", "", sep="\t")
            except Exception as error:  # whatever pyHanko has against it
                bad += 1
                print(name, "BAD", " ".join(str(error).split()), sep="\t")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(*sys.argv[1:4])))
