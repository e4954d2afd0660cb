"""Validates every ds:Signature of files, with the XAdES inside, against the schemas of W3C and ETSI.

Usage: xades_schema.py FILE|@LIST...

One line per file, fields separated by tabs: path, OK or FAIL, edition of the XAdES schema, number of
outermost signatures, reason; exit code 1 when one fails. Unlike scripts/validate-ubl.sh it takes any
XML document, and looks at nothing outside ds:Signature. It uses the 2024 edition of ETSI's schemas
when the larger corpus is there (CHANCERY_SHARED or ../shared), else the 2016 one of xsd/official.
Properties of older XAdES namespaces are not validated.
"""

import argparse
import os
import pathlib
import sys

from lxml import etree

DS = "http://www.w3.org/2000/09/xmldsig#"
REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
DRIVER = f"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <xs:import namespace="{DS}" schemaLocation="xmldsig-core-schema.xsd"/>
  <xs:import namespace="http://uri.etsi.org/01903/v1.3.2#" schemaLocation="v132.xsd"/>
  <xs:import namespace="http://uri.etsi.org/01903/v1.4.1#" schemaLocation="v141.xsd"/>
</xs:schema>"""


def editions() -> list[tuple[str, dict[str, pathlib.Path]]]:
    """Editions by name, the newest first; a file is found by the end of the address that asks."""
    named = os.environ.get("CHANCERY_SHARED")
    folders = [pathlib.Path(named)] if named else []
    folders += [above / "shared" for above in REPOSITORY.parents]
    newest = [folder / "xsd" for folder in folders if (folder / "xsd/xades").is_dir()][:1]
    official = REPOSITORY / "xsd/official/ubl-2.1/common"
    found = [
        (
            "2024-07",
            {
                "xmldsig-core-schema.xsd": folder / "xmldsig/xmldsig-core-schema.xsd",
                "v132.xsd": folder / "xades/XAdES01903v132-202407.xsd",
                "v141.xsd": folder / "xades/XAdES01903v141-202407.xsd",
            },
        )
        for folder in newest
    ]
    found.append(
        (
            "2016-01",
            {
                "xmldsig-core-schema.xsd": official / "UBL-xmldsig-core-schema-2.1.xsd",
                "xmldsig-core-schema-2.1.xsd": official / "UBL-xmldsig-core-schema-2.1.xsd",
                "v132.xsd": official / "UBL-XAdESv132-2.1.xsd",
                "v132-2.1.xsd": official / "UBL-XAdESv132-2.1.xsd",
                "v141.xsd": official / "UBL-XAdESv141-2.1.xsd",
            },
        )
    )
    return [one for one in found if all(path.is_file() for path in one[1].values())]


class Local(etree.Resolver):
    """Answers what schemas import from local files; anything else is not had."""

    def __init__(self, files: dict[str, pathlib.Path]) -> None:
        self.files = files

    def resolve(self, url: str, public: str, context: object) -> object:
        for end, path in self.files.items():
            if url.endswith(end):
                return self.resolve_string(path.read_bytes(), context, base_url=url)
        raise FileNotFoundError(f"{url} is none of the schemas at hand")


def load() -> tuple[str, etree.XMLSchema]:
    found = editions()
    if not found:
        sys.exit("xades_schema: no schemas; scripts/setup-xsd.sh fetches them")
    name, files = found[0]
    parser = etree.XMLParser(no_network=True, load_dtd=False)
    parser.resolvers.add(Local(files))
    return name, etree.XMLSchema(etree.fromstring(DRIVER, parser))


def validate(schema: etree.XMLSchema, file: str) -> int:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    root = etree.fromstring(pathlib.Path(file).read_bytes(), parser)
    outermost = [
        one
        for one in root.iter(f"{{{DS}}}Signature")
        if not any(above.tag == one.tag for above in one.iterancestors())
    ]
    if not outermost:
        raise ValueError("no ds:Signature")
    for signature in outermost:
        schema.assertValid(signature)
    return len(outermost)


def main() -> None:
    arguments = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], fromfile_prefix_chars="@"
    )
    arguments.add_argument("files", nargs="+", metavar="FILE")
    edition, schema = load()
    failed = False
    for file in arguments.parse_args().files:
        try:
            fields = ["OK", edition, str(validate(schema, file)), "-"]
        except Exception as error:  # whatever a judge stumbles over is a refusal
            failed = True
            fields = ["FAIL", edition, "-", " ".join(str(error).split())]
        print("\t".join([file, *fields]), flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
