"""A command loads what it uses. Modules are counted, not seconds, which differ from machine to machine."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from cli.conftest import Desk

SELDOM_USED = {
    "alembic": "migrations, and making a site",
    "django": "serving",
    "mailchimpsync.actions.campaigns.campaigns": "campaigns",
    "mailchimpsync.actions.doctor": "doctor",
    "mailchimpsync.actions.people.erase": "erase",
    "mailchimpsync.sync.verify": "verify",
    "mailchimpsync.web": "serving",
    "mailchimpsync.worker": "serving",
    "mailchimpsync_sandbox": "the demo",
    "psycopg": "PostgreSQL",
    "pydantic_settings": "nothing",
    "pymysql": "MariaDB",
    "sqlalchemy.dialects.postgresql": "PostgreSQL",
    "tomlkit": "writing a configuration",
}
HELP_ONLY = {"httpx2", "mailchimpsync.actions", "pydantic", "rich", "sqlalchemy"}


def loaded_by(*arguments: str) -> set[str]:
    """Return the modules that a command has loaded at its end."""
    code = (
        "import sys\n"
        f"sys.argv = ['mailchimpsync', *{arguments!r}]\n"
        "from mailchimpsync.cli.main import main\n"
        "try:\n    main()\n"
        "finally:\n    print('\\n'.join(sys.modules), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)  # noqa: S603 (our own words)
    return set(done.stderr.split())


def test_the_list_of_commands_loads_no_command() -> None:
    assert not HELP_ONLY & loaded_by("--help")


@pytest.mark.parametrize("command", ["status", "sync"])
def test_the_commands_that_are_called_most_load_nothing_that_only_others_use(command: str, connected: Desk) -> None:
    assert connected("sync").exit_code == 0

    loaded = loaded_by("--home", str(connected.home), command)

    assert "sqlalchemy.dialects.sqlite" in loaded
    assert {one: use for one, use in SELDOM_USED.items() if one in loaded} == {}


@pytest.mark.parametrize("package", ["mailchimpsync.actions", "mailchimpsync.sync"])
def test_a_package_offers_to_programs_what_type_checkers_see(package: str) -> None:
    offering = import_module(package)
    tree = ast.parse(Path(str(offering.__file__)).read_text())
    seen = {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
    seen -= {"TYPE_CHECKING", "Where", "lazily"}

    assert sorted(seen) == sorted(offering.__all__)
    assert sorted(" ".join(offering.MODULES.values()).split()) == sorted(offering.__all__)
    assert all(getattr(offering, name) is not None for name in offering.__all__)


def test_a_name_that_is_also_a_modules_name_is_the_action_in_whatever_order_they_are_loaded() -> None:
    code = (
        "from mailchimpsync.actions.people.explain import LIMIT\n"
        "from mailchimpsync.actions import explain, erase\n"
        "import mailchimpsync.actions.people.erase\n"
        "from mailchimpsync.actions import erase as again\n"
        "print(explain.__name__, erase.__name__, again is erase)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 (our own words)

    assert done.stdout.split() == ["explain", "erase", "True"]
