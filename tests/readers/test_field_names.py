"""Names that sources have for the fields of an article."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relnews import RelatedNews, read_articles
from relnews.articles import Article
from relnews.exceptions import ArticleError, LoadWarning
from relnews.readers import read_sql
from relnews.readers.field_names import ALIASES
from relnews.readers.load_report import LoadReport
from relnews.readers.read_options import ReadSpec
from relnews.readers.records import articles_from
from relnews.readers.visibility import EMBARGOES, plain_name

VALUES = {
    "id": "7", "title": "Ferry crews call a strike", "dek": "New rosters.",
    "text": "Crews of the ferry stop work.", "published": "2025-06-02",
    "url": "https://g.example/strike", "section": "Island", "tags": "ferry, strike",
    "author": "Ada", "source": "Wire", "language": "en", "image": "/a.jpg",
    "image_alt": "The pier", "expires": "2090-01-01",
}  # fmt: skip


def read(records: Any, **options: Any) -> tuple[list[Article], LoadReport]:
    report = LoadReport()
    return [*articles_from(records, report, ReadSpec.of(options))], report


(EXPECTED,), _ = read([VALUES])

names = st.fixed_dictionaries(
    {field: st.sampled_from([field, *aliases]) for field, aliases in ALIASES.items()}
)
spellings = st.sampled_from([str, str.upper, str.title, lambda name: f"_{name}",
                             lambda name: "-".join(name)])  # fmt: skip


def test_no_name_means_two_things() -> None:
    """A name belongs to one field, and is written as `plain_name` writes it."""
    every = [name for aliases in ALIASES.values() for name in aliases]
    assert len(every) == len({*every} - ALIASES.keys()) == len({*every} - EMBARGOES)
    assert all(plain_name(name) == name for name in every)


@given(names, spellings)
def test_obvious_names_are_mapped(chosen: dict[str, str], spell: Any) -> None:
    """Any name that a field is known by, in any spelling, is that field, as the summary says."""
    record = {spell(chosen[field]): value for field, value in VALUES.items()}
    articles, report = read([record])
    assert articles == [EXPECTED]
    for field, name in chosen.items():
        written = spell(name)
        if written not in (field, "lang", "topics"):
            assert f"{field} is read from {written!r}" in report.notes


@given(names)
def test_the_own_name_comes_first(chosen: dict[str, str]) -> None:
    """A field's own name goes before all others."""
    others = {
        name: "other" for field, name in chosen.items() if field not in ("published", "expires")
    }
    articles, report = read([{**others, **VALUES}])
    assert articles == [EXPECTED]
    assert report.notes == []


def test_a_better_name_comes_first() -> None:
    """Of several names, the one that says it more plainly counts, if it has a value."""
    for record, expected in (
        ({"content": "c", "body": "b"}, "c"), ({"body": "b", "content": "c"}, "c"),
        ({"content": " ", "body": "b"}, "b"), ({"content": None, "body": "b"}, "b"),
        ({"Text": "own", "content": "c"}, "own"),
    ):  # fmt: skip
        (article,), _ = read([{"id": 1, **record}])
        assert article.text == expected


def test_a_mapped_column_is_no_alias_of_another_field() -> None:
    """A column that the caller maps to one field is not taken for another."""
    record = {"id": 1, "description": "The text.", "summary": "The line."}
    (article,), _ = read([record], fields={"text": "description"})
    assert (article.text, article.dek) == ("The text.", "The line.")


def test_a_mapped_name_that_no_record_has() -> None:
    """A misspelt name in `fields` is said."""
    _, report = read([{"id": 1, "text": "T", "link": "/a"}], fields={"url": "lnik"})
    assert report.notes[0].startswith(
        "no record has 'lnik', which `fields` names for url; they have '"
    )


# --- nobody ends with an empty archive unawares --------------------------------------------------

TEXTS = [
    "Ferry crews strike over rosters.",
    "Ferry company offers talks.",
    "Bakers open on Sunday.",
]
FOREIGN = [
    {"_id": n, "headline": f"Day {n}", "content": text, "pub_date": "2025-06-02", "link": f"/a/{n}"}
    for n, text in enumerate(TEXTS)
]
UNKNOWN = [{"nr": n, "ueberschrift": f"Tag {n}", "inhalt": text} for n, text in enumerate(TEXTS)]
MAPPING = {"id": "nr", "title": "ueberschrift", "text": "inhalt"}


def sources(folder: Path, records: list[dict[str, Any]]) -> dict[str, Any]:
    """Return records as every kind of plain source."""
    frame = pd.DataFrame(records)
    lines = io.StringIO()
    writer = csv.DictWriter(lines, records[0].keys(), lineterminator="\n")
    writer.writeheader()
    writer.writerows(records)
    (folder / "a.csv").write_text(lines.getvalue(), encoding="utf-8")
    (folder / "a.jsonl").write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    return {
        "dicts": records, "pandas": frame, "pandas, its index": frame.set_index(frame.columns[0]),
        "polars": pl.DataFrame(records), "polars, lazy": pl.LazyFrame(records),
        "pyarrow": pa.Table.from_pylist(records), "batch": pa.RecordBatch.from_pylist(records),
        "CSV": folder / "a.csv", "JSON": folder / "a.jsonl",
    }  # fmt: skip


