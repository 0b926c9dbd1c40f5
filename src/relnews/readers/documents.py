"""DocumentReader: articles of files that are read whole, or of a folder of such files."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO, ClassVar

from relnews import _checks
from relnews.readers import _errors
from relnews.readers.formats import FORMATS
from relnews.readers.found import Former, Found, Skipped
from relnews.readers.load_report import Problem
from relnews.readers.opening import DAMAGE, PACKED, STDIN, CountedFile, standard_input, unpacked
from relnews.readers.read_options import ReadSpec
from relnews.readers.reader import ArticleReader

#: Bytes of the longest document, unpacked. A longer one is no article, and may be an attack.
LONGEST = 32 << 20

#: What the name of a file gets that is withdrawn.
_WITHDRAWN = re.compile(r"(^|/)(?:_drafts/|_+)")


class DocumentReader(ArticleReader):
    """The articles of a document, or of all documents of a folder, in the order of their names.

    Names that begin with a dot, and ``_index`` files, are skipped. A subclass parses a document.
    """

    is_plain = False

    #: Whether each file is an article, whose id is made of the path. An article that the archive
    #: has from a file stays only if the file still is an article.
    is_file_article: ClassVar[bool] = False

    #: Name of the format in `relnews.readers.formats`.
    format: ClassVar[str]

    def __init__(self, path: str, spec: ReadSpec, *, strict: bool = False) -> None:
        super().__init__(spec, strict=strict)
        self._path = path
        self._sizes = {} if path == STDIN else {file: file.stat().st_size for file in self._files()}
        self._n_read = 0
        self._file: CountedFile | None = None

    @property
    def bytes_total(self) -> int | None:
        """Size of all files."""
        return None if self._path == STDIN else sum(self._sizes.values())

    @property
    def bytes_read(self) -> int | None:
        """Bytes of the files that the latest pass has read."""
        if self._path == STDIN:
            return None
        return self._n_read + (0 if self._file is None else self._file.bytes_read)

    def _records(self) -> Iterator[Found]:
        self._n_read, self._file = 0, None
        if self._path == STDIN:
            with standard_input() as file, unpacked(file) as stream:
                yield from self._stream(stream, "<stdin>")
            return
        root = Path(self._path)
        for path in self._sizes:
            name = path.name if path == root else path.relative_to(root).as_posix()
            if self.is_file_article:
                yield name, Former(id_of(name))
                if "_" in name:
                    yield name, Former(id_of(_WITHDRAWN.sub(r"\1", name)))
            if not path.resolve().is_relative_to(root.resolve()):
                yield name, Skipped(Problem.UNREADABLE, _checks.leads_out())
                continue
            try:
                with CountedFile(str(path)) as self._file, unpacked(self._file) as stream:
                    yield from self._stream(stream, name)
            except DAMAGE as error:
                yield name, Skipped(Problem.UNREADABLE, _errors.damaged_file(error))
            except OSError as error:
                yield name, Skipped(Problem.UNREADABLE, str(error))
            self._file = None
            self._n_read += self._sizes[path]

    def _stream(self, stream: BinaryIO, name: str) -> Iterator[Found]:
        """Yield the entries of an open file. A file that may be long is read in parts."""
        content = stream.read(LONGEST + 1)
        if len(content) > LONGEST:
            yield name, Skipped(Problem.UNREADABLE, _errors.document_too_long(LONGEST))
            return
        for place, record in self._parse(content, name):
            yield f"{name}{place}", record

    def _parse(self, content: bytes, name: str) -> Iterator[Found]:
        """Yield the place of a record in the document, and the record or why it is skipped."""
        raise NotImplementedError

    def _endings(self) -> tuple[str, ...]:
        """Return the endings of names of documents."""
        known = FORMATS[self.format]
        return known.endings or tuple(known.begins)

    def _files(self) -> Iterator[Path]:
        if not Path(self._path).is_dir():
            yield Path(self._path)
            return
        endings = self._endings()
        endings += tuple(ending + packed for ending in endings for packed in PACKED)
        for folder, folders, names in os.walk(self._path):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(names):
                if name.lower().endswith(endings) and not name.startswith((".", "_index.")):
                    path = Path(folder, name)
                    if path.is_file():
                        yield path


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
