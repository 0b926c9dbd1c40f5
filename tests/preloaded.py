"""The command `relnews` without its start: each run is a fork of a process that has begun already.

Importing Numba and loading the kernels takes most of the time of a short command, and the documents
have more than a hundred. A folder for the PATH has a small `relnews`; it passes its arguments,
folder, environment and open files to a process that has imported the package and loaded the
kernels. A fork of that process runs the command. `tests/test_newcomers.py` and `.ci/run` start the
command itself. `python()` is the same for other programs that use the package.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import gc
import io
import json
import os
import runpy
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

#: Passes a command on, and ends as it does: with its exit code, or by the same signal.
COMMAND = """#!{python} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect({address!r})
    told = json.dumps([sys.argv, os.getcwd(), dict(os.environ)]).encode()
    socket.send_fds(server, [told[:1]], [0, 1, 2])
    server.sendall(told[1:])
    server.shutdown(socket.SHUT_WR)
    code = int(server.recv(4))
if code < 0:
    os.kill(os.getpid(), -code)
os._exit(code)
"""


@functools.cache
def folder() -> Path | None:
    """Start the process, and return the folder for the PATH; None where processes cannot fork."""
    if not hasattr(os, "fork"):
        return None
    place = Path(tempfile.mkdtemp())
    address = str(place / "socket")
    for name in ("relnews", "preloaded-python"):
        command = place / name
        command.write_text(COMMAND.format(python=sys.executable, address=address), encoding="utf-8")
        command.chmod(0o755)
    process = subprocess.Popen(
        [sys.executable, __file__, address],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, "PYTHONUTF8": "1"},
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"

    def end() -> None:
        process.communicate()
        shutil.rmtree(place, ignore_errors=True)

    atexit.register(end)
    return place


def command() -> list[str]:
    """Return how to begin a command line: `relnews` of that folder, or started by this Python."""
    place = folder()
    return [str(place / "relnews")] if place else [sys.executable, "-m", "relnews"]


def python() -> list[str]:
    """Return how to begin the command line of a program: `-c`, `-m` or its file follows."""
    place = folder()
    return [str(place / "preloaded-python")] if place else [sys.executable]


def serve(address: str) -> None:
    """Run commands until standard input ends."""
    from relnews import RelatedNews
    from relnews.cli import main

    stories = [{"id": name, "title": "Ferry strike", "text": "Crews strike."} for name in "ab"]
    news = RelatedNews().fit(stories)
    news.store_lists()
    news.related("a")
    [*news.duplicates(0.8)]
    with contextlib.redirect_stdout(io.StringIO()):
        main(["demo"], standalone_mode=False)
    # Linux counts the idle threads of a BLAS as well, which know of forks.
    warnings.filterwarnings("ignore", category=DeprecationWarning, message=".*fork")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen()
        # A fork copies each page of memory that it writes to; a collection writes to all objects.
        gc.collect()
        gc.freeze()
        print("ready", flush=True)
        while listener in select.select([listener, sys.stdin], [], [])[0]:
            client, _ = listener.accept()
            if not os.fork():
                break
            client.close()
        else:
            return
    arguments = enter(client)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    if child := os.fork():
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        client.send(str(code).encode())
        os._exit(0)
    client.close()
    name, *sys.argv = arguments
    code = 1
    # Before Python takes every module apart, which takes longer than most commands.
    atexit.register(lambda: leave(code))
    try:
        if Path(name).name == "relnews":
            sys.argv.insert(0, "relnews")
            main()
        elif sys.argv[0] == "-c":
            exec(sys.argv.pop(1), {"__name__": "__main__"})
        elif sys.argv[0] == "-m":
            sys.path[:0] = os.environ.get("PYTHONPATH", "").split(os.pathsep)
            del sys.argv[0]
            runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
        else:
            runpy.run_path(sys.argv[0], run_name="__main__")
        code = 0
    except SystemExit as left:
        code = left.code if isinstance(left.code, int) else int(left.code is not None)
        raise


def leave(code: int) -> None:
    """End the process; what a command registered for its end has run before."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def enter(client: socket.socket) -> list[str]:
    """Take over the folder, environment and open files of a command; return its arguments."""
    told, files, _, _ = socket.recv_fds(client, 1, 3)
    while received := client.recv(1 << 16):
        told += received
    arguments, where, environment = json.loads(told)
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.chdir(where)
    os.environ.clear()
    os.environ.update(environment)
    return list(arguments)


if __name__ == "__main__":
    serve(sys.argv[1])
