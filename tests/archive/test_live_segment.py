"""The lengths of articles in a new process: stored sums, and when they do not count."""

import shutil
from unittest import mock

import numpy as np
import pytest

from relnews import ArchiveFormatError, RelatedNews
from relnews.archive.live_segment import LiveSegment
from relnews.storage.arrays import SUMS, Store

TEXTS = "flood rail river", "rail strike rail", "river flood dam", "dam power strike", "vote power"


def articles(first, last):
    return [
        {"id": f"a{i}", "title": f"{TEXTS[i % 5].title()} {i % 7}", "text": f"{TEXTS[i % 4]} w{i}"}
        for i in range(first, last)
    ]


@pytest.fixture
def folder(tmp_path):
    """Return the folder of an archive with an update after its epoch began."""
    path = tmp_path / "a.relnews"
    news = RelatedNews(language="en").fit(articles(0, 30))
    news.save(path)
    news = RelatedNews.open(path)
    news.partial_fit(articles(30, 40))
    news.remove(["a3", "a4"])
    return path


def lists(news):
    return [[(item.id, item.score) for item in listed] for listed in news.related_all()]


def lists_of_a_fit():
    kept = [article for article in articles(0, 40) if article["id"] not in ("a3", "a4")]
    return lists(RelatedNews(language="en").fit(kept))


def summed(news):
    """Return the lists, and how many times a stored segment was summed for them."""
    summed = []
    original = LiveSegment.norm_components

    def counted(live, *arguments):
        summed.append(live.entry)
        return original(live, *arguments)

    with mock.patch.object(LiveSegment, "norm_components", counted):
        return lists(news), sum(entry is not None for entry in summed)


def test_a_new_process_sums_nothing(tmp_path):
    """A process that opens an unchanged archive has exact lengths without summing a row."""
    news = RelatedNews(language="en").fit(articles(0, 30))
    news.save(tmp_path / "a.relnews")
    opened = RelatedNews.open(tmp_path / "a.relnews")

    assert summed(opened) == (lists(news), 0)
    statistics = opened.archive_.state.statistics
    assert statistics.norm_tolerance == 0
    for live in opened.archive_.state.live_segments.values():
        np.testing.assert_array_equal(live.sums, live.norm_components(statistics.made))


def test_after_an_update(folder):
    """Stored sums follow the statistics of later articles; the lists are those of a fit."""
    assert summed(RelatedNews.open(folder)) == (lists_of_a_fit(), 0)


def test_an_archive_without_sums(folder):
    """An archive of an earlier version is summed when it is opened."""
    store = Store.open(folder)
    with store.transaction():
        for entry in [entry for entry in store.catalogue.folders() if entry.kind == "outline"]:
            arrays = {name: array for name, array in store.arrays(entry).items() if name != SUMS}
            store.drop(entry)
            store.put("outline", arrays, entry.segment)
    store.catalogue.close()

    assert not [*folder.glob("*/sums.npy")]
    assert summed(RelatedNews.open(folder)) == (lists_of_a_fit(), 1)
    assert RelatedNews.open(folder).verify() == []


def test_ignored_words(folder):
    """Words without weight do not count in lengths, before and after a segment is merged."""
    RelatedNews.open(folder).rules.ignore("rail", "flood")
    expected, n_summed = summed(RelatedNews.open(folder))
    assert n_summed == 1
    in_memory = RelatedNews(language="en").fit(
        [article for article in articles(0, 40) if article["id"] not in ("a3", "a4")]
    )
    in_memory.rules.ignore("rail", "flood")
    assert expected == lists(in_memory)


def test_a_new_epoch_in_an_open_archive(folder):
    """Sums of an epoch that began later are not taken for those of the first one."""
    reader, writer = RelatedNews.open(folder), RelatedNews.open(folder)
    assert reader.archive_.state.statistics.n_articles == 38  # loaded, but without a list yet
    writer.store_lists(4)

    assert summed(reader) == (lists_of_a_fit(), 1)
    assert lists(reader) == lists(writer)
    writer.compact()
    assert lists(reader) == lists(writer) == lists_of_a_fit()


@pytest.mark.parametrize("value", [np.nan, np.inf, -1.0])
def test_impossible_sums(folder, value):
    """Sums that no article can have are damage, even with a correct checksum."""
    other = shutil.copytree(folder, folder.with_name("b.relnews"))
    store = Store.open(other)
    with store.transaction():
        (entry,) = [entry for entry in store.catalogue.folders() if entry.kind == "outline"]
        arrays = dict(store.arrays(entry))
        arrays[SUMS] = arrays[SUMS].copy()
        arrays[SUMS][3] = value
        store.drop(entry)
        store.put("outline", arrays, entry.segment)
    store.catalogue.close()

    with pytest.raises(ArchiveFormatError, match="lengths"):
        RelatedNews.open(other).related("a1")
