"""The wheel works without development dependencies, as pip installs it into a new environment."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import pytest

from mailchimpsync import __version__

pytestmark = pytest.mark.thorough

ROOT = Path(__file__).parents[2]

Installed = Callable[..., str]


def run(*arguments: str | Path, cwd: Path) -> str:
    """Call a program in a directory that is also its home, without the settings of this environment."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAILCHIMPSYNC_", "PYTHON"))}
    done = subprocess.run(  # noqa: S603 (our own programs)
        arguments, cwd=cwd, env=kept | {"HOME": str(cwd)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr or done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", directory, ROOT, cwd=directory)
    (built,) = directory.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Install the wheel with its dependencies and nothing else, and call its command away from the sources."""
    directory = tmp_path_factory.mktemp("installed")
    run(sys.executable, "-m", "venv", directory / "venv", cwd=directory)
    binaries = directory / "venv" / "bin"
    run(binaries / "python", "-m", "pip", "install", "--quiet", wheel, cwd=directory)
    return lambda *arguments: run(binaries / "mailchimpsync", *arguments, cwd=directory)


def test_the_wheel_holds_data_files_and_no_tests(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        names = set(archive.namelist())

    assert names >= {"mailchimpsync/py.typed", "mailchimpsync/web/locale/de/LC_MESSAGES/django.mo"}
    assert any(name.startswith("mailchimpsync/store/migrations/versions/") for name in names)
    assert not {name for name in names if name.split("/")[0] in {"tests", "benchmarks", "docs"}}


def test_an_installed_wheel_says_its_version(installed: Installed) -> None:
    assert __version__ in installed("version")


def test_an_installed_wheel_lists_its_commands(installed: Installed) -> None:
    assert "sync" in installed("--help")


def test_an_installed_wheel_shows_the_demo(installed: Installed) -> None:
    assert "✓" in installed("demo", "--people", "100")
