"""Distributed: one archive of parts that many processes built."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from relnews.related import RelatedNews

if TYPE_CHECKING:
    from relnews.maintenance.shard_merge import Progress


def merge(
    paths: Iterable[str | os.PathLike[str]],
    path: str | os.PathLike[str],
    *,
    fresh: bool = False,
    progress: Progress | None = None,
) -> RelatedNews:
    """Write the archive of all parts of an input; return it, opened.

    Its lists are those of an archive that one `RelatedNews.fit` builds of the whole input. Of
    several articles with one id the first stays, and an id that one part withholds is in no list.
    Memory grows with the vocabulary. The archive appears in one transaction.

    Parameters
    ----------
    paths : iterable of path
        The archives of the parts, in any order: ``RelatedNews().fit(articles, part=(3, 64))``,
        saved.
    path : path
        Folder to write. An archive in this folder is replaced; its editors' rules stay.
    fresh : bool, default=False
        Drop the rules of an archive in the folder.
    progress : callable, optional
        Called twice with the parts and their number; returns the parts, as ``tqdm`` does.

    Returns
    -------
    RelatedNews
        The archive; ``repeated_lines_`` has the lines that it ignores.

    Raises
    ------
    ArchiveFormatError
        If a part is missing or there twice, is damaged, or is not of the same input and settings.
    FileExistsError
        If ``path`` is one of the parts, or holds something that is not an archive.
    """
    from relnews.maintenance import shard_merge

    repeated = shard_merge.merge([*map(Path, paths)], Path(path), progress, fresh=fresh)
    news = RelatedNews.open(path)
    news.repeated_lines_ = repeated
    return news
