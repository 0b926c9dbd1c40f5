"""Fresh: a new archive of the articles of a source, or of a part of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from relnews._checks import check_bool
from relnews.archive.archive import Archive
from relnews.articles import Article
from relnews.maintenance.build import fill
from relnews.maintenance.shards import fill_shard
from relnews.maintenance.updates import Updates
from relnews.options.recency import Recency, check_own_recency
from relnews.options.vectors import Vectors
from relnews.results import RepeatedLine
from relnews.search.weights import Weighting
from relnews.storage.arrays import Store
from relnews.storage.backup import new_store
from relnews.text.analysis import Analysis


class Report(Protocol):
    """What is known of a source when it is read to its end; see `relnews.LoadReport`."""

    part: Any

    @property
    def withheld_ids(self) -> list[str]:
        """Ids of articles that are not public."""

    def taken_back(self) -> list[str]:
        """Return the ids of articles that came before it was known that they are not public."""

    def check_loaded(self) -> None:
        """Raise if the source had records, and no article."""


class Settings(NamedTuple):
    """What an archive is built with; fields as for `relnews.maintenance.build.fill`."""

    analysis: Analysis
    weighting: Weighting
    recency: Recency | None
    ignore_repeated_lines: bool
    vectors: Vectors

    @classmethod
    def of(cls, parameters: Mapping[str, Any]) -> Settings:
        """Return the settings from the parameters of `relnews.RelatedNews`, checked."""

        def named(*names: str) -> dict[str, Any]:
            return {name: parameters[name] for name in names}

        recency, vectors = parameters["recency"], parameters["vectors"]
        check_own_recency(recency)
        analysis = Analysis(**named("stop_words", "normalization", "language"))
        weighting = Weighting(
            **named("sublinear_tf", "title_weight", "title_overlap", "vector_weight")
        )
        if vectors is None:
            weighting = dataclasses.replace(weighting, vector_weight=0.0)
        repeated = parameters["ignore_repeated_lines"]
        check_bool("ignore_repeated_lines", repeated)
        return cls(analysis, weighting, recency, repeated, vectors)


def fresh(
    folder: Path | None, articles: Iterable[Article], report: Report, settings: Settings
) -> tuple[Store, list[RepeatedLine]]:
    """Return the store of a new archive, and the lines that it ignores.

    Parameters
    ----------
    folder : Path or None
        A new folder; the store in it is closed. None is in memory.
    articles : iterable of Article
        Articles with distinct ids.
    report : Report
        Report of their source.
    settings : Settings
        What the archive is built with.
    """
    part, vectors = report.part, settings.vectors
    if part is not None and vectors is not None:
        msg = "`part` does not go with `vectors`. Build the archive in one run."
        raise ValueError(msg)
    repeated: list[RepeatedLine] = []
    with new_store(folder) as store:
        if part is not None:
            fill_shard(
                store, articles, *settings[:-1], about=part.setting,
                gone=report.taken_back, withheld=lambda: report.withheld_ids,
            )  # fmt: skip
        else:
            repeated = fill(store, articles, *settings, gone=report.taken_back)
            report.check_loaded()
            if report.taken_back():
                changes = Updates(Archive(store, vectors))
                changes.remove(report.taken_back())
                changes.compact()  # nothing of them is left
    return store, repeated
