"""JSON shapes: where the records are in a value of JSON."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from relnews.readers import _errors, ghost_posts, visibility
from relnews.readers.field_names import FieldNames
from relnews.readers.found import Found, Skipped
from relnews.readers.load_report import Problem
from relnews.readers.visibility import plain_name

#: Names of lists of articles, by preference, as `plain_name` writes them.
_LISTS = (
    "posts", "articles", "stories", "news", "items", "entries", "entry", "item", "results",
    "documents", "docs", "records", "rows", "nodes", "edges", "hits", "data", "content",
)  # fmt: skip

#: Names of lists that are something else, however much their entries look like articles.
_OTHER_LISTS = frozenset({
    "pages", "comments", "replies", "tags", "categories", "authors", "users", "media", "images",
    "attachments", "menus", "links", "related", "snippets", "newsletters", "products", "settings",
    "revisions", "autosaves", "versions", "history",
})  # fmt: skip

#: Names of an object inside a record that holds its fields.
_INNER = ("node", "_source", "attributes", "fields", "document", "article", "post", "item")

#: Levels of objects and lists in which a list of articles is looked for.
_DEEPEST = 6

#: Entries of a list that tell what it is.
_N_FIRST = 10

#: A list of a document: the index or the key of each entry, and the entry.
_Entries: TypeAlias = list[tuple[str, object]]


class JsonShapes:
    """Finds the records in values of JSON.

    Parameters
    ----------
    names : FieldNames
        Names of the fields of an article.
    """

    def __init__(self, names: FieldNames) -> None:
        self._names = names

    def records(self, place: str, value: object) -> Iterator[Found]:
        """Yield the records of a value: the value itself, or the entries of the list it holds.

        Parameters
        ----------
        place : str
            Place of the value.
        value : object
            As JSON has it, or a `Skipped`, which is passed on.
        """
        if isinstance(value, dict):
            if isinstance(value.get("text"), str):
                yield place, value  # as most lines are
            else:
                yield from self._of_object(place, value)
        elif isinstance(value, list) and (entries := _entries(value)):
            for number, part in entries:
                yield self._entry(f"{place}[{number}]", part)
        else:
            yield self._entry(place, value)

    def _of_object(self, place: str, value: dict[str, object]) -> Iterator[Found]:
        posts = ghost_posts.posts_of(value) or ()
        if any(isinstance(post, dict) and ghost_posts.is_post(post) for post in posts[:_N_FIRST]):
            for number, post in enumerate(posts):
                yield self._entry(f"{place}: posts[{number}]", post)
            return
        value = self._unwrapped(value)
        lists = {} if self._is_article(value) else self._lists(value)
        if not lists:
            yield self._entry(place, value)
            return
        hidden = {path: name for path in lists if (name := _hidden_list(path))}
        best = min((_rank(path) for path in lists if path not in hidden), default=0)
        taken = [path for path in lists if path not in hidden and _rank(path) == best]
        for path, entries in lists.items():
            if path in taken or path in hidden:
                for key, entry in entries:
                    where, record = self._entry(f"{place}: {path}[{key}]", entry)
                    if path in hidden and isinstance(record, dict):
                        record = visibility.listed_under(hidden[path], record)
                    yield where, record
            else:
                detail = _errors.list_left_out(len(entries), " and ".join(taken))
                yield f"{place}: {path}", Skipped(Problem.NOT_AN_ARTICLE, detail)

    def _entry(self, place: str, value: object) -> Found:
        """Return a record that is no list; what is no object is skipped."""
        if isinstance(value, Skipped):
            return place, value
        if isinstance(value, dict):
            return place, self._unwrapped(value)
        detail = _errors.expected_json_object(json.dumps(value), type(value).__name__)
        return place, Skipped(Problem.UNREADABLE, detail)

    def _is_article(self, value: Mapping[str, object]) -> bool:
        """Return whether an object is an article, so that lists in it are parts of it."""
        named = self._names.named(value)
        return isinstance(named.get("text"), str) or bool(named.get("id") and named.get("title"))

    def _lists(self, value: dict[str, object]) -> dict[str, _Entries]:
        """Return the lists of what looks like articles, by path.

        An object with an id may be an article without words; only a list that is called after
        articles is then one.
        """
        found = dict(self._lists_below({"": value}, "", 0))
        if self._names.named(value).get("id"):
            return {path: entries for path, entries in found.items() if _rank(path) < len(_LISTS)}
        return found

    def _lists_below(
        self, value: dict[str, object], path: str, depth: int
    ) -> Iterator[tuple[str, _Entries]]:
        for name, part in value.items():
            below = f"{path}.{name}" if path else name
            entries = _entries(part)
            objects = [entry for _, entry in entries[:_N_FIRST] if isinstance(entry, dict)]
            if objects and 2 * sum(map(self._looks_like_article, objects)) > len(objects):
                yield below, entries
            elif depth < _DEEPEST and isinstance(part, dict):
                yield from self._lists_below(part, below, depth + 1)
            elif depth < _DEEPEST and isinstance(part, list):
                for key, entry in entries[:_N_FIRST]:
                    if isinstance(entry, dict):
                        yield from self._lists_below(entry, f"{below}[{key}]", depth + 1)

    def _looks_like_article(self, entry: dict[str, object]) -> bool:
        # The paragraphs of an article may be objects with a text, too.
        named = self._names.named(self._unwrapped(entry))
        return bool(named.get("title") or (named.get("text") and named.get("id")))

    def _unwrapped(self, record: dict[str, object]) -> dict[str, object]:
        """Return a record with the fields that an object inside it holds."""
        for name in _INNER:
            inner = record.get(name)
            if isinstance(inner, dict):
                named = self._names.named(inner)
                if named.get("title") or named.get("text"):
                    # Both may say who may see the article.
                    outer = {
                        f"{key} (2)" if key in inner else key: part
                        for key, part in record.items()
                        if key != name
                    }
                    return outer | inner
        return record


def _entries(value: object) -> _Entries:
    """Return the entries of a list with objects, or of an object that has objects by their ids."""
    if isinstance(value, list) and any(isinstance(part, dict) for part in value):
        return [(str(number), part) for number, part in enumerate(value)]
    if isinstance(value, dict) and all(isinstance(part, dict) for part in value.values()):
        return [(key, {"id": key, **part}) for key, part in value.items()]
    return []


@functools.lru_cache(256)
def _hidden_list(path: str) -> str:
    """Return the name in a path that says that what is below it is not public, or nothing."""
    names = (name.partition("[")[0] for name in path.split("."))
    return next(filter(visibility.hides_list, names), "")


@functools.lru_cache(256)
def _rank(path: str) -> int:
    """Return the rank of a path among paths of articles; lower is better."""
    names = {plain_name(name.partition("[")[0]) for name in path.split(".")}
    if names & _OTHER_LISTS:
        return len(_LISTS) + 1
    return min((_LISTS.index(name) for name in names & {*_LISTS}), default=len(_LISTS))
