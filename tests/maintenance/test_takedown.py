"""A takedown: after `remove` and `compact`, no file has anything that only the removed had."""

import contextlib
import gc
import json
import sqlite3
import tempfile
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import Phase, given
from hypothesis import strategies as st

from relnews import Article, RelatedNews
from relnews.maintenance import merging
from relnews.storage.database import CATALOGUE
from relnews.storage.rule_kinds import Rule
from strategies import examples

#: What every article has: none of it goes with a removed article.
SHARED = "flood crest river gauge"


def secret(name, n):
    """Return an article with words, title, id and fields that no other article has."""
    return {
        "id": f"{name}-identity-{n}",
        "title": f"{name}headline{n} accuses {name}mayor{n}",
        "dek": f"{name}standfirst{n}",
        "text": f"{SHARED} {name}testimony{n} {name}witness{n} river",
        "url": f"/{name}address{n}",
        "section": f"{name}section{n}",
        "tags": [f"{name}tagged{n}"],
        "author": f"{name}writer{n}",
        "source": f"{name}agency{n}",
        "image": f"/{name}picture{n}.jpg",
        "image_alt": f"{name}quay{n} in the rain",
    }


def parts_of(*articles):
    """Return all strings of five characters of articles' fields, as given and in lower case."""
    values = [value for article in articles for value in article.values()]
    texts = [text for value in values for text in (value if isinstance(value, list) else [value])]
    return {
        cased[i : i + 5].encode()
        for text in texts
        for cased in (text, text.lower())
        for i in range(len(cased) - 4)
    }


