"""Sites of a fleet on the command line."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import insert, text

from cli.fleet.conftest import FleetLine
from mailchimpsync.actions import open_fleet
from mailchimpsync.actions.fleet import migration
from mailchimpsync.cli.main import cli
from mailchimpsync.config import new_key, read_keys
from mailchimpsync.model import Stage
from mailchimpsync.store.engine.database import newest_schema
from mailchimpsync.store.schema import status

pytestmark = pytest.mark.postgres


def test_a_site_is_added_shown_listed_changed_and_removed(line: FleetLine) -> None:
    added = line("site", "add", "charity-a", "--title", "The Green Charity", MAILCHIMPSYNC_PUBLIC_URL="https://x.org")
    assert added.exit_code == 0, added.output
    assert "its address is https://x.org/s/charity-a" in added.stdout
    assert "--site charity-a init" in added.stdout

    [listed] = json.loads(line("site", "list", "--json").stdout)
    assert (listed["name"], listed["title"]) == ("charity-a", "The Green Charity")
    assert "charity-a\tThe Green Charity" in line("site", "list").stdout

    assert line("site", "change", "charity-a", "--host", "Green.example.org", "--disable").exit_code == 0
    shown = json.loads(line("site", "show", "charity-a", "--json").stdout)
    assert shown["public_url"] == "https://green.example.org"
    assert shown["disabled_at"] is not None

    refused = line("site", "remove", "charity-a", typed="charity-b\n")
    assert refused.exit_code != 0
    assert "nothing was removed" in refused.stderr
    assert line("site", "remove", "charity-a", typed="charity-a\n").exit_code == 0
    assert json.loads(line("site", "list", "--json").stdout) == []


def test_the_next_step_can_be_copied_as_it_is_printed(line: FleetLine) -> None:
    line("site", "add", "green")

    refused = line.at("green", "status")
    chosen = line("connect", MAILCHIMPSYNC_SITE="green")
    examined = line("doctor", "--all")

    assert "Run `mailchimpsync --site green connect`" in refused.stderr
    assert "--site green" not in chosen.output
    assert "`mailchimpsync --site green init`" in examined.stdout


def test_a_site_named_behind_the_command_is_answered_with_where_it_belongs(line: FleetLine) -> None:
    for words in (("status", "--site", "green"), ("user", "list", "--site", "green")):
        refused = line(*words)

        assert refused.exit_code == 2
        assert "goes before the command's name" in refused.stderr


def test_a_worker_is_not_started_for_one_site_nor_with_another_fleets_master_key(line: FleetLine) -> None:
    line("site", "add", "green")

    for_one = line.at("green", "worker")
    strange = line("worker", MAILCHIMPSYNC_SECRET_KEY=new_key())
    web = line("serve", MAILCHIMPSYNC_SECRET_KEY=new_key())

    assert (for_one.exit_code, strange.exit_code, web.exit_code) == (2, 7, 7)
    assert "leave out --site" in for_one.stderr
    assert "isn't the fleet's master key" in strange.stderr
    assert "isn't the fleet's master key" in web.stderr


def test_a_sites_new_key_is_said_to_be_where_it_is(line: FleetLine) -> None:
    line("site", "add", "green")

    rotated = line.at("green", "config", "rotate-key")

    assert "A new key is in the fleet's database" in rotated.stdout
    assert "key file" not in rotated.stdout


def test_two_sites_can_not_have_one_host_name(line: FleetLine) -> None:
    assert line("site", "add", "green", "--host", "sync.example.org").exit_code == 0

    refused = line("site", "add", "red", "--host", "sync.example.org")

    assert refused.exit_code == 2
    assert "The site green has the host name sync.example.org already" in refused.stderr
    assert line("site", "change", "green", "--host", "sync.example.org").exit_code == 0
    assert line("site", "change", "green", "--host", "no host").exit_code == 2


def test_every_command_takes_a_site_and_keeps_to_it(line: FleetLine) -> None:
    for name in ("green", "red"):
        line("site", "add", name)

    created = line.at("green", "user", "create", "ann", "--role", "administrator")
    token = line.at("green", "token", "create", "the website", "--scope", "read")
    assert (created.exit_code, token.exit_code) == (0, 0), created.output + token.output

    assert [one["name"] for one in json.loads(line.at("green", "user", "list", "--json").stdout)] == ["ann"]
    assert json.loads(line.at("red", "user", "list", "--json").stdout) == []
    assert [one["name"] for one in json.loads(line.at("green", "token", "list", "--json").stdout)] == ["the website"]
    assert json.loads(line.at("red", "token", "list", "--json").stdout) == []


def test_mistakes_with_sites_are_told(line: FleetLine, tmp_path: Path) -> None:
    line("site", "add", "green")
    plain = CliRunner()
    assert plain.invoke(cli, ["--home", str(tmp_path / "plain"), "migrate"]).exit_code != 0

    without = line("token", "list")
    assert without.exit_code == 2
    assert "Choose a site with `mailchimpsync --site NAME …`" in without.stderr
    misspelt = line.at("gren", "token", "list")
    assert misspelt.exit_code == 2
    assert "Did you mean green?" in misspelt.stderr
    invalid = line.at("Gre en", "token", "list")
    assert invalid.exit_code == 2
    sqlite = plain.invoke(cli, ["--home", str(tmp_path / "other"), "fleet", "init", "--database", "sqlite:///x"])
    assert sqlite.exit_code == 2
    assert "a fleet needs PostgreSQL" in sqlite.stderr


def test_a_plain_home_takes_no_site(tmp_path: Path) -> None:
    home = tmp_path / "home"
    from mailchimpsync.actions import create_site  # noqa: PLC0415 (as a person has it from before)

    create_site(home).close()
    result = CliRunner().invoke(cli, ["--home", str(home), "--site", "green", "token", "list"])

    assert result.exit_code == 2
    assert "leave out `--site green`" in result.stderr
    for words in (["site", "list"], ["status", "--all"], ["doctor", "--all"], ["fleet", "rotate-key"]):
        result = CliRunner().invoke(cli, ["--home", str(home), *words])
        assert result.exit_code != 0
        assert "is the home of one site" in result.stderr


def test_a_fleet_is_migrated_site_by_site_and_a_failure_stays_alone(line: FleetLine) -> None:
    for name in ("blue", "green", "red"):
        line("site", "add", name)
    with open_fleet(line.home) as fleet:
        for name in ("green", "red"):
            with fleet.open(name).store.begin() as tx:
                tx.execute(text("UPDATE alembic_version SET version_num = '0028'"))
                if name == "red":
                    tx.execute(text("DROP TABLE civicrm_mailchimpsync_contact_record"))
                    tx.execute(text("ALTER TABLE mailchimpsync_user DROP COLUMN created_by"))
                    tx.execute(text("DELETE FROM django_migrations WHERE app = 'web'"))
                    tx.execute(text("DROP TABLE mailchimpsync_user"))

    migrated = line("migrate")

    assert migrated.exit_code == 1
    assert "green: " in migrated.stderr
    assert "already exists" in migrated.stderr
    assert "1 of 3 sites couldn't be migrated" in migrated.stderr
    assert line.at("red", "user", "list").exit_code == 0
    assert line.at("green", "token", "list").exit_code != 0
    with open_fleet(line.home) as fleet, fleet.store.store_of(fleet.site("green")).begin() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = :newest"), {"newest": newest_schema()})
    assert "3 sites are up to date" in line("migrate").stdout


def test_a_site_that_was_migrated_is_not_shown_as_before(line: FleetLine) -> None:
    line("site", "add", "red")
    with open_fleet(line.home) as fleet, fleet.open("red").store.begin() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    assert "can't be opened" in line("status", "--all").stdout
    with open_fleet(line.home) as fleet, fleet.store.store_of(fleet.site("red")).begin() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = :newest"), {"newest": newest_schema()})

    assert line("migrate").exit_code == 0

    assert "red\tnot set up" in line("status", "--all").stdout


def test_a_site_with_something_at_work_is_not_removed(line: FleetLine) -> None:
    line("site", "add", "green")
    with open_fleet(line.home) as fleet, fleet.open("green").store.begin() as tx:
        until = datetime(2200, 1, 1, tzinfo=UTC)
        held = {"lease_owner": "someone", "lease_expires": until}
        tx.execute(insert(status).values(list_id="a1b2c3d4e5", stage=Stage.FETCH, **held))

    refused = line("site", "remove", "green", "--yes")

    assert refused.exit_code == 3
    assert "A sync of the audience a1b2c3d4e5 is at work" in refused.stderr
    [shown] = json.loads(line("site", "list", "--json").stdout)
    assert shown["disabled_at"] is None


def test_many_sites_are_migrated_by_several_processes(line: FleetLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migration, "ALONE_UP_TO", 0)
    names = ("blue", "green", "red")
    for name in names:
        line("site", "add", name)
    with open_fleet(line.home) as fleet:
        for name in names[:2]:
            with fleet.open(name).store.begin() as tx:
                tx.execute(text("UPDATE alembic_version SET version_num = '0028'"))
                if name == "blue":
                    tx.execute(text("DROP TABLE civicrm_mailchimpsync_contact_record"))

    migrated = line("migrate")

    assert migrated.exit_code == 1
    assert "1 of 3 sites couldn't be migrated" in migrated.stderr
    assert [line.at(name, "token", "list").exit_code == 0 for name in names] == [True, False, True]


def test_sites_are_shown_worst_first_and_each_is_examined(line: FleetLine) -> None:
    for name in ("blue", "green", "red"):
        line("site", "add", name)
    line("site", "change", "blue", "--disable")
    with open_fleet(line.home) as fleet, fleet.open("red").store.begin() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = '0027'"))

    found = json.loads(line("status", "--all", "--json").stdout)
    examined = json.loads(line("doctor", "--all", "--json").stdout)

    assert [(one["name"], one["state"]) for one in found] == [
        ("red", "unusable"),
        ("green", "not set up"),
        ("blue", "disabled"),
    ]
    assert "red\tcan't be opened" in line("status", "--all").stdout
    assert "STORE_OLD" in {finding["code"] for finding in examined["red"]}
    assert "STORE_OLD" not in {finding["code"] for finding in examined["green"]}


def test_the_master_key_is_replaced_and_sites_keep_their_keys(line: FleetLine) -> None:
    for name in ("green", "red"):
        line("site", "add", name)
    with open_fleet(line.home) as fleet:
        before = {name: fleet.open(name).keys.read() for name in fleet.names()}
        [old] = read_keys(fleet.settings)

    rotated = line("fleet", "rotate-key")

    assert rotated.exit_code == 0, rotated.output
    with open_fleet(line.home) as fleet:
        assert {name: fleet.open(name).keys.read() for name in fleet.names()} == before
        assert read_keys(fleet.settings) != [old]
    assert line.at("green", "config", "rotate-key").exit_code == 0
    with open_fleet(line.home) as fleet:
        assert fleet.open("green").keys.read() != before["green"]
        assert fleet.open("red").keys.read() == before["red"]


def test_the_master_key_in_the_environment_is_replaced_in_two_steps(line: FleetLine) -> None:
    line("site", "add", "green")
    with open_fleet(line.home) as fleet:
        [old] = read_keys(fleet.settings)

    new = line("fleet", "rotate-key", MAILCHIMPSYNC_SECRET_KEY=old).stdout.splitlines()[-1]
    second = line("fleet", "rotate-key", MAILCHIMPSYNC_SECRET_KEY=f"{new} {old}")

    assert second.exit_code == 0
    assert line.at("green", "token", "list", MAILCHIMPSYNC_SECRET_KEY=new).exit_code == 0
    assert line.at("green", "token", "list", MAILCHIMPSYNC_SECRET_KEY=old).exit_code != 0
