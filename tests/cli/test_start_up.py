"""A command loads what it uses. Modules are counted, not seconds, which differ from machine to machine."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from inspect import signature

import click
import pytest

from cli.conftest import CommandLine
from mailchimpsync.actions.api.description import Scope
from mailchimpsync.actions.people.explain import LIMIT, LIMIT_MAX
from mailchimpsync.cli.commands.people import options as people
from mailchimpsync.cli.commands.service import options as service
from mailchimpsync.cli.declaring import Implementation
from mailchimpsync.cli.main import cli

CLIENTS = {
    "httpx2": "requests",
    "mailchimpsync.civicrm": "requests to CiviCRM",
    "mailchimpsync.http": "requests",
    "mailchimpsync.mailchimp": "requests to Mailchimp",
    "smtplib": "sending alerts",
    "tenacity": "repeating requests",
}
SELDOM_USED = {
    "alembic": "migrations, and making a site",
    "babel": "collecting texts",
    "django": "serving",
    "mailchimpsync.actions.campaigns.campaigns": "campaigns",
    "mailchimpsync.actions.fleet": "a fleet",
    "mailchimpsync.actions.doctor": "doctor",
    "mailchimpsync.actions.people.erase": "erase",
    "mailchimpsync.store.fleet": "a fleet",
    "mailchimpsync.store.schema.fleet_tables": "a fleet",
    "mailchimpsync.sync.verify": "verify",
    "mailchimpsync.web": "serving",
    "mailchimpsync.worker": "serving",
    "mailchimpsync_sandbox": "the demo",
    "psycopg": "PostgreSQL",
    "pydantic_settings": "nothing",
    "pymysql": "MariaDB",
    "rich.progress": "bars on a terminal",
    "sqlalchemy.dialects.postgresql": "PostgreSQL",
    "tomlkit": "writing a configuration",
}
USED_BY_RUNS = {
    "mailchimpsync.civicrm.activities": "campaigns",
    "mailchimpsync.civicrm.names": "explain",
    "mailchimpsync.civicrm.reads": "reading contacts",
    "mailchimpsync.civicrm.writes": "changing contacts",
    "mailchimpsync.data": "tags and merge fields",
    "mailchimpsync.decide.rules": "deciding",
    "mailchimpsync.mailchimp.batches": "sending updates",
    "mailchimpsync.mailchimp.campaigns": "campaigns",
    "mailchimpsync.mailchimp.webhooks": "webhooks",
    "mailchimpsync.sync.staged_run": "the stages of a run",
    "mailchimpsync.sync.stages": "the stages of a run",
    "mailchimpsync.sync.updates": "sending updates",
    "sqlalchemy.dialects.mysql": "MariaDB, and temporary tables",
}
DECLARATIONS = {"mailchimpsync.cli.demo.options"} | {
    f"mailchimpsync.cli.commands.{package}.options"
    for package in ("sync", "plans", "people", "configuration", "service", "fleet")
}
LISTING = re.compile("List |.*, and list ", re.DOTALL)
VOCABULARY = {"mailchimpsync.model", "mailchimpsync.invisible"}
"""What declarations take choices from."""


def all_commands(group: click.Group = cli, *before: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield every command and subcommand, with the words that call it."""
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        assert command is not None
        yield (*before, name), command
        if isinstance(command, click.Group):
            yield from all_commands(command, *before, name)


COMMANDS = dict(all_commands())
IMPLEMENTED = {words: one for words, one in COMMANDS.items() if isinstance(one.callback, Implementation)}


def loaded_by(program: str, **env: str) -> set[str]:
    """Return the modules that a program has loaded at its end."""
    code = f"import sys\n{program}\nprint('\\n'.join(sys.modules), file=sys.stderr)\n"
    surroundings = {**os.environ, **env}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=surroundings)  # noqa: S603 (our own program)
    return set(done.stderr.split())


def ours(modules: set[str]) -> set[str]:
    """Return those of the product that aren't packages with nothing but a docstring."""
    found = {one for one in modules if one.startswith("mailchimpsync.")}
    return {one for one in found if not any(other.startswith(f"{one}.") for other in found)}


def foreign(modules: set[str], nothing: set[str]) -> set[str]:
    """Return the packages of others; `nothing` is what Python itself loads here."""
    return {one.partition(".")[0] for one in modules - nothing} - {"mailchimpsync", *sys.stdlib_module_names}


RUN = """
from mailchimpsync.cli.main import cli
def run(*words):
    try:
        cli.main(list(words), prog_name="mailchimpsync")
    except SystemExit as end:
        assert not end.code, words
"""


@pytest.fixture(scope="module")
def bare_python() -> set[str]:
    """What Python loads before any program begins, which depends on how it is installed."""
    return loaded_by("pass")


