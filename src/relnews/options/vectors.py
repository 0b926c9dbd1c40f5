"""Vectors: where the vectors of articles come from, and what an archive remembers of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from relnews._checks import shortened

#: The setting of an archive that says where its vectors come from; missing if it has none.
SETTING = "vectors"

#: The package wordllama; the articles themselves; a function, which an archive does not store.
WORDLLAMA, GIVEN, FUNCTION = "wordllama", "given", "function"

#: Default weight of a cosine of vectors, relative to one of words.
WEIGHT = 0.1

#: Most numbers of a vector: products of vectors in 8 bits are summed in 32 bits.
MOST_DIMENSIONS = 1 << 15

#: A function from texts to one row of numbers each, `WORDLLAMA` or `GIVEN`; None is no vectors.
Vectors = Callable[[list[str]], Any] | str | None


def setting_of(vectors: Vectors) -> dict[str, Any] | None:
    """Return the setting of a new archive, checked; it has no vector yet, of no dimensions."""
    if vectors is None:
        return None
    if not callable(vectors) and vectors not in (WORDLLAMA, GIVEN):
        msg = (
            "`vectors` must be a function from a list of texts to their vectors, 'wordllama', "
            f"'given' or None, got {shortened(vectors)}."
        )
        raise ValueError(msg)
    return {"source": FUNCTION if callable(vectors) else vectors, "dimensions": 0}
