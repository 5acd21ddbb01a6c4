"""Ann asks why someone is, or is not, on a list; and what became of whom, by every interface."""

from __future__ import annotations

import gettext
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import delete, insert, update

import mailchimpsync.web
from actions.conftest import BELLA, CARL, EMIL, FAY, NOBODY, CharitySite, Interface
from mailchimpsync import Explanation, erase, explain, fetchandreconcile, journal_verify
from mailchimpsync.actions.site import JOURNAL_PURPOSE
from mailchimpsync.addresses import member_id_of
from mailchimpsync.cli.main import cli
from mailchimpsync.errors import UsageError
from mailchimpsync.messages import in_language
from mailchimpsync.store.changes import kept_plans
from mailchimpsync.store.journal import minimise
from mailchimpsync.store.schema import cache, journal
from mailchimpsync_sandbox.kit.faults import Fault, FaultKind
from support.service import CIVICRM_KEY, LIST_ID, NEWS


def story(found: Explanation) -> str:
    parts = [*found.notes, *(s for one in found.statuses for s in one.sentences)]
    return "\n".join([*parts, *(plan.sentence for plan in found.plans), *(one.sentence for one in found.history)])


def here(found: Explanation) -> Any:
    [status] = [one for one in found.statuses if one.list_id == LIST_ID]
    return status


def command(charity_site: CharitySite, *words: str) -> Result:
    return CliRunner().invoke(cli, ["--home", str(charity_site.charity.home), *words])


def test_explain_says_that_a_subscribed_person_is_subscribed(library: CharitySite) -> None:
    found = explain(library.site, person="bella@example.org")

    assert here(found).on_list
    assert "On the list: Subscribed on both sides." in story(found)
    assert f"contact Bella ({BELLA}) is in the group “News”" in story(found)
    assert "Both sides last agreed: subscribed." in story(found)


def test_explain_says_why_when_and_how_a_person_left(library: CharitySite) -> None:
    found = explain(library.site, person="carl@example.org")

    assert not here(found).on_list
    assert found.contact_ids == (CARL,)
    assert "has unsubscribed or was unsubscribed (since 2026-11-01 10:00 UTC)" in story(found)
    [left] = found.history
    assert left.what == f"contact Carl ({CARL}) was removed from the group “News”"
    assert left.sentence.endswith("No longer subscribed at Mailchimp, so removed from the group in CiviCRM.")
    assert left.by == f"by sync {left.run_id}"


def test_the_headline_is_what_happened_last_with_its_date_and_what_can_be_done(library: CharitySite) -> None:
    found = explain(library.site, person="carl@example.org")
    [left] = found.history
    first, work, to_do, *_ = here(found).sentences

    assert first == (
        "Not on the list: No longer subscribed at Mailchimp, so removed from the group in CiviCRM. "
        f"On {left.time:%Y-%m-%d %H:%M} UTC, contact Carl ({CARL}) was removed from the group “News”, {left.by}."
    )
    assert work == "Nothing is outstanding."
    assert to_do.startswith("What you can do: if they want to be on the list, add the contact to the group in CiviCRM.")


def test_someone_we_unsubscribed_today_is_not_said_to_be_so_since_their_last_change(charity_site: CharitySite) -> None:
    member = {"contact_id": BELLA, "group_id": NEWS, "status": "Removed"}
    charity_site.charity.civicrm.call(
        "GroupContact", "save", {"records": [member], "match": ["contact_id", "group_id"]}
    )
    charity_site.sync()
    found = explain(charity_site.site, person="bella@example.org")

    today = f"{charity_site.site.runtime.now():%Y-%m-%d}"
    assert "Not on the list: Removed from the group in CiviCRM, so unsubscribed at Mailchimp." in story(found)
    assert f"has unsubscribed or was unsubscribed (since {today}" in story(found)


def test_someone_who_has_not_confirmed_yet_is_not_on_the_list_yet(charity_site: CharitySite) -> None:
    charity_site.set(charity_site.row(contact=BELLA)["id"], mailchimp_status="pending")
    first, _, to_do, *_ = here(explain(charity_site.site, person=str(BELLA))).sentences

    assert first.startswith("Not on the list yet: Mailchimp has asked them to confirm")
    assert to_do == "What you can do: nothing. Only they can confirm, with the link in the e-mail from Mailchimp."


