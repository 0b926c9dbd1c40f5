"""The public surface changes only together with the file that lists it."""

from __future__ import annotations

import difflib

from public_surface import RECORDED, surface

ADVICE = """The public surface differs from the list of it:

{}
If docs/reference/compatibility.md allows the change, add a line to CHANGELOG.md, and run
    python tests/public_surface.py --record
"""


def test_the_public_surface_is_the_recorded_one() -> None:
    """Names, parameters, options, keys of JSON and routes are the ones of the recorded file."""
    recorded = RECORDED.read_text(encoding="utf-8").splitlines()
    found = surface().splitlines()
    changes = [*difflib.unified_diff(recorded, found, "recorded", "found", n=0, lineterm="")]
    assert not changes, ADVICE.format("\n".join(changes))
