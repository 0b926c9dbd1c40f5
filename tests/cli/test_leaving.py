"""Leaving while threads rank: no crash, the exit codes of the documentation, nothing half done."""

import itertools
import json
import lzma
import os
import random
import signal
import subprocess
import sys
import textwrap
import time

import pytest

from relnews import RelatedNews
from waiting import LIMIT

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs signals and pipes")

#: Restores Ctrl-C, which a background job inherits as ignored.
RELNEWS = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    "from relnews.cli import main; main(prog_name='relnews')"
)

#: Times that a signal may come too late, because other programs keep this one waiting.
ATTEMPTS = 20

#: Ways to leave, and the exit code of each.
CODES = {"pipe": 141, "SIGINT": 130, "SIGTERM": 143, "exception": 1, "abandoned": 0, "daemon": 0}

#: A program that makes lists. The way to leave, the folder and the number of threads are arguments.
PROGRAM = textwrap.dedent("""
    import itertools, random, sys, threading, time
    from relnews import RelatedNews
    how, folder, n_jobs, seed = sys.argv[1:]
    choice = random.Random(seed)
    news = RelatedNews.open(folder, n_jobs=int(n_jobs))
    lists = news.related_all(8)
    if how == "daemon":
        first = threading.Event()
        def read():
            for made in lists:
                first.set()
        threading.Thread(target=read, daemon=True).start()
        for ask in range(2):
            threading.Thread(
                target=lambda: [news.related(made.id, 9) for made in news.related_all(1)],
                daemon=True,
            ).start()
        first.wait()
        time.sleep(choice.uniform(0, 0.2))
    else:
        for _ in itertools.islice(lists, choice.randrange(1, 300)):
            pass
        if how == "exception":
            raise ValueError("consumer")
""")


def leave(how, folder, n_jobs, seed, tmp_path, cache):
    """Begin to make lists, leave in a way, and return the exit code and what is written."""
    output = tmp_path / f"{how}-{n_jobs}-{seed}.jsonl"
    choice = random.Random(seed)
    environment = {**os.environ, **({"NUMBA_CACHE_DIR": str(cache)} if cache else {})}
    if how == "pipe":
        export = ["-c", RELNEWS, "export", folder, "-o", "-"]
    elif how.startswith("SIG"):
        export = ["-c", RELNEWS, "export", folder, "-o", output]
    else:
        export = ["-c", PROGRAM, how, folder, str(n_jobs), str(seed)]
    threads = ["--n-jobs", str(n_jobs)] if "export" in export else []
    with subprocess.Popen(
        [sys.executable, *export, *threads],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment,
    ) as process:  # fmt: skip
        if how == "pipe":
            for _ in range(choice.randrange(1, 200)):
                json.loads(process.stdout.readline())
            process.stdout.close()
        elif how.startswith("SIG"):
            while process.poll() is None and not [*tmp_path.glob(f"{output.name}.*.partial")]:
                time.sleep(0.01)
            time.sleep(choice.uniform(0, 8 if cache else 0.3))
            process.send_signal(getattr(signal, how))
        message = process.stderr.read().decode()
    if how.startswith("SIG") and process.returncode == 0:
        output.unlink()  # the signal came after the last list: this machine is busy
    assert not [*tmp_path.glob(f"{output.name}*")]
    return process.returncode, message


def check(how, folder, n_jobs, seed, tmp_path, cache=None):
    """Assert the exit code of a way to leave, and that nothing is said but the own exception."""
    for _ in range(ATTEMPTS):
        code, message = leave(how, folder, n_jobs, seed, tmp_path, cache)
        if code or not how.startswith("SIG"):
            break
    assert code == CODES[how], (code, message)
    if how == "exception":
        assert message.splitlines()[-1] == "ValueError: consumer"
    elif how != "daemon":  # a daemon thread is told that no more tasks are taken
        assert message == ""


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """Return the folder of an archive whose export takes seconds."""
    words = random.Random(7)
    articles = (
        {"id": str(i), "text": " ".join(f"word{words.randrange(3000)}" for _ in range(120))}
        for i in range(4000)
    )
    folder = tmp_path_factory.mktemp("leaving") / "a.relnews"
    RelatedNews().fit(articles).save(folder)
    return folder


