"""Judges the judges of make conformance: each must accept what is good and refuse what is not.

Usage: selftest_conformance.py [--verbose]    from the repository's root, after scripts/setup-judges.sh

First files made here, sealed by signxml, python-xmlsec and OpenSSL (no line of ours takes part). Then,
when the larger corpus is there (CHANCERY_SHARED or ../shared), its signed documents with the verdicts that its
MANIFEST.tsv records, each also with a digest and with a signature value changed, and the samples of
ZATCA and MyInvois. Ends with a table; exit code 1 when a judge errs.
"""

import base64
import hashlib
import io
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable

import xmlsec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from lxml import etree
from make_pki import certify, pem, revocations
from selftest import DS, seal

HERE = pathlib.Path(__file__).parent
BUILT = HERE.parents[1] / ".tools/judges"

AMOUNT = rb"(<cbc:PayableAmount [^>]*>)"

# What a judge is known to get wrong about a file of the corpus, and why.
KNOWN = {
    ("jdk", "signature.xml"): "3 of 27 references differ: XPath over attributes and namespaces",
    ("python-xmlsec", "clienteafirma__firma-xades-enveloped.xml"): "enveloped, then XPath, then c14n",
    ("python-xmlsec", "xmlsec__signature-enveloping-p256_sha256.xml"): "a key, no certificate",
    ("dss", "signature.xml"): "as the JDK: both have Santuario's engine",
    ("dss", "ubl__UBL-Invoice-2.0-Enveloped.xml"): "XPath with here()",
    ("dss", "dss__XSW-enveloped-fake-signedProperties.xml"): "right: wrapped SignedProperties",
}


def ask(*command: object) -> list[list[str]]:
    """What a judge printed: its lines, cut at tabs."""
    done = subprocess.run([str(one) for one in command], capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        sys.exit(f"{command[0]} {command[1]}: {done.stderr}")
    return [line.split("\t") for line in done.stdout.splitlines()]


def python(program: str, *arguments: object) -> list[list[str]]:
    return ask(sys.executable, HERE / program, *arguments)


def jdk(*arguments: object) -> list[list[str]]:
    return ask("java", "-cp", BUILT / "jdk", "JdkVerify", *arguments)


def dss(*arguments: object) -> list[list[str]]:
    path = f"{BUILT}/dss/classes:{BUILT}/dss/lib/*"
    return ask("java", "-cp", path, "DssValidate", *arguments)


class Table:
    """Counts what judges answered, and prints what was not as wanted."""

    def __init__(self) -> None:
        self.rows: Counter[tuple[str, str, bool]] = Counter()
        self.wrong = 0

    def expect(self, judge: str, what: str, wanted: object, got: object, said: object = "") -> None:
        right = wanted == got
        self.wrong += not right
        self.rows[(judge, what, right)] += 1
        if not right or "--verbose" in sys.argv:
            print(f"{'ok  ' if right else 'NOT '} {judge}: {what}: wanted {wanted}, got {got} {said}")

    def known(self, judge: str, file: str, why: str) -> None:
        self.rows[(judge, "known to differ", True)] += 1
        print(f"     {judge} and {file}: {why}")

    def show(self) -> None:
        print(f"\n     {'judge':<16} {'asked about':<44} {'right':>5} {'wrong':>5}")
        for judge, what in dict.fromkeys((judge, what) for judge, what, _ in self.rows):
            right, wrong = self.rows[(judge, what, True)], self.rows[(judge, what, False)]
            print(f"{'NOT ' if wrong else 'ok  '} {judge:<16} {what:<44} {right:>5} {wrong:>5}")


# --- files made here -----------------------------------------------------------------------------


DETACHED = f"""<ds:Signature xmlns:ds="{DS}"><ds:SignedInfo>
<ds:CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>
<ds:SignatureMethod Algorithm="http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1"/>
<ds:Reference URI="content.bin">
<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><ds:DigestValue/></ds:Reference>
</ds:SignedInfo><ds:SignatureValue/>
<ds:KeyInfo><ds:X509Data><ds:X509Certificate/></ds:X509Data></ds:KeyInfo></ds:Signature>"""


def sign_detached(folder: pathlib.Path) -> None:
    """RSA-PSS over another file, by python-xmlsec."""
    key = rsa.generate_private_key(65537, 3072)
    certificate = certify("Selftest PSS", key, None, key, is_ca=True)
    signature = etree.fromstring(DETACHED)
    base64_der = "".join(pem(certificate).decode().splitlines()[1:-1])
    signature.find(f".//{{{DS}}}X509Certificate").text = base64_der
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
        xmlsec.constants.KeyDataFormatPem,
    )
    (folder / "content.bin").write_bytes(b"what is signed\n")
    home = pathlib.Path.cwd()
    os.chdir(folder)  # the engine resolves content.bin against it
    context.sign(signature)
    os.chdir(home)
    (folder / "detached.xml").write_bytes(etree.tostring(signature))


