"""Lists as a table for the terminal, and as JSON."""

from __future__ import annotations

import datetime as dt
import json as stdlib_json
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from relnews.export import json, text
from relnews.results import RelatedItem, RelatedList

DATE = dt.datetime(2025, 8, 22, 14, 5, tzinfo=dt.UTC)


def related(*titles: str, published: dt.datetime | None = DATE) -> RelatedList:
    return RelatedList(
        "a",
        tuple(
            RelatedItem(f"id-{rank}", rank, 0.9 / rank, 0.9 / rank, title, published=published)
            for rank, title in enumerate(titles, start=1)
        ),
    )


def test_table() -> None:
    """A table shows rank, score, day and headline."""
    assert text.table(related("Ukraine talks push for US guarantees", "Budapest 1994")) == (
        "#  score  date        title\n"
        "1  0.900  2025-08-22  Ukraine talks push for US guarantees\n"
        "2  0.450  2025-08-22  Budapest 1994"
    )


def test_table_without_items_dates_or_titles() -> None:
    """An empty list prints nothing, and a missing value keeps its column."""
    assert text.table(related()) == ""
    assert text.table(related("Talks", " ", published=None)).splitlines() == [
        "#  score  date  title",
        "1  0.900        Talks",
        "2  0.450        id-2",
    ]


def test_table_is_aligned_whatever_the_titles() -> None:
    """Columns are aligned with wide letters, right-to-left letters and long ranks."""
    titles = ["北約與烏克蘭", "ضمانات أمنية", "각국 정상", "🇺🇦 Kyiv", *"abcdef"]
    for title, line in zip(titles, text.table(related(*titles)).splitlines()[1:], strict=True):
        assert line.index(title) == len("10  0.090  2025-08-22  ")


def test_table_keeps_what_headlines_need() -> None:
    """Joiners, direction marks and soft hyphens stay in the text."""
    for title in ("می\u200cخواهد", "👩\u200d⚖️", "Sicher\xadheit", "\u200fNATO"):
        assert text.table(related(title)).endswith(f"  {title}")


@given(st.lists(st.text(), min_size=1))
def test_table_cannot_drive_the_terminal(titles: list[str]) -> None:
    """Escapes, line breaks and direction overrides never reach the terminal."""
    lines = text.table(related(*titles)).split("\n")
    assert len(lines) == 1 + len(titles)
    for character in "".join(lines):
        assert unicodedata.category(character) not in {"Cc", "Cs", "Zl", "Zp"}
        assert unicodedata.bidirectional(character) not in {
            "LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI",
        }  # fmt: skip


def test_table_replaces_control_characters() -> None:
    """A control character becomes visible; any white space becomes a space."""
    assert text.table(related("\x1b[31mRed\tand\r\nblue\u202e")).endswith("  �[31mRed and blue�")


def test_json() -> None:
    """Fields come in a fixed order without unknown ones."""
    assert json.dumps(related("Kyïv & «Brussels»")) == (
        '{"version": 1, "id": "a", "related": [{"id": "id-1", "rank": 1, "score": 0.9, '
        '"similarity": 0.9, "title": "Kyïv \\u0026 «Brussels»", '
        '"published": "2025-08-22T14:05:00+00:00"}]}'
    )
    assert json.dumps(RelatedList(None, ())) == '{"version": 1, "id": null, "related": []}'


@given(st.lists(st.text() | st.just("</script><!-- &\u2028\u2029")))
def test_json_is_one_line_and_safe_in_a_script(titles: list[str]) -> None:
    """JSON is one line, cannot end a script, and parses back."""
    listed = related(*titles)
    line = json.dumps(listed)
    assert not set(line) & set("<>&\n\r\u2028\u2029")
    assert stdlib_json.loads(line) == listed.to_dict()
