"""The receiver of `examples/wordpress`: what it answers to messages that are wrong."""

from __future__ import annotations

import importlib.util
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import HTTPServer
from pathlib import Path

import pytest

from waiting import LIMIT

FILE = Path(__file__).parents[2] / "examples" / "wordpress" / "receiver.py"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Run a receiver whose token is ``secret``."""
    spec = importlib.util.spec_from_file_location("receiver", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.Receiver.token = "secret"
    module.Receiver.log_message = lambda *_: None
    with HTTPServer(("127.0.0.1", 0), module.Receiver) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("token", "message", "status"),
    [
        ("secret", "", 400),
        ("secret", "[]", 400),
        ("secret", '{"id": "x"}', 400),
        ("secret", '{"id": 1e999}', 400),
        ("secret", '{"id": null}', 400),
        ("secret", '{"id": "1&context=edit"}', 400),
        ("", '{"id": 1}', 401),
        ("secrets", '{"id": 1}', 401),
    ],
)
def test_wrong_messages(address: str, token: str, message: str, status: int) -> None:
    """A message that is no id, or of somebody without the token, is refused."""
    headers = {"Authorization": f"Bearer {token}"}
    request = urllib.request.Request(address, message.encode(), headers)
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=LIMIT)
    assert caught.value.code == status
    caught.value.close()
