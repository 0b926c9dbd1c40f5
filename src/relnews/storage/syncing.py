"""Syncing: files and folders that stay after a loss of power."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def sync(path: Path) -> None:
    """Wait until the content of a file, or the names in a folder, are on the disk."""
    if path.is_dir() and os.name != "posix":  # folders cannot be opened there
        return
    descriptor = os.open(path, os.O_RDONLY if os.name == "posix" else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Create a folder and the folders above it, as far as they are missing, and sync their names.

    The name of an existing folder is synced, too: whoever made it may have been killed before.
    """
    folder = folder.absolute()
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for path in dict.fromkeys([folder, *missing]):
        with contextlib.suppress(PermissionError):  # a folder above may be another user's
            sync(path.parent)
