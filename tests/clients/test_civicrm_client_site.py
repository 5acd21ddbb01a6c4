"""Checks of a site: permissions, clock, groups."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from mailchimpsync.civicrm import CivicrmClient, check_rights, mailing_groups, site, to_site, to_utc
from mailchimpsync.errors import AccessError, Code, EvidenceError
from mailchimpsync_sandbox.civicrm import CivicrmSandbox
from mailchimpsync_sandbox.kit.server import Served

if TYPE_CHECKING:
    from clients.conftest import CivicrmSays, FakeClock

Civicrm = tuple[CivicrmSandbox, CivicrmClient]
Rows = list[dict[str, Any]]
SOME_CONTACTS: dict[str, Rows] = {"me": [{"id": 12}], "some": [{"id": 3}, {"id": 5}]}


def test_one_request_proves_clock_groups_and_numbers(civicrm: Civicrm) -> None:
    sandbox, client = civicrm
    added, removed = {8: {"status": "Added"}}, {8: {"status": "Removed"}}
    sandbox.load_contacts(
        [{"groups": added}, {"groups": added}, {"groups": added, "is_deleted": True}, {"groups": removed}]
    )
    client.pattern  # noqa: B018 (found beforehand, so that only the check is counted)
    sandbox.log.clear()
    found = site(client, [8, 9])
    assert sandbox.log.total == 1
    assert found.clock.offset == timedelta(hours=1)
    assert {group.id: group.title for group in found.groups.values()} == {8: "Newsletter", 9: "Walking"}
    assert "Mailing List" in found.groups[8].types


@pytest.mark.parametrize("minutes", [-720, -210, 0, 345, 840])
def test_any_time_zone_is_found_from_the_sites_clock(minutes: int, civicrm: Civicrm) -> None:
    sandbox, client = civicrm
    sandbox.set_options(utc_offset_minutes=minutes)
    assert site(client, [8]).clock.offset == timedelta(minutes=minutes)


@pytest.mark.parametrize("drift", [-299, 299])
def test_a_clock_a_little_off_is_rounded(drift: int, civicrm: Civicrm) -> None:
    sandbox, client = civicrm
    sandbox.clock.advance(drift)
    assert site(client, [8]).clock.offset == timedelta(hours=1)


@pytest.mark.parametrize("drift", [-301, 301, 14 * 3600, -16 * 3600])
def test_a_clock_no_zone_explains_stops_the_run(drift: int, civicrm: Civicrm) -> None:
    sandbox, client = civicrm
    sandbox.clock.advance(drift)
    with pytest.raises(EvidenceError) as caught:
        site(client, [8])
    assert caught.value.code is Code.CV_CLOCK


def test_our_own_time_can_be_given(civicrm: Civicrm, clock: FakeClock) -> None:
    _, client = civicrm
    assert site(client, [8], clock.time + timedelta(hours=2)).clock.offset == timedelta(hours=-1)


@pytest.mark.parametrize(
    ("prepare", "code"),
    [
        (lambda sandbox: sandbox.call("Group", "delete", {"where": [["id", "=", 9]]}), Code.CV_GROUP_GONE),
        (
            lambda sandbox: sandbox.call(
                "Group", "update", {"where": [["id", "=", 9]], "values": {"is_active": False}}
            ),
            Code.CV_GROUP_INACTIVE,
        ),
    ],
    ids=["deleted", "disabled"],
)
def test_a_group_that_cannot_be_relied_on_stops_the_run(
    prepare: Callable[[CivicrmSandbox], object], code: Code, civicrm: Civicrm
) -> None:
    sandbox, client = civicrm
    prepare(sandbox)
    with pytest.raises(EvidenceError) as caught:
        site(client, [8, 9])
    assert caught.value.code is code
    assert "9" in str(caught.value)


def test_a_smart_group_stops_the_run_and_is_not_offered(civicrm: Civicrm) -> None:
    sandbox, client = civicrm
    sandbox.add_group(10, "Donors", smart=True)
    sandbox.add_group(11, "Team", mailing=False)
    sandbox.add_group(12, "Old news", active=False)
    with pytest.raises(EvidenceError) as caught:
        site(client, [8, 10])
    assert caught.value.code is Code.CV_GROUP_SMART
    assert [group.title for group in mailing_groups(client)] == ["Newsletter", "Walking"]


@pytest.mark.parametrize("permissions", ["few", "none"])
def test_a_user_who_sees_nothing_is_never_believed(permissions: str, civicrm: Civicrm, clock: FakeClock) -> None:
    sandbox, _ = civicrm
    sandbox.load_contacts([{"groups": {8: {"status": "Added"}}}])
    sandbox.add_user("temp", permissions)
    with Served(sandbox) as served, CivicrmClient(served.url, "temp", clock.runtime) as client:
        for check in (lambda: site(client, [8]), lambda: check_rights(client), lambda: mailing_groups(client)):
            with pytest.raises(AccessError) as caught:
                check()
            assert caught.value.code in {Code.CV_NO_PERMISSION, Code.CV_SEES_PART}


def _multi(**results: Rows) -> httpx2.Response:
    return httpx2.Response(200, json={name: {"values": values} for name, values in results.items()})


def test_a_user_whom_an_acl_limits_to_some_contacts_is_not_believed_although_it_sees_some(
    civicrm_says: CivicrmSays,
) -> None:
    hidden: Rows = [{"access": False}]
    group = {"id": 8, "title": "News", "is_active": True, "is_hidden": False, "saved_search_id": None}
    clock = [{"id": 3, "now": "2026-11-20 13:00:00"}]
    groups = [group | {"group_type:name": None}]
    client, _ = civicrm_says(_multi(**SOME_CONTACTS, all=hidden, clock=clock, groups=groups))

    with pytest.raises(AccessError) as caught:
        site(client, [8])

    assert caught.value.code is Code.CV_SEES_PART
    assert "edit all contacts" in str(caught.value)


def test_times_go_to_the_site_and_back() -> None:
    offset = timedelta(hours=5, minutes=45)
    at = datetime(2026, 12, 31, 20, 0, 30, tzinfo=UTC)
    assert to_site(at, offset) == "2027-01-01 01:45:30"
    assert to_utc("2027-01-01 01:45:30", offset) == at
    with pytest.raises(ValueError, match="Invalid isoformat"):
        to_utc("yesterday", offset)
