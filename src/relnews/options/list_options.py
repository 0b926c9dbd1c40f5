"""Options: all that a caller can ask of a list, checked and completed from the mode."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from relnews._checks import check_instance, check_integer, listed, shortened
from relnews.options import conditions as _conditions
from relnews.options import recency as _recency
from relnews.options import selection as _selection
from relnews.options.conditions import Conditions, ResolvedConditions
from relnews.options.modes import DEFAULT, FALLBACKS, MODES, STORED, Mode, check_fallback
from relnews.options.recency import Recency
from relnews.options.selection import Selection
from relnews.options.text_option import TextOption
from relnews.results import RelatedItem


class Options(Conditions, total=False):
    """Keyword options of a list. Options that are not given come from the mode.

    `Conditions` are options too: ``after``, ``before``, ``within``, ``when``, ``filters``,
    ``exclude``, ``recency``. None takes an option of the mode away.

    Parameters
    ----------
    mode : str or Mode
        Name of a mode, or a `Mode` of your own. Default "news".
    selection : Selection or None
        How the list is chosen from the ranking; None is the ranking itself.
    fallback : sequence of str
        What fills a short list, in this order: ``section``, the newest articles of the section;
        ``newest``, the newest articles of all.
    mentions : int
        Number of names, shared with the article, that each item lists; default 0. Items for a
        draft list none.
    """

    mode: str | Mode
    selection: Selection | None
    fallback: Sequence[str]
    mentions: int


#: Every option of a list as people write it. The command line is made of these.
TEXT_OPTIONS = (
    TextOption("mode", f"Kind of list.  [default: {DEFAULT}]", choices=(*MODES,)),
    *_conditions.TEXT_OPTIONS,
    *_recency.TEXT_OPTIONS,
    *_selection.TEXT_OPTIONS,
    TextOption(
        "fallback", "Fill a short list with the newest articles of the section, or of all.",
        choices=FALLBACKS, repeats=True,
    ),
    TextOption(
        "mentions", "Number of names, shared with the article, that each item lists; in JSON and "
        "HTML.", "N", int,
    ),
)  # fmt: skip


@dataclasses.dataclass(frozen=True, slots=True)
class ListSpec:
    """Options, checked, and completed from their mode.

    Parameters
    ----------
    conditions : ResolvedConditions or None
        None if there is no condition at all.
    selection : Selection or None
        None is the ranking itself.
    fallback : tuple of str
        Names of `FALLBACKS`, in order.
    newest_first : bool
        Order by date instead of by score.
    reason : str
        The reason that ranked items give.
    mentions : int
        Number of shared names that each item lists.
    """

    conditions: ResolvedConditions | None
    selection: Selection | None
    fallback: tuple[str, ...]
    newest_first: bool
    reason: str
    mentions: int

    @classmethod
    def of(cls, options: Options) -> ListSpec:
        """Return options, checked.

        Raises
        ------
        TypeError, ValueError
            If an option is unknown or invalid.
        """
        mode = options.get("mode", DEFAULT)
        if isinstance(mode, str) and options.keys() <= {"mode"}:
            return _of_mode(_mode_of(mode))
        _check_names(options, Options.__annotations__)
        return cls._completed(options, _mode_of(mode))

    @classmethod
    def _completed(cls, options: Options, mode: Mode) -> ListSpec:
        """Return options, checked, and completed from a mode."""
        values: dict[str, Any] = {
            field.name: getattr(mode, field.name) for field in dataclasses.fields(Mode)
        } | cast("dict[str, Any]", options)
        conditions = {
            name: value for name, value in values.items()
            if name in Conditions.__annotations__ and value is not None
        }  # fmt: skip
        check_instance("selection", values["selection"], Selection)
        return cls(
            ResolvedConditions.of(cast("Conditions", conditions)) if conditions else None,
            values["selection"],
            check_fallback(values["fallback"], FALLBACKS),
            mode.newest_first,
            mode.reason,
            check_integer("mentions", options.get("mentions", 0), minimum=0),
        )

    @property
    def is_stored_mode(self) -> bool:
        """Whether stored lists answer these options."""
        return self == _of_mode(MODES[STORED])

    def admits(self, item: RelatedItem, article: RelatedItem, now: int) -> bool:
        """Return whether the conditions allow an article in the list of another.

        Parameters
        ----------
        item, article : RelatedItem
            The article, and the one that the list is for.
        now : int
            Timestamp of the moment at which the list is made.
        """
        return self.conditions is None or self.conditions.admit(item, article.published, now)


@functools.lru_cache(maxsize=32)
def _of_mode(mode: Mode) -> ListSpec:
    """Return the options of a mode alone."""
    return ListSpec._completed({}, mode)


def options_from_text(given: Mapping[str, Any]) -> Options:
    """Return the options of a list from values as people write them.

    Parameters of `Selection` change the selection of the mode. Parameters of `Recency` make a
    recency of their own.

    Parameters
    ----------
    given : mapping of str to object
        Values by the names of `TEXT_OPTIONS`; None or an empty tuple if an option is not given.

    Raises
    ------
    ValueError
        If a value is invalid.
    """
    values = {
        option.name: option.parse(given[option.name]) if option.parse else given[option.name]
        for option in TEXT_OPTIONS if given.get(option.name) not in (None, ())
    }  # fmt: skip
    options = {name: value for name, value in values.items() if name in Options.__annotations__}
    recency = _parameters_of(Recency, values)
    if recency:
        if "half_life" not in recency:
            msg = f"`{next(iter(recency))}` needs `half_life`; give that too."
            raise ValueError(msg)
        options["recency"] = Recency(**recency)
    selection = _parameters_of(Selection, values)
    if selection:
        of_mode = MODES[options.get("mode", DEFAULT)].selection
        base = of_mode or Selection(duplicate_threshold=None, cutoff=None)
        options["selection"] = dataclasses.replace(base, **selection)
    return cast("Options", options)


def _parameters_of(kind: type, values: Mapping[str, Any]) -> dict[str, Any]:
    names = [field.name for field in dataclasses.fields(kind)]
    return {name: values[name] for name in names if name in values}


def _check_names(got: Iterable[str], known: Iterable[str]) -> None:
    for name in got:
        if name not in known:
            msg = f"unexpected option {name!r}. Use {listed(known)}."
            raise TypeError(msg)


def _mode_of(mode: object) -> Mode:
    """Return a mode, given its name or itself."""
    if isinstance(mode, str):
        if mode not in MODES:
            msg = (
                f"`mode` must be one of {listed(MODES)}, or a relnews.Mode, got {shortened(mode)}."
            )
            raise ValueError(msg)
        return MODES[mode]
    if not isinstance(mode, Mode):
        msg = f"`mode` must be the name of one or a relnews.Mode, got {shortened(mode)}."
        raise TypeError(msg)
    return mode
