"""Drift of an archive: its statistics, and stored lists, compared with new ones."""

from __future__ import annotations

import contextlib
import functools

from relnews.archive.archive import Archive
from relnews.exceptions import UnknownArticleError
from relnews.lists.builder import Desk
from relnews.options.list_options import Plan
from relnews.options.modes import STORED
from relnews.results import Drift
from relnews.storage import list_reader


def drift_of(archive: Archive, sample: int) -> Drift:
    """Return how far the statistics have moved since the epoch began.

    Parameters
    ----------
    archive : Archive
        Read as of its newest commit.
    sample : int
        Stored lists to compare with lists ranked now, evenly spread over the archive.
    """
    archive.refresh()
    idf = archive.index.drift()
    catalogue = archive.catalogue
    settings = catalogue.setting("lists")
    if settings is None:
        return Drift(idf)
    k, n_different, n_compared = settings["k"], 0, 0
    desk, plan = Desk(archive), Plan.of({"mode": STORED})
    ids = catalogue.all_ids()
    for identifier in ids[:: max(-(-len(ids) // sample), 1)] if sample else ():
        with contextlib.suppress(UnknownArticleError):  # removed meanwhile
            ranked = archive.current(functools.partial(desk.article, identifier, k, plan))
            stored = list_reader.stored_list(catalogue, identifier, k)
            n_different += stored is not None and stored.ids != ranked.ids
            n_compared += 1
    return Drift(idf, n_different / n_compared if n_compared else None)
