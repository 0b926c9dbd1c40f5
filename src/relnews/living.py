"""LivingArchive: an archive that is changed, looked after and saved."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from relnews import _checks
from relnews._checks import check_n_jobs, check_real
from relnews.results import UpdateReport
from relnews.storage.catalogue import Catalogue

if TYPE_CHECKING:
    from relnews.archive.archive import Archive
    from relnews.maintenance.updates import Updates

# What ranks is imported when it is needed first: a stored list is read without.


class LivingArchive:
    """An archive, in memory or in a folder, in which articles come and go.

    Parameters
    ----------
    n_jobs : int, default=None
        Threads that rank all lists; None is 1 unless a ``joblib.parallel_config`` says otherwise,
        -1 is all cores.
    """

    def __init__(self, n_jobs: int | None = None) -> None:
        self.n_jobs = n_jobs
        self._catalogue: Catalogue | None = None
        self._archive: Archive | None = None
        self._changes: Updates | None = None

    def remove(self, ids: str | Iterable[str]) -> UpdateReport:
        """Take articles out of the archive: from now on they are in no list.

        Parameters
        ----------
        ids : str or iterable of str

        Returns
        -------
        UpdateReport

        Raises
        ------
        UnknownArticleError
            If the archive lacks one of them; then none is removed.
        """
        wanted = [ids] if isinstance(ids, str) else [*dict.fromkeys(map(str, ids))]
        return self._updates().remove(wanted)

    def compute_lists(self, k: int = 8, *, max_drift: float | None = None) -> UpdateReport:
        """Store the list of every article, so that reading one does not rank.

        The lists are made with the statistics (document frequencies) of this moment: an *epoch*
        begins. Updates keep them exact for these, and report which change. How far the statistics
        have moved since says `drift`; another `compute_lists` begins the next epoch.

        Parameters
        ----------
        k : int, default=8
            Items of a list. Each list is stored with twice as many candidates, so that the next
            ones move up when articles go.
        max_drift : float, optional
            An update that leaves an idf changed by more than this since the epoch begins a new one
            by itself, which takes as long as this call.

        Returns
        -------
        UpdateReport
            ``changed`` are the articles whose list is another than the one stored before.
        """
        _checks.check_integer("k", k, minimum=1, maximum=10_000)
        if max_drift is not None:
            check_real("max_drift", max_drift, 0, math.inf)
        check_n_jobs(self.n_jobs)
        return self._updates().compute_lists(k, max_drift, self.n_jobs)

    def compact(self) -> None:
        """Write the archive anew, without anything of the articles that were removed.

        Lists, stored ones too, stay as they are.
        """
        self._updates().compact()

    def verify(self, takedown: str | None = None) -> list[str]:
        """Return what is wrong with the archive: nothing, if all is well.

        Everything is read and compared with the checksums that were stored when it was written.

        Parameters
        ----------
        takedown : str, optional
            The id of an article that was removed, is under embargo or has expired; where it still
            is found in lists is a problem too.

        Raises
        ------
        ArchiveFormatError
            If the archive is so damaged that it cannot be read.
        """
        from relnews.maintenance import verify

        archive = self._fitted()
        problems = [*verify.problems_of(archive)]
        return problems if takedown is None else [*problems, *verify.traces_of(archive, takedown)]

    def refresh(self) -> int:
        """Take in what other processes have committed; return the `generation`.

        Lists are of the newest commit anyway; this only does the work beforehand.
        """
        archive = self._fitted()
        archive.refresh()
        return self.generation

    @property
    def generation(self) -> int:
        """How many changes of the archive were committed."""
        return self._read_catalogue().generation()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the archive to a folder, replacing the archive that is there.

        The change is one transaction: whoever opens the folder, even after the process was killed
        half-way, finds the old archive or the new one. An archive that was opened from this very
        folder is there already.
        """
        self._fitted().save(path)

    def __len__(self) -> int:
        return len(self._read_catalogue())

    def __contains__(self, id: object) -> bool:  # noqa: A002
        return self._read_catalogue().key_of(str(id)) is not None

    def __repr__(self) -> str:
        size = "not fitted" if self._catalogue is None else f"{len(self):,} articles"
        return f"<RelatedNews: {size}>"

    @property
    def archive_(self) -> Archive:
        """The articles, counted and laid out."""
        if self._archive is None:
            if self._catalogue is None:
                msg = f"{type(self).__name__!r} object has no attribute 'archive_'"
                raise AttributeError(msg)
            from relnews.archive.archive import Archive
            from relnews.storage.arrays import Store

            with self._catalogue.state:
                if self._archive is None:
                    self._archive = Archive(Store(self._catalogue))
        return self._archive

    def _take(self, archive: Archive) -> None:
        self._archive, self._catalogue, self._changes = archive, archive.catalogue, None

    def _read_catalogue(self) -> Catalogue:
        if self._catalogue is None:
            raise _not_fitted(type(self).__name__)
        return self._catalogue

    def _fitted(self) -> Archive:
        self._read_catalogue()
        return self.archive_

    def _updates(self) -> Updates:
        if self._changes is None:
            from relnews.maintenance.updates import Updates

            self._changes = Updates(self._fitted())
        return self._changes


def _not_fitted(what: str) -> Exception:
    """Reject the use of a model that has no archive yet."""
    # Imported late: scikit-learn is slow to import, and nothing else here needs it.
    from sklearn.exceptions import NotFittedError

    return NotFittedError(  # type: ignore[no-any-return]
        f"this {what} has no archive yet. Call fit(articles), or open one with {what}.open(path)."
    )
