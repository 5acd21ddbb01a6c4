"""Departures, trust, data, campaigns and erasure on the screens."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from mailchimpsync.config import Link
from mailchimpsync.model import Leaving, Trust
from mailchimpsync.web.models import Role
from mailchimpsync_sandbox.world import AUDIENCE_ID
from support.charity import Charity
from support.forms import clerk

Begin = Callable[..., Charity]

CONNECTION = f"/configuration/connections/{AUDIENCE_ID}"
WALKS = "a100000009"


def link_of(charity: Charity) -> Link:
    charity.site.refresh()
    [link] = charity.site.configuration.connections
    return link


def test_ada_chooses_what_leaving_means_and_all_else_stays(own_charity: Begin) -> None:
    charity = own_charity(people=1, synced=False)
    before = link_of(charity)
    with clerk(charity) as ada:
        saved = ada.fill_in(f"{CONNECTION}/departures", on_hold="unsubscribe", deceased="nothing")
        wrong = ada.fill_in(f"{CONNECTION}/departures", trashed="delete")

    assert "Archived at Mailchimp: In the trash<" in saved.text
    assert wrong.status_code == 400
    after = link_of(charity)
    assert (after.departures.on_hold, after.departures.deceased) == (Leaving.UNSUBSCRIBE, Leaving.NOTHING)
    assert after.departures.opt_out is Leaving.UNSUBSCRIBE
    assert after.model_copy(update={"departures": before.departures}) == before


def test_ada_trusts_a_side_the_next_sync_is_held_and_the_trust_can_be_taken_back(own_charity: Begin) -> None:
    charity = own_charity(people=5)
    with clerk(charity) as ada:
        asked = ada.look(f"{CONNECTION}/trust")
        assert "Nothing happens before a person has looked at it." in asked.text
        saved = ada.fill_in(f"{CONNECTION}/trust", subscription="civicrm", **{f"interest_{WALKS}": "mailchimp"})
        trusting = link_of(charity)
        charity.sync()
        held = ada.look("/plans")
        ada.fill_in(f"{CONNECTION}/trust", subscription="none", **{f"interest_{WALKS}": "none"})

    assert "CiviCRM is right about who is subscribed." in saved.text
    assert "Mailchimp is right about: Topics: Walks" in saved.text
    assert (trusting.trust, trusting.trust_interests) == (Trust.CIVICRM, {WALKS: Trust.MAILCHIMP})
    assert "held" in held.text.partition("<main")[2]
    assert (link_of(charity).trust, link_of(charity).trust_interests) == (Trust.NONE, {})


def until(look: Callable[[], str], words: str) -> str:
    for _ in range(150):
        if words in (text := look()):
            return text
        time.sleep(0.1)
    pytest.fail(f"never shown: {words}")


def test_otto_imports_campaigns_and_sees_whom_they_reached_as_ada_wished(own_charity: Begin) -> None:
    charity = own_charity(people=60)
    page = f"{CONNECTION}/campaigns"
    with clerk(charity) as ada, clerk(charity, Role.OPERATOR) as otto, clerk(charity, Role.VIEWER) as vera:
        wrong = ada.fill_in(f"{page}/change", every_hours=0, follow_days=30)
        ada.fill_in(f"{page}/change", enabled="on", every_hours=12, opens="on", follow_days=30)
        seen = vera.look(page).text
        refused = vera.fill_in("/configuration", at=f"{page}/import")
        otto.fill_in(page, at=f"{page}/import", everything="yes")
        shown = until(lambda: otto.look(page).text, "3 campaigns were looked at.")

    assert wrong.status_code == 400
    assert refused.status_code == 403
    assert "No campaign was imported yet." in seen
    assert "Import now" not in seen
    assert "Campaigns are imported every 12 hours." in shown
    assert "Who opened them is imported too." in shown
    assert "Walks in November" in shown
    assert shown.count('<span class="badge good">imported</span>') == 3
    how = link_of(charity).campaigns
    assert (how.enabled, how.every_hours, how.opens, how.clicks) == (True, 12, True, False)
