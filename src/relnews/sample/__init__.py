"""The sample archive that ships with relnews: 124 short stories in twelve threads.

They were written for relnews, are fiction in the style of news, and may be used like its code.
"""

from __future__ import annotations

from importlib import resources

from relnews.readers import ArticleReader, read_articles

#: The story whose list ``relnews demo`` prints.
DEMO_ID = "nato-backs-ukraine-with-new-security-guarantees"


def sample_articles() -> ArticleReader:
    """Return a reader of the sample archive."""
    with resources.as_file(resources.files(__name__) / "stories.jsonl") as path:
        return read_articles(path)