def test_someone_whom_mailchimp_asked_is_not_said_to_be_subscribed_although_we_wanted_that(
    charity_site: CharitySite,
) -> None:
    charity_site.charity.mailchimp.act(LIST_ID, "bella@example.org", change="unsubscribe")
    charity_site.sync()
    member = {"contact_id": BELLA, "group_id": NEWS, "status": "Added"}
    charity_site.charity.civicrm.call(
        "GroupContact", "save", {"records": [member], "match": ["contact_id", "group_id"]}
    )
    charity_site.sync()
    found = explain(charity_site.site, person="bella@example.org")
    first, *_ = here(found).sentences

    assert here(found).mailchimp_status == "pending"
    assert first.startswith("Not on the list yet: Mailchimp has asked them to confirm")
    assert "Both sides last agreed: subscribed as soon as they confirm." in story(found)


def test_a_contact_in_the_trash_is_not_said_to_be_deleted(charity_site: CharitySite) -> None:
    charity_site.charity.civicrm.call("Contact", "delete", {"where": [["id", "=", BELLA]]})
    charity_site.sync()
    charity_site.sync()
    found = explain(charity_site.site, person="bella@example.org")

    assert f"In CiviCRM: contact Bella ({BELLA}) is in the trash, and no other contact has this address." in story(
        found
    )
    assert "What to do: Restore the contact if it doesn't belong there." in story(found)


def test_a_contact_that_the_key_does_not_show_is_not_said_to_be_or_not_to_be_in_the_group(
    charity_site: CharitySite,
) -> None:
    charity_site.charity.civicrm.grant(CIVICRM_KEY, "smallest")
    charity_site.charity.civicrm.call("Contact", "delete", {"where": [["id", "=", BELLA]]})
    before = explain(charity_site.site, person="bella@example.org")
    fetchandreconcile(charity_site.site, since="ever")
    after = explain(charity_site.site, person=str(BELLA))

    assert f"CiviCRM no longer shows contact Bella ({BELLA}) with this address." in story(before)
    assert here(after).reason == "CV_NOT_VISIBLE"
    assert f"the API key's user isn't allowed to see contact Bella ({BELLA}), so it isn't known whether" in story(after)
    assert "never in the group" not in story(after)


def test_a_contact_whose_address_stands_for_another_one_is_not_said_to_have_no_member(
    charity_site: CharitySite,
) -> None:
    second = charity_site.charity.civicrm.call("Contact", "create", {"values": {"first_name": "Bello"}})["values"][0][
        "id"
    ]
    mail = {"contact_id": second, "email": "bella@example.org", "is_primary": True}
    charity_site.charity.civicrm.call("Email", "create", {"values": mail})
    member = {"contact_id": second, "group_id": NEWS, "status": "Added"}
    charity_site.charity.civicrm.call("GroupContact", "create", {"values": member})
    charity_site.sync()

    found = story(explain(charity_site.site, person=str(second)))

    assert "At Mailchimp: the member with this address belongs to another contact." in found
    assert "At Mailchimp: not a member." not in found


def test_someone_just_erased_is_not_said_to_be_in_no_group(charity_site: CharitySite) -> None:
    erase(charity_site.site, address="bella@example.org", confirm=True)
    found = story(explain(charity_site.site, person="bella@example.org"))

    assert "Their earlier status is no longer kept, and no sync subscribes this address again." in found
    assert "nor in the group" not in found


def test_what_is_due_is_told_by_what_both_sides_say_and_not_by_an_older_decision(charity_site: CharitySite) -> None:
    charity_site.set(charity_site.row(contact=CARL)["id"], mailchimp_status="subscribed", sync_status="todo")
    first, work, to_do, *_ = here(explain(charity_site.site, person=str(CARL))).sentences

    assert first.startswith("On the list: Subscribed at Mailchimp")
    assert work == "Something has changed since then. The next sync decides about it."
    assert to_do.startswith("What to do: nothing.")


def test_an_addition_is_reported_with_mailchimps_answer(library: CharitySite) -> None:
    [added] = explain(library.site, person=str(EMIL)).history

    assert added.what == "the member was added as subscribed"
    assert added.sentence.endswith("Mailchimp responded with 200.")


