"""Runs the other programs of this folder, each in a process that is forked when it is asked for.

Usage: forked.py, asked by standard input, a line of JSON each: {"number": N, "program": PATH,
"arguments": [...], "stdout": PATH, "stderr": PATH}. When the program has ended a line of JSON says {"number": N,
"code": its exit code}. Ends when standard input ends.

What a program imports at its beginning is imported here once before the first fork: with pyHanko that
takes a second, and some hundred runs of a program share it. Nothing of a program is run here, and
nothing that one run does is seen by another.
"""

import ast
import importlib
import json
import os
import pathlib
import runpy
import selectors
import signal
import sys
import traceback


def import_ahead(program: pathlib.Path) -> None:
    """Imports what the program imports; what cannot be imported is left for the program to say."""
    for node in ast.parse(program.read_text()).body:
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
        for name in names:
            try:
                importlib.import_module(name)
            except ImportError:
                pass


def run(task: dict) -> None:
    """In the child: the program, with its own arguments and its own output. Does not return."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        for number, name in ((1, "stdout"), (2, "stderr")):
            os.dup2(os.open(task[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
        sys.argv = [task["program"], *task["arguments"]]
        runpy.run_path(task["program"], run_name="__main__")
        code = 0
    except SystemExit as end:
        code = end.code
        if code is None:
            code = 0
        elif not isinstance(code, int):
            print(code, file=sys.stderr)
            code = 1
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def main() -> None:
    """Forks as it is asked, and says what has ended."""
    sys.path.insert(0, str(pathlib.Path(__file__).parent))
    woken, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake)
    ready = selectors.DefaultSelector()
    ready.register(0, selectors.EVENT_READ)
    ready.register(woken, selectors.EVENT_READ)
    ahead: set[str] = set()
    running: dict[int, int] = {}
    asked = b""
    while True:
        for key, _ in ready.select():
            if key.fd == woken:
                os.read(woken, 4096)
                continue
            more = os.read(0, 65536)
            if not more:
                return
            *lines, asked = (asked + more).split(b"\n")
            for task in map(json.loads, lines):
                if task["program"] not in ahead:
                    ahead.add(task["program"])
                    import_ahead(pathlib.Path(task["program"]))
                child = os.fork()
                if child == 0:
                    run(task)
                running[child] = task["number"]
        while running:
            child, status = os.waitpid(-1, os.WNOHANG)
            if child == 0:
                break
            code = os.waitstatus_to_exitcode(status)
            said = json.dumps({"number": running.pop(child), "code": code}) + "\n"
            os.write(1, said.encode())


main()
