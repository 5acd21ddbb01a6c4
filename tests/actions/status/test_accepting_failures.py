"""People who can't be synced are accepted one by one or by reason, over every interface, and come back."""

from __future__ import annotations

from actions.conftest import BELLA, FAY, NOBODY, CharitySite, Interface
from mailchimpsync.actions import acceptfailures, fetchandreconcile, getfailedpeople, getstatus
from mailchimpsync.store.queries.failures import Failed

GET, ACCEPT, REOPEN = (f"MailchimpsyncFailure.{name}" for name in ("get", "accept", "reopen"))


def failed(charity_site: CharitySite) -> Failed:
    return getstatus(charity_site.site, group_id=8)[0].state.failed


def test_a_person_or_a_reason_is_accepted_and_taken_back(charity_site: CharitySite, interface: Interface) -> None:
    listed = {one["contact_id"]: one for one in interface(charity_site, GET).values}
    assert {NOBODY, FAY} <= listed.keys()
    assert (listed[NOBODY]["standing"], listed[NOBODY]["name"]) == ("needs attention", "Nobody")
    before = failed(charity_site)

    accepted = interface(charity_site, ACCEPT, person=str(NOBODY))
    assert accepted.values == {"affected": 1}
    assert failed(charity_site) == Failed(before.need_attention - 1, before.fine, 1)

    wrong = interface(charity_site, ACCEPT, person=str(NOBODY), reason="MC_BOUNCED")
    nobody = interface(charity_site, ACCEPT, person=str(BELLA))
    nothing = interface(charity_site, ACCEPT)
    assert "MC_BOUNCED" in wrong.error
    assert "not among those" in nobody.error
    assert "Give a person" in nothing.error

    assert interface(charity_site, ACCEPT, reason="CV_NO_ADDRESS", group_id=8).values == {"affected": 1}
    assert interface(charity_site, REOPEN, reason="CV_NO_ADDRESS").values == {"affected": 2}
    assert failed(charity_site) == before


def test_an_accepted_person_counts_again_after_they_were_in_order(charity_site: CharitySite) -> None:
    row, site = charity_site.row(contact=NOBODY), charity_site.site
    before = failed(charity_site)
    acceptfailures(site, person=str(NOBODY), by="dora")
    [mine] = [one for one in getfailedpeople(site) if one.contact_id == NOBODY]
    assert mine.accepted_by == "dora"
    charity_site.sync()
    assert failed(charity_site).accepted == 1

    charity_site.set(row["id"], sync_status="ok")
    fetchandreconcile(site, since="ever")
    charity_site.set(row["id"], sync_status="fail")

    assert failed(charity_site) == before
