"""The systems that are measured, a file each; `base` says what such a file has.

To add one, write its file and name it below: see docs/how-to/run-the-benchmarks.md.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.peers.base import Peer

#: Name of a system on the command line, and where it is: module and class.
_HOME = {
    "RelatedNews": ("relnews", "RelatedNewsArchive"),
    "CosineNeighbors": ("relnews", "Rows"),
    "TfidfVectorizer": ("relnews", "Vectors"),
    "stored": ("relnews", "StoredLists"),
    "scikit-learn": ("scikit_learn", "ScikitLearn"),
    "hashing": ("scikit_learn", "Hashing"),
    "sublinear": ("scikit_learn", "Sublinear"),
    "scipy": ("scipy_chunks", "ScipyChunks"),
    "sparse_dot_topn": ("sparse_dot_topn", "SparseDotTopn"),
    "splade-index": ("splade_index", "SpladeIndex"),
    "gensim": ("gensim", "Gensim"),
    "gensim-lsi": ("gensim", "GensimLsi"),
    "qdrant-edge": ("qdrant_edge", "QdrantEdge"),
    "bm25s": ("bm25s", "Bm25s"),
    "tantivy": ("tantivy", "Tantivy"),
    "pynndescent": ("pynndescent", "PyNNDescent"),
    "nmslib": ("nmslib", "Nmslib"),
    "seismic": ("seismic", "Seismic"),
    "lsa-usearch": ("lsa_usearch", "LsaUsearch"),
    "minilm": ("minilm", "MiniLM"),
}

#: The systems of relnews.
OURS = ("RelatedNews", "CosineNeighbors", "TfidfVectorizer", "stored")


class _Peers(Mapping[str, "type[Peer]"]):
    """Registry that imports the file of a system on first use."""

    def __getitem__(self, name: str) -> type[Peer]:
        module, peer = _HOME[name]
        found: type[Peer] = getattr(importlib.import_module(f"benchmarks.peers.{module}"), peer)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(_HOME)

    def __len__(self) -> int:
        return len(_HOME)


PEERS: Mapping[str, type[Peer]] = _Peers()


def chosen(text: str, is_missing: Callable[[str], None]) -> list[str]:
    """Return the requested peers that are installed.

    Parameters
    ----------
    text : str
        ``all``, ``none``, or names separated by commas.
    is_missing : callable
        Called with the name of each system that is not installed.
    """
    others = [name for name in PEERS if name not in OURS]
    names = {"all": others, "none": []}.get(text, [part for part in text.split(",") if part])
    unknown = [name for name in names if name not in others]
    if unknown:
        raise SystemExit(f"no peer {', '.join(unknown)}; there are {', '.join(others)}")
    found = []
    for name in names:
        if importlib.util.find_spec(PEERS[name].module.partition(".")[0]) is None:
            is_missing(name)
        else:
            found.append(name)
    return found
