"""The pages are up to date, and leave nothing out. That they build without a warning is a step of CI."""

from __future__ import annotations

import re
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mailchimpsync import errors
from mailchimpsync.actions.alerts.problems import Kind
from mailchimpsync.cli.main import COMMANDS, cli
from mailchimpsync.errors import SMALLEST, Code, MailchimpsyncError, quoted
from mailchimpsync.model import Stage, SyncStatus
from mailchimpsync.store.schema import metadata
from mailchimpsync.sync import STAGES, Outcome

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(page for page in DOCS.rglob("*.md") if "_build" not in page.parts)


def generator() -> Any:
    spec = spec_from_file_location("generate_docs", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "name", ["reference/decision-table.md", "reference/codes.md", "reference/permissions.md", "reference/api.md"]
)
def test_pages_made_from_the_program_are_up_to_date(name: str) -> None:
    assert page(name) == generator().PAGES[name](), "run: python docs/generate.py"


def test_every_code_is_explained() -> None:
    assert re.findall(r"^### (\w+)$", page("reference/codes.md"), re.MULTILINE) == list(Code)


def test_every_kind_of_alert_is_explained() -> None:
    assert set(re.findall(r"^\| `(\w+)` \|", page("how-to/set-up-alerts.md"), re.MULTILINE)) == set(Kind)


def test_every_stage_is_explained_in_its_order() -> None:
    assert re.findall(r"^\| `(\w+)` \|", page("reference/stages.md"), re.MULTILINE) == list(STAGES) == list(Stage)


def test_every_exit_code_is_explained() -> None:
    explained = set(re.findall(r"^\| (\d+) \|", page("reference/exit-codes.md"), re.MULTILINE))
    help_text = CliRunner().invoke(cli, ["--help"]).output
    in_use = {
        str(kind.exit_code)
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, MailchimpsyncError)
    }

    assert explained == set(re.findall(r"^ +(\d+)  ", help_text, re.MULTILINE))
    assert in_use < explained


def test_every_table_and_every_column_is_explained() -> None:
    explained = {}
    for section in page("reference/tables.md").split("\n## ")[1:]:
        name, _, text = section.partition("\n")
        explained[name] = re.findall(r"^\| `(\w+)` \| \S", text, re.MULTILINE)

    assert explained == {name: [column.name for column in table.columns] for name, table in metadata.tables.items()}


@pytest.mark.parametrize("word", [*SyncStatus])
def test_every_sync_status_is_in_the_glossary(word: str) -> None:
    assert f"`{word}`" in page("glossary.md")


@pytest.mark.parametrize("word", [Outcome.DONE, Outcome.WAITING])
def test_how_a_run_can_end_is_explained(word: str) -> None:
    assert f"`{word}`" in page("reference/tables.md")


def options_of(command: str) -> str:
    return CliRunner().invoke(cli, [command, "--help"]).output


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_every_command_and_option_a_page_shows_exists(path: Path) -> None:
    for call in re.findall(r"mailchimpsync ([a-z-]+(?: --?[\w-]+(?: [\w.]+)?)*)", path.read_text(encoding="utf-8")):
        command, *words = call.split()
        if command not in COMMANDS:
            assert not any(word.startswith("-") for word in words), call
            continue
        for option in (word for word in words if word.startswith("--")):
            assert option in options_of(command), call


def test_every_call_in_a_code_block_is_of_a_command_that_exists() -> None:
    one = re.compile(r"`mailchimpsync (?:--site \S+ )?([a-z-]+)")
    calls = [call for path in PAGES for call in one.findall(path.read_text("utf-8"))]

    assert calls
    assert set(calls) <= set(COMMANDS)


def test_every_code_named_on_a_page_exists() -> None:
    named = {
        code
        for path in PAGES
        for code in re.findall(r"\b(?:MC|CV|STORE|MAILCHIMP|CIVICRM)_[A-Z_]+[A-Z]\b", path.read_text("utf-8"))
    }

    assert named <= set(Code)


def test_the_readme_names_the_smallest_set_of_permissions() -> None:
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    assert f"needs the permissions {quoted(SMALLEST)}" in readme
