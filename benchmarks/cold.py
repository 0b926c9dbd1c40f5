"""A process that opens an index and finds one list: ``benchmarks.cold PEER FOLDER ROW K THREADS``.

It imports only what the peer imports, and prints the memory it took.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from benchmarks import machine
from benchmarks.peers import PEERS


def main() -> None:
    """Open the index, find the list, and print times and memory."""
    peer, folder, row, k, threads = sys.argv[1:]
    machine.pin(int(threads))
    found = PEERS[peer](int(threads)).cold(Path(folder), int(row), int(k) + 1)
    print(json.dumps({"list": list(map(int, found)), **machine.memory()}))


if __name__ == "__main__":
    main()
