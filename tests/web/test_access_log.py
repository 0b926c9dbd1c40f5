"""The access log has a whole line for each request, whatever a client sends."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from starlette.responses import Response
from starlette.testclient import TestClient

from relnews import RelatedNews, web
from relnews.sample import DEMO_ID, sample_articles
from relnews.web.access_log import LOGGER, AccessLogMiddleware
from serving import PATIENT, serving

COMMON = re.compile(
    r'(?P<client>\S+) - - \[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000\] "(?P<request>[^"]*)" '
    r"(?P<status>\d{3}) (?P<bytes>\d+|-) (?P<id>[A-Za-z0-9._-]+)"
)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("log") / "archive.relnews"
    RelatedNews().fit(sample_articles()).save(folder)
    RelatedNews.open(folder).store_lists()
    return folder


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that returns the lines so far."""
    # A framework that another test configures may have disabled all loggers that exist.
    monkeypatch.setattr(logging.getLogger(LOGGER), "disabled", False)
    caplog.set_level("INFO", logger=LOGGER)
    return lambda: [
        record.getMessage() for record in caplog.records if record.name == LOGGER
    ]  # fmt: skip


def test_the_common_form(archive: Path, lines: Any) -> None:
    """Client, time, request, status, bytes and id, in this order."""
    client = TestClient(
        web.app(archive, access_log="common", limits=PATIENT), raise_server_exceptions=False
    )
    answer = client.get(f"/related/{DEMO_ID}?k=3", headers={"x-request-id": "from-proxy.1"})
    client.head("/health")
    client.get("/nothing")
    first, second, third = map(COMMON.fullmatch, lines())
    assert first
    assert first["request"] == f"GET /related/{DEMO_ID}?k=3 HTTP/1.1"
    assert (first["status"], first["id"]) == ("200", "from-proxy.1")
    assert int(first["bytes"]) == int(answer.headers["content-length"])
    assert second
    assert second["bytes"] == "-"
    assert third
    assert third["status"] == "404"
    assert answer.headers["x-request-id"] == "from-proxy.1"


def test_the_json_form(archive: Path, lines: Any) -> None:
    """A line is one object; the id is the one in the answer."""
    client = TestClient(
        web.app(archive, access_log="json", limits=PATIENT), raise_server_exceptions=False
    )
    answer = client.post("/related", json={"title": "Ukraine"})
    (line,) = lines()
    entry = json.loads(line)
    assert [*entry] == [
        "time", "request_id", "client", "method", "target", "http_version", "status", "bytes",
        "seconds",
    ]  # fmt: skip
    assert entry["request_id"] == answer.headers["x-request-id"]
    assert (entry["method"], entry["target"], entry["status"]) == ("POST", "/related", 200)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", entry["time"])
    assert 0 <= entry["seconds"] < 60


@pytest.mark.parametrize("form", ["common", "json"])
@pytest.mark.parametrize(
    "name", ['a"b', "a\\b", "a\nb", "a\r\nGET", "\x1b[31m", "é", "\u2028", "a b", "%22", "a'b"]
)
def test_no_request_breaks_a_line(lines: Any, form: Any, name: str) -> None:
    """Whatever is in an address, the log has one line for it, of printable ASCII."""

    async def application(scope: Any, receive: Any, send: Any) -> None:
        await Response()(scope, receive, send)

    async def send(message: Any) -> None:
        pass

    for given in (name.encode(), b"x" * 200, b""):
        scope = {
            "type": "http", "method": "GET", "path": "/", "raw_path": f"/{name}".encode(),
            "query_string": name.encode(), "http_version": "1.1", "client": ("::1", 1),
            "headers": [(b"x-request-id", given)],
        }  # fmt: skip
        asyncio.run(AccessLogMiddleware(application, form)(scope, None, send))  # type: ignore[arg-type]
    assert len(lines()) == 3
    for line in lines():
        assert line.isascii()
        assert line.isprintable()
        assert COMMON.fullmatch(line) if form == "common" else json.loads(line)
        found = COMMON.fullmatch(line)
        identifier = found["id"] if found else json.loads(line)["request_id"]
        assert re.fullmatch("[0-9a-f]{32}", identifier)


def test_a_client_is_only_what_is_in_addresses(archive: Path, lines: Any) -> None:
    """A proxy may pass on anything as an address."""
    service = web.app(archive, access_log="common", limits=PATIENT)
    client = TestClient(service, client=('1.2.3.4" 200\n5.6.7.8', 1))
    client.get("/health")
    (line,) = lines()
    found = COMMON.fullmatch(line)
    assert found
    assert found["client"] == "1.2.3.4??200?5.6.7.8"


def test_without_a_log_there_are_no_lines(archive: Path, lines: Any) -> None:
    """By default no line and no id is written."""
    answer = TestClient(web.app(archive, limits=PATIENT)).get(
        "/health", headers={"x-request-id": "a"}
    )
    assert "x-request-id" not in answer.headers
    assert lines() == []


@pytest.mark.parametrize("has_config", [False, True])
def test_relnews_serve_prints_the_log(archive: Path, tmp_path: Path, has_config: bool) -> None:
    """Lines go to standard output, or where a configuration of logging says."""
    log = tmp_path / "access.log"
    options = ["--access-log", "json"]
    if has_config:
        config = {
            "version": 1,
            "handlers": {"file": {"class": "logging.FileHandler", "filename": str(log)}},
            "loggers": {LOGGER: {"handlers": ["file"], "level": "INFO"}},
        }
        (tmp_path / "logging.json").write_text(json.dumps(config))
        options += ["--log-config", str(tmp_path / "logging.json")]
    out = tmp_path / "out"
    with out.open("wb") as file, serving(archive, *options, stdout=file) as address:
        forwarded = {"X-Forwarded-For": "192.0.2.7, 198.51.100.9"}
        with urlopen(Request(f"{address}/related/{DEMO_ID}", headers=forwarded)) as answer:
            request_id = answer.headers["x-request-id"]
    written, other = (log.read_text(), out.read_text()) if has_config else (out.read_text(), "")
    (line,) = written.splitlines()
    assert json.loads(line)["request_id"] == request_id
    # 127.0.0.1 is believed to be a proxy; the last address is the one that it saw.
    assert json.loads(line)["client"] == "198.51.100.9"
    assert other == ""


def test_only_proxies_are_believed(archive: Path, tmp_path: Path) -> None:
    """From an address that is no proxy, X-Forwarded-For says nothing."""
    options = ["--access-log", "json", "--proxy", "192.0.2.0/24"]
    out = tmp_path / "out"
    with out.open("wb") as file, serving(archive, *options, stdout=file) as address:
        forwarded = {"X-Forwarded-For": "198.51.100.9"}
        urlopen(Request(f"{address}/health", headers=forwarded)).close()
    assert json.loads(out.read_text())["client"] == "127.0.0.1"
