"""Documents: files that are read at once and hold an article, or a feed of some; or a folder."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from relnews import _checks
from relnews.readers import _errors
from relnews.readers.load_report import Problem
from relnews.readers.opening import DAMAGE, PACKED, STDIN, CountedFile, standard_input, unpacked
from relnews.readers.reader import ArticleReader, Found, Skipped

#: The longest document, unpacked; what is longer is no article, and may be meant to fill memory.
LONGEST = 32 << 20

#: The modules that read a document, each with a function ``records(content, name)``.
_MODULES = {"markdown": "markdown", "html": "pages", "feed": "feeds"}


class DocumentReader(ArticleReader):
    """The articles of a document, or of all documents of a folder, in the order of their names.

    What begins with a dot, and in a folder of Markdown also ``_index`` files, is passed over.
    """

    def __init__(
        self,
        path: str,
        format: str,  # noqa: A002
        endings: tuple[str, ...],
        fields: Mapping[str, str],
        *,
        strict: bool = False,
    ) -> None:
        super().__init__(fields, strict=strict)
        # Modules of formats import what they need at once, so that it is missed now.
        self._read = importlib.import_module(f"relnews.readers.{_MODULES[format]}").records
        self._skips_future = format == "markdown"
        self._path = path
        self._endings = (*endings, *(end + packed for end in endings for packed in PACKED))
        self._sizes = {} if path == STDIN else {one: one.stat().st_size for one in self._files()}
        self._n_read = 0

    @property
    def bytes_total(self) -> int | None:
        """Size of all files."""
        return None if self._path == STDIN else sum(self._sizes.values())

    @property
    def bytes_read(self) -> int | None:
        """How much of them the latest pass has taken."""
        return None if self._path == STDIN else self._n_read

    def _records(self) -> Iterator[Found]:
        self._n_read = 0
        if self._path == STDIN:
            with standard_input() as file, unpacked(file) as stream:
                yield from self._document(stream.read(LONGEST + 1), "<stdin>")
            return
        root = Path(self._path)
        for path in self._sizes:
            name = path.name if path == root else path.relative_to(root).as_posix()
            if not path.resolve().is_relative_to(root.resolve()):
                yield name, Skipped(Problem.UNREADABLE, _checks.leads_out())
                continue
            try:
                with CountedFile(str(path)) as file, unpacked(file) as stream:
                    content = stream.read(LONGEST + 1)
            except DAMAGE as error:
                yield name, Skipped(Problem.UNREADABLE, _errors.damaged_file(error))
            except OSError as error:
                yield name, Skipped(Problem.UNREADABLE, str(error))
            else:
                yield from self._document(content, name)
            self._n_read += self._sizes[path]

    def _document(self, content: bytes, name: str) -> Iterator[Found]:
        if len(content) > LONGEST:
            yield name, Skipped(Problem.UNREADABLE, _errors.document_too_long(LONGEST))
            return
        for place, record in self._read(content, name):
            yield f"{name}{place}", record

    def _files(self) -> Iterator[Path]:
        if not Path(self._path).is_dir():
            yield Path(self._path)
            return
        for folder, folders, names in os.walk(self._path):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(names):
                if name.lower().endswith(self._endings) and not name.startswith((".", "_index.")):
                    path = Path(folder, name)
                    if path.is_file():
                        yield path


def id_of(name: str) -> str:
    """Return the id of a document that has no other: its path below the folder, without endings.

    Of ``news/ferry/index.md`` that is ``news/ferry``.

    Parameters
    ----------
    name : str
    """
    path = PurePosixPath(name)
    if path.suffix.lower() in PACKED:
        path = path.with_suffix("")
    path = path.with_suffix("")
    return str(path.parent if path.name == "index" and path.parent.name else path)
