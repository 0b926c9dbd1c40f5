"""The image of `examples/deploy`, built and run without a registry; run by `pytest -m slow`.

Debian's packages buildah and debootstrap have all of it. In place of `python:3.13-slim` stands a
minimal Debian with its own Python 3.13, as that image is one, too.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from relnews.sample import DEMO_ID
from serving import each_process

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "examples" / "deploy" / "Dockerfile"
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
DEBIAN = "http://deb.debian.org/debian"

Run = Callable[..., list[str]]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Build the image; return a function that gives the command to run one in a container."""
    if os.geteuid() or not shutil.which("buildah") or not shutil.which("debootstrap"):
        pytest.skip("needs root, and Debian's buildah and debootstrap")
    folder = tmp_path_factory.mktemp("image")
    buildah = ["buildah", "--root", folder / "root", "--runroot", folder / "runroot"]
    os.environ["STORAGE_DRIVER"] = "vfs"

    def call(*command: object) -> str:
        done = subprocess.run(
            [*map(str, command)], capture_output=True, text=True, check=False, cwd=ROOT
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout.strip()

    base = folder / "base"
    packages = "--include=python3,python3-venv,ca-certificates"
    call("debootstrap", "--variant=minbase", packages, "trixie", base, DEBIAN)
    (base / "usr" / "bin" / "python").symlink_to("python3")
    # Of this machine, whose way to the package index may have one of its own.
    shutil.copy(CERTIFICATES, base / CERTIFICATES.relative_to("/"))
    (base / "etc" / "pip.conf").write_text(f"[global]\ncert = {CERTIFICATES}\n")
    scratch = call(*buildah, "from", "scratch")
    call(*buildah, "add", "-q", scratch, base, "/")
    (name,) = {*re.findall(r"(?m)^FROM (\S+)", DOCKERFILE.read_text(encoding="utf-8"))}
    call(*buildah, "commit", "-q", scratch, f"docker.io/library/{name}")
    shutil.rmtree(base)

    options = ["--isolation", "chroot", "--pull-never"]
    call(*buildah, "bud", *options, "--format", "docker", "-f", DOCKERFILE, "-t", "relnews", ".")
    container = call(*buildah, "from", *options, "localhost/relnews")
    (folder / "archive").mkdir()
    (folder / "archive").chmod(0o777)
    stories = ROOT / "src" / "relnews" / "sample" / "stories.jsonl"
    shutil.copy(stories, folder / "archive" / "articles.jsonl")
    volume = f"{folder / 'archive'}:/news"  # buildah has a folder of its own at a VOLUME
    start = [*buildah, "run", "--isolation", "chroot", "-v", volume, "--workingdir", "/news"]
    yield lambda *command: [*map(str, start), container, "--", *command]
    shutil.rmtree(folder / "root", ignore_errors=True)


@pytest.mark.slow
def test_the_image_builds_an_archive_and_serves_it(run: Run) -> None:
    """Its user has no rights, its kernels are compiled, and it ends with 0 after SIGTERM."""

    def printed(*command: str) -> str:
        done = subprocess.run(run(*command), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    assert printed("id", "-u").strip() == "10001"
    before = printed("find", "/var/cache/relnews", "-name", "*.nbc").split()
    assert len(before) > 50
    assert "124 articles loaded" in printed("relnews", "build", "articles.jsonl", "-o", "a.relnews")
    printed("relnews", "store-lists", "a.relnews")
    assert printed("find", "/var/cache/relnews", "-name", "*.nbc").split() == before
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    (test,) = re.findall(r"(?m)^ +CMD \[\"python\", \"-c\", \"(.*)\"\]", DOCKERFILE.read_text())
    with subprocess.Popen(run("relnews", "serve", "a.relnews", "--port", str(port))) as service:
        try:
            wait_for(f"http://127.0.0.1:{port}/health")
            printed("python", "-c", test.replace(":8000", f":{port}"))
            with urlopen(f"http://127.0.0.1:{port}/related/{DEMO_ID}") as answer:
                assert answer.status == 200
        finally:
            # The first process of the service: the others rank for it.
            own = b"/opt/relnews/bin/python\0/opt/relnews/bin/relnews\0serve"
            processes = each_process("cmdline")
            found = (pid for pid, command in processes if command.startswith(own))
            os.kill(min(found), signal.SIGTERM)
    assert service.returncode == 0


def wait_for(address: str) -> None:
    for _ in range(300):
        try:
            with urlopen(address, timeout=10):
                return
        except URLError:
            time.sleep(0.2)
    raise AssertionError(address)
