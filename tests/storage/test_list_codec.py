"""Stored lists as bytes: reading returns what was written, or an error."""

import sys
import zlib
from subprocess import run

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relnews.storage.list_codec import StoredList

steps = st.integers(-(2**31), 2**31 - 1)

entries = st.builds(
    StoredList,
    st.lists(st.tuples(st.integers(-(2**63), 2**63 - 1), steps, steps, steps)),
    st.booleans(),
)


@given(entries)
def test_a_list_is_read_as_it_was_written(entries):
    """Keys, scores, similarities, order and completeness survive."""
    assert StoredList.unpack(entries.pack()) == entries


def test_the_bytes_are_those_of_the_format():
    """A list takes 20 bytes per item, a byte for the whole, and a checksum."""
    stored = StoredList([(258, 1_000_000, 5, 0), (1, 3, 2, -2)], True).pack()

    body = bytes.fromhex(
        "01 0201000000000000 40420f00 05000000 00000000 0100000000000000 03000000 02000000 feffffff"
    )
    assert stored == body + zlib.crc32(body).to_bytes(4, "little")


def test_what_is_shown():
    """Items come by position, with their near-duplicates."""
    stored = StoredList(
        [(7, 9, 9, 1), (3, 8, 9, -2), (4, 7, 7, -1), (5, 6, 6, 0), (6, 5, 5, -3)], True
    )

    assert stored.items() == [((5, 6, 6, 0), [3]), ((7, 9, 9, 1), [6])]
    assert stored.keys() == [7, 3, 4, 5, 6]


@given(entries, st.data())
def test_no_flipped_bit_goes_unseen(entries, data):
    """A flipped bit is an error."""
    stored = bytearray(entries.pack())
    place = data.draw(st.integers(0, 8 * len(stored) - 1))
    stored[place // 8] ^= 1 << place % 8

    with pytest.raises(ValueError, match="another checksum"):
        StoredList.unpack(bytes(stored))


@given(entries, st.data())
def test_no_cut_goes_unseen(entries, data):
    """A missing or an additional byte is an error."""
    stored = entries.pack()
    cut = data.draw(st.integers(0, len(stored) - 1))

    with pytest.raises(ValueError, match="another checksum"):
        StoredList.unpack(stored[:cut])
    with pytest.raises(ValueError, match="another checksum"):
        StoredList.unpack(stored + b"x")


@pytest.mark.parametrize("body", [b"", b"x" * 2, b"x" * 12, b"x" * 14])
def test_a_checksum_alone_does_not_make_a_list(body):
    """Bytes that are no whole number of items are an error, whatever the checksum."""
    with pytest.raises(ValueError, match="another checksum"):
        StoredList.unpack(body + zlib.crc32(body).to_bytes(4, "little"))


def test_a_stored_list_is_read_without_numpy(tmp_path):
    """Reading a stored list imports neither NumPy, Numba nor scikit-learn."""
    script = (
        "import sys\n"
        "from relnews import RelatedNews\n"
        "news = RelatedNews.open(sys.argv[1])\n"
        "print(*news.related('a', 1).ids)\n"
        "assert not {'numpy', 'numba', 'sklearn', 'scipy', 'joblib'} & {*sys.modules}\n"
    )
    from relnews import RelatedNews

    news = RelatedNews().fit({"id": i, "title": "dike breach", "text": f"word{i}"} for i in "abc")
    news.store_lists(1)
    news.save(tmp_path / "a.relnews")

    done = run(
        [sys.executable, "-c", script, str(tmp_path / "a.relnews")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split() == news.related("a", 1).ids == ["b"]
