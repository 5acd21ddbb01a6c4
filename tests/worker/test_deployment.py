"""The ready-made files in deploy/ name nothing that isn't there."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import click
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from mailchimpsync.cli.main import COMMANDS, cli
from mailchimpsync.config import Settings

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
FILES = sorted(path for path in DEPLOY.rglob("*") if path.is_file())
UNITS = sorted((DEPLOY / "systemd").iterdir())
CALL = re.compile(r"(?:\bmailchimpsync|--rm service) +([a-z][a-z-]*)((?: +(?!>)\S+)*)")


def text(name: str) -> str:
    return (DEPLOY / name).read_text(encoding="utf-8")


def calls() -> list[tuple[str, str, str]]:
    """Return every call of ours, with its file."""
    found = [
        (path.name, str(match.group(1)), str(match.group(2)))
        for path in FILES
        for line in path.read_text(encoding="utf-8").splitlines()
        for match in CALL.finditer(line)
        if match.group(1) in COMMANDS or "ExecStart" in line or "--rm service" in line
    ]
    [words] = re.findall(r"^CMD (\[.*\])$", text("Dockerfile"), re.MULTILINE)
    name, *rest = re.findall(r'"([^"]+)"', words)
    return [*found, ("Dockerfile", name, " ".join(rest))]


def options_of(name: str, words: str) -> set[str]:
    """Return the options of a command, or of the command in a group that the words name."""
    command = cli.get_command(click.Context(cli), name)
    for word in words.split():
        if isinstance(command, click.Group):
            command = command.get_command(click.Context(command), word)
    assert command is not None
    return {option for one in command.params for option in (*one.opts, *one.secondary_opts)}


def unit(path: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # systemd's words have capitals
    parser.read(path, encoding="utf-8")
    return parser


@pytest.mark.parametrize(("file", "name", "words"), calls())
def test_commands_and_options_in_them_exist(file: str, name: str, words: str) -> None:
    assert name in COMMANDS, file
    assert set(re.findall(r"--[a-z-]+", words)) <= options_of(name, words), file


def test_each_of_them_calls_us() -> None:
    assert {file for file, _, _ in calls()} >= {
        "Dockerfile",
        "compose.yaml",
        "crontab",
        "mailchimpsync.service",
        "mailchimpsync-sync.service",
    }


def test_settings_in_them_exist() -> None:
    names = {name for path in FILES for name in re.findall(r"\bMAILCHIMPSYNC_([A-Z_]+)", path.read_text("utf-8"))}

    assert names
    assert {name.lower() for name in names} <= set(Settings.model_fields)


@pytest.mark.parametrize(
    "name", ["nginx.conf", "Dockerfile", "compose.yaml", "fleet/nginx.conf", "fleet/kubernetes.yaml"]
)
def test_they_use_the_port_on_which_the_service_listens(name: str) -> None:
    default: Any = Settings.model_fields["listen"].default

    assert default.rpartition(":")[2] in text(name)


def test_files_that_the_image_copies_exist() -> None:
    copied = [
        word
        for line in re.findall(r"^COPY (?!--from)(.*)$", text("Dockerfile"), re.MULTILINE)
        for word in line.split()[:-1]
    ]

    assert {"pyproject.toml", "src"} <= set(copied)
    assert all((ROOT / word).exists() for word in copied)


def test_the_image_installs_only_what_the_lock_files_name() -> None:
    """`tests/cli/test_wheel.py` builds and installs the wheel in the same way."""
    installs = re.findall(r"pip (?:install|wheel) .*", text("Dockerfile"))

    assert [line for line in installs if "--require-hashes" not in line and "--no-deps" not in line] == []


def test_the_image_runs_as_nobody_special_and_tells_its_health() -> None:
    lines = text("Dockerfile").splitlines()

    assert "USER mailchimpsync" in lines
    assert lines.index("USER mailchimpsync") < lines.index('ENTRYPOINT ["mailchimpsync"]')
    assert "/health" in text("Dockerfile")


@pytest.mark.parametrize("name", ["nginx.conf", "fleet/nginx.conf"])
def test_the_proxy_does_not_log_what_is_secret_in_addresses_of_webhooks(name: str) -> None:
    lines = [line for line in text(name).splitlines() if not line.strip().startswith("#")]
    [log] = [line for line in lines if line.startswith("log_format")]

    assert "uri " in log
    assert not re.search(r"\$(request|request_uri|args|query_string|http_referer)\b", log)
    assert [line.split()[2].rstrip(";") for line in lines if line.strip().startswith("access_log")] == [log.split()[1]]


@pytest.mark.parametrize("path", [path for path in UNITS if path.suffix == ".service"], ids=lambda path: path.name)
def test_services_are_shut_in(path: Path) -> None:
    service = unit(path)["Service"]

    assert service["User"] == "mailchimpsync"
    assert service["ProtectSystem"] == "strict"
    assert service["NoNewPrivileges"] == "yes"
    assert service["Environment"] == f"MAILCHIMPSYNC_HOME=/var/lib/{service['StateDirectory']}"


def test_the_timer_has_its_service() -> None:
    assert {path.stem for path in UNITS if path.suffix == ".timer"} <= {
        path.stem for path in UNITS if path.suffix == ".service"
    }


def test_systemd_finds_no_mistake_in_the_units(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("there is no systemd-analyze here")
    for path in UNITS:
        there = re.sub(r"/opt/mailchimpsync/bin/mailchimpsync", shutil.which("true") or "", path.read_text("utf-8"))
        (tmp_path / path.name).write_text(there, encoding="utf-8")

    found = subprocess.run(  # noqa: S603 (a program of the system, on files of ours)
        ["systemd-analyze", "verify", "--man=no", *map(str, sorted(tmp_path.iterdir()))],  # noqa: S607 (where it is differs)
        capture_output=True,
        text=True,
        check=False,
    )

    assert (found.returncode, found.stderr) == (0, "")


LOCKED = re.compile(r"^([a-z0-9-]+)==([^ ;]+)(?: ; [^\\]+)?((?: \\\n    --hash=sha256:[0-9a-f]{64})+)$", re.MULTILINE)


@pytest.mark.parametrize("name", ["requirements.txt", "build-requirements.txt"])
def test_a_lock_file_has_versions_and_hashes_and_nothing_else(name: str) -> None:
    left = LOCKED.sub("", text(name)).strip().splitlines()

    assert [line for line in left if line and not line.startswith("#")] == []


def test_the_locked_packages_are_versions_that_we_ask_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    locked = {match[1]: match[2] for match in LOCKED.finditer(text("requirements.txt"))}
    asked = map(Requirement, [*project["dependencies"], *extras["web"], *extras["postgres"], *extras["mariadb"]])

    assert [one for one in asked if not one.specifier.contains(locked.get(canonicalize_name(one.name), "0"))] == []
