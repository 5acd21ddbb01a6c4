"""Ann connects an audience that is connected already: only what she says changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mailchimpsync.actions import open_site
from mailchimpsync.config import Link
from support.mailchimp_admin import delete_interest

if TYPE_CHECKING:
    from cli.conftest import CommandLine

WALKS, CYCLING = "1111111111", "2222222222"


@pytest.fixture
def settled(connected: CommandLine) -> CommandLine:
    """Ann has set everything there is to set."""
    text = connected("config", "show").stdout
    text = text.replace('resubscribe = "ask"', 'resubscribe = "never"\nsigning_secret = "signed-by-mailchimp"')
    text += "\n[connections.schedule]\nevery_minutes = 30\n"
    assert connected("config", "import", "-", typed=text).exit_code == 0
    return connected


def link_of(command_line: CommandLine) -> Link:
    with open_site(command_line.home) as site:
        [link] = site.configuration.connections
        return link


def webhook_secret(command_line: CommandLine) -> str | None:
    with open_site(command_line.home) as site:
        [account] = site.configuration.accounts.values()
        return account.webhook_secret.get_secret_value() if account.webhook_secret else None


def again(command_line: CommandLine, *words: str) -> str:
    result = command_line("connect", "--audience", command_line.list_id, *words)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.mark.parametrize(
    ("words", "changed"),
    [
        ((), {}),
        (("--group", "Other"), {"group_id": 13, "group_title": "Other"}),
        (("--interest", "Walks="), {"interests": {CYCLING: 10}}),
        (("--interest", f"{CYCLING}=13"), {"interests": {WALKS: 9, CYCLING: 13}}),
        (("--no-interests",), {"interests": {}}),
        (("--no-interests", "--interest", "Walks=13"), {"interests": {WALKS: 13}}),
        (("--resubscribe", "ask"), {"resubscribe": "ask"}),
    ],
    ids=["nothing", "group", "interest dropped", "interest moved", "no interests", "only one interest", "policy"],
)
def test_only_what_is_said_changes(settled: CommandLine, words: tuple[str, ...], changed: dict[str, object]) -> None:
    before, secret = link_of(settled), webhook_secret(settled)

    again(settled, *words)

    assert link_of(settled) == before.model_copy(update=changed)
    assert secret
    assert webhook_secret(settled) == secret


def test_a_key_entered_again_keeps_the_webhook_secret_and_the_connection(settled: CommandLine) -> None:
    before, secret = link_of(settled), webhook_secret(settled)

    settled.connect("--audience", settled.list_id)

    assert (link_of(settled), webhook_secret(settled)) == (before, secret)


def test_what_is_kept_is_shown(settled: CommandLine) -> None:
    shown = again(settled, "--interest", "Walks=13")

    assert "Topics: Walks ↔ Other (group 13)\n" in shown
    assert "Topics: Cycling ↔ Cycling (group 10), as before" in shown
    assert "Kept: subscription group News, resubscribe “never”, schedule (every 30 minutes), signing secret" in shown
    assert "the next sync is a full sync" in shown


def test_an_interest_that_mailchimp_has_no_longer_can_be_dropped(settled: CommandLine) -> None:
    delete_interest(settled.mailchimp_url, settled.mailchimp_key, settled.list_id, WALKS)

    again(settled, "--interest", f"{WALKS}=")

    assert link_of(settled).interests == {CYCLING: 10}
