"""Worker processes: what they answer is what one thread answers, to the bit, or an error."""

import contextlib
import gc
import itertools
import multiprocessing
import os
import shutil
import signal
import threading
import time

import joblib
import pytest

from relnews import ArchiveChangedError, RelatedNews, _parallel, evaluation
from relnews.archive import archive, workers
from relnews.archive.commit import Commit
from relnews.readers import read_articles
from relnews.sample import sample_articles


@pytest.fixture(scope="module")
def folder(pending_sample):
    """Return a folder with the sample archive, some of it in no segment yet."""
    return pending_sample


@pytest.fixture
def small(monkeypatch):
    """Make many small tasks of the sample, of which few are dispatched at a time."""
    monkeypatch.setattr(archive, "BLOCK", 8)
    monkeypatch.setattr(_parallel, "_UNANSWERED", 1)


def loky():
    """Return a configuration of two worker processes."""
    return joblib.parallel_config(backend="loky", n_jobs=2)


def answers_of(folder, scratch):
    """Return everything that processes may make, in plain form."""
    news = RelatedNews.open(folder)
    lists = [*news.related_all()]
    others = news.related_all(3, mode="background", mentions=2, fallback=["newest"])
    some = [related.id for related in lists[::5]]
    unordered = news.related_all(2, ids=some, ordered=False)
    shutil.copytree(folder, scratch)
    stored = RelatedNews.open(scratch)
    report = stored.store_lists(4)
    return (
        lists,
        [*others],
        news.duplicates(0.5),
        evaluation.make_run(news, some, 5),
        sorted(unordered, key=lambda related: related.id),
        stored.archive_.catalogue.all_entries(),
        report,
    )


@pytest.fixture(scope="module")
def expected(folder, tmp_path_factory):
    """Return the answers of one thread."""
    return answers_of(folder, tmp_path_factory.mktemp("threads") / "copy.relnews")


def test_processes_answer_what_one_thread_answers(folder, expected, tmp_path, small):
    """Lists, stored lists, near-duplicates and runs of the sample are the same to the bit."""
    with loky():
        assert answers_of(folder, tmp_path / "processes.relnews") == expected


def test_stored_lists_of_an_epoch_that_is_over(folder, tmp_path, small):
    """Processes rank for the epoch that begins, under the words that rules ignore now."""
    entries = []
    for name, configuration in (("a", contextlib.nullcontext()), ("b", loky())):
        news = RelatedNews.open(shutil.copytree(folder, tmp_path / name))
        news.store_lists(3)
        news.rules.ignore("ukraine")
        news.remove([related.id for related in itertools.islice(news.related_all(1), 9)])
        with configuration:
            report = news.store_lists(4)
        entries.append((report, news.archive_.catalogue.all_entries()))
        assert news.verify() == []
    assert entries[0] == entries[1]


def test_an_archive_in_memory_has_to_be_saved(small):
    """Processes cannot read it; the error says what to do, before anything is made."""
    news = RelatedNews().fit(sample_articles())
    with loky():
        for answer in (news.related_all, news.duplicates, news.store_lists):
            with pytest.raises(ValueError, match=r"in memory only. Save it with save\(path\)"):
                answer()
    assert news.archive_.catalogue.setting("lists") is None


def test_a_commit_during_the_run_ends_it(folder, tmp_path, small):
    """Every list is of the commit that the run began with; then the error says so."""
    news = RelatedNews.open(shutil.copytree(folder, tmp_path / "changed.relnews"))
    expected = [*news.related_all()]
    with loky():
        lists = news.related_all()
        found = [next(lists)]
        RelatedNews.open(tmp_path / "changed.relnews").remove(expected[-1].id)
        with pytest.raises(ArchiveChangedError, match="is not at commit 2 any more"):
            found.extend(lists)
    assert found == expected[: len(found)]


def test_lists_of_one_commit_from_threads(folder, tmp_path, small):
    """Threads that are given a commit refuse a later one, too."""
    news = RelatedNews.open(shutil.copytree(folder, tmp_path / "changed.relnews"))
    archive, commit = news.archive_, Commit.of(news.archive_.catalogue)

    def ids(snapshot, keys):
        return snapshot.ids(keys)

    blocks = workers.by_blocks(archive, ids, None, commit=commit)
    assert len(next(blocks)) == 8
    news.remove(next(blocks)[0])
    with pytest.raises(ArchiveChangedError, match="is not at commit 2 any more"):
        next(blocks)


