"""Inspection: the methods of `RelatedNews` that explain lists and compare articles."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Unpack

from relnews._checks import check_integer, check_n_jobs, distinct
from relnews.exceptions import UnknownArticleError
from relnews.options.list_options import ListSpec
from relnews.options.modes import STORED
from relnews.results import Drift
from relnews.storage import list_reader

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from relnews.archive.archive import Archive
    from relnews.lists.explanation import Explanation, WhyNot
    from relnews.lists.near_duplicates import Progress
    from relnews.options.list_options import Options
    from relnews.options.selection import Keep


class Inspection:
    """A base class with the questions about an archive that only read it."""

    n_jobs: int | None

    @property
    def archive_(self) -> Archive:
        """The open archive."""
        raise NotImplementedError

    def explain(self, a: str, b: str, **options: Unpack[Options]) -> Explanation:
        """Return why ``b`` has its score and rank in the list of ``a``; takes `related` options."""
        from relnews.lists.explain import explain

        return self.archive_.answer(explain, str(a), str(b), ListSpec.of(options))

    def why_not(self, a: str, b: str, k: int = 8, **options: Unpack[Options]) -> WhyNot:
        """Return why ``b`` is not among the first ``k`` items of the list of ``a``, ranked now.

        ``b`` need not be in the archive. Options as for `related`.
        """
        from relnews.lists.why_not import why_not

        check_integer("k", k, minimum=1)
        return self.archive_.answer(why_not, str(a), str(b), k, ListSpec.of(options))

    def duplicates(
        self,
        threshold: float = 0.9,
        *,
        keep: Keep = "newest",
        wire_sources: Iterable[str] = (),
        progress: Progress | None = None,
    ) -> list[tuple[str, ...]]:
        """Return the groups of near-duplicates, comparing every two articles of the archive.

        A group has the ids of the canonical article and of the others, newest first. Larger groups
        come first. Near-duplicates of one article are in one group, so the ends of a chain of
        versions can be less similar than ``threshold``, which is the ``duplicate_threshold`` of
        `Selection`; so are ``keep`` and ``wire_sources``, which choose the canonical article.
        ``progress`` gets the blocks of articles and their number, and returns them.
        """
        from relnews.lists.near_duplicates import GroupOptions, groups_of

        check_n_jobs(self.n_jobs)
        options = GroupOptions(threshold, keep, wire_sources)
        return self.archive_.answer(groups_of, options, self.n_jobs, progress)

    def near_duplicates(self, id: str, threshold: float = 0.9) -> list[str]:
        """Return the ids of an article's near-duplicates that readers may see, newest first."""
        from relnews.lists.near_duplicates import near_article

        return self.archive_.answer(near_article, str(id), threshold)

    def map(self, ids: str | Iterable[str], *, k: int = 8, ax: Axes | None = None) -> Axes:
        """Draw articles and the items of their lists as a map; return Matplotlib's axes.

        Near articles are similar, as well as a plane can show it; the colour is the date. ``ids``
        is one id or several; ``ax`` is where to draw, by default a new figure.
        """
        from relnews.lists import plots

        return plots.plot_map(*self.archive_.answer(plots.map_of, distinct(ids), k), ax)

    def drift(self, sample: int = 100) -> Drift:
        """Return how far the statistics have moved since the epoch of the stored lists.

        ``sample`` stored lists, evenly spread over the archive, are compared with ranked ones.
        """
        from relnews.lists.builder import list_of

        archive, n_lists = self.archive_, check_integer("sample", sample, minimum=0)
        archive.refresh()
        idf = archive.state.drift()
        settings = archive.catalogue.setting("lists")
        if settings is None:
            return Drift(idf)
        k, n_different, n_compared = settings["k"], 0, 0
        spec = ListSpec.of({"mode": STORED})
        ids = archive.catalogue.all_ids()
        for identifier in ids[:: max(-(-len(ids) // n_lists), 1)] if n_lists else ():
            with contextlib.suppress(UnknownArticleError):  # removed meanwhile
                ranked = archive.answer(list_of, identifier, k, spec)
                stored = list_reader.stored_list(archive.catalogue, identifier, k)
                n_different += stored is not None and stored.ids != ranked.ids
                n_compared += 1
        return Drift(idf, n_different / n_compared if n_compared else None)
