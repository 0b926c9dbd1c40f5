"""Fixtures of the tests of readers."""

from __future__ import annotations

from pathlib import Path

import pytest

from reading import Read
from relnews.readers import ArticleReader, read_articles


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Return a function that writes a file and reads it."""

    def write_and_read(content: bytes | str, name: str, **parameters: object) -> ArticleReader:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_articles(path, **parameters)

    return write_and_read
