"""Judges the judges of PDFs: each must accept a good signature and refuse a bad one.

Usage: selftest_pades.py         pyHanko, pdfsig, qpdf, mutool
       selftest_pades.py --java  EU DSS and veraPDF too; scripts/setup-judges.sh sets them up

Makes a throw-away root and signer, signs an invoice with pyHanko (no line of ours takes part), then
asks about the good files and about damaged ones.
"""

import pathlib
import re
import subprocess
import sys
import tempfile
from unittest import mock

from asn1crypto import cms
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from make_pdfs import LINES, archivable, invoice, text
from make_pki import certify, revocations
from pdf_signed import Signer, sign, with_hole
from pdf_writer import stream, update
from pyhanko.sign import signers

HERE = pathlib.Path(__file__).parent
JUDGES = HERE.parents[1] / ".tools/judges"
DER = serialization.Encoding.DER


def ask(*command: object) -> tuple[int, str]:
    done = subprocess.run([str(one) for one in command], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def files(folder: pathlib.Path) -> None:
    root_key, key = (rsa.generate_private_key(65537, 2048) for _ in range(2))
    root = certify("Selftest root", root_key, None, root_key, is_ca=True)
    seal = certify("Selftest signer", key, root, root_key, is_ca=False)
    other = certify("Other root", key, None, key, is_ca=True)
    pkcs8 = key.private_bytes(DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    who = Signer.of([one.public_bytes(DER) for one in (seal, root)], pkcs8)
    plain = invoice().classic()
    good = sign(plain, who)
    made = {
        "good.pdf": good,
        "twice.pdf": sign(good, who, "Signature2"),
        "certified.pdf": sign(plain, who, certified=2),
        "certified-signed.pdf": sign(sign(plain, who, certified=2), who, "Signature2"),
        "broken-certification.pdf": against_certification(plain, who),
        "adbe.pdf": sign(plain, who, adobe=True),
        "byte.pdf": good.replace(b"(TO PAY 196.80 EUR)", b"(TO PAY 996.80 EUR)"),
        "value.pdf": value_changed(good),
        "hole.pdf": with_hole(good),
        "later.pdf": update(good, {4: stream(text(["ANOTHER", *LINES]))}),
        "tail.pdf": good + b"\n% more\n",
        "unsigned.pdf": plain,
        "archive.pdf": sign(archivable(2), who),
        "no-archive.pdf": archivable(2).replace(b"/OutputIntents", b"/Outputintents"),
        "root.pem": root.public_bytes(serialization.Encoding.PEM),
        "other.pem": other.public_bytes(serialization.Encoding.PEM),
        "root.crl": revocations(root, root_key),
    }
    if len(set(made.values())) != len(made):
        sys.exit("selftest: a damage did not take")
    for name, content in made.items():
        (folder / name).write_bytes(content)


def against_certification(plain: bytes, who: Signer) -> bytes:
    """A second signature where the first allows none; pyHanko refuses that, so it is not asked."""
    certified = sign(plain, who, certified=1)
    with mock.patch.object(signers.PdfSigner, "_enforce_certification_constraints"):
        return sign(certified, who, "Signature2")


def value_changed(content: bytes) -> bytes:
    """One bit of the signature value."""
    found = re.search(rb"/Contents <([0-9a-fA-F]+)>", content)
    held = bytes.fromhex(found[1].decode())
    value = cms.ContentInfo.load(held)["content"]["signer_infos"][0]["signature"].native
    at = held.index(value) + 40
    changed = held[:at] + bytes([held[at] ^ 1]) + held[at + 1 :]
    return content.replace(found[1], changed.hex().encode())


def cheap(base: pathlib.Path) -> list[tuple[str, object, object]]:
    def pyhanko(name: str, *options: str, root: str = "root.pem") -> tuple[bool, str]:
        code, said = ask(
            sys.executable, HERE / "verify_pades.py", "--root", base / root, *options, base / name
        )
        return code == 0, said.strip()

    def refuses(name: str, part: str, *options: str, root: str = "root.pem") -> tuple[str, object, object]:
        accepted, said = pyhanko(name, *options, root=root)
        return f"pyHanko refuses {name}: {part}", (False, True), (accepted, part in said or said)

    def pdfsig(name: str) -> list[str]:
        said = ask("pdfsig", "-nocert", base / name)[1]
        return re.findall(r"Signature Validation: (.*)", said)

    whole = ["--baseline", "--entire-file-last", "--expect-signatures"]
    return [
        ("pyHanko accepts good.pdf", True, pyhanko("good.pdf", *whole, "1")[0]),
        ("pyHanko accepts twice.pdf", True, pyhanko("twice.pdf", *whole, "2")[0]),
        ("pyHanko accepts certified.pdf", True, pyhanko("certified.pdf", *whole, "1")[0]),
        ("pyHanko accepts certified-signed.pdf", True, pyhanko("certified-signed.pdf", *whole, "2")[0]),
        ("pyHanko accepts adbe.pdf as a signature", True, pyhanko("adbe.pdf")[0]),
        refuses("adbe.pdf", "not baseline", "--baseline"),
        refuses("good.pdf", "1 signatures instead of 2", "--expect-signatures", "2"),
        refuses("good.pdf", "not trusted", root="other.pem"),
        refuses("good.pdf", "no right timestamp", "--timestamp"),
        refuses("broken-certification.pdf", "certification or lock broken"),
        refuses("byte.pdf", "digest differs"),
        refuses("value.pdf", "value is wrong"),
        refuses("hole.pdf", "covers no whole revision"),
        refuses("later.pdf", "OTHER"),
        refuses("later.pdf", "the last does not cover the entire file", "--entire-file-last"),
        refuses("tail.pdf", "the last does not cover the entire file", "--entire-file-last"),
        refuses("unsigned.pdf", "no signature"),
        ("pdfsig accepts good.pdf", ["Signature is Valid."], pdfsig("good.pdf")),
        ("pdfsig accepts twice.pdf", ["Signature is Valid."] * 2, pdfsig("twice.pdf")),
        ("pdfsig refuses byte.pdf", ["Digest Mismatch."], pdfsig("byte.pdf")),
        ("pdfsig refuses value.pdf", ["Signature is Invalid."], pdfsig("value.pdf")),
        ("qpdf accepts good.pdf", 0, ask("qpdf", "--check", base / "good.pdf")[0]),
        ("mutool sees later.pdf changed", True,
         "there have been edits since signing" in ask("mutool", "sign", "-v", base / "later.pdf")[1]),
        ("mutool sees good.pdf unchanged", True,
         "unchanged since signing" in ask("mutool", "sign", "-v", base / "good.pdf")[1]),
    ]  # fmt: skip


def java(base: pathlib.Path) -> list[tuple[str, object, object]]:
    def run(judge: str, program: str, *arguments: object) -> dict[str, list[str]]:
        built = JUDGES / judge
        said = ask("java", "-cp", f"{built}/classes:{built}/lib/*", program, *arguments)[1]
        lines = [line.split("\t") for line in said.splitlines() if "\t" in line]
        return {pathlib.Path(fields[0]).name: fields[1:] for fields in lines}

    given = ["--root", base / "root.pem", "--crl", base / "root.crl"]
    names = ["good.pdf", "certified.pdf", "adbe.pdf", "byte.pdf", "value.pdf", "hole.pdf", "unsigned.pdf",
             "later.pdf"]  # fmt: skip
    dss = run("dss", "DssValidate", *given, *(base / name for name in names))
    vera = run("verapdf", "VeraValidate", *(base / f"{name}archive.pdf" for name in ("", "no-")), base / "good.pdf")
    level = "PAdES-BASELINE-B"
    return [
        ("DSS accepts good.pdf", [level, "TOTAL_PASSED", "-", "intact"], dss["good.pdf"][1:5]),
        ("DSS finds nothing odd about it", "-", dss["good.pdf"][-1]),
        ("DSS accepts certified.pdf", [level, "TOTAL_PASSED", "-", "intact"], dss["certified.pdf"][1:5]),
        ("DSS says what adbe.pdf is", "PKCS7-B", dss["adbe.pdf"][1]),
        ("DSS refuses byte.pdf", [level, "TOTAL_FAILED", "HASH_FAILURE", "broken"], dss["byte.pdf"][1:5]),
        ("DSS refuses value.pdf", [level, "TOTAL_FAILED", "SIG_CRYPTO_FAILURE", "broken"], dss["value.pdf"][1:5]),
        ("DSS refuses hole.pdf", "TOTAL_FAILED", dss["hole.pdf"][2]),
        ("DSS sees the byte range of hole.pdf", True, "byte-range" in dss["hole.pdf"][-1]),
        ("DSS finds no signature in unsigned.pdf", "NONE", dss["unsigned.pdf"][1]),
        ("DSS sees later.pdf changed", True, "undefined=" in dss["later.pdf"][-1]),
        ("veraPDF accepts signed PDF/A", ["2b", "PASS", "-"], vera["archive.pdf"]),
        ("veraPDF refuses one without intent", ["2b", "FAIL"], vera["no-archive.pdf"][:2]),
        ("veraPDF leaves what claims nothing", ["-", "NONE", "-"], vera["good.pdf"]),
    ]  # fmt: skip


def main() -> None:
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        base = pathlib.Path(folder)
        files(base)
        asked = cheap(base) + (java(base) if "--java" in sys.argv else [])
    for sentence, wanted, got in asked:
        right = wanted == got
        wrong += not right
        print(f"{'ok  ' if right else 'NOT '} {sentence}" + ("" if right else f"\n     wanted {wanted}, got {got}"))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
