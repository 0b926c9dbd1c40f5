"""The command `relnews` without its start: each run is a fork of a process that has begun already.

Importing Numba and loading the kernels takes most of the time of a short command, and the documents
have more than a hundred. A folder for the PATH has a small `relnews`; it passes its arguments,
folder, environment and open files to a process that has imported the package and loaded the
kernels. A fork of that process runs the command. `tests/test_newcomers.py` and `.ci/run` start the
command itself.
"""

from __future__ import annotations

import atexit
import functools
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

#: Passes a command on, and leaves with its exit code.
COMMAND = """#!{python} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect({address!r})
    told = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
    socket.send_fds(server, [told[:1]], [0, 1, 2])
    server.sendall(told[1:])
    server.shutdown(socket.SHUT_WR)
    answer = server.recv(1)
os._exit(answer[0])
"""


@functools.cache
def folder() -> Path | None:
    """Start the process, and return the folder for the PATH; None where processes cannot fork."""
    if not hasattr(os, "fork"):
        return None
    place = Path(tempfile.mkdtemp())
    address = str(place / "socket")
    command = place / "relnews"
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


def serve(address: str) -> None:
    """Run commands until standard input ends."""
    from relnews import RelatedNews
    from relnews.cli import main

    stories = [{"id": name, "title": "Ferry strike", "text": "Crews strike."} for name in "ab"]
    RelatedNews().fit(stories).related("a")
    # Linux counts the idle threads of a BLAS as well, which know of forks.
    warnings.filterwarnings("ignore", category=DeprecationWarning, message=".*fork")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen()
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
        client.send(bytes([code if code >= 0 else 128 - code]))
        os._exit(0)
    client.close()
    sys.argv = ["relnews", *arguments]
    main()


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
