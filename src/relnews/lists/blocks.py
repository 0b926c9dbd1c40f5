"""Blocks: several lists of one article that share no item."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from relnews._checks import check_integer, shortened
from relnews.lists.builder import Desk
from relnews.options.list_options import Options, Plan
from relnews.results import RelatedList
from relnews.storage import integrity


def blocks_of(
    desk: Desk, identifier: str, sizes: Mapping[str, int], options: Options
) -> dict[str, RelatedList]:
    """Return a list for each mode; the first chooses first.

    Parameters
    ----------
    desk : Desk
        Of the archive.
    identifier : str
        The article of the lists.
    sizes : mapping of str to int
        Mode to number of items.
    options : Options
        Further options of all of the lists.
    """
    _check_sizes(sizes)
    plans = {mode: Plan.of(cast("Options", {**options, "mode": mode})) for mode in sizes}
    archive = desk.archive

    def state() -> tuple[int, int]:
        return archive.index.generation, archive.catalogue.generation()

    def answer() -> dict[str, RelatedList]:
        before = state()
        lists: dict[str, RelatedList] = {}
        for mode, plan in plans.items():
            beside = [item for block in lists.values() for item in block.ids]
            lists[mode] = desk.article(identifier, sizes[mode], plan, beside)
        if state() != before:  # lists from before and after a change do not fit
            raise integrity.archive_changed()
        return lists

    return archive.current(answer)


def _check_sizes(value: object) -> None:
    """Reject sizes that do not map modes to positive numbers."""
    if not isinstance(value, Mapping):
        msg = f"`sizes` must map modes to numbers, as {{'latest': 3}}, got {shortened(value)}."
        raise TypeError(msg)
    for mode, size in value.items():
        check_integer(f"sizes[{mode!r}]", size, minimum=1)
