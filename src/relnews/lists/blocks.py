"""Blocks: several lists of one article that share no item."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from relnews._checks import check_integer, shortened
from relnews.archive.snapshot import Snapshot
from relnews.lists.builder import ListBuilder
from relnews.options.list_options import ListSpec, Options
from relnews.results import RelatedList


def specs_of(sizes: Mapping[str, int], options: Options) -> dict[str, ListSpec]:
    """Return the checked options of each mode's list.

    Parameters
    ----------
    sizes : mapping of str to int
        Mode to number of items.
    options : Options
        Further options, for all lists.

    Raises
    ------
    TypeError, ValueError
        If the sizes do not map modes to positive numbers, or an option is invalid.
    """
    if not isinstance(sizes, Mapping):
        msg = f"`sizes` must map modes to numbers, as {{'newest': 3}}, got {shortened(sizes)}."
        raise TypeError(msg)
    if "mode" in options:
        msg = f"`sizes` names the mode of each list, got mode={shortened(options['mode'])} as well."
        raise TypeError(msg)
    for mode, size in sizes.items():
        check_integer(f"sizes[{mode!r}]", size, minimum=1)
    return {mode: ListSpec.of(cast("Options", {**options, "mode": mode})) for mode in sizes}


def blocks_of(
    snapshot: Snapshot, identifier: str, sizes: Mapping[str, int], specs: Mapping[str, ListSpec]
) -> dict[str, RelatedList]:
    """Return a list for each mode; an earlier mode chooses its items first.

    Parameters
    ----------
    snapshot : Snapshot
        The archive at one moment.
    identifier : str
        Id of the article that the lists are for.
    sizes : mapping of str to int
        Mode to number of items.
    specs : mapping of str to ListSpec
        The options of each mode, as `specs_of` returns them.
    """
    key, article = snapshot.article(identifier)
    lists: dict[str, RelatedList] = {}
    for mode, spec in specs.items():
        beside = snapshot.keys_of([other for block in lists.values() for other in block.ids])
        lists[mode] = ListBuilder(snapshot, spec).article(key, article, sizes[mode], beside=beside)
    return lists
