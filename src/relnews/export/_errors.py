"""Errors of exports: what was expected of a site's folder."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from relnews._checks import listed, shortened


def check_site(site: object, sites: Iterable[str]) -> str:
    """Return the name of a kind of site, or raise ValueError."""
    if not isinstance(site, str) or site not in sites:
        msg = f"`site` must be one of {listed(sites)}, got {shortened(site)}."
        raise ValueError(msg)
    return site


def check_own_files(file: Path, wrong: str | None) -> None:
    """Refuse a list of the files that exports wrote if it names what none would write."""
    if wrong is not None:
        msg = (
            f"{file} is to list the files that exports wrote, and names {shortened(wrong)}, which "
            "none would write. Remove the folder, or choose another."
        )
        raise ValueError(msg)


def check_not_foreign(folder: Path, name: str | None) -> None:
    """Refuse to write over a file of somebody else."""
    if name is not None:
        msg = (
            f"{folder / name} exists and was not written by an export; nothing was done. "
            "Choose another folder, or remove the file first."
        )
        raise FileExistsError(msg)


def check_leads_in(path: Path, leads_out: bool) -> None:
    """Refuse to write through a link to another folder."""
    if leads_out:
        msg = f"{path} is a link out of the folder to be written. Remove the link."
        raise FileExistsError(msg)