def own_files(table: Table, base: pathlib.Path) -> None:
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = certify("Selftest root", root_key, None, root_key, is_ca=True)
    certificate = certify("Selftest signer", key, root, root_key, is_ca=False)
    good = seal(key, certificate)
    renamed = re.sub(rb"(</?xades:Signing)Time>", rb"\1Thyme>", good)
    files = {
        "good.xml": good,
        "amount.xml": good.replace(b">1230.00<", b">1239.00<"),
        "property.xml": renamed,
        "digest.xml": damaged(good, "DigestValue"),
        "value.xml": damaged(good, "SignatureValue"),
        "unsigned.xml": re.sub(rb"(?s)<ds:Signature .*</ds:Signature>", b"", good),
        "root.pem": pem(root),
        "other.pem": pem(certify("Other root", key, None, key, is_ca=True)),
        "root.crl": revocations(root, root_key),
    }
    if len(set(files.values())) != len(files):
        sys.exit("selftest: a damage did not take")
    for name, content in files.items():
        (base / name).write_bytes(content)
    sign_detached(base)

    asked = ["--root", base / "root.pem", "--crl", base / "root.crl"]
    level = "XAdES-BASELINE-B"
    compare(table, "dss", base, slice(2, 6), lambda *files: dss(*asked, *files), {
        "good.xml": [level, "TOTAL_PASSED", "-", "intact"],
        "amount.xml": [level, "TOTAL_FAILED", "HASH_FAILURE", "broken"],
        "digest.xml": [level, "TOTAL_FAILED", "HASH_FAILURE", "broken"],
        "value.xml": [level, "TOTAL_FAILED", "SIG_CRYPTO_FAILURE", "broken"],
        "unsigned.xml": ["NONE", "-", "-", "-"],
    })
    for what, given, wanted in [
        (
            "good.xml without revocation list",
            ["--root", base / "root.pem", base / "good.xml"],
            ["INDETERMINATE", "CERTIFICATE_CHAIN_GENERAL_FAILURE", "intact"],
        ),
        (
            "good.xml under a foreign root",
            ["--root", base / "other.pem", "--crl", base / "root.crl", base / "good.xml"],
            ["INDETERMINATE", "NO_CERTIFICATE_CHAIN_FOUND", "intact"],
        ),
        (
            "detached, RSA-PSS",
            ["--content", base / "content.bin", base / "detached.xml"],
            ["INDETERMINATE", "NO_CERTIFICATE_CHAIN_FOUND", "intact"],
        ),
        (
            "detached, another content",
            ["--content", base / "root.pem", base / "detached.xml"],
            ["INDETERMINATE", "NO_SIGNING_CERTIFICATE_FOUND", "broken"],
        ),
    ]:
        table.expect("dss", what, wanted, dss(*given)[0][3:6])

    refused = ["amount.xml", "property.xml", "digest.xml", "value.xml", "unsigned.xml", "detached.xml"]
    wanted = {"good.xml": ["OK"], **{file: ["FAIL"] for file in refused}}
    libxmlsec = lambda *given: python("verify_xml.py", *given)  # noqa: E731
    for name, judge in [("jdk", jdk), ("python-xmlsec", libxmlsec)]:
        compare(table, name, base, slice(2, 3), judge, wanted)
        got = judge("--base", base, base / "detached.xml")[0]
        table.expect(name, "detached, RSA-PSS", "OK", got[2], got)
    got = jdk("--root", base / "root.pem", base / "good.xml", base / "detached.xml")
    table.expect("jdk", "of this root, of another", ["OK", "FAIL"], [one[2] for one in got], got)
    schema = {"good.xml": ["OK"], "property.xml": ["FAIL"], "unsigned.xml": ["FAIL"]}
    judge = lambda *files: python("xades_schema.py", *files)  # noqa: E731
    compare(table, "xades-schema", base, slice(1, 2), judge, schema)
    currency = rb"(?s)<cbc:DocumentCurrencyCode.*?</cbc:DocumentCurrencyCode>"
    (base / "no-currency.xml").write_bytes(re.sub(currency, b"", good))
    got = python("verify_en16931.py", base / "good.xml", base / "no-currency.xml")
    table.expect("en16931", "good.xml", "OK", got[0][1], got)
    table.expect("en16931", "BR-05 when the currency is missing", True, "BR-05:" in got[1][3], got)


MANIFEST = """<asic:ASiCManifest xmlns:asic="http://uri.etsi.org/02918/v1.2.1#" xmlns:ds="{}">
<asic:SigReference URI="META-INF/signature001.p7s" MimeType="application/x-pkcs7-signature"/>
<asic:DataObjectReference URI="content.txt"><ds:DigestMethod
Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><ds:DigestValue>{}</ds:DigestValue>
</asic:DataObjectReference></asic:ASiCManifest>"""