def test_the_tasks_of_a_killed_process_are_done_again(folder, expected, small):
    """After SIGKILL of a worker in the middle, the answers are the same."""
    with loky():
        lists = RelatedNews.open(folder).related_all()
        found = [next(lists)]
        os.kill(multiprocessing.active_children()[0].pid, signal.SIGKILL)
        assert [*found, *lists] == expected[0]


def test_tasks_wait_for_a_caller_that_is_slow(small):
    """However fast processes are, at most two of these tasks are taken and not answered."""
    taken = []
    with loky():
        answers = _parallel.in_processes(abs, (taken.append(n) or n for n in range(20)), None)
        for n, answer in enumerate(answers):
            assert answer == n
            assert len(taken) <= n + 1 + 2


def test_processes_that_died_between_two_dispatches(small):
    """Tasks that found no worker are done once, in order."""
    with loky():
        answers = _parallel.in_processes(abs, range(12), None)
        found = [next(answers), next(answers)]
        for process in multiprocessing.active_children():
            os.kill(process.pid, signal.SIGKILL)
        while any("ExecutorManager" in thread.name for thread in threading.enumerate()):
            time.sleep(0.01)  # until the pool knows
        assert [*found, *answers] == [*range(12)]


def test_processes_that_die_with_every_task():
    """A task that always kills its process ends in an error that says what to look for."""

    def die(_):
        os.kill(os.getpid(), signal.SIGKILL)

    with loky(), pytest.raises(ChildProcessError, match="for lack of memory"):
        [*_parallel.in_processes(die, range(4), None)]


def test_a_process_keeps_the_archive_until_another_is_there(folder, tmp_path):
    """One archive a path; after a commit, or with another archive in its place, that one."""
    path = shutil.copytree(folder, tmp_path / "kept.relnews")
    news = RelatedNews.open(path)
    first = Commit.of(news.archive_.catalogue)
    kept = workers.archive_at(first)
    assert workers.archive_at(first) is kept
    news.remove(next(news.related_all()).id)
    second = Commit.of(news.archive_.catalogue)
    assert Commit.of(workers.archive_at(second).catalogue) == second
    with pytest.raises(ArchiveChangedError, match="is not at commit 2 any more"):
        workers.archive_at(first)
    path.rename(tmp_path / "moved.relnews")
    with pytest.raises(FileNotFoundError, match="storage that all workers see"):
        workers.archive_at(second)
    RelatedNews().fit(sample_articles()).save(path)
    third = Commit.of(RelatedNews.open(path).archive_.catalogue)
    assert Commit.of(workers.archive_at(third).catalogue) == third


@contextlib.contextmanager
def dask():
    """Run a cluster of two worker processes on this machine; yield it."""
    distributed = pytest.importorskip("distributed", reason="dask is not installed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=50
        ) as cluster,
        distributed.Client(cluster),
        joblib.parallel_config(backend="dask"),
    ):
        yield cluster
    gc.collect()  # what Dask leaves unclosed is warned of here, and not in another test


@pytest.mark.heavy
@pytest.mark.filterwarnings("default")
def test_a_cluster_of_dask(folder, expected, tmp_path, small):
    """Lists equal the lists of one thread, with a worker killed in the middle, too."""
    with dask() as cluster:
        lists = RelatedNews.open(folder).related_all()
        found = [next(lists)]
        os.kill(cluster.workers[0].pid, signal.SIGKILL)
        assert [*found, *lists] == expected[0]
        assert answers_of(folder, tmp_path / "dask.relnews") == expected


@contextlib.contextmanager
def ray():
    """Run a cluster of Ray with two worker processes on this machine."""
    ray = pytest.importorskip("ray", reason="ray is not installed")
    joblib_of_ray = pytest.importorskip("ray.util.joblib")
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    joblib_of_ray.register_ray()
    try:
        with joblib.parallel_config(backend="ray", n_jobs=2):
            yield
    finally:
        ray.shutdown()


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_a_cluster_of_ray(folder, expected, tmp_path, small):
    """Everything that processes may make is the same on Ray."""
    with ray():
        assert answers_of(folder, tmp_path / "ray.relnews") == expected


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("backend", ["loky 2", "loky 4", "dask"])
def test_real_articles(backend, data_folder, tmp_path):
    """5,000 real articles, ranked by processes of each backend."""
    archive = read_articles(data_folder / "archive_en_100k.jsonl.xz")
    folder = tmp_path / "real.relnews"
    RelatedNews().fit(itertools.islice(archive, 5000)).save(folder)
    expected = answers_of(folder, tmp_path / "threads.relnews")
    name, _, n_jobs = backend.partition(" ")
    with dask() if name == "dask" else joblib.parallel_config(backend=name, n_jobs=int(n_jobs)):
        assert answers_of(folder, tmp_path / "processes.relnews") == expected
