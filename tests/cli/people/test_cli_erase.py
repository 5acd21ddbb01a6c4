"""Ann erases someone who has asked for it, at the command line."""

from __future__ import annotations

import json

from cli.conftest import LIST_ID, CommandLine

FAY = "fay@example.org"


def addresses(command_line: CommandLine) -> set[str]:
    return {one["email_address"] for one in command_line.mailchimp.members(LIST_ID)}


def test_it_asks_erases_says_what_it_did_and_is_kept_to(connected: CommandLine) -> None:
    connected.mailchimp.act(LIST_ID, FAY, "user", change="subscribe")
    assert connected("sync").exit_code == 0
    refused = connected("erase", FAY, input="n\n")
    assert refused.exit_code == 7
    assert FAY in addresses(connected)

    done = connected("erase", FAY, "--yes")

    assert done.exit_code == 0
    assert "1 permanently deleted at Mailchimp" in done.output
    assert "CiviCRM still has the address for contacts" in done.output
    assert FAY not in addresses(connected)
    assert connected("journal", "verify").exit_code == 0
    assert FAY not in connected("status").output
    assert "was erased on" in connected("explain", FAY).output
    assert json.loads(connected("erase", FAY, "--yes", "--json").stdout)["is_complete"] is True