def test_the_list_of_commands_loads_no_command(bare_python: set[str]) -> None:
    loaded = loaded_by(f"{RUN}run('--help')")

    assert ours(loaded) == {"mailchimpsync.cli.main", "mailchimpsync.cli.declaring"}
    assert foreign(loaded, bare_python) == {"click"}


def test_the_help_of_every_command_loads_declarations_alone(bare_python: set[str]) -> None:
    loaded = loaded_by(f"{RUN}for words in {list(COMMANDS)!r}:\n    run(*words, '--help')")

    assert ours(loaded) == {"mailchimpsync.cli.main", "mailchimpsync.cli.declaring"} | DECLARATIONS | VOCABULARY
    assert foreign(loaded, bare_python) == {"click"}


def test_completion_loads_declarations_alone(bare_python: set[str]) -> None:
    asked = {"_MAILCHIMPSYNC_COMPLETE": "bash_complete", "COMP_WORDS": "mailchimpsync ", "COMP_CWORD": "1"}
    loaded = loaded_by(f"{RUN}run()", **asked)

    assert ours(loaded) == {"mailchimpsync.cli.main", "mailchimpsync.cli.declaring"} | DECLARATIONS | VOCABULARY
    assert foreign(loaded, bare_python) == {"click"}


def test_sync_loads_nothing_that_only_other_commands_use(connected: CommandLine) -> None:
    loaded = loaded_by(f"{RUN}run('--home', {str(connected.home)!r}, 'sync')")

    assert "sqlalchemy.dialects.sqlite" in loaded
    assert {one: use for one, use in SELDOM_USED.items() if one in loaded} == {}


def test_a_sync_with_nothing_to_do_loads_no_stage_of_a_run(connected: CommandLine) -> None:
    clocks = (connected.mailchimp.clock, connected.civicrm.clock)
    for seconds in (-60, 60, 2):  # what has just changed may change again within its second, so a run looks again
        for clock in clocks:
            clock.advance(seconds)
        assert connected("sync").exit_code == 0
    assert "nothing has changed" in connected("sync").stdout

    loaded = loaded_by(f"{RUN}run('--home', {str(connected.home)!r}, 'sync')")

    assert "mailchimpsync.sync.unchanged" in loaded
    assert {one: use for one, use in (SELDOM_USED | USED_BY_RUNS).items() if one in loaded} == {}


def test_status_asks_neither_side_and_loads_no_client(connected: CommandLine) -> None:
    assert connected("sync").exit_code == 0

    loaded = loaded_by(f"{RUN}run('--home', {str(connected.home)!r}, 'status')")

    assert "sqlalchemy.dialects.sqlite" in loaded
    assert {one: use for one, use in (SELDOM_USED | USED_BY_RUNS | CLIENTS).items() if one in loaded} == {}


@pytest.mark.parametrize("words", IMPLEMENTED, ids=" ".join)
def test_the_options_of_a_command_are_the_parameters_of_its_function(words: tuple[str, ...]) -> None:
    command = IMPLEMENTED[words]
    assert isinstance(command.callback, Implementation)

    _context, *parameters = signature(command.callback.load()).parameters

    assert sorted(parameters) == sorted(str(one.name) for one in command.params)


def test_choices_of_options_are_those_of_the_actions() -> None:
    [limit] = [one for one in people.explain.params if one.name == "limit"]
    limits = limit.type

    assert list(service.SCOPES) == [scope.value for scope in Scope]
    assert isinstance(limits, click.IntRange)
    assert (limit.default, limits.max) == (LIMIT, LIMIT_MAX)


@pytest.mark.parametrize("package", ["actions", "civicrm", "data", "decide", "mailchimp", "sync"])
def test_a_package_has_every_name_it_offers(package: str) -> None:
    offering = import_module(f"mailchimpsync.{package}")

    assert [name for name in offering.__all__ if not hasattr(offering, name)] == []


def test_a_name_that_is_also_a_modules_name_is_the_action_in_whatever_order_they_are_loaded() -> None:
    code = (
        "from mailchimpsync.actions.people.explain import LIMIT\n"
        "import mailchimpsync.actions.doctor\n"
        "from mailchimpsync.actions import doctor, explain, erase\n"
        "import mailchimpsync.actions.people.erase\n"
        "from mailchimpsync.actions import erase as again\n"
        "print(doctor.__name__, explain.__name__, erase.__name__, again is erase)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 (our own words)

    assert done.stdout.split() == ["doctor", "explain", "erase", "True"]


def test_every_listing_can_be_had_as_json() -> None:
    listings = {words: one for words, one in IMPLEMENTED.items() if one.help and LISTING.match(one.help)}

    assert ("token", "list") in listings
    assert [words for words, one in listings.items() if "as_json" not in {param.name for param in one.params}] == []
