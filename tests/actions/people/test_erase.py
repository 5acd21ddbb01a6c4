"""Erasing an address: gone at Mailchimp and here, and never taken up again, from whichever side it comes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr
from sqlalchemy import text

from mailchimpsync.actions import Site, erase, explain, journal_verify
from mailchimpsync.actions.configuration.rotate_key import rotate_key_of_environment
from mailchimpsync.actions.keys import HomeKeys
from mailchimpsync.actions.people.erase import Erasure
from mailchimpsync.addresses import member_id_of
from mailchimpsync.config import Keyring, Settings
from mailchimpsync.errors import ConfirmationError, UsageError
from mailchimpsync.runtime import Deadline
from mailchimpsync.store import Store
from mailchimpsync.store.schema import change, metadata
from mailchimpsync.store.site import campaigns
from mailchimpsync.sync import Outcome, preview
from mailchimpsync.sync.verify import verify
from support.webhook_delivery import WebhookDelivery
from support.world import LIST, NEWS, RIDE, World

ANN, BOB = "Ann@Example.org", "bob@example.org"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(Store(f"sqlite:///{tmp_path / 'site.sqlite'}"))
    yield made
    made.close()
    made.store.close()


@pytest.fixture
def post(world: World) -> WebhookDelivery:
    """Ann and Bob get the news; Ann has left traces in a plan, an event, a finding and a campaign."""
    world.member(ANN, interests={RIDE: True}, first_name="Annabella")
    world.member(BOB)
    world.contact(ANN, {NEWS: 20})
    world.contact(BOB, {NEWS: 20})
    charity_site = WebhookDelivery(world)
    world.sync()
    world.pass_time(3_600)
    world.put(world.owners(ANN.lower())[0], "Removed")
    preview(world.systems, world.connection, Deadline.after(world.runtime, None), by="ann")
    verify(world.systems, world.connection, Deadline.after(world.runtime, None), by="ann")
    world.sync()
    world.act(ANN, "subscribe")
    charity_site.deliver()
    world.pass_time(3_600)
    with world.store.begin() as tx:
        sent = {"list_id": LIST, "campaign_id": "c1", "subject": "Spring", "details": "", "sent_at": world.now}
        campaigns.add_campaigns(tx, [sent])
        campaigns.add_unknown(tx, campaigns.newest_campaigns(tx, LIST)[0].id, [member_id_of(ANN)])
    return charity_site


def erased(world: World, site: Site, address: str = ANN) -> Erasure:
    done = erase(site, address=address, confirm=True, by="dora")
    world.erasure_key = site.erasure_key()
    world.systems = world.new_systems()
    return done


def everything_kept(world: World) -> str:
    """All that is in any table."""
    with world.store.begin() as tx:
        rows: list[Any] = [tx.execute(table.select()).all() for table in metadata.sorted_tables]
    return repr(rows).lower()


def test_nothing_is_left_of_the_address_at_mailchimp_or_here(world: World, post: WebhookDelivery) -> None:
    before = everything_kept(world)
    assert before.count("ann@example.org") > 4
    assert member_id_of(ANN) in before

    done = erased(world, post.site)

    after = everything_kept(world)
    assert "ann@example.org" not in after
    assert member_id_of(ANN) not in after
    assert "annabella" not in after
    assert "bob@example.org" in after
    assert set(world.members()) == {BOB}
    assert done.is_complete
    assert done.contact_ids == tuple(world.owners(ANN.lower()))
    assert {step.what: step.number for step in done.steps}["permanently deleted at Mailchimp"] == 1


def test_the_name_of_someone_who_opted_out_goes_too_though_their_address_was_never_kept(world: World) -> None:
    contact = world.contact("carl@example.org", {NEWS: 20}, first_name="Carolus", is_opt_out=True)
    site = WebhookDelivery(world).site
    world.sync()
    verify(world.systems, world.connection, Deadline.after(world.runtime, None), by="ann")
    assert "carolus" in everything_kept(world)

    assert erased(world, site, "carl@example.org").contact_ids == (contact,)
    world.pass_time(3_600)
    world.sync(everything=True)

    assert "carolus" not in everything_kept(world)


def test_a_very_old_member_is_found_by_the_address_though_nothing_is_known_of_them_here_yet(world: World) -> None:
    world.member("carl@example.org", legacy_id="0123456789abcdef0123456789abcdef")

    done = erased(world, WebhookDelivery(world).site, "Carl@example.org")

    assert done.is_complete
    assert world.members() == {}


def test_the_journal_still_holds_and_tells_no_more_who_it_was(world: World, post: WebhookDelivery) -> None:
    number = len(world.journal())
    erased(world, post.site)

    checked = journal_verify(post.site)

    assert checked.is_intact
    assert checked.chains[0].unsealed == 0
    assert len(world.journal()) == number + 1
    assert (world.journal()[-1]["field"], world.journal()[-1]["reason"]) == ("erased", "ERASED")


def test_a_false_record_of_an_erasure_is_detected(world: World, post: WebhookDelivery) -> None:
    world.put(world.owners(BOB)[0], "Removed")
    world.sync()
    erased(world, post.site)
    assert journal_verify(post.site).is_intact
    forged = "UPDATE civicrm_mailchimpsync_journal SET member_id = 'x', minimised_at = time WHERE member_id = :member"
    with world.store.begin() as tx:
        tx.execute(text(forged), {"member": member_id_of(BOB)})

    assert not journal_verify(post.site).is_intact


def test_it_needs_to_be_confirmed_and_an_address(post: WebhookDelivery) -> None:
    with pytest.raises(ConfirmationError):
        erase(post.site, address=ANN)
    with pytest.raises(UsageError):
        erase(post.site, address="ann", confirm=True)
    assert post.site.erasure_key() is None


def test_a_contact_who_has_the_address_still_is_not_subscribed_and_told_why(
    world: World, post: WebhookDelivery
) -> None:
    erased(world, post.site)
    contact = world.owners(ANN.lower())[0]
    world.put(contact, "Added")

    for everything in (False, True):
        world.pass_time(3_600)
        assert world.sync(everything=everything).outcome is Outcome.DONE

    assert set(world.members()) == {BOB}
    assert world.sync_result(contact=contact) == ("fail", "ERASED")
    assert "ann@example.org" not in everything_kept(world)
    world.civicrm.call("Email", "create", {"values": {"contact_id": contact, "email": "ann@elsewhere.org"}})
    world.edit_address(contact, is_bulkmail=True)
    world.pass_time(3_600)
    world.sync(everything=True)
    assert set(world.members()) == {BOB}


def test_a_member_who_is_there_again_is_not_taken_up_nor_made_a_contact(world: World, post: WebhookDelivery) -> None:
    erased(world, post.site)
    for contact in world.owners(ANN.lower()):
        world.delete_for_good(contact)
    world.act(ANN, "subscribe")

    for everything in (False, True):
        world.pass_time(3_600)
        assert world.sync(everything=everything).outcome is Outcome.DONE
        assert world.failures() == {"ERASED"}
    post.deliver_and_process()
    verify(world.systems, world.connection, Deadline.after(world.runtime, None), by="ann")
    preview(world.systems, world.connection, Deadline.after(world.runtime, None), by="ann")

    assert "ann@example.org" not in everything_kept(world)
    assert world.owners(ANN.lower()) == []
    assert world.status(ANN.lower()) == "subscribed"  # it is for a person to ask whether that is what they want

    erased(world, post.site)
    world.pass_time(3_600)
    world.sync(everything=True)
    assert world.failures() == set()
    assert set(world.members()) == {BOB}


def test_while_mailchimp_is_away_it_is_noted_and_the_same_call_goes_on(world: World, post: WebhookDelivery) -> None:
    def away(request: httpx2.Request) -> None:
        if "delete-permanent" in request.url.path:
            raise httpx2.ConnectError("away", request=request)

    world.to_mailchimp.before = away
    done = erased(world, post.site)
    assert not done.is_complete
    assert "ann@example.org" in everything_kept(world)  # what leads to her at Mailchimp is still needed
    world.to_mailchimp.before = lambda _request: None
    world.put(world.owners(ANN.lower())[0], "Added")
    world.pass_time(3_600)
    world.sync(everything=True)
    assert world.status(ANN.lower()) != "pending"

    again = erased(world, post.site)

    assert again.is_complete
    assert (again.erased_at, again.erased_by) == (done.erased_at, done.erased_by)
    assert "ann@example.org" not in everything_kept(world)
    assert not any(step.number for step in erased(world, post.site).steps)


@pytest.mark.batches
def test_an_update_that_is_on_its_way_has_to_arrive_first(world: World, post: WebhookDelivery) -> None:
    world.mailchimp.set_options(batch_dwell=dict.fromkeys(("pending", "preprocessing", "started"), 60))
    world.put(world.owners(BOB)[0], "Removed")
    assert world.sync(wait_for_batches=False).outcome is Outcome.WAITING

    assert not erased(world, post.site, BOB).is_complete
    assert world.status(BOB) == "subscribed"

    world.pass_time(3_600)
    world.sync()
    assert erased(world, post.site, BOB).is_complete
    assert BOB not in world.members()


def test_the_erased_stay_erased_with_a_new_secret_key(world: World, post: WebhookDelivery) -> None:
    erased(world, post.site)
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    post.site.keyring = Keyring([old])
    with world.store.begin() as tx:
        token = post.site.keyring.encrypt(post.site.erasure_key() or "")
        tx.execute(text("UPDATE civicrm_mailchimpsync_secret SET token = :token"), {"token": token})
    post.site.keys = HomeKeys(Settings(home=Path(), secret_key=SecretStr(f"{new} {old}")))
    assert rotate_key_of_environment(post.site) is None

    fresh = replace(post.site, keyring=Keyring([new]), _erasure_key=None)

    assert fresh.erasure_key() == post.site.erasure_key()
    assert any("was erased" in note for note in explain(fresh, person=ANN).notes)


def test_webhooks_about_the_erased_leave_no_trace(world: World, post: WebhookDelivery) -> None:
    erased(world, post.site)
    world.act(ANN, "subscribe")
    number = len(post.events())

    assert post.deliver() == [200]

    assert len(post.events()) == number


def test_what_a_run_has_done_is_no_plan_any_more(world: World, post: WebhookDelivery) -> None:
    world.sync()

    with world.store.begin() as tx:
        assert tx.execute(change.select().where(change.c.run_id.is_not(None))).all() == []