def test_a_german_reader_gets_all_of_it_in_german(library: CharitySite) -> None:
    locale = Path(mailchimpsync.web.__file__).with_name("locale")
    german = gettext.translation("django", locale, ["de"]).gettext
    found = explain(library.site, person="carl@example.org")

    sentences = [in_language(sentence, german) for sentence in here(found).sentences]

    assert sentences[0].startswith("Nicht auf der Liste: Bei Mailchimp nicht mehr abonniert, ")
    assert "hat sich abgemeldet oder wurde abgemeldet (seit 2026-11-01 10:00 UTC)" in sentences[3]
    assert f"In CiviCRM: Kontakt Carl ({CARL}) wurde aus der Gruppe „News“ entfernt" in sentences[4]
    [left] = found.history
    assert in_language(left.what, german) == f"Kontakt Carl ({CARL}) wurde aus der Gruppe „News“ entfernt"
    assert in_language(left.by, german) == f"durch Abgleich {left.run_id}"


@pytest.mark.parametrize("asked", ["DORA@example.org ", member_id_of("dora@example.org")])
def test_case_does_not_matter_and_a_member_id_is_enough(library: CharitySite, asked: str) -> None:
    found = explain(library.site, person=asked)

    assert [one.what.split(" ")[0] for one in found.history] == ["contact", "contact"]
    assert here(found).on_list


def test_explain_says_what_to_do_for_a_person_who_cannot_be_synced_and_who_can_do_it(library: CharitySite) -> None:
    found = explain(library.site, person=str(NOBODY))

    assert here(found).reason == "CV_NO_ADDRESS"
    assert "Not on the list: In the group, but without an e-mail address." in story(found)
    assert "What to do (CiviCRM staff): Add an address" in story(found)


def test_every_connection_and_every_address_of_a_contact_is_told(library: CharitySite) -> None:
    found = explain(library.site, person="fay.old@example.org")
    addresses = {one.address for one in found.statuses if one.list_id == LIST_ID}

    assert addresses == {"fay@example.org", "fay.old@example.org"}
    assert {one.contact_id for one in found.statuses} == {FAY}
    assert len({one.list_id for one in found.statuses}) == 2


def test_a_stranger_is_said_to_be_one(library: CharitySite) -> None:
    found = explain(library.site, person="nobody.knows@example.org")

    assert not found.is_known
    assert "No such person is known here" in story(found)
    assert {one.row_id for one in found.statuses} == {None}


def test_a_contact_that_no_sync_has_seen_is_said_to_be_one(charity_site: CharitySite) -> None:
    [new] = charity_site.charity.civicrm.load_contacts([{"first_name": "Gus", "emails": ["gus@example.org"]}])
    found = explain(charity_site.site, person="gus@example.org")

    assert (found.is_known, found.contact_ids) == (False, (new,))
    assert "CiviCRM has this contact, but no sync has seen it" in story(found)


def test_without_civicrm_what_is_known_here_is_told(charity_site: CharitySite) -> None:
    charity_site.charity.civicrm.faults.plant(Fault(FaultKind.STATUS, pattern="Email/get", times=100, status=401))
    known = explain(charity_site.site, person="bella@example.org")

    assert here(known).on_list
    assert any(note.startswith("CiviCRM could not be asked which contacts have the address: ") for note in known.notes)


def test_what_is_neither_address_nor_number_is_refused(library: CharitySite) -> None:
    for asked in ("bella", "0", "12.5", "²", "9" * 30):
        with pytest.raises(UsageError, match="Enter an e-mail address"):
            explain(library.site, person=asked)


def test_an_address_of_before_finds_the_person(charity_site: CharitySite) -> None:
    row = charity_site.row(email="Bella@example.org")
    charity_site.add(
        journal,
        list_id=LIST_ID,
        cache_id=row["id"],
        contact_id=BELLA,
        member_id=member_id_of("bella.maiden@example.org"),
        time=charity_site.site.runtime.now(),
        run_id=1,
        side="CiviCRM",
        field="first_name",
        old="Isabella",
        new="Bella",
        reason="MAILCHIMP_PROFILE",
    )
    found = explain(charity_site.site, person="bella.maiden@example.org")

    assert found.contact_ids == (BELLA,)
    assert here(found).address == "Bella@example.org"
    assert f"the first name of contact Bella ({BELLA}) was changed from Isabella to Bella, by sync 1." in story(found)


