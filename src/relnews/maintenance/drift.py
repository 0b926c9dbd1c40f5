"""Drift: statistics and stored lists of an archive, compared with present ones."""

from __future__ import annotations

import contextlib

from relnews.archive.archive import Archive
from relnews.exceptions import UnknownArticleError
from relnews.lists.builder import list_of
from relnews.options.list_options import ListSpec
from relnews.options.modes import STORED
from relnews.results import Drift
from relnews.storage import list_reader


def drift_of(archive: Archive, sample: int) -> Drift:
    """Return the change of the statistics since the epoch began.

    Parameters
    ----------
    archive : Archive
        Read as of its newest commit.
    sample : int
        Number of stored lists, evenly spread over the archive, to compare with lists ranked now.
    """
    archive.refresh()
    idf = archive.state.drift()
    catalogue = archive.catalogue
    settings = catalogue.setting("lists")
    if settings is None:
        return Drift(idf)
    k, n_different, n_compared = settings["k"], 0, 0
    spec = ListSpec.of({"mode": STORED})
    ids = catalogue.all_ids()
    for identifier in ids[:: max(-(-len(ids) // sample), 1)] if sample else ():
        with contextlib.suppress(UnknownArticleError):  # removed meanwhile
            ranked = archive.answer(list_of, identifier, k, spec)
            stored = list_reader.stored_list(catalogue, identifier, k)
            n_different += stored is not None and stored.ids != ranked.ids
            n_compared += 1
    return Drift(idf, n_different / n_compared if n_compared else None)