KINDS = ["dicts", "pandas", "pandas, its index", "polars", "polars, lazy", "pyarrow", "batch",
         "CSV", "JSON"]  # fmt: skip


def fit(source: Any, **options: Any) -> RelatedNews:
    """Build an archive of a source; a path is read with the options."""
    if isinstance(source, Path):
        return RelatedNews().fit(read_articles(source, **options))
    return RelatedNews().fit(source, **options)


@pytest.mark.parametrize("kind", KINDS)
def test_other_names_in_any_kind_of_source(kind: str, tmp_path: Path) -> None:
    """Obvious names of columns are mapped in every kind of plain source."""
    news = fit(sources(tmp_path, FOREIGN)[kind])
    assert len(news) == 3
    item = news.related("1")[0]
    assert (item.id, item.title, item.url) == ("0", "Day 0", "/a/0")
    assert item.published is not None
    assert "text is read from 'content'" in news.load_report_.summary()


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "pandas, its index"])
def test_unknown_names_in_any_kind_of_source(kind: str, tmp_path: Path) -> None:
    """Names that nobody knows are an error with the names found, and `fields` maps them."""
    source = sources(tmp_path, UNKNOWN)[kind]
    with pytest.raises(ArticleError) as caught:
        fit(source)
    message = str(caught.value)
    assert message.startswith("no article in 3 records (no title and no text: 3).")
    for words in ("'ueberschrift'", "'inhalt'", "`id`", "`title` or `text`",
                  'fields={"title": "NAME", "text": "NAME"}', "--field text=NAME"):  # fmt: skip
        assert words in message
    news = fit(source, fields=MAPPING)
    assert len(news) == 3
    assert news.related("1")[0].title == "Tag 0"


def test_a_query_with_other_names(tmp_path: Path) -> None:
    """The columns of a query follow the same rules."""
    address = f"sqlite:///{tmp_path / 'a.db'}"
    pd.DataFrame(FOREIGN).to_sql("foreign", address)
    pd.DataFrame(UNKNOWN).to_sql("unknown", address)
    news = RelatedNews().fit(read_sql(address, "SELECT * FROM 'foreign'"))
    assert len(news) == 3
    with pytest.raises(ArticleError, match="'ueberschrift'"):
        RelatedNews().fit(read_sql(address, 'SELECT * FROM "unknown"'))
    assert len(RelatedNews().fit(read_sql(address, 'SELECT * FROM "unknown"', fields=MAPPING))) == 3


def test_the_likely_mapping_is_said() -> None:
    """Of a source whose names are nearly known, the error proposes the mapping."""
    records = [{"Titel": "Strike", "fulltext_de": "Die Fähre ruht."}]
    with pytest.raises(ArticleError) as caught:
        RelatedNews().fit(records)
    message = str(caught.value)
    assert 'fields={"title": "Titel", "text": "fulltext_de"}' in message
    assert "--field title=Titel --field text=fulltext_de" in message
    RelatedNews().fit(records, fields={"title": "Titel", "text": "fulltext_de"})


@pytest.mark.parametrize(
    ("record", "options", "mapping"),
    [
        ({"storyId": 1, "kop": "T", "tekst": "U"}, {}, '"title": "NAME", "text": "NAME"'),
        ({"storyId": 1, "Titel": "T", "x": "U"}, {}, '"title": "Titel", "text": "NAME"'),
        ({"story_nr": 1, "kop": "T"}, {"id": "story_nr"}, '"title": "NAME", "text": "NAME"'),
        ({"id": 1, "kop": "T"}, {"title": "kopje"}, '"title": "NAME", "text": "NAME"'),
        ({"nr": 1, "title": "T", "text": "U"}, {"id": "nummer"}, '"id": "NAME"'),
    ],
)
def test_what_is_known_is_not_proposed(
    record: dict[str, Any], options: dict[str, str], mapping: str
) -> None:
    """The mapping that the error proposes has the fields that no record has, and no others."""
    for source in ([record], pd.DataFrame([record])):
        with pytest.raises(ArticleError) as caught:
            RelatedNews().fit(source, fields=options)
        assert f"fields={{{mapping}}}, or" in str(caught.value)


def test_no_mapping_is_proposed_if_all_fields_are_known() -> None:
    """Blank words of articles are not for `fields` to mend."""
    records = [{"id": 1, "title": "T", "text": "U", "draft": True}, {"id": 2, "title": " "}]
    with pytest.raises(ArticleError, match="an article needs") as caught:
        RelatedNews().fit(records)
    assert "Name them" not in str(caught.value)


