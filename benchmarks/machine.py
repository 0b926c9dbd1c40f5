"""The machine of a benchmark, and the memory of a process."""

from __future__ import annotations

import datetime as dt
import os
import platform
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]

#: Variables by which libraries learn their number of threads. Other OPENBLAS_ variables go:
#: they work around old builds on some machines, and they slow a current numpy.
THREADS = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS",
    "RAYON_NUM_THREADS",
)  # fmt: skip


def environment(threads: int) -> dict[str, str]:
    """Return the environment variables of a measured process."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("OPENBLAS_", "OMP_"))}
    # The measured processes import this folder, which is no part of the installed package.
    path = os.pathsep.join([str(ROOT), *filter(None, [kept.get("PYTHONPATH")])])
    fixed = dict.fromkeys(THREADS, str(threads))
    return {**kept, **fixed, "TOKENIZERS_PARALLELISM": "false", "PYTHONPATH": path}


def pin(threads: int) -> list[int]:
    """Pin this process to the given number of cores; return them, or [] if unsupported."""
    if not hasattr(os, "sched_setaffinity"):
        return []
    # Take the last cores: other work of the system tends to run on the first.
    cores = sorted(os.sched_getaffinity(0))[-threads:]
    os.sched_setaffinity(0, cores)
    return cores


def memory() -> dict[str, float | None]:
    """Return the peak resident and the unshared memory of this process, in MB.

    getrusage is no use here: on Linux a child process inherits its parent's peak.
    """
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
        rollup = Path("/proc/self/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return {"peak_mb": None, "private_mb": None}
    peak = int(status.split("VmHWM:")[1].split()[0])
    private = sum(
        int(line.split()[1])
        for line in rollup.splitlines()
        if line.startswith(("Private_Dirty", "Private_Clean"))
    )
    return {"peak_mb": peak / 1e3, "private_mb": private / 1e3}


def described(packages: Iterable[str], threads: int) -> dict[str, Any]:
    """Return what a figure depends on besides the measured code."""
    return {
        "time": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gb": _memory_gb(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "threads": threads,
        # Other load on the machine when the benchmark began.
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "commit": _git("rev-parse", "HEAD"),
        "changed": bool(_git("status", "--porcelain", "--untracked-files=no")),
        "environment": {
            k: v for k, v in sorted(environment(threads).items()) if k in THREADS
        },
        "left_out_of_environment": sorted(
            k for k in os.environ if k.startswith(("OPENBLAS_", "OMP_"))
        ),
        "versions": {name: version for name in sorted(packages) if (version := _version(name))},
        "command": " ".join(["python", "-m", "benchmarks", *map(_shown, sys.argv[1:])]),
    }  # fmt: skip


def _shown(argument: str) -> str:
    """Return an argument without folders, which mean nothing on another machine."""
    return Path(argument).name if Path(argument).exists() else argument


def _processor() -> str:
    try:
        info = Path("/proc/cpuinfo").read_text(encoding="utf-8")
        return info.split("model name")[1].split(":")[1].splitlines()[0].strip()
    except (OSError, IndexError):
        return platform.processor() or platform.machine()


def _memory_gb() -> float | None:
    if not hasattr(os, "sysconf"):
        return None
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1)


def _git(*arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()


def _version(package: str) -> str | None:
    import importlib.metadata

    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