@pytest.mark.parametrize(("how", "n_jobs"), [*zip(CODES, [2, 4] * 3, strict=True)])
def test_leaving_while_threads_rank(how, n_jobs, archive, tmp_path):
    """A closed pipe, a signal, an exception or an abandoned generator never crashes."""
    check(how, archive, n_jobs, 1, tmp_path)


def test_a_second_signal_ends_at_once(archive, tmp_path):
    """After the first Ctrl-C, a second one is not caught."""
    output = tmp_path / "lists.jsonl"
    code = RELNEWS.replace("from relnews", "import time\nfrom relnews") + "\n"
    code = code.replace("main(prog_name", "import relnews.related\n"
                        "def wait(word):\n"
                        "    print(word, flush=True)\n"
                        "    while True:  # Python may lose a signal just before it sleeps\n"
                        "        time.sleep(0.01)\n"
                        "def never(*_, **__):\n"
                        "    try:\n"
                        "        wait('ready')\n"
                        "    finally:\n"
                        "        wait('waiting')\n"
                        "relnews.related.RelatedNews.related_all = never\n"
                        "main(prog_name")  # fmt: skip
    with subprocess.Popen(
        [sys.executable, "-c", code, "export", archive, "-o", output], stdout=subprocess.PIPE
    ) as process:
        for line in (b"ready\n", b"waiting\n"):
            assert process.stdout.readline() == line
            process.send_signal(signal.SIGINT)
        assert process.wait(LIMIT) == -signal.SIGINT


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
@pytest.mark.parametrize("where", ["in_callback", "in_finalizer"])
@pytest.mark.parametrize("seconds", [0, 0.1])
def test_a_signal_whose_exception_python_drops(seconds, where, name):
    """What the callback of a weak reference or a finalizer raises goes no further.

    Nor does what the hook for such exceptions raises, if the alarm arrives while it waits.
    """
    program = textwrap.dedent(f"""
        import os, signal, sys, time, weakref
        from relnews.cli._leaving import on_signals
        signal.signal(signal.SIGINT, signal.default_int_handler)
        set_timer = signal.setitimer
        signal.setitimer = lambda *given: set_timer(*given) and time.sleep({seconds})
        class Thing:
            def __del__(self):
                in_finalizer()
        in_callback = in_finalizer = lambda *_: None
        {where} = lambda *_: os.kill(os.getpid(), signal.{name})
        thing = Thing()
        reference = weakref.ref(thing, lambda _: in_callback())
        with on_signals():
            del thing
            print("went on\\n", end="", flush=True)  # unless the alarm is faster
            time.sleep({LIMIT})
    """)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=LIMIT / 2,
        check=False,
    )  # fmt: skip
    code = 128 + getattr(signal, name)
    assert (done.returncode, done.stderr) == (code, "")
    assert done.stdout in ("went on\n", "")


@pytest.mark.slow
@pytest.mark.parametrize(("n_runs", "is_cold"), [(276, False), (24, True)], ids=["warm", "cold"])
def test_leaving_300_times(n_runs, is_cold, data_folder, tmp_path, tmp_path_factory):
    """300 runs at 20,000 articles, with 2 and 4 threads; 24 of them have kernels to compile."""
    folder = tmp_path / "a.relnews"
    with lzma.open(data_folder / "archive_en_100k.jsonl.xz", "rt", encoding="utf-8") as lines:
        RelatedNews().fit(map(json.loads, itertools.islice(lines, 20_000))).save(folder)
    runs = itertools.cycle(itertools.product((2, 4), CODES))
    for number, (n_jobs, how) in enumerate(itertools.islice(runs, n_runs)):
        cache = tmp_path_factory.mktemp("cache") if is_cold else None
        check(how, folder, n_jobs, number, tmp_path, cache)
        print(number + 1, how, n_jobs, flush=True)


INTERRUPTED_IMPORT = """
    import os, runpy, signal, sys

    class Interrupting:
        def find_spec(self, name, *_):
            if name == "relnews.cli.archives":
                os.kill(os.getpid(), signal.SIGINT)

    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.meta_path.insert(0, Interrupting())
    sys.argv = ["relnews", "help"]
    runpy.run_module("relnews", run_name="__main__")
"""


def test_ctrl_c_while_the_command_is_imported():
    """The first moments are no exception: the exit code is 130, and nothing is printed."""
    command = [sys.executable, "-c", textwrap.dedent(INTERRUPTED_IMPORT)]
    done = subprocess.run(command, capture_output=True, check=False, timeout=LIMIT)
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")
