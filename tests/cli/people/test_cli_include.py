"""Ann has the next sync decide again about the people whom a search in CiviCRM finds."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import Result

from cli.conftest import CommandLine
from mailchimpsync.actions import open_site
from mailchimpsync.store.schema import cache


def make_group(ann: CommandLine, title: str, **values: Any) -> int:
    made = ann.civicrm.call("Group", "create", {"values": {"title": title, "is_active": True, **values}})
    return int(made["values"][0]["id"])


def contacts(ann: CommandLine) -> list[int]:
    with open_site(ann.home) as site, site.store.begin() as tx:
        found = tx.execute(cache.select().order_by(cache.c.id)).mappings()
        return [row["civicrm_contact_id"] for row in found if row["civicrm_contact_id"] is not None]


def due(ann: CommandLine) -> set[int]:
    with open_site(ann.home) as site, site.store.begin() as tx:
        return set(tx.execute(cache.select().where(cache.c.sync_status == "todo")).scalars().all())


@pytest.fixture
def ann(connected: CommandLine) -> CommandLine:
    assert connected("sync").exit_code == 0
    assert due(connected) == set()
    return connected


def include(ann: CommandLine, *words: str) -> Result:
    return ann("include", *words)


def test_everyone_whom_a_smart_group_finds_now_is_decided_about_again(ann: CommandLine) -> None:
    first = contacts(ann)[0]
    where = [["id", "=", first]]
    search = {"name": "one", "label": "One", "api_entity": "Contact", "api_params": {"version": 4, "where": where}}
    saved = ann.civicrm.call("SavedSearch", "create", {"values": search})["values"][0]["id"]
    make_group(ann, "Found by a search", saved_search_id=saved)

    result = include(ann, "--group", "Found by a search")

    assert result.stdout == "✓ Contacts: 1. The next sync decides about 1 rows again.\n"
    assert len(due(ann)) == 1


def test_a_group_that_is_not_linked_is_found_by_its_number_too(ann: CommandLine) -> None:
    group, some = make_group(ann, "Volunteers"), contacts(ann)[:2]
    records = [{"contact_id": one, "group_id": group, "status": "Added"} for one in some]
    ann.civicrm.call("GroupContact", "save", {"records": records})

    result = include(ann, "--group", str(group), "--json")

    assert json.loads(result.stdout) == {"inputCount": 2, "affected": 2}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--group", "No such"), "CiviCRM shows no group “No such”."),
        ((), "Give --group or --contact-id."),
    ],
)
def test_what_names_no_group_changes_nothing(ann: CommandLine, words: tuple[str, ...], said: str) -> None:
    result = include(ann, *words)

    assert (result.exit_code, due(ann)) == (2, set())
    assert said in result.output
