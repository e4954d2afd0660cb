"""Asks the Schematron rules of GIB (Turkey) about UBL-TR documents, the seal's structure included.

Usage: verify_ubltr.py FILE...|@LIST

One line per file, fields separated by tabs: path, OK or FAIL, number of warnings, the rules that do
not hold (identifier and GIB's own text, in Turkish); exit code 1 when one fails. The rules are those
that PyPI's efatura-kontrol carries; nothing here checks a digest or a signature value.
"""

from lxml import etree
from schematron import Rules, carried_by, main

CBC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2}"
UBL = "{urn:oasis:names:specification:ubl:schema:xsd:"
KINDS = [
    UBL + "Invoice-2}Invoice",
    UBL + "ApplicationResponse-2}ApplicationResponse",
    UBL + "DespatchAdvice-2}DespatchAdvice",
    UBL + "ReceiptAdvice-2}ReceiptAdvice",
    "{http://www.hr-xml.org/3}ProcessUserAccount",
    "{http://www.hr-xml.org/3}CancelUserAccount",
    "{http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader}StandardBusinessDocument",
]
ARCHIVE_PROFILE = "EARSIVFATURA"


def judge(rules: Rules, content: bytes) -> tuple[list[str], int]:
    sheet = carried_by("efatura_kontrol", "ekler/sematron/efatura.xsl")
    root = etree.fromstring(content)
    if root.tag not in KINDS:  # the rules would silently find nothing to look at
        raise ValueError(f"no UBL-TR rules for {root.tag}")
    profile = root.findtext(CBC + "ProfileID")
    kind = "earchive" if profile == ARCHIVE_PROFILE else "efatura"
    broken = rules.broken(sheet, content, {"type": kind})
    return [f"{name}: {text}" for name, _, text in broken], 0


if __name__ == "__main__":
    main(__doc__, judge)