def test_after_minimising_an_address_still_finds_the_story(charity_site: CharitySite) -> None:
    now, key = charity_site.site.runtime.now(), charity_site.site.keyring.derive_all(JOURNAL_PURPOSE)[0]
    with charity_site.site.store.begin() as tx:
        while minimise.minimise_entries(tx, LIST_ID, now, key, now):
            pass
        tx.execute(delete(cache).where(cache.c.civicrm_contact_id == EMIL))
    charity_site.charity.civicrm.call("Contact", "delete", {"where": [["id", "=", EMIL]], "useTrash": False})
    found = explain(charity_site.site, person="emil@example.org")

    assert [one.what for one in found.history] == ["the member was added as subscribed"]
    assert journal_verify(charity_site.site).is_intact


def test_a_plan_that_waits_for_a_decision_is_told(charity_site: CharitySite) -> None:
    row, now = charity_site.row(contact=BELLA), charity_site.site.runtime.now()
    with charity_site.site.store.begin() as tx:
        plan = kept_plans.keep_plan(
            tx,
            list_id=LIST_ID,
            kind="held",
            state="open",
            made_at=now,
            made_by="the guard",
            expires_at=now,
            run_id=1,
            links={},
            counts={},
            excess=[],
            failures=[],
        )
        change = {
            "identity": row["identity"],
            "contact_id": BELLA,
            "member_id": row["mailchimp_member_id"],
            "address": row["mailchimp_email"],
            "before": {"status": "subscribed", "interests": {}, "groups": {str(NEWS): "Removed"}},
            "create_contact": False,
            "group_changes": [],
            "member_update": {"status": "unsubscribed"},
            "sync_status": "live",
            "reason": "CIVICRM_REMOVED",
            "agreed": {"subscribed": False, "interests": {}},
        }
        kept_plans.keep_changes(tx, plan, [change])
    [waiting] = explain(charity_site.site, person="bella@example.org").plans

    assert waiting.sentence == (
        f"Plan {plan} of {now:%Y-%m-%d %H:%M} UTC is held for review. For this person: "
        "Mailchimp: subscribed → unsubscribed. Changes that no longer apply by then are left out."
    )


def test_only_so_much_history_is_told_and_how_much_is_left_out(charity_site: CharitySite) -> None:
    row = charity_site.row(contact=BELLA)
    about = {"list_id": LIST_ID, "cache_id": row["id"], "side": "CiviCRM", "field": "on_hold", "reason": "IN_SYNC"}
    with charity_site.site.store.begin() as tx:
        tx.execute(insert(journal), [{**about, "time": charity_site.site.runtime.now()} for _ in range(7)])
    found = explain(charity_site.site, person=str(BELLA), limit=3)

    assert (len(found.history), found.left_out) == (3, 4)


def test_every_interface_tells_the_same(library: CharitySite, interface: Interface) -> None:
    found = interface(library, "MailchimpsyncJournal.explain", person="carl@example.org").values

    assert found["is_known"] is True
    assert found["history"][0]["time"].endswith("Z")
    assert found["statuses"][0]["sentences"][0].startswith("Not on the list: ")


def test_the_command_prints_the_story(library: CharitySite) -> None:
    shown = command(library, "explain", "carl@example.org")

    assert shown.exit_code == 0
    assert "  Not on the list: No longer subscribed at Mailchimp, so removed" in shown.stdout
    assert "History, newest first" in shown.stdout
    assert "Removed" not in shown.stderr


def test_the_command_prints_json(library: CharitySite) -> None:
    found = json.loads(command(library, "explain", "--json", str(CARL)).stdout)

    assert found["contact_ids"] == [CARL]
    assert found["history"][0]["side"] == "CiviCRM"


def test_someone_mailed_at_the_address_of_a_merged_contact_is_told_so(charity_site: CharitySite) -> None:
    with charity_site.site.store.begin() as tx:
        mine = cache.c.mailchimp_email == "Bella@example.org"
        values = {"civicrm_contact_id": CARL, "departed_contact_id": BELLA, "civicrm_address": "kept@example.org"}
        tx.execute(update(cache).where(mine).values(values))

    told = story(explain(charity_site.site, person="bella@example.org"))

    assert "the contact's address was kept@example.org. E-mail goes to Bella@example.org" in told
    assert f"Earlier they were contact Bella ({BELLA}), which is now contact Carl ({CARL})." in told
