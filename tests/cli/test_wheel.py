"""The wheel works without development dependencies, as pip installs it into a new environment of each Python we name.

3.11 is always there; of the others, those are tried that this machine has.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import httpx2
import pytest

from mailchimpsync import __version__
from support.service import free_port

pytestmark = pytest.mark.thorough

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"


def works(python: str) -> bool:
    """Return whether a Python is there and can make environments; a name alone may be a shim of nothing."""
    if (found := shutil.which(python)) is None:
        return False
    return subprocess.run([found, "-c", "import ensurepip"], check=False, capture_output=True).returncode == 0  # noqa: S603


PYTHONS = [sys.executable, *filter(works, ("python3.12", "python3.13"))]
PAGES = ("index.md", "glossary.md", "tutorial.md", "how-to", "explanation", "reference", "decisions")

Installed = Callable[..., str]


def run(*arguments: str | Path, cwd: Path) -> str:
    """Call a program in a directory that is also its home, without the settings of this environment."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAILCHIMPSYNC_", "PYTHON"))}
    done = subprocess.run(  # noqa: S603 (our own programs)
        arguments, cwd=cwd, env=kept | {"HOME": str(cwd)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr or done.stdout
    return done.stdout


def build(tree: Path, directory: Path) -> Path:
    """Build the wheel of a tree, as at a release."""
    options = ("--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", directory)
    run(sys.executable, "-m", "pip", "wheel", *options, tree, cwd=directory)
    (built,) = directory.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module", params=PYTHONS, ids=lambda python: Path(python).name)
def environment(request: pytest.FixtureRequest, wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel with its dependencies and nothing else, into an environment away from the sources."""
    directory = tmp_path_factory.mktemp("installed")
    run(request.param, "-m", "venv", directory / "venv", cwd=directory)
    run(directory / "venv" / "bin" / "python", "-m", "pip", "install", "--quiet", wheel, cwd=directory)
    return directory


@pytest.fixture
def installed(environment: Path) -> Installed:
    return lambda *arguments: run(environment / "venv" / "bin" / "mailchimpsync", *arguments, cwd=environment)


def files_below(place: Path) -> set[str]:
    """Return all files: modules, migrations, templates, pictures, styles, scripts, translations."""
    found = (file for file in place.rglob("*") if file.is_file() and "__pycache__" not in file.parts)
    return {str(file.relative_to(place)) for file in found}


def test_the_wheel_holds_every_file_of_the_packages_and_no_tests(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        names = set(archive.namelist())

    assert names >= files_below(ROOT / "src")
    assert names >= {"mailchimpsync/py.typed", "mailchimpsync/web/locale/de/LC_MESSAGES/django.mo"}
    for migrations in ("store/migrations/versions", "store/migrations/fleet", "web/migrations"):
        assert any(name.startswith(f"mailchimpsync/{migrations}/") for name in names), migrations
    assert {name.split("/")[0].split("-")[0] for name in names} == {"mailchimpsync", "mailchimpsync_sandbox"}


def test_the_wheel_holds_the_pages_that_the_service_shows(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        names = set(archive.namelist())

    shown = {page for page in files_below(ROOT / "docs") if page.startswith(PAGES)}
    assert names >= {f"mailchimpsync/web/docs/{page}" for page in shown}


def test_the_sdist_builds_the_same_wheel_to_the_last_byte(wheel: Path, tmp_path: Path) -> None:
    run(sys.executable, "-c", f"from hatchling.build import build_sdist as b; b({str(tmp_path)!r})", cwd=ROOT)
    (sdist,) = tmp_path.glob("*.tar.gz")
    run("tar", "-xzf", sdist, cwd=tmp_path)

    again = build(tmp_path / sdist.name.removesuffix(".tar.gz"), tmp_path)

    assert again.read_bytes() == wheel.read_bytes()


def test_an_image_builds_the_same_wheel_from_what_its_dockerfile_copies(wheel: Path, tmp_path: Path) -> None:
    lines = re.findall(r"^COPY (?!--from)(.+) \S+$", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE)
    for name in " ".join(lines).split():
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        (tmp_path / name).parent.mkdir(exist_ok=True)
        copy(ROOT / name, tmp_path / name)

    assert build(tmp_path, tmp_path).read_bytes() == wheel.read_bytes()


@pytest.fixture
def deployed(wheel: Path, tmp_path: Path) -> Path:
    """Install the locked packages and the wheel, as the Dockerfile does; return where the programs are."""
    run(sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv", cwd=tmp_path)
    pip = (sys.executable, "-m", "pip", "--python", tmp_path / "venv")
    run(*pip, "install", "--quiet", "--require-hashes", "-r", DEPLOY / "requirements.txt", cwd=tmp_path)
    run(*pip, "install", "--quiet", "--no-deps", "--no-index", wheel, cwd=tmp_path)
    assert "No broken requirements" in run(*pip, "check", cwd=tmp_path)
    return tmp_path / "venv" / "bin"


def test_the_service_of_a_deployment_with_the_locked_packages_shows_pages_in_german(deployed: Path) -> None:
    address = f"127.0.0.1:{free_port()}"
    home = ("--home", str(deployed.parent / "home"))
    command = [str(deployed / "mailchimpsync"), *home, "serve", "--init", "--listen", address]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as service:  # noqa: S603 (our own program)
        assert service.stderr is not None
        try:
            assert any("Listening on" in line for line in service.stderr)
            answer = httpx2.get(f"http://{address}/sign-in", headers={"Accept-Language": "de"})
            [style] = re.findall(r'href="(/static/[^"]+\.css)"', answer.text)[:1]
            found = (answer.status_code, "Anmelden" in answer.text, httpx2.get(f"http://{address}{style}").status_code)
        finally:
            service.terminate()

    assert found == (200, True, 200)


def test_an_installed_wheel_says_its_version(installed: Installed) -> None:
    assert __version__ in installed("version")


def test_an_installed_wheel_lists_its_commands(installed: Installed) -> None:
    assert "sync" in installed("--help")


def test_an_installed_wheel_shows_the_demo(installed: Installed) -> None:
    assert "✓" in installed("demo", "--people", "100")
