"""Settings of the site; what relnews needs is at the end."""

import json
from pathlib import Path

SITENAME = "The Harbour Gazette"
SITEURL = ""
PATH = "content"
TIMEZONE = "UTC"
DEFAULT_LANG = "en"
ARTICLE_URL = ARTICLE_SAVE_AS = "{slug}.html"
FEED_ALL_ATOM = CATEGORY_FEED_ATOM = TRANSLATION_FEED_ATOM = None
AUTHOR_FEED_ATOM = AUTHOR_FEED_RSS = None

THEME = "simple"
THEME_TEMPLATES_OVERRIDES = ["templates"]

#: Every list by the slug of its article.
RELATED = {}
for file in sorted(Path(__file__).parent.glob("relnews/*.json")):
    RELATED |= json.loads(file.read_text(encoding="utf-8"))
JINJA_GLOBALS = {"related": RELATED}
