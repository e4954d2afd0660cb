"""Whether the pages about security name tests, files and commands that exist.

A word in backticks with `::` in it is a test, or a file or folder of tests: http::oauth is
tests/it/http/oauth.rs. A word that ends in .rs is a source file, without its src/. The ARGS of `make test`
must be a part of some test's path, and targets of make must be in the Makefile.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGES = ("docs/threat-model.md", "docs/security.md", "docs/asvs.md")
TESTS = ("tests/it", "crates/engine/tests/it", "crates/engine/tests/costs", "src", "crates/engine/src")
SOURCES = ("", *TESTS)
TEST = re.compile(
    r"#\[(?:tokio::)?test[^\]]*\](?:\s*#\[[^\]]*\]|\s*//[^\n]*)*\s*(?:pub )?(?:async )?fn (\w+)"
)


def all_tests() -> set[str]:
    """Every test by the path under which the harness knows it."""
    found = set()
    for root in TESTS:
        for file in (ROOT / root).rglob("*.rs"):
            parts = [part for part in file.relative_to(ROOT / root).with_suffix("").parts if part != "mod"]
            parts += ["tests"] if root.endswith("src") else []
            found |= {"::".join([*parts, name]) for name in TEST.findall(file.read_text())}
    return found


def wrong(page: str, tests: set[str], targets: set[str]) -> list[str]:
    text = re.sub(r"```.*?```", "", (ROOT / page).read_text(), flags=re.S)
    found = []
    for word in re.findall(r"`([^`\n]+)`", text):
        if re.fullmatch(r"\w+(::\w+)+", word):
            if not any(test == word or test.startswith(word + "::") for test in tests):
                found.append(f"{page}: there is no test {word}")
        elif re.fullmatch(r"[\w./-]+\.(rs|sh|py|toml)", word):
            if not any((ROOT / root / word).is_file() for root in SOURCES):
                found.append(f"{page}: there is no file {word}")
        elif command := re.fullmatch(r'make ([\w-]+)(?: ARGS="([^"]+)")?', word):
            if command[1] not in targets:
                found.append(f"{page}: the Makefile has no {command[1]}")
            for part in (command[2] or "").split() if command[1] == "test" else ():
                if not any(part in test for test in tests):
                    found.append(f"{page}: no test has {part} in its path")
    return found


def main() -> int:
    tests = all_tests()
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), flags=re.M))
    found = [line for page in PAGES for line in wrong(page, tests, targets)]
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
