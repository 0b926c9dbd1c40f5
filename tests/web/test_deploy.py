"""The files of `examples/deploy`, as far as they can be checked without containers."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import click
import pytest
import yaml

from relnews.cli import main
from relnews.web.metrics import Metrics

FOLDER = Path(__file__).parents[2] / "examples" / "deploy"
MONITOR = Path(__file__).parents[2] / "docs" / "how-to" / "monitor.md"


def text_of(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def commands() -> list[list[str]]:
    """Return the arguments of every `relnews` of units, image and compose file."""
    units = "".join(map(text_of, ("relnews.service", "relnews-update.service")))
    found = [shlex.split(line) for line in re.findall(r"/bin/relnews (.*)", units)]
    services = yaml.safe_load(text_of("compose.yaml"))["services"]
    image = text_of("Dockerfile")
    found += [services["update"]["command"], json.loads(re.findall(r"(?m)^CMD (.*)", image)[0])]
    found.append(shlex.split(re.findall(r"RUN relnews ([\w-]+)", image)[0]))
    return found


def test_commands_and_variables_exist() -> None:
    """The files give commands that the command line takes, and variables of its options."""
    assert len(commands()) == 6
    for name, *arguments in commands():
        main.commands[name].make_context(name, arguments)
    known = {
        f"RELNEWS_SERVE_{option.name}".upper()
        for option in main.commands["serve"].params
        if isinstance(option, click.Option)
    }
    named = re.findall(r"RELNEWS_SERVE_\w+", text_of("compose.yaml") + text_of("Dockerfile"))
    assert len(named) == 5
    assert {*named} <= known


def test_the_image_has_no_rights_and_is_healthy() -> None:
    """It ends as another user than root, compiles as that user, and says whether it is healthy."""
    *_, final = re.split(r"(?m)^FROM .*\n", text_of("Dockerfile"))
    order = [final.index(part) for part in ("USER 10001", "RUN relnews warm-up", "HEALTHCHECK")]
    assert order == sorted(order)
    assert "USER root" not in final
    assert "/health" in final
    for copied in re.findall(r"(?m)^COPY (?!--)(.*) \S+$", text_of("Dockerfile")):
        for name in copied.split():
            assert (FOLDER.parents[1] / name).exists()


def test_units_are_right(tmp_path: Path) -> None:
    """Systemd finds nothing wrong with the units."""
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed")
    paths = [*FOLDER.glob("relnews*.service"), *FOLDER.glob("*.timer")]
    assert len(paths) == 3
    for path in paths:
        unit = text_of(path.name).replace("/opt/relnews/bin/relnews", shutil.which("true") or "")
        (tmp_path / path.name).write_text(unit, encoding="utf-8")
    found = subprocess.run(
        ["systemd-analyze", "verify", *(tmp_path / path.name for path in paths)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (found.returncode, found.stderr) == (0, "")


@pytest.mark.slow
def test_compose_takes_its_file() -> None:
    """Compose understands every service, with the defaults of the variables and with others."""
    for tool in (["docker-compose"], ["docker", "compose"]):
        about = [*tool, "version"]
        if shutil.which(tool[0]) and not subprocess.run(about, capture_output=True).returncode:
            break
    else:
        pytest.skip("Docker Compose is not installed")
    for given, user, port in (({}, "10001", 8080), ({"RELNEWS_USER": "7"}, "7", 8080),
                              ({"RELNEWS_HTTP_PORT": "80"}, "10001", 80)):  # fmt: skip
        done = subprocess.run(
            [*tool, "-f", FOLDER / "compose.yaml", "--profile", "update", "config"],
            capture_output=True, text=True, check=False, env={"PATH": os.environ["PATH"], **given},
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, "")
        services = yaml.safe_load(done.stdout)["services"]
        assert services.keys() == {"relnews", "update", "nginx"}
        assert services["relnews"]["user"] == services["update"]["user"] == user
        assert [int(entry["published"]) for entry in services["nginx"]["ports"]] == [port]
        for name in ("relnews", "update"):
            assert services[name]["build"]["context"] == str(FOLDER.parents[1])


def test_nginx_takes_its_configuration(tmp_path: Path) -> None:
    """The configuration is right, but for the name of the other container."""
    if not shutil.which("nginx"):
        pytest.skip("nginx is not installed")
    (tmp_path / "site.conf").write_text(text_of("nginx.conf").replace("relnews:8000", "[::1]:8000"))
    whole = (
        f"pid {tmp_path}/pid; events {{}} http {{ access_log off; include {tmp_path}/site.conf; }}"
    )
    (tmp_path / "nginx.conf").write_text(whole)
    found = subprocess.run(
        ["nginx", "-t", "-q", "-e", "stderr", "-p", tmp_path, "-c", tmp_path / "nginx.conf"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert found.returncode == 0, found.stderr


def test_the_dashboard_and_the_alerts_ask_for_metrics_that_exist() -> None:
    """Every metric in an expression is one of the service."""
    families = {family.name: family.type for family in Metrics().registry.collect()}
    known = {name for name, kind in families.items() if kind == "gauge"}
    known |= {f"{name}_total" for name, kind in families.items() if kind == "counter"}
    known |= {f"{name}_bucket" for name, kind in families.items() if kind == "histogram"}
    panels = json.loads(text_of("grafana-dashboard.json"))["panels"]
    asked = [target["expr"] for panel in panels for target in panel["targets"]]
    asked += re.findall(r"(?m)^ +expr: (.*)", MONITOR.read_text(encoding="utf-8"))
    assert len(asked) == 11
    for expression in asked:
        names = re.findall(r"relnews_\w+", expression)
        assert names
        assert {*names} <= known, expression
    assert {
        name for expression in asked for name in re.findall(r"relnews_\w+", expression)
    } == known
