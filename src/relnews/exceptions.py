"""The errors that relnews raises, each also a builtin that a caller would catch anyway."""


class RelnewsError(Exception):
    """Base of every error that relnews raises on purpose."""


class ArticleError(RelnewsError, ValueError):
    """An article, or a line that should hold one, cannot be used as it is."""


class UnknownArticleError(RelnewsError, KeyError):
    """No article of the archive has this id."""

    def __str__(self) -> str:
        # KeyError would print the repr of the message.
        return str(self.args[0])


class ArchiveFormatError(RelnewsError, ValueError):
    """A folder is not an archive, is damaged, or is of an unknown format version."""


class ArchiveChangedError(RelnewsError, RuntimeError):
    """An archive kept changing while an answer was read from it."""