def cms_files(table: Table, base: pathlib.Path) -> None:
    """Attached, detached and in a container, all signed by OpenSSL."""
    root_key, key = (rsa.generate_private_key(65537, 2048) for _ in range(2))
    root = certify("Selftest root", root_key, None, root_key, is_ca=True)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (base / "cms-root.pem").write_bytes(pem(root))
    (base / "cms-root.crl").write_bytes(revocations(root, root_key))
    (base / "cms-seal.pem").write_bytes(pem(certify("Selftest signer", key, root, root_key, is_ca=False)))
    (base / "cms-key.pem").write_bytes(private)

    def sign(content: bytes, *options: str) -> bytes:
        (base / "cms-content").write_bytes(content)
        signer = ["-signer", base / "cms-seal.pem", "-inkey", base / "cms-key.pem"]
        command = ["openssl", "cms", "-sign", "-binary", "-cades", *options, *signer]
        files = ["-in", base / "cms-content", "-outform", "DER"]
        return subprocess.run([*command, *files], capture_output=True, check=True).stdout

    content = b"to pay 1230.00\n"
    digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
    manifest = MANIFEST.format(DS, digest).encode()

    def container(held: bytes) -> bytes:
        written = io.BytesIO()
        with zipfile.ZipFile(written, "w") as packed:
            packed.writestr("mimetype", "application/vnd.etsi.asic-e+zip")
            packed.writestr("content.txt", held)
            packed.writestr("META-INF/ASiCManifest001.xml", manifest)
            packed.writestr("META-INF/signature001.p7s", sign(manifest))
        return written.getvalue()

    attached = sign(content, "-nodetach")
    files = {
        "good.p7m": attached,
        "amount.p7m": attached.replace(b"1230.00", b"1239.00"),
        "good.p7s": sign(content),
        "good.asice": container(content),
        "amount.asice": container(content.replace(b"1230", b"1239")),
        "content.txt": content,
        "other.txt": content.replace(b"1230", b"1239"),
    }
    for name, held in files.items():
        (base / name).write_bytes(held)
    asked = ["--root", base / "cms-root.pem", "--crl", base / "cms-root.crl"]
    good = ["CAdES-BASELINE-B", "TOTAL_PASSED", "-", "intact"]
    bad = ["CAdES-BASELINE-B", "TOTAL_FAILED", "HASH_FAILURE", "broken"]
    compare(table, "dss", base, slice(2, 6), lambda *given: dss(*asked, *given), {
        "good.p7m": good,
        "amount.p7m": bad,
        "good.asice": good,
        # the signature over the manifest is right; what the manifest says of the file is not
        "amount.asice": [*bad[:3], "intact"],
    })
    for name, wanted in [("content.txt", good), ("other.txt", bad)]:
        got = dss(*asked, "--content", base / name, base / "good.p7s")[0]
        table.expect("dss", f"good.p7s of {name}", wanted, got[2:6], got)


def compare(
    table: Table,
    name: str,
    base: pathlib.Path,
    fields: slice,
    judge: Callable[..., list[list[str]]],
    wanted: dict[str, list[str]],
) -> None:
    """Asks a judge about files in one run; each has one signature or none."""
    lines = judge(*(base / file for file in wanted))
    for (file, expected), line in zip(wanted.items(), lines, strict=True):
        table.expect(name, file, expected, line[fields], line)


def damaged(content: bytes, name: str, number: int = 0) -> bytes:
    """The content with one character of the given base64 element replaced."""
    found = list(re.finditer(rb"<(?:\w+:)?%s(?: [^>]*)?>\s*([A-Za-z0-9+/])" % name.encode(), content))
    at = found[number].start(1)
    return content[:at] + (b"B" if content[at : at + 1] == b"A" else b"A") + content[at + 1 :]


# --- the larger corpus ---------------------------------------------------------------------------


def corpus() -> pathlib.Path | None:
    named = os.environ.get("CHANCERY_SHARED")
    folders = [pathlib.Path(named)] if named else []
    folders += [above / "shared" for above in HERE.resolve().parents]
    return next((one / "samples" for one in folders if (one / "samples").is_dir()), None)


def verdicts(samples: pathlib.Path) -> Iterable[tuple[pathlib.Path, bool]]:
    """Signed documents whose recorded verdicts say that all is right, or that something is not."""
    for line in (samples / "MANIFEST.tsv").read_text().splitlines():
        fields = line.split("\t")
        verdict = fields[9] if len(fields) > 9 else ""
        file = samples / fields[0] / fields[1]
        if fields[0] == "signed-xml" and ("JDK17 ok" in verdict or "xmlsec1 OK" in verdict):
            yield file, True
        elif fields[0] == "signed-xml" and "xmlsec1 FAIL" in verdict:
            yield file, False


