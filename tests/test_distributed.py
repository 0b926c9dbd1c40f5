"""Dask: builds and lists by worker processes are those of one process, or an error."""

import contextlib
import gc
import os
import signal

import pytest

from relnews import ArchiveChangedError, ArticleError, RelatedNews, distributed
from relnews.sample import sample_articles
from waiting import until

dask_distributed = pytest.importorskip("distributed", reason="dask is not installed")
pytestmark = pytest.mark.filterwarnings("default")


@contextlib.contextmanager
def cluster_of_two():
    """Run a cluster of two worker processes on this machine; yield it."""
    with (
        dask_distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=50
        ) as cluster,
        dask_distributed.Client(cluster),
    ):
        yield cluster
    gc.collect()  # what Dask leaves unclosed is warned of here, and not in another test


@pytest.fixture(scope="module")
def cluster():
    """Return a cluster that several tests share."""
    with cluster_of_two() as cluster:
        yield cluster


def records():
    """Return the articles of the sample as HTML, one of them twice, and one withheld later."""
    found = [
        {
            "key": article.id,
            "Headline": article.title,
            "body": f"<p>{article.text}</p><p>Our letter, every day</p>",
            "date": None if article.published is None else article.published.isoformat(),
            "status": "publish",
        }
        for article in sample_articles()
    ]
    again = {**found[3], "Headline": "Written again"}
    return [*found, again, {**found[5], "status": "draft"}]


OPTIONS = {"fields": {"id": "key"}}


def test_a_bag(cluster, tmp_path):
    """Each partition is a part: duplicates, drafts and lines are decided over all of them."""
    import dask.bag

    one = RelatedNews(title_weight=2).fit(records(), **OPTIONS)
    assert one.repeated_lines_
    target = tmp_path / "all.relnews"
    bag = dask.bag.from_sequence(records(), npartitions=7)
    built = distributed.build(bag, target, RelatedNews(title_weight=2), **OPTIONS)
    lists = [*one.related_all()]
    assert [*built.related_all()] == lists
    assert built.repeated_lines_ == one.repeated_lines_
    assert built.verify() == []
    assert [path.name for path in tmp_path.iterdir()] == ["all.relnews"]
    assert distributed.lists(target, parts=5).compute() == lists
    others = distributed.lists(target, 3, mode="background", fallback=["newest"])
    assert others.compute() == [*one.related_all(3, mode="background", fallback=["newest"])]


def test_a_data_frame(cluster, tmp_path):
    """Partitions of a data frame, of which one is empty."""
    import dask.dataframe

    frame = dask.dataframe.from_pandas(
        pytest.importorskip("pandas").DataFrame(records()), npartitions=4
    )
    frame = frame[frame["Headline"] != "Written again"]
    built = distributed.build(frame, tmp_path / "all.relnews", **OPTIONS)
    one = RelatedNews().fit(frame.compute(), **OPTIONS)
    assert [*built.related_all()] == [*one.related_all()]


@pytest.mark.heavy
def test_a_killed_worker(tmp_path):
    """Its tasks are done again by the other: the same archive."""
    import dask.bag

    with cluster_of_two() as cluster:
        pid = cluster.workers[0].pid

        def killing(record):
            if os.getpid() == pid:
                os.kill(pid, signal.SIGKILL)
            return record

        bag = dask.bag.from_sequence(records(), npartitions=6).map(killing)
        built = distributed.build(bag, tmp_path / "all.relnews", **OPTIONS)
    assert [*built.related_all()] == [*RelatedNews().fit(records(), **OPTIONS).related_all()]


def test_what_cannot_be_built(cluster, tmp_path):
    """An error leaves nothing behind."""
    import dask.bag

    bag = dask.bag.from_sequence(records(), npartitions=3)
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        distributed.build(bag, tmp_path / "none" / "all.relnews", **OPTIONS)
    with pytest.raises(ValueError, match="`part` is not an option here"):
        distributed.build(bag, tmp_path / "all.relnews", part=(1, 3))
    with pytest.raises(TypeError, match="unknown option"):
        distributed.build(bag, tmp_path / "all.relnews", color="red")
    wrong = dask.bag.from_sequence([*records(), "a text"], npartitions=3)
    with pytest.raises(TypeError, match="must be a mapping"):
        distributed.build(wrong, tmp_path / "all.relnews", **OPTIONS)
    none = dask.bag.from_sequence([{"id": "", "title": ""}] * 5, npartitions=2)
    with pytest.raises((ArticleError, ValueError), match="no articles"):
        distributed.build(none, tmp_path / "all.relnews")
    until(lambda: not [*tmp_path.iterdir()])  # other tasks may still run


def test_lists_of_another_commit(cluster, tmp_path):
    """The bag is of the commit at which it was made, and so is its error."""
    target = tmp_path / "all.relnews"
    news = RelatedNews().fit(sample_articles())
    news.save(target)
    bag = distributed.lists(target, parts=2)
    changed = RelatedNews.open(target)
    changed.remove(changed.archive_.catalogue.all_ids()[0])
    with pytest.raises(ArchiveChangedError, match="is not at commit 1 any more"):
        bag.compute()
    with pytest.raises(ValueError, match="k"):
        distributed.lists(target, 0)
