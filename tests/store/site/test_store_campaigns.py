"""What is kept of campaigns, on every database."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from mailchimpsync.store import Store
from mailchimpsync.store.privacy import removed_audiences
from mailchimpsync.store.schema import campaign, campaign_recipient
from mailchimpsync.store.site import campaigns
from mailchimpsync.store.site.campaigns import CampaignState
from store.databases import ANN, LIST, OTHER_LIST, add_row, hour

ZOES_CONTACT = 77


def note(tx: Connection, name: str, at: int, list_id: str = LIST) -> None:
    about = {"subject": name.title(), "details": "<ul></ul>", "sent_at": hour(at)}
    campaigns.add_campaigns(tx, [{"list_id": list_id, "campaign_id": name, **about}])


def key_of(tx: Connection, name: str, list_id: str = LIST) -> int:
    return next(int(row.id) for row in campaigns.newest_campaigns(tx, list_id) if row.campaign_id == name)


def open_names(tx: Connection, followed_since: int) -> list[str]:
    return [row.campaign_id for row in campaigns.open_campaigns(tx, LIST, hour(followed_since))]


def test_a_campaign_is_noted_once_and_stays_as_it_is(store: Store) -> None:
    with store.begin() as tx:
        note(tx, "spring", 1)
        campaigns.change_campaign(tx, key_of(tx, "spring"), activity_id=5, progress={"report": "sent-to"})
        note(tx, "spring", 1)
        note(tx, "spring", 1, OTHER_LIST)
        [row] = campaigns.newest_campaigns(tx, LIST)

        assert (row.activity_id, row.progress, row.sent_at) == (5, {"report": "sent-to"}, hour(1))


def test_open_are_those_not_all_read_and_those_that_are_followed(store: Store) -> None:
    with store.begin() as tx:
        for at, name in enumerate(("old", "unread", "reading", "closed", "new"), 1):
            note(tx, name, at)
            values: dict[str, Any] = {} if name == "unread" else {"recipients": 3}
            campaigns.change_campaign(tx, key_of(tx, name), **values, unknown=0)
        campaigns.change_campaign(tx, key_of(tx, "reading"), progress={"report": "email-activity"})
        campaigns.change_campaign(tx, key_of(tx, "closed"), closed_at=hour(9))

        assert open_names(tx, 5) == ["unread", "reading", "new"]
        assert open_names(tx, 1) == ["old", "unread", "reading", "new"]


def test_states_are_counted_as_they_are_told(store: Store) -> None:
    with store.begin() as tx:
        stories: dict[str, dict[str, Any]] = {
            "read": {"recipients": 3},
            "unread": {"recipients": None},
            "reading": {"recipients": 3, "progress": {"report": "email-activity"}},
            "failed": {"code": "MC_INCOMPLETE"},
            "closed": {"closed_at": hour(2), "code": "CV_ACTIVITY_GONE"},
        }
        for name, values in stories.items():
            note(tx, name, 1)
            campaigns.change_campaign(tx, key_of(tx, name), **values)
        told = [campaigns.state_of(row) for row in campaigns.newest_campaigns(tx, LIST)]

        assert campaigns.count_by_state(tx, LIST) == {state: told.count(state) for state in CampaignState}
        assert told.count(CampaignState.UNFINISHED) == 2


def test_campaigns_and_their_activities_are_counted_and_those_that_failed_by_why(store: Store) -> None:
    stories: dict[str, dict[str, Any]] = {
        "read": {"activity_id": 5, "opened_activity_id": 6},
        "failed": {"activity_id": 7, "code": "MC_REPORT_GIVEN_UP"},
        "failed too": {"code": "MC_REPORT_GIVEN_UP"},
        "closed": {"activity_id": 8, "code": "CV_ACTIVITY_GONE", "closed_at": hour(9)},
    }
    with store.begin() as tx:
        note(tx, "of others", 1, OTHER_LIST)
        for name, values in stories.items():
            note(tx, name, 1)
            campaigns.change_campaign(tx, key_of(tx, name), **values)

        assert campaigns.tally(tx, LIST) == (4, 4, {"MC_REPORT_GIVEN_UP": 2})


def test_a_recipient_who_gets_a_contact_is_found_for_the_campaigns_of_that_audience_only(store: Store) -> None:
    with store.begin() as tx:
        note(tx, "spring", 1)
        note(tx, "theirs", 1, OTHER_LIST)
        spring = key_of(tx, "spring")
        for key in (spring, key_of(tx, "theirs", OTHER_LIST)):
            campaigns.add_unknown(tx, key, ["ann", "zoe"])
            campaigns.add_unknown(tx, key, ["zoe"])
            campaigns.change_campaign(tx, key, recipients=9, unknown=2)
        add_row(tx, identity="m:zoe", mailchimp_member_id="zoe", civicrm_contact_id=ZOES_CONTACT)
        add_row(tx, identity="m:ann", mailchimp_member_id="ann")

        [late] = campaigns.late_recipients(tx, LIST, 0, 10)
        assert (late.campaign_key, late.contact_id) == (spring, ZOES_CONTACT)
        assert campaigns.late_recipients(tx, LIST, late.id, 10) == []
        assert campaigns.late_recipients(tx, OTHER_LIST, 0, 10) == []
        campaigns.resolve_late_recipients(tx, spring, [late.id])
        campaigns.resolve_late_recipients(tx, spring, [late.id])

        assert campaigns.late_recipients(tx, LIST, 0, 10) == []
        assert [row.unknown for row in campaigns.newest_campaigns(tx, LIST)] == [1]
        assert campaigns.count_unknown(tx, spring) == 1


def test_nobody_is_remembered_of_campaigns_that_are_followed_no_longer(store: Store) -> None:
    with store.begin() as tx:
        for name, at in (("old", 1), ("unread", 1), ("new", 5)):
            note(tx, name, at)
            campaigns.add_unknown(tx, key_of(tx, name), ["ann"])
            if name != "unread":
                campaigns.change_campaign(tx, key_of(tx, name), recipients=1, unknown=1)

        assert campaigns.forget_unknown(tx, hour(3), OTHER_LIST) == 0
        assert campaigns.forget_unknown(tx, hour(3), LIST) == 1
        assert campaigns.forget_unknown(tx, hour(3)) == 0
        assert campaigns.count_unknown(tx, key_of(tx, "unread")) == 1


def test_only_a_complete_import_tells_what_need_not_be_looked_for_again(store: Store) -> None:
    with store.begin() as tx:
        assert campaigns.last_import(tx, LIST) is None
        campaigns.begin_import(tx, LIST, hour(1))
        campaigns.end_import(tx, LIST, hour(2), "done", is_complete=True)
        campaigns.begin_import(tx, LIST, hour(3))
        campaigns.end_import(tx, LIST, hour(4), "MC_AUTH", is_complete=False)
        found = campaigns.last_import(tx, LIST)

        assert found is not None
        assert (found.complete_at, found.begun_at, found.outcome) == (hour(1), hour(3), "MC_AUTH")


def test_with_an_audience_all_is_forgotten(store: Store) -> None:
    with store.begin() as tx:
        note(tx, "spring", 1)
        campaigns.add_unknown(tx, key_of(tx, "spring"), [str(ANN)])
        campaigns.begin_import(tx, LIST, hour(1))
        while removed_audiences.remove_some(tx, LIST, 10):
            pass

        assert tx.execute(select(campaign)).all() == []
        assert tx.execute(select(campaign_recipient)).all() == []
        assert campaigns.last_import(tx, LIST) is None
