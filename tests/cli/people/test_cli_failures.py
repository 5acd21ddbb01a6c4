"""`failures` names the people who can't be synced, and accepts some of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cli.conftest import CommandLine


def test_people_are_listed_by_reason_and_accepted_ones_only_on_request(connected: CommandLine) -> None:
    connected("sync")
    [one, *_] = json.loads(connected("failures", "list", "--json").stdout)
    person = str(one["contact_id"] or one["address"])
    name = one["name"] or one["address"] or f"contact {one['contact_id']}"
    listed = connected("failures", "list").stdout
    assert name in listed
    assert one["reason"] in listed

    assert connected("failures", "accept", person).exit_code == 0
    assert name not in connected("failures", "list").stdout
    assert "accepted by" in connected("failures", "list", "--all").stdout
    assert "1 accepted" in connected("status").stdout
    assert connected("failures", "reopen", person).exit_code == 0

    assert connected("failures", "accept", "--reason", one["reason"].lower()).exit_code == 0
    assert name not in connected("failures", "list").stdout
    refused = connected("failures", "reopen", person)
    assert refused.exit_code == 2
    assert "Nothing was accepted like this" in refused.output
    assert connected("failures", "reopen", "--reason", one["reason"]).exit_code == 0
    assert name in connected("failures", "list").stdout

    assert "There is no code" in connected("failures", "accept", "--reason", "NO_CODE").output
    assert connected("failures", "accept").exit_code == 2
