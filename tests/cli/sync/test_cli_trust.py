"""Ann knows that CiviCRM is right: she says so, looks at the plan, applies it, and the trust is gone again."""

from __future__ import annotations

from pathlib import Path

from cli.conftest import LIST_ID, CommandLine


def trust_civicrm(command_line: CommandLine, path: Path) -> None:
    text = command_line("config", "export").stdout.replace(
        'resubscribe = "ask"', 'resubscribe = "ask"\ntrust = "civicrm"'
    )
    path.write_text(text, encoding="utf-8")
    assert command_line("config", "import", str(path)).exit_code == 0


def test_ann_trusts_civicrm_looks_first_and_the_trust_ends_with_the_run(connected: CommandLine, tmp_path: Path) -> None:
    assert connected("sync").exit_code == 0
    connected.mailchimp.act(LIST_ID, "only-there@example.org", "user", change="subscribe")
    trust_civicrm(connected, tmp_path / "new.toml")
    assert 'trust = "civicrm"' in connected("config", "show").stdout

    held = connected("sync")
    assert held.exit_code == 7
    assert "one side is trusted" in connected("plan", "show", "1").output

    applied = connected("apply", "1", "--yes")

    assert applied.exit_code == 0
    statuses = {one["email_address"]: one["status"] for one in connected.mailchimp.members(LIST_ID)}
    assert statuses["only-there@example.org"] == "unsubscribed"
    assert "trust" not in connected("config", "show").stdout
    assert "trust completed" in connected("config", "history").output
