"""Power loss: whatever the disk has of the last writes, an archive is as a call left it."""

import filecmp
import hashlib
import json
import random
import shutil
import subprocess

import pytest

import changes
import power_loss
from relnews import RelatedNews
from relnews.exceptions import ArchiveFormatError


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """Return the operations of many changes to an archive, and what they left."""
    if not shutil.which("strace"):
        pytest.skip("needs strace")
    if subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True).returncode:
        pytest.skip("strace may not trace here")
    work = tmp_path_factory.mktemp("recorded")
    (work / "root").mkdir()
    return power_loss.record(work / "root", work / "marks", changes.__file__), work / "root"


def test_the_record_is_complete(recorded, tmp_path):
    """All operations together give the files that the program left."""
    operations, root = recorded
    power_loss.Disk(operations).write(tmp_path, None)

    files = {path.relative_to(root) for path in root.rglob("*")}
    assert files == {path.relative_to(tmp_path) for path in tmp_path.rglob("*")}
    names = [str(path) for path in files if (root / path).is_file()]
    assert filecmp.cmpfiles(root, tmp_path, names, shallow=False)[0] == names


@pytest.mark.parametrize("n_states", [20, pytest.param(1000, marks=pytest.mark.slow)])
def test_a_power_loss_costs_nothing_that_was_acknowledged(recorded, tmp_path, n_states):
    """After a power loss each archive and backup is as the last call left it, or the next one.

    The archive is sound, and a later change works on what is left of the lost one.
    """
    operations, _ = recorded
    marks = [n for n, operation in enumerate(operations) if isinstance(operation, power_loss.Mark)]
    states = [{}, *(json.loads(operations[n].content) for n in marks), {}]
    rng, seen = random.Random(n_states), set()
    for number in range(n_states):
        end = rng.choice([rng.choice(marks) + 1, rng.randrange(len(operations))])
        root = tmp_path / str(number)
        root.mkdir()
        power_loss.Disk(operations[:end]).write(root, rng)
        n_done = sum(n < end for n in marks)
        before, after = states[n_done : n_done + 2]
        for name in {*before, *after}:
            where = f"state {number}: {name} after {n_done} steps and {end} operations"
            allowed = [state[name] for state in (before, after) if name in state]
            digest = digest_of(root / name, allowed)
            if digest in seen:
                continue
            seen.add(digest)
            check(root / name, allowed, name in before, where)
            if number % 4 == 0 and (root / name).exists():
                change(root / name, where)
        shutil.rmtree(root, ignore_errors=True)
    print(f"{n_states} states, {len(seen)} different folders")


def digest_of(folder, allowed):
    """Return a digest of the files of a folder, and of what it may have."""
    digest = hashlib.blake2b(json.dumps(allowed).encode())
    for path in sorted(folder.rglob("*")):
        digest.update(f"{path.relative_to(folder)}\0".encode())
        digest.update(path.read_bytes() if path.is_file() else b"")
    return digest.digest()


def check(folder, allowed, is_needed, where):
    """Assert that an archive has an allowed state; unless it is needed, it may be missing."""
    try:
        found = changes.state_of(RelatedNews.open(folder))
    except (FileNotFoundError, ArchiveFormatError):
        assert not is_needed, where
        assert not folder.exists() or not folder.name.startswith("backup"), where
        RelatedNews().fit(changes.stories(0, 3)).save(folder)
        assert RelatedNews.open(folder).verify() == [], where
    else:
        assert found in allowed, where


def change(folder, where):
    """Assert that an archive can be changed, and that nothing of the lost change is left then."""
    with changes.small():
        news = RelatedNews.open(folder)
        news.partial_fit(changes.stories(90, 97))
        assert news.verify() == [], where
        assert news.archive_.store.leftovers() == [], where
