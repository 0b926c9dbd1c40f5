"""Options of lists as values."""

import dataclasses
import subprocess
import sys

import pytest

from relnews import Recency, Selection
from relnews.options.list_options import ListSpec, options_from_text
from relnews.options.modes import MODES, STORED


def test_options_load_neither_numpy_nor_an_archive():
    """Whoever builds or checks options does not wait for these."""
    code = (
        "import sys, relnews.options.list_options\n"
        "slow = {'numpy', 'sqlite3', 'numba', 'relnews.storage', 'relnews.search'}\n"
        "assert not slow & {*sys.modules}, slow & {*sys.modules}\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("given", "options"),
    [
        ({}, {}),
        ({"mode": None, "filters": (), "mentions": None}, {}),
        ({"mode": "news", "mentions": 2}, {"mode": "news", "mentions": 2}),
        (
            {"filters": ("section=World", "section=Sport", "tags=a=b")},
            {"filters": {"section": ["World", "Sport"], "tags": ["a=b"]}},
        ),
        ({"half_life": 7.0}, {"recency": Recency(half_life=7.0)}),
        ({"half_life": 7.0, "floor": 0.0}, {"recency": Recency(half_life=7.0, floor=0.0)}),
        ({"min_score": 0.2}, {"selection": Selection(min_score=0.2)}),
        ({"cutoff": "0.4"}, {"selection": Selection(cutoff=0.4)}),
        ({"cutoff": "none"}, {"selection": Selection(cutoff=None)}),
        (
            {"caps": ("source=2", "story=1"), "duplicate_threshold": "none"},
            {"selection": Selection(duplicate_threshold=None, caps={"source": 2, "story": 1})},
        ),
        (
            {"mode": "same_story", "min_score": 0.5},
            {
                "mode": "same_story",
                "selection": dataclasses.replace(MODES["same_story"].selection, min_score=0.5),
            },
        ),
    ],
)
def test_options_as_people_write_them(given, options):
    """What is given becomes options; parameters of a selection change that of the mode."""
    assert options_from_text(given) == options
    ListSpec.of(options)


def test_a_selection_where_the_mode_has_none():
    """A parameter adds a selection that keeps near-duplicates and filler, since the mode does."""
    assert MODES["similar"].selection is None
    selection = options_from_text({"mode": "similar", "diversity": 0.5})["selection"]
    assert selection == Selection(duplicate_threshold=None, diversity=0.5, cutoff=None)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"floor": 0.5}, "`floor` needs `half_life`"),
        ({"filters": ("section",)}, "expected FIELD=VALUE"),
        ({"filters": ("=World",)}, "expected FIELD=VALUE"),
        ({"caps": ("source=x",)}, "expected a number of items"),
        ({"duplicate_threshold": "some"}, "expected a number or none"),
        ({"min_score": 1.1}, "`min_score` must be"),
        ({"cutoff": "15"}, "`cutoff` must be from 0 to 1, got 15"),
        ({"cutoff": "15%"}, "expected a number or none, got '15%'"),
        ({"min_score": -0.1}, "`min_score` must be"),
        ({"story": 0.0}, "`story` must be"),
        ({"story": 1.1}, "`story` must be"),
        ({"diversity": 1.1}, "`diversity` must be"),
    ],
)
def test_options_that_are_wrong(given, message):
    """The error names the parameter, or the form of the value."""
    with pytest.raises(ValueError, match=message):
        options_from_text(given)


@pytest.mark.parametrize("fallback", ["newest", 5, ["latest"]])
def test_a_fallback_is_several_names(fallback):
    """One name is no sequence of names."""
    with pytest.raises(ValueError, match="`fallback` must be several of"):
        ListSpec.of({"fallback": fallback})


def test_stored_lists_answer_the_default_only():
    """Options that come to those of stored lists are those; any other is ranked."""
    assert ListSpec.of({}).is_stored_mode
    assert ListSpec.of({}).mentions == 0
    assert ListSpec.of({"mode": MODES[STORED], "mentions": 0}).is_stored_mode
    assert not ListSpec.of({"mentions": 1}).is_stored_mode
    assert not ListSpec.of({"exclude": ["a"]}).is_stored_mode
    assert ListSpec.of({"mode": STORED}) is ListSpec.of({"mode": STORED})


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"depth": 3}, TypeError, "unexpected option 'depth'. Use "),
        ({"mode": "news", "depth": 3}, TypeError, "unexpected option 'depth'. Use "),
        ({"mode": "latest"}, ValueError, "`mode` must be one of "),
        ({"mode": None}, TypeError, "`mode` must be the name of one or a relnews.Mode"),
        ({"selection": {"min_score": 1}}, TypeError, "`selection` must be "),
        ({"mentions": -1}, ValueError, "`mentions` must be "),
    ],
)
def test_options_that_there_are_not(options, error, message):
    """An unknown option, an unknown mode and a value of the wrong type are named."""
    with pytest.raises(error, match=message):
        ListSpec.of(options)
