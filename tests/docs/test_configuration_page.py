"""The page on the configuration names every field and every setting, with its default, and no other."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from mailchimpsync.cli.commands.configuration import connect, init
from mailchimpsync.config import (
    Account,
    Alerts,
    AlertWebhook,
    Campaigns,
    CivicrmSite,
    Configuration,
    Departures,
    Email,
    Guard,
    Link,
    Schedule,
    Settings,
    Slack,
)
from mailchimpsync.config.texts import from_text
from mailchimpsync.store.site.configurations import VERSIONS_MAX

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "reference/configuration.md").read_text(encoding="utf-8")
HOW_TO = (DOCS / "how-to/change-the-configuration.md").read_text(encoding="utf-8")
PARTS = {
    "### `civicrm`": CivicrmSite,
    "### `accounts.NAME`": Account,
    "### `connections`": Link,
    "### `connections.departures`": Departures,
    "### `connections.schedule`": Schedule,
    "### `connections.guard`": Guard,
    "### `connections.campaigns`": Campaigns,
    "### `alerts`": Alerts,
    "### `alerts.email`": Email,
    "### `alerts.webhook`": AlertWebhook,
    "### `alerts.slack`": Slack,
    "## Settings": Settings,
}


def table(head: str) -> dict[str, list[str]]:
    """The rows of the table under a heading, by their first cell."""
    section = re.split(r"\n##+ ", PAGE.split(f"\n{head}", 1)[1])[0]
    rows = re.findall(r"^\| `(\w+)` \|(.*)\|$", section, re.MULTILINE)
    return {name: [cell.strip() for cell in rest.split(" | ")] for name, rest in rows}


@pytest.mark.parametrize(("head", "model"), PARTS.items(), ids=[model.__name__ for model in PARTS.values()])
def test_every_field_is_explained_in_its_order(head: str, model: type[BaseModel]) -> None:
    explained = table(head)

    assert list(explained) == list(model.model_fields)
    assert all(cells[-1] for cells in explained.values())


@pytest.mark.parametrize(("head", "model"), PARTS.items(), ids=[model.__name__ for model in PARTS.values()])
def test_plain_defaults_are_those_of_the_program(head: str, model: type[BaseModel]) -> None:
    for name, cells in table(head).items():
        default: Any = model.model_fields[name].default
        if shown := re.fullmatch(r"`(.+)`", cells[-2]):
            plain = default.get_secret_value() if hasattr(default, "get_secret_value") else default
            assert shown[1] == (json.dumps(plain) if isinstance(plain, bool | list) else str(plain)), name


def test_every_part_of_the_document_has_its_section() -> None:
    assert {head.strip("#` ").split(".")[0] for head in PARTS if "###" in head} == set(Configuration.model_fields)


def test_every_variable_is_named() -> None:
    ours = {f"MAILCHIMPSYNC_{name.upper()}" for name in Settings.model_fields}
    of_commands = {init.KEY_VARIABLE, connect.KEY_VARIABLE, "MAILCHIMPSYNC_CIVICRM_URL"}

    assert set(re.findall(r"MAILCHIMPSYNC_\w+", PAGE)) == ours | of_commands


def test_the_example_is_a_configuration() -> None:
    [example] = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)

    found = Configuration.checked(from_text(re.sub('(?<=_url = ")…', "https://x.example/", example).replace("…", "x")))

    assert found.connections[0].schedule.every_minutes == 30


def test_how_many_versions_are_kept_is_told() -> None:
    assert f"The newest {VERSIONS_MAX} versions are kept" in HOW_TO
