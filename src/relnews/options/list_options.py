"""Options: all that a caller can say of a list, and what follows from it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import cast

from relnews import _checks
from relnews._checks import check_instance, listed, shortened
from relnews.options.conditions import Conditions, Resolved
from relnews.options.modes import DEFAULT, FALLBACKS, MODES, STORED, Mode, check_fallback
from relnews.options.selection import Selection
from relnews.results import RelatedItem


class Options(Conditions, total=False):
    """What a list is asked for, by name. What is not said is as the mode says.

    Every list is refilled: it has k items if there are k that may be in it. `Conditions` are
    options, too: ``after``, ``before``, ``within``, ``only``, ``where``, ``exclude``, ``recency``.

    Parameters
    ----------
    mode : str or Mode
        One of `MODES`, or a set of one's own.
    selection : Selection or None
        Leaves out near-duplicates, and what else a `Selection` says; None is the ranking as it is.
    fallback : sequence of str
        ``section`` and ``latest``: what fills a list that is short, in this order.
    newest_first : bool
        The newest articles with the least score of the selection, rather than those with the best.
    mentions : int
        How many names of what it shares with the article each item has; none unless it is said,
        and none for a draft.
    """

    mode: str | Mode
    selection: Selection | None
    fallback: Sequence[str]
    newest_first: bool
    mentions: int


@dataclasses.dataclass(frozen=True, slots=True)
class Plan:
    """Options, checked, with what their mode says.

    Parameters
    ----------
    conditions : Resolved or None
    selection : Selection or None
    fallback : tuple of str
    newest_first : bool
    why : str
    mentions : int
    """

    conditions: Resolved | None
    selection: Selection | None
    fallback: tuple[str, ...]
    newest_first: bool
    why: str
    mentions: int

    @classmethod
    def of(cls, options: Options) -> Plan:
        """Check what a caller has said."""
        _check_options(options, Options.__annotations__)
        mode = options.get("mode", DEFAULT)
        if isinstance(mode, str):
            mode = MODES[_check_mode(mode, MODES)]
        _check_is_mode(mode, Mode)
        told = {
            field.name: getattr(mode, field.name) for field in dataclasses.fields(Mode)
        } | cast("dict[str, object]", options)  # fmt: skip
        conditions = {
            name: value for name, value in told.items()
            if name in Conditions.__annotations__ and value is not None
        }  # fmt: skip
        selection = cast("Selection | None", told["selection"])
        check_instance("selection", selection, Selection)
        return cls(
            Resolved.of(cast("Conditions", conditions)) if conditions else None,
            selection,
            check_fallback(told["fallback"], FALLBACKS),
            bool(told["newest_first"]),
            mode.reason,
            _checks.check_integer("mentions", options.get("mentions", 0), minimum=0),
        )

    @property
    def is_plain(self) -> bool:
        """Whether lists are those that are stored."""
        return self == Plan.of({"mode": STORED})

    def admits(self, item: RelatedItem, article: RelatedItem, now: int) -> bool:
        """Say whether conditions let an article be in the list of another.

        Parameters
        ----------
        item, article : RelatedItem
            What is shown of it, and of the one that the list is for.
        now : int
            A timestamp.
        """
        return self.conditions is None or self.conditions.admit(item, article.published, now)


def _check_options(got: Iterable[str], known: Iterable[str]) -> None:
    """Reject a keyword that is no option of a list."""
    for name in got:
        if name not in known:
            msg = f"unexpected option {name!r}. Use {listed(known)}."
            raise TypeError(msg)


def _check_mode(name: str, known: Iterable[str]) -> str:
    """Return the name of a mode, or raise ValueError."""
    if name not in known:
        msg = f"`mode` must be one of {listed(known)}, or a relnews.Mode, got {shortened(name)}."
        raise ValueError(msg)
    return name


def _check_is_mode(value: object, kind: type) -> None:
    """Reject what is no `Mode`."""
    if not isinstance(value, kind):
        msg = f"`mode` must be the name of one or a relnews.Mode, got {shortened(value)}."
        raise TypeError(msg)
