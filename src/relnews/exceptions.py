"""Exceptions: the errors and warnings of relnews, each a subclass of a matching builtin."""


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
