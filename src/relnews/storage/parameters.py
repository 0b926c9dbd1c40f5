"""Parameters of `RelatedNews` that an archive was built with."""

from __future__ import annotations

from typing import Any

from relnews._checks import check_normalization, check_stop_words, check_weighting
from relnews.exceptions import ArchiveFormatError
from relnews.options.recency import Recency
from relnews.options.vectors import FUNCTION, WEIGHT
from relnews.storage import integrity
from relnews.storage.catalogue import Catalogue


def parameters_of(catalogue: Catalogue) -> dict[str, Any]:
    """Return the parameters by name.

    Parameters
    ----------
    catalogue : Catalogue
        The catalogue of the archive.

    Raises
    ------
    ArchiveFormatError
        If a setting is missing or invalid.
    """
    with integrity.damage_in(catalogue.place):
        analysis, weighting, recency, repeated, vectors = catalogue.settings(
            "analysis", "weighting", "recency", "repeated_lines", "vectors"
        )
        if weighting is None and not catalogue.folders():
            msg = (
                f"the archive {catalogue.folder} was not completed: whoever wrote it was ended. "
                "Write it again; what is in the folder is replaced."
            )
            raise ArchiveFormatError(msg)
        check_weighting(**weighting)
        check_normalization(analysis["normalization"])
        return {
            "title_weight": weighting["title_weight"],
            "title_overlap": weighting["title_overlap"],
            "stop_words": check_stop_words(analysis["stop_words"]),
            "normalization": analysis["normalization"],
            "language": analysis["language"],
            "sublinear_tf": bool(weighting["sublinear_tf"]),
            "ignore_repeated_lines": repeated is not None,
            "vectors": vectors["source"] if vectors and vectors["source"] != FUNCTION else None,
            "vector_weight": weighting["vector_weight"] if vectors else WEIGHT,
            "recency": None if recency is None else Recency(**recency),
        }
