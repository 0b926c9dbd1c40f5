"""Receiver of changes: keeps an archive up to date with the posts of a WordPress site.

The plugin sends the id of a post that has come, changed or gone. The receiver asks the site's
public API for that post: what the public cannot read there is removed from the archive.

    RELNEWS_TOKEN=secret python receiver.py archive.relnews https://gazette.example [PORT]
"""

from __future__ import annotations

import hmac
import json
import os
import sys
import tempfile
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

from relnews import RelatedNews, read_articles

#: Bytes of the longest message: an id.
LONGEST = 1024

#: Answers of the site to everybody who asks for a post that is not public, or not there any more.
GONE = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.GONE)


def follow(news: RelatedNews, site: str, number: int) -> None:
    """Bring one post of the archive up to date."""
    try:
        with urlopen(f"{site}/?rest_route=/wp/v2/posts/{number}&_embed=1", timeout=30) as answer:
            post = answer.read()
    except HTTPError as error:
        if error.code not in GONE:
            raise
        post = b""
    if post:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "post.json")
            path.write_bytes(post)
            news.partial_fit(read_articles(path))  # one that is withheld is removed
    elif str(number) in news:
        news.remove([str(number)])


class Receiver(BaseHTTPRequestHandler):
    """Takes the id of one post at a time, from those who know the token."""

    archive = site = token = ""

    def do_POST(self) -> None:
        """Follow a change, and say whether that is done."""
        given = self.headers.get("Authorization", "").encode()
        length = self.headers.get("Content-Length", "")
        content = self.rfile.read(min(int(length), LONGEST)) if length.isdecimal() else b""
        if not hmac.compare_digest(given, f"Bearer {self.token}".encode()):
            self.send_error(HTTPStatus.UNAUTHORIZED)
            return
        try:
            number = int(json.loads(content)["id"])
        except (ArithmeticError, ValueError, TypeError, KeyError):
            self.send_error(HTTPStatus.BAD_REQUEST, "expected {'id': number}")
            return
        try:
            follow(RelatedNews.open(self.archive), self.site, number)
        except Exception as error:
            self.log_error("post %d: %r", number, error)
            self.send_error(HTTPStatus.BAD_GATEWAY)
            return
        self.send_response(HTTPStatus.NO_CONTENT)
        self.end_headers()


def main() -> None:
    """Listen on this machine until the process ends."""
    Receiver.archive, Receiver.site, *port = sys.argv[1:]
    Receiver.token = os.environ["RELNEWS_TOKEN"]
    Receiver.timeout = 10
    HTTPServer(("127.0.0.1", int(port[0]) if port else 8001), Receiver).serve_forever()


if __name__ == "__main__":
    main()
