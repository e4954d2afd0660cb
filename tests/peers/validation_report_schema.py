"""Validates reports against the schema of ETSI TS 119 102-2 V1.2.2, as EU DSS ships it (its copy of V1.3.1, of the
same namespace, is not well-formed).

Usage: validation_report_schema.py @LIST; one line per file: path, OK or INVALID, what is wrong.
"""

import glob
import pathlib
import sys
import zipfile

from lxml import etree

ROOT = pathlib.Path(__file__).resolve().parents[2]
JARS = ROOT / ".tools/judges/dss/lib"
# what an import names: the jar and the file in it
PLACES = {
    "http://www.w3.org/TR/2002/REC-xmldsig-core-20020212/xmldsig-core-schema.xsd":
        ("specs-xmldsig", "xmldsig-core-schema.xsd"),
    "http://www.w3.org/2001/xml.xsd": ("specs-xmldsig", "xml.xsd"),
    "http://uri.etsi.org/01903/v1.3.2/XAdES.xsd": ("specs-xades", "XAdES.xsd"),
    "http://uri.etsi.org/19612/v2.2.1/ts_119612v020201_201601xsd.xsd":
        ("specs-trusted-list-v211", "ts_119612v020101_xsd.xsd"),
}


def packed(jar: str, name: str) -> bytes:
    (path,) = glob.glob(str(JARS / f"{jar}-[0-9]*.jar"))
    return zipfile.ZipFile(path).read(f"xsd/{name}")


class Jars(etree.Resolver):
    """Finds in the jars what schemas import; the network has nothing to say."""

    def resolve(self, system_url, public_id, context):
        if system_url not in PLACES:
            sys.exit(f"validation_report_schema: nobody brought {system_url}")
        return self.resolve_string(packed(*PLACES[system_url]), context, base_url=system_url)


def schema() -> etree.XMLSchema:
    parser = etree.XMLParser(no_network=True, load_dtd=False, resolve_entities=False)
    parser.resolvers.add(Jars())
    root = packed("specs-validation-report", "TS119102-2-v122.xsd")
    return etree.XMLSchema(etree.fromstring(root, parser, base_url="file:///vr.xsd"))


def main() -> None:
    judge = schema()
    refused = False
    for line in pathlib.Path(sys.argv[1][1:]).read_text().splitlines():
        try:
            valid = judge.validate(etree.parse(line, etree.XMLParser(no_network=True)))
            wrong = [error.message for error in judge.error_log]
        except etree.XMLSyntaxError as error:
            valid, wrong = False, [str(error)]
        refused |= not valid
        print("\t".join([line, "OK" if valid else "INVALID", *wrong[:3]]))
    sys.exit(refused)


main()
