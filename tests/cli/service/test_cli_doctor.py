"""Ann asks what is wrong, and is told what to do about it."""

from __future__ import annotations

import json
import shutil
import sqlite3
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from pydantic import SecretStr

from mailchimpsync.actions import open_site
from mailchimpsync.actions.api.description import find_action
from mailchimpsync.config import Alerts
from mailchimpsync.web.wsgi import make_application
from mailchimpsync_sandbox.kit.faults import Fault, FaultKind
from mailchimpsync_sandbox.kit.server import Served
from support.extension import MANAGED_JOB

if TYPE_CHECKING:
    from cli.conftest import CommandLine

SUBJECTS = {
    "Versions",
    "Home",
    "Secret key",
    "Database",
    "Tables",
    "Disk",
    "Configuration",
    "CiviCRM",
    "Permissions",
    "CiviCRM's clock",
    "Groups of Newsletter ↔ News",
    "Mailchimp account “Green Paths”",
    "Audience “Newsletter”",
    "Webhooks",
    "Newsletter ↔ News",
    "Events from webhooks",
    "Alerts",
}


def findings(command_line: CommandLine, **env: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(command_line("doctor", "--json", **env).stdout)
    return found


def told_of(command_line: CommandLine, subject: str) -> list[tuple[str, str, str | None]]:
    return [(one["level"], one["found"], one["code"]) for one in findings(command_line) if one["subject"] == subject]


def test_of_a_synced_site_with_its_service_all_is_well(connected: CommandLine) -> None:
    with open_site(connected.home) as site, Served(make_application(site)) as served:
        public_url = {"MAILCHIMPSYNC_PUBLIC_URL": served.url}
        alerts = Alerts(ping_url=SecretStr(f"{served.url}/health"))
        site.save(site.configuration.model_copy(update={"alerts": alerts}), "ann")
        connected("webhooks", "repair", **public_url)
        connected("sync")
        result = connected("doctor", **public_url)
        assert {one["level"] for one in findings(connected, **public_url)} == {"good"}
    assert result.exit_code == 0
    assert result.output.endswith("No problems found.\n")


def test_everything_is_looked_at(connected: CommandLine) -> None:
    assert {one["subject"] for one in findings(connected)} == SUBJECTS


def test_warnings_alone_are_no_failure(connected: CommandLine) -> None:
    result = connected("doctor")
    assert result.exit_code == 0
    assert "It has never been synced." in result.output
    assert result.output.endswith("No problems; warnings: 3.\n")


def test_a_terminal_of_80_columns_is_wide_enough(connected: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailchimpsync.cli.output.console.PIPE_WIDTH", 80)
    lines = connected("doctor").output.splitlines()
    assert max(map(len, lines)) <= 80
    assert not [line for line in lines if "…" in line]


def test_what_has_become_of_groups_is_told(connected: CommandLine) -> None:
    for group, values in ((8, {"is_active": False}), (9, {"saved_search_id": 1})):
        connected.civicrm.call("Group", "update", {"where": [["id", "=", group]], "values": values})
    connected.civicrm.call("Group", "delete", {"where": [["id", "=", 10]]})
    told = told_of(connected, "Groups of Newsletter ↔ News")
    assert [code for _, _, code in told] == ["CV_GROUP_INACTIVE", "CV_GROUP_SMART", "CV_GROUP_GONE"]
    assert connected("doctor").exit_code == 7


def test_a_refused_civicrm_key_does_not_keep_the_rest(connected: CommandLine) -> None:
    connected.civicrm.faults.plant(Fault(FaultKind.STATUS, "", status=401, times=100))
    found = findings(connected)
    assert {one["code"] for one in found if one["subject"].startswith("CiviCRM")} == {"CV_AUTH"}
    assert ("Audience “Newsletter”", "good") in {(one["subject"], one["level"]) for one in found}


def test_a_refused_mailchimp_key_does_not_keep_the_rest(connected: CommandLine) -> None:
    connected.mailchimp.faults.plant(Fault(FaultKind.STATUS, "", status=401, body="{}", times=100))
    found = findings(connected)
    assert told_of(connected, "Mailchimp account “Green Paths”")[0][2] == "MC_AUTH"
    assert ("Groups of Newsletter ↔ News", "good") in {(one["subject"], one["level"]) for one in found}


def test_a_check_that_meets_a_surprise_does_not_keep_the_rest(
    connected: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def surprise(_place: object) -> None:
        raise OSError("no such device")

    monkeypatch.setattr(shutil, "disk_usage", surprise)
    assert told_of(connected, "Disk") == [("bad", "The check failed (OSError).", "INTERNAL")]
    assert {one["subject"] for one in findings(connected)} == SUBJECTS


def test_a_full_disk_is_told(connected: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(connected.home)
    monkeypatch.setattr(shutil, "disk_usage", lambda _place: usage._replace(free=400 * 1024 * 1024))
    [(level, told, code)] = told_of(connected, "Disk")
    assert (level, code) == ("bad", "DISK_LOW")
    assert told.startswith("0.4 GB free")


def test_an_interest_that_is_gone_is_named(connected: CommandLine) -> None:
    with open_site(connected.home) as site:
        [link] = site.configuration.connections
        other = link.model_copy(update={"interests": {"9999999999": 10}})
        site.save(site.configuration.with_link(other, site.configuration.accounts[link.account]), by="Ann")
    [(level, told, code)] = [one for one in told_of(connected, "Audience “Newsletter”") if one[0] != "good"]
    assert (level, told, code) == ("bad", "It doesn't have the interest 9999999999.", "MC_MAPPING_GONE")


def test_a_key_file_that_others_can_read_is_told_once(connected: CommandLine) -> None:
    (connected.home / "secret.key").chmod(0o644)
    found = findings(connected)
    [told] = [one for one in found if one["level"] == "bad"]
    assert told["subject"] == "Secret key"
    assert "chmod 600" in told["found"]


def test_a_home_that_others_can_get_into_is_told(connected: CommandLine) -> None:
    connected.home.chmod(0o755)
    assert told_of(connected, "Home")[0][0] == "warning"
    connected.home.chmod(0o777)
    assert told_of(connected, "Home")[0][0] == "bad"


def test_a_database_that_is_gone_is_told_and_none_is_made(connected: CommandLine) -> None:
    for file in connected.home.glob("mailchimpsync.sqlite*"):
        file.unlink()
    assert told_of(connected, "Database")[0][2] == "STORE_UNAVAILABLE"


def test_a_damaged_database_is_told(connected: CommandLine) -> None:
    file = connected.home / "mailchimpsync.sqlite"
    with sqlite3.connect(file) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    size = file.stat().st_size
    with file.open("r+b") as raw:
        raw.seek(size // 2 // 4_096 * 4_096)
        raw.write(b"\xff" * 4_096 * 20)

    assert "STORE_DAMAGED" in {one["code"] for one in findings(connected)}
    assert connected("doctor").exit_code == 7


def test_a_database_of_another_version_is_told(connected: CommandLine) -> None:
    with sqlite3.connect(connected.home / "mailchimpsync.sqlite") as database:
        database.execute("UPDATE alembic_version SET version_num = 'of old'")
    database.close()
    assert "STORE_OLD" in {one["code"] for one in findings(connected)}
    assert connected("doctor").exit_code == 7


def test_where_there_is_no_site_it_says_so(command_line: CommandLine) -> None:
    result = command_line("doctor")
    assert result.exit_code == 7
    assert "mailchimpsync init" in result.output


def test_other_interfaces_are_told_the_same(connected: CommandLine) -> None:
    with open_site(connected.home) as site:
        by_api = find_action("Mailchimpsync", "doctor").call(site, {})
    assert [one["subject"] for one in by_api] == [one["subject"] for one in findings(connected)]


def test_a_permission_that_is_missing_is_named_with_what_happens_without_it_and_the_deep_check_tells_them_all(
    connected: CommandLine,
) -> None:
    connected.civicrm.grant(connected.civicrm_key, "smallest")
    result = connected("doctor", "--deep", "--json")
    found = {one["subject"]: one for one in json.loads(result.stdout)}
    assert result.exit_code == 0
    assert "“access CiviMember”" in found["Permissions"]["found"]
    assert found["Permission “view all activities”"]["found"] == "Not granted."
    assert found["Permission “edit all contacts”"]["found"] == "Granted."
    assert "CiviCRM: a page of Email" in found
    assert found["CiviCRM's database session"]["found"].startswith("Which offset it uses for times is not known")
    assert found["CiviCRM's time zone"]["found"] == "None is configured."


def test_a_feature_that_is_switched_on_without_its_permission_is_wrong_and_the_rest_is_well(
    connected: CommandLine,
) -> None:
    with open_site(connected.home) as site:
        [link] = site.configuration.connections
        campaigns = link.campaigns.model_copy(update={"enabled": True})
        site.save(site.configuration.replacing_link(link.model_copy(update={"campaigns": campaigns})), "ann")
    connected.civicrm.grant(connected.civicrm_key, "smallest")
    [(level, found, code)] = [one for one in told_of(connected, "Permissions") if "doesn't have" in one[1]]
    assert (level, code) == ("bad", "CV_RIGHT_MISSING")
    assert found.startswith(
        "The API key's user doesn't have the permission “view all activities”. Purpose: Imports campaigns"
    )
    assert connected("sync").exit_code == 0


def test_child_groups_whose_contacts_are_not_synced_are_told_by_connect_and_doctor(command_line: CommandLine) -> None:
    command_line.civicrm.add_group(80, "News of the North")
    command_line.civicrm.call("Group", "update", {"where": [["id", "=", 80]], "values": {"parents": [8]}})
    command_line.init()

    result = command_line.connect("--audience", command_line.list_id, "--group", "8", "--no-interests")

    words = "has child groups (News of the North). A sync includes only contacts in the group itself"
    assert words in result.output.replace("\n", " ")
    assert any(words in one["found"] for one in findings(command_line) if one["level"] == "warning")


def has_webhook(command_line: CommandLine, url: str) -> None:
    """Let someone else set up a webhook of the audience."""
    command_line.mailchimp.set_options(validate_webhooks=False)
    where = f"{command_line.mailchimp_url}/lists/{command_line.list_id}/webhooks"
    httpx2.post(where, auth=("ann", command_line.mailchimp_key), json={"url": url}).raise_for_status()


@pytest.mark.parametrize(
    "url",
    [
        "https://other.example.org/sync/webhook/audience?secret=theirs",
        "https://other.example.org/?page=CiviCRM&q=civicrm%2Fmailchimpsync%2Fwebhook&secret=theirs",
    ],
)
def test_that_another_site_syncs_the_audience_is_told_by_connect_and_doctor(
    command_line: CommandLine, url: str
) -> None:
    has_webhook(command_line, url)
    command_line.init()

    result = command_line.connect("--audience", command_line.list_id, "--group", "8", "--no-interests")

    words = "has a webhook of another sync with CiviCRM, at other.example.org."
    assert words in result.output.replace("\n", " ")
    assert any(words in one["found"] for one in findings(command_line) if one["level"] == "warning")
    assert "theirs" not in result.output


def test_a_webhook_of_a_program_that_does_not_sync_with_civicrm_is_nobody_s_business(connected: CommandLine) -> None:
    has_webhook(connected, "https://zap.example.org/hooks/mailchimp")

    assert not any("another sync" in one["found"] for one in findings(connected))


def test_that_the_php_extension_syncs_too_is_told_to_those_who_may_know(connected: CommandLine) -> None:
    connected.civicrm.install_extension(setting="{}", jobs=[dict(MANAGED_JOB)])
    unseen = told_of(connected, "PHP extension")
    connected.civicrm.grant(connected.civicrm_key, "all")
    [(level, found, _)] = told_of(connected, "PHP extension")
    connected.civicrm.extension.jobs[0]["is_active"] = "0"

    assert unseen == told_of(connected, "PHP extension") == []
    assert level == "warning"
    assert "is on, so two programs may sync the same groups" in found
