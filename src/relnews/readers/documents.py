"""DocumentReader: articles of files that are read whole."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import BinaryIO, ClassVar

from relnews.readers import _errors
from relnews.readers.file_reader import FileReader
from relnews.readers.found import Found, Skipped
from relnews.readers.load_report import Problem
from relnews.readers.opening import PACKED

#: Bytes of the longest document, unpacked. A longer one is no article, and may be an attack.
LONGEST = 32 << 20

#: What the name of a file gets that is withdrawn, and in Jekyll that of a post.
_WITHDRAWN = re.compile(r"(^|/)(?:_drafts/|_+)")
_DRAFT = re.compile(r"(^|/)_drafts/")


class DocumentReader(FileReader):
    """The articles of documents. A subclass parses a document."""

    is_plain = False

    #: Whether each file is an article, whose id is made of the path. If a file gives no article any
    #: more, the archive loses the one that it has from the file.
    is_file_article: ClassVar[bool] = False

    def _former_ids(self, name: str) -> Iterator[str]:
        if self.is_file_article:
            yield self._id_of(name)
            for former in (_WITHDRAWN.sub(r"\1", name), _DRAFT.sub(r"\1_posts/", name)):
                if former != name and not (self._root / former).exists():
                    yield self._id_of(former)

    def _id_of(self, name: str) -> str:
        """Return the id of the document in a file that names none."""
        return id_of(name)

    def _stream(self, stream: BinaryIO, name: str) -> Iterator[Found]:
        content = stream.read(LONGEST + 1)
        if len(content) > LONGEST:
            yield name, Skipped(Problem.UNREADABLE, _errors.document_too_long(LONGEST))
            return
        for place, record in self._parse(content, name):
            yield f"{name}{place}", record

    def _parse(self, content: bytes, name: str) -> Iterator[Found]:
        """Yield the place of a record in the document, and the record or why it is skipped."""
        raise NotImplementedError


def id_of(name: str) -> str:
    """Return the id of a document that names none: its path below the folder, without endings.

    The id of ``news/ferry/index.md`` is ``news/ferry``.

    Parameters
    ----------
    name : str
        Path of the file below the folder.
    """
    path = PurePosixPath(name)
    if path.suffix.lower() in PACKED:
        path = path.with_suffix("")
    path = path.with_suffix("")
    return str(path.parent if path.name == "index" and path.parent.name else path)
