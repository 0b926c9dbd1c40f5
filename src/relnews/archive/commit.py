"""Commit: one commit of an archive in a folder, by which other processes find it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from relnews.storage.catalogue import Catalogue


@dataclasses.dataclass(frozen=True, slots=True)
class Commit:
    """One commit of an archive in a folder; it is small, and can be pickled.

    Parameters
    ----------
    folder : Path
        The folder, absolute.
    made : str
        Name of the build.
    generation : int
        Number of committed changes.
    """

    folder: Path
    made: str
    generation: int

    @classmethod
    def of(cls, catalogue: Catalogue) -> Commit:
        """Return the commit that a catalogue reads now.

        Raises
        ------
        ValueError
            If the archive is in memory.
        """
        if catalogue.folder is None:
            msg = (
                "other processes cannot read an archive that is in memory only. Save it with "
                "save(path), and open it with RelatedNews.open(path); or use threads, joblib's "
                "backend 'threading'."
            )
            raise ValueError(msg)
        made, generation = catalogue.settings("made", "generation")
        return cls(catalogue.folder.absolute(), str(made), generation or 0)