def recorded(table: Table, samples: pathlib.Path, base: pathlib.Path) -> None:
    wanted: dict[str, tuple[str, str, bool]] = {}
    for file, good in verdicts(samples):
        wanted[str(file)] = (file.name, "recorded as good" if good else "recorded as bad", good)
        if good:
            content = file.read_bytes()
            for name in ["DigestValue", "SignatureValue"]:
                changed = base / f"{name}-{file.name}"
                changed.write_bytes(damaged(content, name))
                wanted[str(changed)] = (file.name, f"{name} changed", False)
    listed = base / "files"
    listed.write_text("".join(file + "\n" for file in wanted))
    at = f"@{listed}"
    judges: list[tuple[str, list[list[str]], Callable[[list[str]], bool]]] = [
        ("jdk", jdk(at), lambda fields: fields[2] == "OK"),
        ("python-xmlsec", python("verify_xml.py", at), lambda fields: fields[2] == "OK"),
        ("dss", dss(at), lambda fields: fields[5] == "intact"),
    ]
    for judge, lines, accepts in judges:
        answers: dict[str, bool] = {}
        for fields in lines:
            answers[fields[0]] = answers.get(fields[0], True) and accepts(fields)
        for file, (name, what, good) in wanted.items():
            got = answers.get(file)
            if got is False and good and (judge, name) in KNOWN:
                table.known(judge, name, KNOWN[judge, name])
            else:
                table.expect(judge, what, good, got, file)


def recipes(table: Table, samples: pathlib.Path, base: pathlib.Path) -> None:
    for authority, pattern in [("zatca", "zatca-*.xml"), ("myinvois", "xmlsigner__*.xml")]:
        for file in sorted((samples / "signed-xml").glob(pattern)):
            content = file.read_bytes()
            changes = {
                "own": ("the authority's own sample", content),
                "document": ("document digest changed", damaged(content, "DigestValue", 0)),
                "properties": ("properties digest changed", damaged(content, "DigestValue", 1)),
                "certificate": ("certificate digest changed", damaged(content, "DigestValue", 2)),
                "value": ("SignatureValue changed", damaged(content, "SignatureValue")),
                "amount": ("amount changed", re.sub(AMOUNT, rb"\g<1>9", content)),
                "time": ("signing time changed", content.replace(b"SigningTime>2", b"SigningTime>3")),
            }
            if len({changed for _, changed in changes.values()}) != len(changes):
                sys.exit(f"selftest: a damage did not take in {file}")
            for name, (_, changed) in changes.items():
                (base / name).write_bytes(changed)
            lines = python(f"recompute_{authority}.py", *(base / name for name in changes))
            for (name, (what, _)), line in zip(changes.items(), lines, strict=True):
                wanted = "OK" if name == "own" else "FAIL"
                table.expect(authority, what, wanted, line[1], (file.name, line))


def turkish(table: Table, samples: pathlib.Path, base: pathlib.Path) -> None:
    invoice = (samples / "ubl/phive-rules__TemelFaturaOrnegi.xml").read_bytes()
    message = (samples / "signed-xml/ph-ubl__5_KULLANICI_SILME.xml").read_bytes()
    asked = {
        "a signed user message": (message, "-"),
        "a message without SigningTime": (
            re.sub(rb"(</?xades:Signing)Time>", rb"\1Thyme>", message),
            "XadesSignatureCheck-5",
        ),
        "an invoice with a wrong number": (invoice, "InvoiceIDCheck-1"),
        "an invoice whose signature is empty": (
            (samples / "signed-xml/phive-rules__YOLCUBERABER.xml").read_bytes(),
            "XadesSignatureCheckForInvoice-1",
        ),
        "a document that is not UBL-TR": (b"<a/>", "no UBL-TR rules"),
    }
    for what, (content, rule) in asked.items():
        (base / "tr.xml").write_bytes(content)
        got = python("verify_ubltr.py", base / "tr.xml")[0]
        wanted = ["OK" if rule == "-" else "FAIL", True]
        table.expect("ubl-tr", what, wanted, [got[1], rule in got[3]], got)


def main() -> None:
    table = Table()
    with tempfile.TemporaryDirectory() as folder:
        base = pathlib.Path(folder)
        own_files(table, base)
        cms_files(table, base)
        samples = corpus()
        if samples is None:
            print("no larger corpus here (set CHANCERY_SHARED): the recipes of ZATCA and MyInvois and")
            print("the rules of UBL-TR are not proven, the other judges only on files made here")
        else:
            recorded(table, samples, base)
            recipes(table, samples, base)
            turkish(table, samples, base)
    table.show()
    sys.exit(1 if table.wrong else 0)


if __name__ == "__main__":
    main()
