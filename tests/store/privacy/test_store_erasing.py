"""Purging an address, and knowing it again by its digest only, on every database."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Connection, String, func, insert, select

from mailchimpsync.addresses import member_id_of
from mailchimpsync.store import Store
from mailchimpsync.store.cache import contacts
from mailchimpsync.store.privacy import erasure
from mailchimpsync.store.schema import (
    JsonText,
    accepted_person,
    cache,
    change,
    data,
    event,
    kept_plan,
    log,
    metadata,
    update,
    verification,
)
from mailchimpsync.store.site import secrets, tombstones
from store.databases import LIST, add_row, row

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ADDRESS, OTHER = "ann_1%@example.org", "ann_12@example.org"
ANN = 5


def test_all_about_an_address_goes_and_nothing_of_another_that_looks_alike(store: Store) -> None:
    member = member_id_of(ADDRESS)
    with store.begin() as tx:
        mine = add_row(tx, identity=f"m:{member}", mailchimp_member_id=member, mailchimp_email=ADDRESS.upper())
        other = add_row(tx, identity="m:other", mailchimp_member_id="other", mailchimp_email=OTHER)
        waiting = add_row(tx, identity="c:5", civicrm_contact_id=ANN, refusal={"update": {"email_address": OTHER}})
        tx.execute(cache.update().where(cache.c.id == mine).values(civicrm_contact_id=ANN))
        tx.execute(cache.update().where(cache.c.id == other).values(new_address=ADDRESS))
        for key, address in ((mine, ADDRESS), (waiting, ADDRESS), (waiting, OTHER), (other, OTHER)):
            body = {
                "mailchimpsync_cache_id": key,
                "data": {"email_address": address},
                "created_date": NOW,
                "completed": 1,
            }
            tx.execute(insert(update).values(body))
        received = {"list_id": LIST, "kind": "subscribe", "received_at": NOW, "due_at": NOW}
        for number, keys in enumerate(({"member_key": member}, {"other_key": member}, {"member_key": "x"})):
            tx.execute(insert(event).values({**received, **keys, "fingerprint": str(number)}))
        differences = [{"address": ADDRESS, "member_id": None}, {"address": OTHER, "member_id": "other"}]
        tx.execute(insert(verification).values(list_id=LIST, started_at=NOW, made_by="x", differences=differences))
        _plan(tx)

        found = erasure.find_traces(tx, LIST, ADDRESS)
        gone = erasure.purge(tx, found)

        assert (found.row_ids, found.contact_ids, found.member_ids) == ((mine,), (ANN,), (member,))
        assert gone == {"plans": 2, "events": 2, "findings": 1, "updates": 2, "campaigns": 0, "log": 0, "rows": 1}
        assert erasure.purge(tx, found) == dict.fromkeys(gone, 0)
        assert row(tx, other)["new_address"] is None
        assert row(tx, waiting)["refusal"] == {"update": {"email_address": OTHER}}
        assert tx.execute(select(verification.c.differences)).scalar_one() == differences[1:]
        assert tx.execute(select(func.count()).select_from(change)).scalar_one() == 1


def test_the_name_of_a_contact_without_another_address_goes_with_its_address(store: Store) -> None:
    member = member_id_of(ADDRESS)
    with store.begin() as tx:
        add_row(tx, identity=f"m:{member}", mailchimp_member_id=member, mailchimp_email=ADDRESS, civicrm_contact_id=ANN)
        alone = add_row(tx, identity="c:5", civicrm_contact_id=ANN, civicrm_name="Ann Adams")
        other = add_row(tx, civicrm_contact_id=ANN + 1, civicrm_name="Bea Brown")
        found = {"kind": "in the group, not subscribed", "member_id": None, "name": "Ann Adams", "address": None}
        differences = [{**found, "contact_id": ANN}, {**found, "contact_id": ANN + 1, "name": "Bea Brown"}]
        tx.execute(insert(verification).values(list_id=LIST, started_at=NOW, made_by="x", differences=differences))
        run_change = {"create_contact": False, "group_changes": [], "sync_status": "ok", "reason": "x", "agreed": {}}
        about = {"run_id": 1, "cache_id": alone, "identity": "c:5", "before": {}, "contact_id": ANN}
        tx.execute(insert(change).values(**run_change, **about, name="Ann Adams"))

        erasure.purge(tx, erasure.find_traces(tx, LIST, ADDRESS))

        assert (row(tx, alone)["civicrm_name"], row(tx, other)["civicrm_name"]) == (None, "Bea Brown")
        assert "Ann Adams" not in everything(tx)


NO_COLUMN = {
    **dict.fromkeys(("secret", "configuration", "token", "alert", "alert_message", "tombstone"), "nobody's on a list"),
    **dict.fromkeys(
        (
            "status",
            "run",
            "batch",
            "journal_chain",
            "group_contact",
            "service",
            "site",
            "accepted_reason",
            "figure",
            "connection_slot",
            "known_name",
        ),
        "numbers, codes and times",
    ),
    **dict.fromkeys(("campaign", "campaign_import", "kept_plan"), "what was sent, numbers, and names of staff"),
    "journal": "minimised by rules of its own",
    "cache": "the member's own row goes; of others', the columns of `test_an_address_in_any_column…`",
    "verification": "the differences that mention it go",
}
"""Tables without a column that is purged wherever it mentions an address, and why."""

MAY_MENTION = {
    "event": {"member_key", "other_key", "data", "note"},
    "change": {"identity", "member_id", "address", "name", "before", "member_update", "agreed", "note"},
    "update": {"data", "attempt", "agreed", "error_response"},
    "data": {"confirmed", "wanted", "refused"},
    "log": {"message"},
    "accepted_person": {"reason_detail"},
    "contact_record": set(),
    "campaign_recipient": {"member_id"},
}
CODES = {
    "event": {"list_id", "kind", "fingerprint", "state", "outcome"},
    "change": {"group_changes", "sync_status", "reason", "kinds", "dates", "outcome"},
    "log": {"list_id"},
    "accepted_person": {"reason", "accepted_by"},
    "contact_record": {"list_id", "audience", "status", "reason"},
}


def test_every_text_column_is_purged_or_known_to_hold_no_address() -> None:
    """A new column has to be put into one of the lists above, and into `erasing` where it may mention an address."""
    for one in metadata.sorted_tables:
        name = one.name.removeprefix("civicrm_mailchimpsync_")
        texts = {column.name for column in one.c if isinstance(column.type, String | JsonText)}
        assert name in NO_COLUMN or texts == MAY_MENTION[name] | CODES.get(name, set()), name


def test_an_address_in_any_column_that_may_mention_one_is_purged(store: Store) -> None:
    member = member_id_of(ADDRESS)
    with store.begin() as tx:
        other = add_row(tx, identity="m:o", mailchimp_email=OTHER, new_address=ADDRESS, reason_detail=f"no {ADDRESS}!")
        plant(tx, other, ADDRESS)
        plant(tx, other, OTHER)
        before = everything(tx)
        erasure.purge(tx, erasure.find_traces(tx, LIST, ADDRESS))
        after = everything(tx)

    assert before.lower().count(ADDRESS) > 15
    assert ADDRESS not in after.lower()
    assert member not in after
    assert after.lower().count(OTHER) == before.lower().count(OTHER)


def everything(tx: Connection) -> str:
    return "\n".join(repr(tuple(row)) for one in metadata.sorted_tables for row in tx.execute(select(one)))


def plant(tx: Connection, row_id: int, address: str) -> None:
    """Let every column that may mention an address mention this one."""
    said, member = {"email_address": address.upper()}, member_id_of(address)
    when = {"list_id": LIST, "received_at": NOW, "due_at": NOW, "kind": "subscribe"}
    tx.execute(insert(event).values(**when, fingerprint=member, data=said, note=f"It was {address}."))
    tx.execute(insert(log).values(list_id=LIST, time=NOW, message=f"<{address}> was odd"))
    body = {"mailchimpsync_cache_id": row_id, "created_date": NOW, "completed": 1}
    for column in ("data", "attempt", "agreed"):
        fields = {"fields": {"OTHER": [address, "fields"]}}
        tx.execute(insert(update).values({**body, "data": {}, column: {"data": fields}}))
    tx.execute(insert(update).values(**body, data={}, error_response=f'{{"detail":"{address} is odd"}}'))
    wanted = {"create_contact": False, "group_changes": [], "sync_status": "live", "reason": "x", "agreed": {}}
    wanted |= {"identity": "m:x", "before": {}}
    for number, column in enumerate(("member_update", "agreed")):
        run = sum(address.encode()) * 10 + number
        tx.execute(insert(change).values({**wanted, "run_id": run, "cache_id": row_id, column: said}))
    kept = {"list_id": LIST, "kind": "plan", "made_at": NOW, "made_by": "x", "expires_at": NOW}
    key = tx.execute(insert(kept_plan).values({**kept, "links": {}, "counts": {}, "excess": []})).inserted_primary_key
    assert key is not None
    mentions = {"address": address, "member_id": member, "before": said, "member_update": said, "note": f"“{address}”"}
    for number, (column, value) in enumerate(mentions.items()):
        values = {**wanted, "plan_id": key[0], "identity": f"x:{number}", column: value}
        tx.execute(insert(change).values(values))
    known = {"fields": {"OTHER": [address, "fields"], "JOB": [f"not {OTHER}", "fields"]}, "tags": {"T": "tags"}}
    mine = add_row(tx)
    tx.execute(insert(data).values(cache_id=mine, confirmed=known, wanted=known, refused={"fields": [address]}))
    accepted = {"reason": "MC_REFUSED", "accepted_at": NOW, "accepted_by": "dora"}
    tx.execute(insert(accepted_person).values(**accepted, cache_id=mine, reason_detail=f"{address} is odd"))


def _plan(tx: Connection) -> None:
    made = {"list_id": LIST, "kind": "plan", "made_at": NOW, "made_by": "x", "expires_at": NOW}
    tx.execute(insert(kept_plan).values({**made, "links": {}, "counts": {}, "excess": []}))
    key = tx.execute(select(kept_plan.c.id)).scalar_one()
    wanted = {"plan_id": key, "before": {}, "create_contact": False, "group_changes": [], "sync_status": "live"}
    wanted |= {"reason": "x", "agreed": {}}
    for identity, address, body in (
        ("m:1", ADDRESS, {}),
        ("m:2", OTHER, {"email_address": ADDRESS}),
        ("m:3", OTHER, {"email_address": OTHER}),
    ):
        values = {**wanted, "identity": identity, "address": address, "member_update": body}
        tx.execute(insert(change).values(values))


def test_an_erased_address_is_known_by_its_digest_however_it_is_written(store: Store) -> None:
    key = "ab" * 32
    with store.begin() as tx:
        assert tombstones.erased(tx, None) == tombstones.NONE_ERASED
        for by in ("dora", "somebody else"):
            tombstones.set_tombstone(tx, tombstones.digest_of(key, ADDRESS), NOW, by)
        erased = tombstones.erased(tx, key)

        assert erased.knows(f" {ADDRESS.upper()} ")
        assert not erased.knows(OTHER)
        assert tombstones.tombstone_of(tx, tombstones.digest_of(key, ADDRESS)) == (NOW, "dora")
        assert not tombstones.erased(tx, "cd" * 32).knows(ADDRESS)
        secrets.save_secret(tx, "erasure", "first")
        secrets.save_secret(tx, "erasure", "second")
        secrets.reseal_secrets(tx, str.upper)
        assert secrets.secret_of(tx, "erasure") == "FIRST"


def test_marks_make_just_those_rows_due_that_they_change(store: Store) -> None:
    with store.begin() as tx:
        same = add_row(tx, civicrm_contact_id=5, marks="opt_out")
        new = add_row(tx, identity="m:6", civicrm_contact_id=6)
        over = add_row(tx, identity="m:7", civicrm_contact_id=7, marks="deceased")
        none = add_row(tx, identity="m:8", civicrm_contact_id=8)

        assert contacts.record_flags(tx, LIST, [5, 6, 7, 8], {5: "opt_out", 6: "opt_out"}) == 2

        found = {key: (row(tx, key)["marks"], row(tx, key)["sync_status"]) for key in (same, new, over, none)}
    assert found == {same: ("opt_out", "ok"), new: ("opt_out", "todo"), over: (None, "todo"), none: (None, "ok")}
