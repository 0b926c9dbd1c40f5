"""Exceptions: the errors and warnings of relnews, each a subclass of a matching builtin."""

from __future__ import annotations

from collections.abc import Iterable

from relnews._checks import nearest, shortened


class RelnewsError(Exception):
    """Base class of the errors of relnews."""


class ArticleError(RelnewsError, ValueError):
    """Error of a record that is not a valid article."""


class LoadWarning(UserWarning):
    """Warning that fewer than half of the records became articles."""


class UnknownArticleError(RelnewsError, KeyError):
    """Error of an id that the archive lacks."""

    def __str__(self) -> str:
        # KeyError would print the repr of the message.
        return str(self.args[0])


class ArchiveFormatError(RelnewsError, ValueError):
    """Error of a folder that is no archive, is damaged, or has an unknown format version."""


class ArchiveChangedError(RelnewsError, RuntimeError):
    """Error of an archive that changed during every attempt to read from it."""

    def __init__(
        self, message: str = "the archive kept changing while it was read. Try again."
    ) -> None:
        super().__init__(message)


def unknown_article(identifier: str, known: Iterable[str], what: str = "id") -> UnknownArticleError:
    """Return the error of an unknown id, with the most similar known id as a hint."""
    sentence = f"no article has the {what} {shortened(identifier, 200)}."
    near = nearest(identifier, known)
    return UnknownArticleError(f"{sentence} Did you mean {near!r}?" if near else sentence)
