"""Checks Cargo.lock against a pinned copy of the RustSec advisories, for machines without a network.

Usage: advisories.py make CLONE             prints the pinned copy of a clone of the database
       advisories.py check FILE [FOLDER]    asks cargo-deny with it about FOLDER, this repository else
       advisories.py selftest               shows that an old version is found, and a mended one passes

The copy has a line of JSON for each advisory: what decides whether a version is affected, no words.
The first line says of which commit and day it is. scripts/renew-advisories.sh makes it.
"""

import datetime
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
OLD_DAYS = 90
# cargo-deny asks for no other place; git is told that it is a folder
DATABASE = "https://github.com/RustSec/advisory-db"
KEPT = ("id", "package", "date", "aliases", "categories", "informational", "withdrawn")


def git(*arguments: str) -> str:
    command = ["git", "-c", "user.name=Chancery", "-c", "user.email=chancery@localhost", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def read(text: str) -> dict | None:
    """The facts of one advisory: a fenced block of TOML at the beginning of a page."""
    front = text.removeprefix("```toml\n").split("\n```", 1)[0]
    parsed = tomllib.loads(front)
    facts = {name: parsed["advisory"][name] for name in KEPT if parsed["advisory"].get(name)}
    facts.update({name: parsed["versions"].get(name, []) for name in ("patched", "unaffected")})
    only = parsed.get("affected", {})
    facts.update({name: only[name] for name in ("arch", "os") if only.get(name)})
    return facts


def make(clone: str) -> None:
    commit, date = git("-C", clone, "log", "-1", "--format=%H %cs").split()
    print(json.dumps({"commit": commit, "date": date}))
    names = git("-C", clone, "ls-tree", "-r", "--name-only", "HEAD", "crates").splitlines()
    pages = (git("-C", clone, "show", f"HEAD:{name}") for name in names if name.endswith(".md"))
    for facts in sorted((read(page) for page in pages), key=lambda facts: facts["id"]):
        print(json.dumps(facts, separators=(",", ":"), default=str))


def page(facts: dict) -> str:
    """An advisory as cargo-deny reads it."""
    lines = ["```toml", "[advisory]"]
    lines += [f"{name} = {json.dumps(facts[name])}" for name in KEPT if name in facts]
    lines += ["", "[versions]"]
    lines += [f"{name} = {json.dumps(facts[name])}" for name in ("patched", "unaffected")]
    lines += ["", "[affected]"]
    lines += [f"{name} = {json.dumps(facts[name])}" for name in ("arch", "os") if name in facts]
    lines += ["```", "", f"# Read https://rustsec.org/advisories/{facts['id']}.html", ""]
    return "\n".join(lines)


def ask(advisories: list[dict], folder: pathlib.Path, config: str) -> subprocess.CompletedProcess:
    """Runs cargo-deny with these advisories and no others; its network is not asked for any."""
    with tempfile.TemporaryDirectory() as temporary:
        database, conf = pathlib.Path(temporary, "database"), pathlib.Path(temporary, "deny.toml")
        for facts in advisories:
            file = database / "crates" / facts["package"] / f"{facts['id']}.md"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(page(facts))
        git("init", "--quiet", "--initial-branch=main", str(database))
        git("-C", str(database), "add", "--all")
        git("-C", str(database), "commit", "--quiet", "--message=Pinned advisories")
        place = f'db-path = {json.dumps(temporary + "/fetched")}\ngit-fetch-with-cli = true\n'
        conf.write_text(config.replace("[advisories]\n", "[advisories]\n" + place, 1))
        environment = os.environ | {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": f"url.{database.as_uri()}.insteadOf",
            "GIT_CONFIG_VALUE_0": DATABASE,
        }
        command = ["cargo-deny", "--all-features", "--config", str(conf), "check"]
        command += ["--hide-inclusion-graph", "advisories"]
        return subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False
        )


def check(file: str, folder: str) -> int:
    lines = pathlib.Path(file).read_text().splitlines()
    head, advisories = json.loads(lines[0]), [json.loads(line) for line in lines[1:]]
    days = (datetime.date.today() - datetime.date.fromisoformat(head["date"])).days
    print(f"checked against {file}: {len(advisories)} advisories of {head['date']}, {days} days old")
    if days > OLD_DAYS:
        print(f"WARNING: older than {OLD_DAYS} days, newer advisories are not known to it:"
              " scripts/renew-advisories.sh makes a new one where there is a network")
    done = ask(advisories, pathlib.Path(folder), (ROOT / "deny.toml").read_text())
    sys.stdout.write(done.stdout + done.stderr)
    return done.returncode


def selftest() -> int:
    """smallvec 1.6.0 could write beyond its memory; 1.6.1 does not."""
    known = {
        "id": "RUSTSEC-2021-0003",
        "package": "smallvec",
        "date": "2021-01-08",
        "patched": [">= 0.6.14, < 1.0.0", ">= 1.6.1"],
        "unaffected": ["< 0.6.3"],
    }
    for version, bad in (("1.6.0", True), ("1.6.1", False)):
        with tempfile.TemporaryDirectory() as temporary:
            folder = pathlib.Path(temporary)
            package = '[package]\nname = "{}"\nversion = "{}"\nedition = "2021"\n'
            for place, text in {
                "Cargo.toml": package.format("user", "0.1.0")
                + f'[dependencies]\nsmallvec = "={version}"\n',
                "src/lib.rs": "",
                # a package of that name and version, without its code
                "registry/smallvec/Cargo.toml": package.format("smallvec", version),
                "registry/smallvec/src/lib.rs": "",
                "registry/smallvec/.cargo-checksum.json": '{"files":{}}',
                ".cargo/config.toml": '[source.crates-io]\nreplace-with = "folder"\n'
                '[source.folder]\ndirectory = "registry"\n',
            }.items():
                (folder / place).parent.mkdir(parents=True, exist_ok=True)
                (folder / place).write_text(text)
            done = ask([known], folder, '[advisories]\nyanked = "allow"\n')
            said = done.stdout + done.stderr
            if bad != (done.returncode != 0) or bad != (known["id"] in said):
                print(f"selftest: smallvec {version} should {'' if bad else 'not '}be found:\n{said}")
                return 1
    return 0


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["make", clone]:
            make(clone)
        case ["check", file]:
            sys.exit(check(file, str(ROOT)))
        case ["check", file, folder]:
            sys.exit(check(file, folder))
        case ["selftest"]:
            sys.exit(selftest())
        case _:
            sys.exit(__doc__)
