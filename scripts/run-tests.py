"""Builds every test of the workspace, runs the binaries one after the other, and says which tests
were the slowest. Arguments go to the binaries.

The test harness of Rust tells times only where unstable options are allowed, which RUSTC_BOOTSTRAP does
for the binaries that exist already; nothing is compiled with it.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import time

LINE = re.compile(r"^test (?P<name>\S+)(?: - should panic)? \.\.\. .*<(?P<seconds>[0-9.]+)s>$")
SAID = re.compile(r"^---- \S+ stdout ----$")
SLOWEST = 10
# Of what a failed test said, so many lines of so many characters are told again where everybody looks: at
# the end.
SAID_LINES, SAID_COLUMNS = 40, 400


def build():
    """The test binaries of the workspace: package, folder to run in, path."""
    command = ["cargo", "test", "--locked", "--workspace", "--no-run", "--message-format=json-render-diagnostics"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        sys.exit(done.returncode)
    for line in done.stdout.splitlines():
        told = json.loads(line)
        if told.get("reason") == "compiler-artifact" and told["profile"]["test"] and told.get("executable"):
            folder = pathlib.Path(told["manifest_path"]).parent
            yield told["target"]["name"], folder, told["executable"]


def run(name, folder, binary, arguments):
    """Shows what the binary prints; its exit code, the time of each test, and what those that failed said."""
    print(f"\n== {name}", flush=True)
    command = [binary, "-Z", "unstable-options", "--report-time", *arguments]
    # Many of them wait for others most of the time.
    threads = os.environ.get("RUST_TEST_THREADS", str(2 * (os.cpu_count() or 1)))
    told = {"RUSTC_BOOTSTRAP": "1", "CARGO_MANIFEST_DIR": str(folder), "RUST_TEST_THREADS": threads}
    environment = os.environ | told
    times, said, saying = [], [], False
    with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True) as child:
        for line in child.stdout:
            print(line, end="", flush=True)
            if found := LINE.match(line):
                times.append((float(found["seconds"]), f"{name} {found['name']}"))
            if SAID.match(line):
                said.append([])
                saying = True
            elif line.startswith("failures:"):
                saying = False
            if saying and len(said[-1]) < SAID_LINES:
                said[-1].append(line.rstrip()[:SAID_COLUMNS] + "\n")
    return child.returncode, times, "".join(line for lines in said for line in lines)


def main():
    begin = time.monotonic()
    binaries = list(build())
    built = time.monotonic()
    failed, times, words = [], [], ""
    for name, folder, binary in binaries:
        code, more, said = run(name, folder, binary, sys.argv[1:])
        times += more
        words += said
        if code != 0:
            failed.append(name)
    ended = time.monotonic()
    times.sort(reverse=True)
    target = pathlib.Path("target")
    target.mkdir(exist_ok=True)
    (target / "test-times.txt").write_text("".join(f"{seconds:8.3f} s  {name}\n" for seconds, name in times))
    print(f"\ntest: {len(times)} tests; built in {built - begin:.0f} s, run in {ended - built:.0f} s. The slowest:")
    for seconds, name in times[:SLOWEST]:
        print(f"  {seconds:7.1f} s  {name}")
    if failed:
        print(f"\n{words}", end="")
        sys.exit(f"test: FAILED: {', '.join(failed)}")


main()
