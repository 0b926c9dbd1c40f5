"""Errors of exports to the folder of a site."""

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
    """Raise if the list of exported files names a file that no export would write."""
    if wrong is not None:
        msg = (
            f"{file} is to list the files that exports wrote, and names {shortened(wrong)}, which "
            "none would write. Remove the folder, or choose another."
        )
        raise ValueError(msg)


def check_not_foreign(folder: Path, name: str | None) -> None:
    """Raise if a file that no export wrote is in the way."""
    if name is not None:
        msg = (
            f"{folder / name} exists and was not written by an export; nothing was done. "
            "Choose another folder, or remove the file first."
        )
        raise FileExistsError(msg)


def check_leads_in(path: Path, leads_out: bool) -> None:
    """Raise if a link leads to another folder."""
    if leads_out:
        msg = f"{path} is a link out of the folder to be written. Remove the link."
        raise FileExistsError(msg)


def unknown_language(language: object) -> ValueError:
    """Return the error of a language in which no date can be written."""
    msg = (
        "`language` must be a language tag that Unicode's CLDR knows, such as 'de' or 'pt-BR', got "
        f"{shortened(language)}."
    )
    return ValueError(msg)