def test_a_source_without_titles(tmp_path: Path) -> None:
    """That no column is the title is said if another one may be it."""
    path = tmp_path / "a.csv"
    path.write_text("id;Titel;Text\n1;Streik;Die Fähre ruht.\n", "utf-8")
    reader = read_articles(path)
    assert [article.title for article in reader] == [""]
    assert "no field is the title; other names are 'Titel'" in reader.load_report.summary()
    _, report = read([{"id": 1, "dek": "D", "Titel": "T", "inhalt": "U"}])
    assert "no field is the title or the text; other names are 'Titel', 'inhalt'" in report.notes
    assert read([{"id": 1, "text": "U", "slug": "t"}])[1].notes == []
    assert read([{"id": 1, "text": "U", "Titel": "T"}], fields={"title": "Titel"})[1].notes == []


def test_a_source_without_texts() -> None:
    """Titles are enough for lists; that no column is the text is said if another one may be it."""
    _, report = read([{"id": 1, "title": "T", "inhalt": "Die Fähre ruht.", "draft": False}])
    assert "no field is the text; other names are 'inhalt'" in report.summary()
    for record in ({"id": 1, "title": "T", "slug": "t", "status": "published"},
                   {"id": 1, "title": "T", "text": "U", "inhalt": "V"}):  # fmt: skip
        assert read([record])[1].notes == []
    _, report = read([{"id": 1, "title": "T", "inhalt": "U"}], fields={"text": "inhalt"})
    assert report.notes == []


def test_an_archive_is_left_as_it_is_by_a_fit_that_fails() -> None:
    """An error of `fit` leaves the earlier archive in place."""
    news = RelatedNews().fit([{"id": 1, "text": "One."}])
    with pytest.raises(ArticleError):
        news.fit(UNKNOWN)
    assert len(news) == 1


def test_nothing_at_all_is_no_error() -> None:
    """An empty source is an empty archive: there were no records to lose."""
    assert len(RelatedNews().fit([])) == 0
    assert len(RelatedNews().fit(pd.DataFrame())) == 0


def test_fewer_than_half_is_a_warning() -> None:
    """If more is lost than loaded, `fit` warns; half is enough."""
    good = [{"id": n, "text": "T"} for n in range(3)]
    lost = [{"id": n, "comment": "c"} for n in range(3, 7)]
    with pytest.warns(LoadWarning, match="only 3 of 7 records became articles"):
        RelatedNews().fit([*good, *lost])
    assert len(RelatedNews().fit([*good, *lost[:3]])) == 3


# --- ids -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("columns", "ids", "what"),
    [
        ({"url": ["/a", "/b"], "slug": ["x", "y"]}, ["/a", "/b"], "the url is taken"),
        ({"link": ["/a", "/b"]}, ["/a", "/b"], "the url is taken"),
        ({"slug": ["x", "y"]}, ["x", "y"], "the slug is taken"),
        ({"Post Name": ["x", "y"]}, ["x", "y"], "the slug is taken"),
    ],
)
def test_no_column_of_ids(columns: dict[str, list[str]], ids: list[str], what: str) -> None:
    """Without ids, the address or the slug is the id, and the summary says which."""
    records = [
        {"title": f"T{n}", **{name: values[n] for name, values in columns.items()}}
        for n in range(2)
    ]
    articles, report = read(records)
    assert [article.id for article in articles] == ids
    assert f"there is no id; {what}" in report.summary()


#: Of the first title and date below: an id must be the same on any machine and any day.
DIGEST = "3122efd5ede8c58d"


def test_a_digest_is_the_last_resort() -> None:
    """Without anything else, title and date make an id that is the same in every run."""
    records = [
        {"title": f"T{n}", "published": "2025-06-02", "text": f"Text {n}."} for n in range(3)
    ]
    articles, report = read(records)
    assert len({article.id for article in articles}) == 3
    assert articles[0].id == DIGEST
    assert "there is no id; a digest of title and date is taken" in report.summary()
    again, _ = read(
        [{**record, "text": "Corrected.", "published": "2 June 2025"} for record in records]
    )
    assert [article.id for article in again] == [article.id for article in articles]


def test_an_update_without_ids_replaces() -> None:
    """A corrected article without an id replaces its earlier version."""
    records = [{"title": f"Ferry {n}", "text": "The crews met."} for n in range(3)]
    news = RelatedNews().fit(records)
    report = news.partial_fit([{"title": "Ferry 1", "text": "The crews did not meet."}])
    assert (len(report.replaced), len(report.added), len(news)) == (1, 0, 3)


def test_a_gap_in_a_column_of_ids_is_a_fault() -> None:
    """Where other records have ids, a record without one is skipped, not named anew."""
    articles, report = read([{"id": 1, "text": "T"}, {"id": None, "text": "T", "url": "/b"}])
    assert [article.id for article in articles] == ["1"]
    assert report.skipped == 1
