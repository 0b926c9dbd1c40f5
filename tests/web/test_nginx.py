"""The service behind nginx, as the page on servers says it is configured."""

from __future__ import annotations

import concurrent.futures
import contextlib
import gzip
import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import pytest

from relnews import RelatedNews
from relnews.sample import DEMO_ID, sample_articles
from waiting import LIMIT, until

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "servers.md"

#: What surrounds the configuration of the page.
CONFIGURATION = """
daemon off;
user root;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {page}
}}
"""

SERVICE = """
import logging
import os
from relnews import web

logging.basicConfig(filename={log!r}, format="%(message)s", level=logging.INFO)
log = logging.getLogger("relnews.access")
log.addFilter(lambda record: setattr(record, "msg", f"{{os.getpid()}} %s") or True)
limits = web.Limits(ranking_timeout=600)
app = web.app({archive!r}, access_log="json", limits=limits)
"""


class Site(NamedTuple):
    """A running nginx in front of a service."""

    port: int
    archive: Path
    log: Path

    def get(self, target: str, method: str = "GET", body: str = "", **headers: str) -> Any:
        """Return the answer; its body is in `content`."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LIMIT)
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, f"/relnews{target}", body.encode() or None, names)
        answer: Any = connection.getresponse()
        answer.content = answer.read()
        connection.close()
        return answer

    def entries(self) -> list[tuple[str, dict[str, Any]]]:
        """Return process and entry of each line of the access log."""
        lines = (line.partition(" ") for line in self.log.read_text().splitlines())
        return [(process, json.loads(rest)) for process, _, rest in lines if rest[:1] == "{"]

    def entry_of(self, request_id: str) -> dict[str, Any]:
        """Return the entry of a request, which is written after its answer."""

        def found() -> list[dict[str, Any]]:
            return [entry for _, entry in self.entries() if entry["request_id"] == request_id]

        until(found)
        return found()[0]


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False


@contextlib.contextmanager
def running(port: int, *command: str) -> Iterator[None]:
    """Run a command that listens at a port."""
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            until(lambda: process.poll() is not None or listens(port))
            assert process.poll() is None, command
            yield
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Run nginx, and behind it two processes of the service."""
    nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
    if nginx is None:
        pytest.skip("nginx is not installed")
    folder = tmp_path_factory.mktemp("site")
    archive, log = folder / "archive.relnews", folder / "access.log"
    RelatedNews().fit(sample_articles()).save(archive)
    RelatedNews.open(archive).store_lists()
    (folder / "service.py").write_text(SERVICE.format(log=str(log), archive=str(archive)))
    port, front = free_port(), free_port()
    service = (
        sys.executable, "-m", "uvicorn", "service:app", "--app-dir", str(folder), "--workers", "2",
        "--port", str(port), "--root-path", "/relnews", "--timeout-keep-alive", "75",
        "--http", "relnews.web.connections:Connection", "--no-access-log",
    )  # fmt: skip
    with running(port, *service):
        (page,) = re.findall("```nginx\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
        for given, here in (
            ("127.0.0.1:8765", f"127.0.0.1:{port}"),
            ("listen 80;", f"listen 127.0.0.1:{front};"),
        ):
            assert given in page
            page = page.replace(given, here)
        configuration = folder / "nginx.conf"
        configuration.write_text(CONFIGURATION.format(folder=folder, page=page))
        with running(front, nginx, "-p", str(folder), "-c", str(configuration)):
            yield Site(front, archive, log)


def test_lists_are_those_of_the_archive(site: Site) -> None:
    """Below the path there is everything: formats, ids of any kind, problems, drafts."""
    news = RelatedNews.open(site.archive)
    answer = site.get(f"/related/{DEMO_ID}")
    assert answer.status == 200
    assert json.loads(answer.content) == news.related(DEMO_ID).to_dict()
    assert site.get(f"/related?id={quote(DEMO_ID)}").content == answer.content
    assert site.get(f"/related/{DEMO_ID}.html").content.startswith(b"<section")
    assert json.loads(site.get(f"/related/{DEMO_ID}?k=3").content)["related"][2]["rank"] == 3
    assert site.get("/related/unknown").status == 404
    head = site.get(f"/related/{DEMO_ID}", "HEAD")
    assert (head.content, head.headers["content-length"]) == (b"", str(len(answer.content)))
    draft = site.get("/related", "POST", '{"title": "Ukraine"}', content_type="application/json")
    assert json.loads(draft.content)["related"]
    assert site.get("/health").status == site.get("/ready").status == 200


def test_caches_and_gzip_work_through_nginx(site: Site) -> None:
    """The proxy passes on ETags, 304 and gzip, of lists and of the module."""
    for target in (f"/related/{DEMO_ID}", "/related-news.js", "/openapi.json"):
        plain = site.get(target)
        again = site.get(target, if_none_match=plain.headers["etag"])
        assert (again.status, again.content) == (304, b"")
        packed = site.get(target, accept_encoding="gzip")
        assert packed.headers["content-encoding"] == "gzip"
        assert gzip.decompress(packed.content) == plain.content


def test_the_description_names_the_path(site: Site) -> None:
    """Addresses of the OpenAPI document are below the path of the proxy."""
    document = json.loads(site.get("/openapi.json").content)
    (server,) = document["servers"]
    assert server["url"] == "/relnews"
    assert site.get("/related/unknown").status == 404


def test_the_log_has_the_address_of_the_client(site: Site) -> None:
    """The proxy says who asks, and gives the request its id; what a client says is dropped."""
    answer = site.get("/health", x_forwarded_for="198.51.100.9", x_request_id="mine")
    request_id = answer.headers["x-request-id"]
    assert request_id != "mine"
    entry = site.entry_of(request_id)
    assert entry["client"] == "127.0.0.1"


def test_every_process_shows_a_commit_at_once(site: Site) -> None:
    """After a commit no process serves the list of before."""
    news = RelatedNews.open(site.archive)
    story = next(story for story in sample_articles() if story.id == DEMO_ID)
    begin = len(site.entries())

    def first_item(_: int) -> Any:
        return json.loads(site.get(f"/related/{DEMO_ID}").content)["related"][0]

    # Requests one after another would all go over one connection to one process.
    with concurrent.futures.ThreadPoolExecutor(16) as threads:
        for number in range(10):
            news.partial_fit([{
                "id": "twin", "title": story.title, "text": story.text[: len(story.text) // 2],
                "dek": str(number), "published": story.published,
            }])  # fmt: skip
            for first in threads.map(first_item, range(32)):
                assert (first["id"], first["dek"]) == ("twin", str(number))
    assert len({process for process, _ in site.entries()[begin:]}) == 2
