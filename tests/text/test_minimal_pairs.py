r"""Minimal pairs: two headlines that must be related, and two that must not, by language.

A row of ``minimal_pairs/<language>.txt`` has three headlines: the second is related to the first,
the third is not. ``\u00ad`` and the like are characters that nobody sees in a file.
"""

import re
from pathlib import Path

import pytest

from relnews import RelatedNews

FILES = sorted((Path(__file__).parent / "minimal_pairs").glob("*.txt"))


def rows(file):
    """Return the rows of a file: three headlines each."""
    text = re.sub(
        r"\\u([0-9a-f]{4})|\\U([0-9a-f]{8})",
        lambda escape: chr(int(escape[1] or escape[2], 16)),
        file.read_text(encoding="utf-8"),
    )
    return [[headline.strip(" ") for headline in row.split("|")] for row in text.split("\n") if row]


def test_there_are_forty_pairs_in_fifteen_languages():
    """Each language has at least 40 rows of three headlines."""
    assert len(FILES) >= 15
    for file in FILES:
        assert len(rows(file)) >= 40, file
        assert all(len(row) == 3 for row in rows(file)), file


@pytest.mark.parametrize("own", ["the language", "another language"])
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_minimal_pairs(file, own):
    """The first headline is related to the second, not to the third."""
    wrong = []
    for row in rows(file):
        news = RelatedNews(language=file.stem if own == "the language" else "sv").fit(
            {"id": str(i), "title": headline, "lang": file.stem} for i, headline in enumerate(row)
        )
        found = [related.ids for related in news.related_all(selection=None)]
        if found != [["1"], ["0"], []]:
            wrong.append((row, found))
    assert not wrong
