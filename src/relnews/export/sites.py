"""Lists as files that a static site is made with: one for each article, or a few for all.

A site is a row of `SITES`. `export_site` writes what has changed and removes what is gone.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from relnews import dates
from relnews.export import _errors, html, json
from relnews.export.folder import FolderReport, KeptFolder, kept
from relnews.export.names import digest, file_name

if TYPE_CHECKING:
    from relnews.options.list_options import Options
    from relnews.related import RelatedNews
    from relnews.results import RelatedList

#: Lists in one file of a pack, about.
PACKED = 1024

#: So many articles are asked for at once.
_CHUNK = 10_000


@dataclasses.dataclass(frozen=True, slots=True)
class Site:
    """Where a kind of site wants its data, and how.

    Parameters
    ----------
    folder : str
        Below the folder of the site.
    ending : str
        Of the files: ``.json``, or ``.html`` for fragments.
    packed : bool
        Whether there are many lists in a file, by id, instead of a file for each.
    index : str or None
        Name of a file that maps ids to the names of files, for templates that cannot compute them.
    """

    folder: str
    ending: str = ".json"
    packed: bool = False
    index: str | None = None


#: The kinds of sites. Hugo reads what is in ``assets`` when a page asks for it, and keeps all that
#: is in ``data`` in memory; Jekyll and Eleventy look nowhere but in ``_data``, whose file names
#: become keys; Astro loads a collection from any folder; Pelican leaves it to its settings.
SITES: Mapping[str, Site] = {
    "json": Site(".", index="_index.json"),
    "html": Site(".", ending=".html", index="_index.html.json"),
    "hugo": Site("assets/relnews", index="_index.json"),
    "astro": Site("src/data/relnews"),
    "jekyll": Site("_data/relnews", packed=True),
    "eleventy": Site("_data/relnews", packed=True),
    "pelican": Site("relnews", packed=True),
}


def export_site(
    news: RelatedNews,
    folder: str | os.PathLike[str],
    site: str = "json",
    *,
    k: int = 8,
    heading: str = "Related News",
    progress: Callable[[Iterator[RelatedList], int], Iterable[RelatedList]] | None = None,
    **options: Unpack[Options],
) -> FolderReport:
    """Write the list of every article into the folder of a static site.

    Files that have the right content already are left as they are; files that an earlier export
    wrote and that are not needed any more are removed; files of others are never touched. Which
    files are ours is listed in ``.relnews-json`` and the like, beside them. Articles under embargo
    or expired get no file.

    Parameters
    ----------
    news : RelatedNews
    folder : path-like
        The folder of the site; made if it is not there.
    site : str, default="json"
        A name of `SITES`.
    k : int, default=8
        Most items in a list.
    heading : str, default="Related News"
        Of HTML fragments.
    progress : callable, optional
        Given the lists to go through and their number, it returns the lists.
    **options
        As for `RelatedNews.related_all`; stored lists are used without any.

    Returns
    -------
    FolderReport

    Raises
    ------
    FileExistsError
        If a file is in the way that no export wrote; then nothing is written.
    """
    about = SITES[_errors.check_site(site, SITES)]
    ids = _visible(news)
    stems = _pack_names(ids) if about.packed else {id_: file_name(id_) for id_ in ids}
    names = {stem + about.ending for stem in stems.values()}
    if about.index:
        names.add(about.index)
    with kept(Path(folder, about.folder), f".relnews-{site}", names) as files:
        lists: Iterable[RelatedList] = news.related_all(k, **options)
        if progress is not None:
            lists = progress(iter(lists), len(news))
        known = ((stems[one.id], one) for one in lists if one.id in stems)
        if about.packed:
            _write_packs(files, known, about)
        else:
            done = _write_each(files, known, about, heading)
            if about.index:
                index = {id_: stems[id_] + about.ending for id_ in sorted(done)}
                files.write(about.index, f"{json.line(index)}\n".encode())
    return files.report


def _visible(news: RelatedNews) -> list[str]:
    """Return the ids of the articles that are to be seen now."""
    catalogue, now = news.archive_.catalogue, dates.now()
    with catalogue.read_transaction():
        keys = catalogue.keys()
        return [
            about[0]
            for first in range(0, len(keys), _CHUNK)
            for about in catalogue.details(keys[first : first + _CHUNK], now)
            if about is not None
        ]


def _pack_names(ids: list[str]) -> dict[str, str]:
    """Return the pack that each list goes into: by as many digits of a hash as are needed."""
    n_digits = next(n for n in range(64) if len(ids) <= PACKED << 4 * n)
    if not n_digits:
        return dict.fromkeys(ids, "lists")
    return {id_: f"lists-{digest(id_)[:n_digits]}" for id_ in ids}


def _write_each(
    files: KeptFolder, lists: Iterable[tuple[str, RelatedList]], site: Site, heading: str
) -> list[str]:
    done: list[str] = []
    for stem, one in lists:
        text = html.fragment(one, heading=heading) if site.ending == ".html" else json.dumps(one)
        files.write(stem + site.ending, f"{text}\n".encode() if text else b"")
        done.append(str(one.id))
    return done


def _write_packs(files: KeptFolder, lists: Iterable[tuple[str, RelatedList]], site: Site) -> None:
    """Write files of many lists; a pack is an object with a line for each id, in order of ids."""
    packs: dict[str, list[tuple[str, str]]] = {}
    for stem, one in lists:
        packs.setdefault(stem, []).append((str(one.id), json.dumps(one)))
    for stem in sorted(packs):
        lines = ",\n".join(f"{json.line(id_)}: {text}" for id_, text in sorted(packs.pop(stem)))
        files.write(stem + site.ending, f"{{\n{lines}\n}}\n".encode())
