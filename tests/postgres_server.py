"""A PostgreSQL server of the tests, where one is installed."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from waiting import LIMIT, until

SECRET = "s3cr3t p@ss/word"


def postgres_binaries() -> Path | None:
    """Return the folder of PostgreSQL's programs, wherever it is installed."""
    places = [Path(found).resolve().parent for found in [shutil.which("initdb")] if found]
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((place for place in places if (place / "initdb").exists()), None)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextlib.contextmanager
def running_postgres() -> Iterator[sa.URL]:
    """Run a PostgreSQL server with a password; yield its address, or skip the test."""
    pytest.importorskip("psycopg", reason="psycopg, the driver of PostgreSQL, is not installed")
    binaries = postgres_binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL server is installed (Debian's package postgresql has one)")
    user = None
    if os.name == "posix" and os.getuid() == 0:  # initdb refuses to run as root
        import pwd

        known = {entry.pw_name for entry in pwd.getpwall()}
        user = next((name for name in ("postgres", "nobody") if name in known), None)
        if user is None:
            pytest.skip("no user but root, whom PostgreSQL's initdb refuses")
    with tempfile.TemporaryDirectory(prefix="relnews-postgres-", ignore_cleanup_errors=True) as at:
        place = Path(at)
        if user is not None:
            shutil.chown(place, user)
        (place / "password").write_text(SECRET)
        (place / "password").chmod(0o644)
        made = subprocess.run(
            [binaries / "initdb", "-D", place / "data", "-U", "editor", "-E", "UTF8", "--locale=C",
             "--auth=scram-sha-256", f"--pwfile={place / 'password'}", "--no-sync"],
            user=user, cwd=place, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if made.returncode:
            pytest.skip(f"PostgreSQL's initdb does not work here: {made.stderr.strip()[-200:]}")
        port = free_port()
        server = subprocess.Popen(
            [binaries / "postgres", "-D", place / "data", "-p", str(port), "-c", "fsync=off",
             "-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={place}"],
            user=user, cwd=place, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            url = sa.URL.create(
                "postgresql+psycopg", "editor", SECRET, "127.0.0.1", port, "postgres"
            )
            wait_for(url, server)
            yield url
        finally:
            server.terminate()
            server.wait(LIMIT)


def wait_for(url: sa.URL, server: subprocess.Popen[bytes]) -> None:
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)

    def answers() -> bool:
        assert server.poll() is None, "the server has stopped"
        with contextlib.suppress(sa.exc.OperationalError), engine.connect():
            return True
        return False

    until(answers)