def found(folder, gone, others):
    """Return the files of a folder that have a string which only the articles that went had."""
    parts = parts_of(*gone) - parts_of(*others)
    assert parts
    contents = {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return {(name, part) for name, content in contents.items() for part in parts if part in content}


OPERATIONS = (
    "add", "add many", "replace", "store lists", "pin", "pin to it", "block", "never", "hide",
    "title", "ignore", "compact", "save", "reopen", "remove another", "merge",
)  # fmt: skip


class Life:
    """An archive in a folder on which operations are done, and the article that will go."""

    def __init__(self, folder):
        self.folder = folder / "a.relnews"
        self.gone = secret("zyx", 1)
        self.n = 0
        self.kept = [secret("keep", i) for i in range(4)]
        news = RelatedNews().fit([*self.kept, *self.also])
        news.save(self.folder)
        self.news = RelatedNews.open(self.folder)

    @property
    def also(self):
        return [secret("qwv", 2)]

    def add_gone(self):
        self.news.partial_fit([self.gone])

    def do(self, operation):
        """Do one operation; those that name the article do so whether it is there or not."""
        news, gone, kept = self.news, self.gone, self.kept
        self.n += 1
        match operation:
            case "add":
                news.partial_fit([secret("more", self.n)])
            case "add many" | "merge":
                news.partial_fit([secret("many", 100 * self.n + i) for i in range(9)])
            case "replace":
                if gone["id"] in news:
                    news.partial_fit([{**gone, "text": f"{SHARED} zyxearlier{self.n}"}])
            case "store lists":
                news.store_lists(2)
            case "pin":
                news.rules.add(Rule("pin", f"id={kept[0]['id']}", f"id={gone['id']}"))
            case "pin to it":
                news.rules.add(Rule("pin", f"id={gone['id']}", f"id={kept[0]['id']}"))
            case "block":
                news.rules.add(Rule("block", f"id={kept[1]['id']}", f"id={gone['id']}"))
            case "never":
                news.rules.never(f"id={gone['id']}", f"section={kept[0]['section']}")
            case "hide":
                news.rules.hide(f"id={gone['id']}")
            case "title":
                news.rules.hide(f"title={gone['title'].upper()}")
            case "ignore":
                news.rules.ignore("gauge")
            case "compact":
                news.compact()
            case "save":
                other = self.folder.with_name(f"{self.n}.relnews")
                news.save(other)
                self.folder, self.news = other, RelatedNews.open(other)
            case "reopen":
                self.news = RelatedNews.open(self.folder)
            case "remove another":
                if "qwv-identity-2" in news:
                    news.remove("qwv-identity-2")

    def take_down(self):
        if self.gone["id"] in self.news:
            self.news.remove(self.gone["id"])
        if "qwv-identity-2" in self.news:
            self.news.remove("qwv-identity-2")

    def found(self):
        """Return what is left of the articles that went, and in which file."""
        earlier = [{**self.gone, "text": f"zyxearlier{n}"} for n in range(1, self.n + 1)]
        others = [*self.kept, secret("more", self.n), secret("many", self.n)]
        return found(self.folder, [self.gone, *self.also, *earlier], others)


# Shrinking a series of changes takes longer than reading it.
@examples(0.4, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(
    before=st.lists(st.sampled_from(OPERATIONS), max_size=5),
    during=st.lists(st.sampled_from(OPERATIONS), max_size=6),
    after=st.lists(st.sampled_from(OPERATIONS), max_size=3),
    full=st.sampled_from([4, 1024]),
)
def test_nothing_is_left_in_any_order(before, during, after, full):
    """Whatever is done before, while and after the article is there, nothing of it is left."""
    with (
        tempfile.TemporaryDirectory() as folder,
        mock.patch.multiple(merging, PENDING_ARTICLES=full, FANOUT=2, NEWER_TERMS=4),
    ):
        life = Life(Path(folder))
        for operation in before:
            life.do(operation)
        life.add_gone()
        for operation in during:
            life.do(operation)
        life.take_down()
        for operation in after:
            life.do(operation)
        expected = [items.to_dict() for items in life.news.related_all(2)]
        life.news.compact()

        assert [items.to_dict() for items in life.news.related_all(2)] == expected
        assert life.news.verify() == []
        assert life.news.verify_removed(life.gone["id"]) == []
        assert life.found() == set()
        del life.news
        gc.collect()


def test_verify_removed_says_what_is_left_and_where(tmp_path):
    """Before the compaction every place with something left is named, and none afterwards."""
    life = Life(tmp_path)
    news = life.news
    life.add_gone()
    news.store_lists(2)
    life.do("pin")
    news.remove([life.gone["id"], "qwv-identity-2"])
    left = news.verify_removed(life.gone["id"])

    segment = next(life.folder.glob("*.segment")).name
    vocabulary = next(life.folder.glob("*.vocabulary")).name
    for start in (
        f"{segment} has the words of 1 removed article:",
        f"{vocabulary} has ",
        f"{CATALOGUE} has ",
        "a rule names it (the list of id=keep-identity-0 begins with id=zyx-identity-1)",
        f"{CATALOGUE} may have its headline in space that is free now",
    ):
        assert any(line.startswith(start) for line in left), left
    report = news.compact()
    assert report.dropped_rules == ("the list of id=keep-identity-0 begins with id=zyx-identity-1",)
    assert str(report).endswith(f"rule dropped: {report.dropped_rules[0]}")
    assert news.verify_removed(life.gone["id"]) == []
    assert news.compact().dropped_rules == ()


@pytest.mark.parametrize("place", ["copy", "leftover", "free page"])
def test_verify_removed_searches_every_file(tmp_path, place):
    """The id of a removed article is found in any file of the folder, also between rows."""
    life = Life(tmp_path)
    life.add_gone()
    life.take_down()
    life.news.compact()
    assert life.news.verify_removed(life.gone["id"]) == []
    match place:
        case "copy":
            (life.folder / "copy.txt").write_text(f"of {life.gone['id']}, so")
            expected = "copy.txt has the id"
        case "leftover":
            (life.folder / "000999.segment").mkdir()
            expected = "000999.segment is left of a change that was killed"
        case "free page":
            with contextlib.closing(sqlite3.connect(life.folder / CATALOGUE)) as other:
                other.execute("PRAGMA secure_delete = OFF")
                other.execute("INSERT INTO settings VALUES ('x', ?)", (life.gone["id"],))
                other.execute("DELETE FROM settings WHERE name = 'x'")
                other.commit()
            expected = f"{CATALOGUE} has the id"

    news = RelatedNews.open(life.folder)
    (problem,) = news.verify_removed(life.gone["id"])
    assert problem.startswith(expected)
    news.compact()
    assert news.verify_removed(life.gone["id"]) == ([problem] if place == "copy" else [])


@pytest.mark.parametrize("name", ["watermark", "rules"])
def test_settings_that_have_the_id(tmp_path, name):
    """A watermark, or the pattern of a rule, that has the id of a removed article is named."""
    life = Life(tmp_path)
    life.add_gone()
    life.take_down()
    life.news.compact()
    if name == "rules":
        life.news.rules.hide(f"title=*{life.gone['id']}*")
    else:
        catalogue = life.news.archive_.catalogue
        with catalogue.transaction():
            catalogue.set("watermark", {"value": life.gone["id"]})

    (problem,) = life.news.verify_removed(life.gone["id"])
    assert problem.startswith(f"the setting {name!r} has the id: ")


def test_an_id_that_another_article_has_in_it(tmp_path):
    """An id that is part of what is there says nothing of the removed article."""
    folder = tmp_path / "a.relnews"
    RelatedNews().fit([
        {"id": "strike", "title": "One"}, {"id": "strike-2", "title": "Two"},
        {"id": "harbour", "title": "Three"}, {"id": "x", "title": "the harbour"},
    ]).save(folder)  # fmt: skip
    news = RelatedNews.open(folder)
    news.remove(["strike", "harbour"])
    news.compact()

    assert news.verify_removed("strike") == news.verify_removed("harbour") == []


def test_while_a_reader_is_open(tmp_path):
    """A reader in the middle of a read keeps the log; nothing is left once it has closed."""
    life = Life(tmp_path)
    life.add_gone()
    life.news.store_lists(2)
    reader = RelatedNews.open(life.folder)
    with (
        mock.patch("relnews.storage.database.PATIENCE", 0.1),
        reader._catalogue.read_transaction(),
    ):
        reader._catalogue.all_ids()
        writer = RelatedNews.open(life.folder)
        writer.remove([life.gone["id"], "qwv-identity-2"])
        writer.compact()
        (left,) = writer.verify_removed(life.gone["id"])
        assert left.startswith(f"{CATALOGUE} and its log have earlier states")
        assert left.endswith("they go when a process that may write closes the archive")
        assert life.found()
    del reader, life.news
    gc.collect()

    assert life.found() == set()
    assert writer.verify_removed(life.gone["id"]) == []


def test_words_come_back_with_the_weight_of_the_epoch(tmp_path):
    """A word that lost its spelling has its document frequency in the epoch if it comes back."""
    articles = [secret("keep", i) for i in range(6)]
    gone, back = secret("zyx", 1), {**secret("zyx", 1), "id": "back"}
    lists = []
    for compacts in (False, True):
        folder = tmp_path / f"{compacts}.relnews"
        RelatedNews(recency=None).fit([*articles, gone]).save(folder)
        news = RelatedNews.open(folder)
        news.store_lists(3)
        news.remove(gone["id"])
        if compacts:
            news.compact()
            forgotten = news.archive_.catalogue.setting("forgotten")
            assert forgotten
            assert not any(part in json.dumps(forgotten).encode() for part in parts_of(gone))
        news.partial_fit([back, {**back, "id": "again"}])
        lists.append([items.to_dict() for items in news.related_all(3)])
        if compacts:
            news.remove(["back", "again"])
            news.compact()
            assert news.archive_.catalogue.setting("forgotten") == forgotten
            news.store_lists(3)
            assert news.archive_.catalogue.setting("forgotten") == {}

    assert lists[0] == lists[1]


def test_rules_that_stay(tmp_path):
    """Patterns, sections, tags and words are no names of an article; they stay."""
    life = Life(tmp_path)
    life.add_gone()
    rules = [
        Rule("hide", "title=live: *"), Rule("hide", "section=Nowhere"), Rule("hide", "tag=none"),
        Rule("ignore", "nowhere"), Rule("hide", f"id={life.kept[0]['id']}"),
        Rule("hide", f"title={life.kept[1]['title'].upper()}"),
    ]  # fmt: skip
    life.news.rules.add(*rules, Rule("hide", "title=No such headline"))
    life.take_down()

    assert life.news.compact().dropped_rules == ("title=No such headline is in no list",)
    assert [*life.news.rules] == rules


def test_words_that_lists_were_stored_without(tmp_path):
    """A word of the removed article that was ignored once is not kept, and lists stay the same."""
    life = Life(tmp_path)
    life.add_gone()
    gone, kept = Rule("ignore", "zyxtestimony1"), Rule("ignore", "gauge")
    life.news.rules.add(gone, kept)
    life.news.store_lists(2)
    life.news.rules.drop(gone)
    life.take_down()
    expected = [items.to_dict() for items in life.news.related_all(2)]
    assert life.found()
    for _ in range(2):
        life.news.compact()
        assert life.found() == set()
        assert [items.to_dict() for items in life.news.related_all(2)] == expected
        assert life.news.archive_.catalogue.setting("ignored") == ["gauge", "\ufffd"]
        assert life.news.verify() == []
    life.news.store_lists(2)
    assert life.news.archive_.catalogue.setting("ignored") == ["gauge"]


def test_saving_over_an_archive_leaves_traces_until_it_is_compacted(tmp_path):
    """The rows that another archive replaced may be in free space."""
    life = Life(tmp_path)
    life.add_gone()
    RelatedNews().fit(life.kept).save(life.folder)
    news = RelatedNews.open(life.folder)

    assert any("may have its headline" in line for line in news.verify_removed(life.gone["id"]))
    news.compact()
    assert news.verify_removed(life.gone["id"]) == []
    assert life.found() == set()


def test_fields_of_the_secret_article():
    """The test's article has every field that is stored as text."""
    assert {"id", *json.loads(json.dumps(secret("a", 1)))} <= {*Article.__dataclass_fields__}
