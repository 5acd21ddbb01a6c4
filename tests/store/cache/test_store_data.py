"""What Mailchimp has confirmed of people's data, on every database."""

from __future__ import annotations

from alembic import command
from sqlalchemy import delete, insert, select

from mailchimpsync.store import Store
from mailchimpsync.store.cache import data
from mailchimpsync.store.schema import cache, update
from mailchimpsync.store.schema import data as table
from store.databases import ANN, BOB, CHARLIE, LIST, NEWSLETTER, add_row, hour
from store.engine.test_store_schema import migrations

CONFIRMED = {"fields": {"JOB": ["Bäcker 😀", "fields"]}, "tags": {}, "digests": {"fields": "d1"}}


def test_members_of_contacts_are_checked_in_the_order_of_their_rows_and_in_steps(store: Store) -> None:
    with store.begin() as tx:
        ann = add_row(tx, civicrm_contact_id=ANN, mailchimp_status="subscribed", sync_status="ok")
        bob = add_row(tx, civicrm_contact_id=BOB, mailchimp_status="pending", sync_status="ok")
        add_row(tx, civicrm_contact_id=CHARLIE, mailchimp_status="unsubscribed", sync_status="ok")
        add_row(tx, mailchimp_status="subscribed", sync_status="ok")
        data.write_data(tx, [{"cache_id": ann, "confirmed": CONFIRMED}])

        [first] = data.rows_to_check(tx, LIST, NEWSLETTER, 0, 1)
        [second] = data.rows_to_check(tx, LIST, NEWSLETTER, first.id, 10)

    assert (first.id, first.confirmed, first.wanted) == (ann, CONFIRMED, None)
    assert (second.id, second.confirmed) == (bob, None)


def test_each_column_is_written_separately_and_what_waits_can_be_forgotten(store: Store) -> None:
    with store.begin() as tx:
        ann, bob = add_row(tx), add_row(tx)
        data.write_data(
            tx,
            [
                {"cache_id": ann, "confirmed": CONFIRMED},
                {"cache_id": ann, "wanted": {"tags": {}}},
                {"cache_id": bob, "wanted": {"tags": {"T": [True, "tags"]}}},
            ],
        )
        data.forget_wanted_data(tx, [ann])
        found = data.data_of_rows(tx, [ann, bob])

    assert (found[ann].confirmed, found[ann].wanted) == (CONFIRMED, None)
    assert found[bob].wanted == {"tags": {"T": [True, "tags"]}}


def test_it_goes_with_the_row(store: Store) -> None:
    with store.begin() as tx:
        ann = add_row(tx)
        data.write_data(tx, [{"cache_id": ann, "confirmed": CONFIRMED}])
        tx.execute(delete(cache).where(cache.c.id == ann))

        assert tx.execute(table.select()).all() == []


TOKEN = f"{'0a' * 16}_1790000000_4320"


def test_migrating_takes_personal_tokens_out_of_what_was_kept(store: Store) -> None:
    """And nothing else: the same update still sends the rest."""
    with store.begin() as tx:
        command.downgrade(migrations(tx), "0008")
        key = add_row(tx)
        fields = {"CS": [TOKEN, "fields"], "JOB": ["Cook", "fields"]}
        tx.execute(insert(table).values(cache_id=key, confirmed={"fields": fields}, wanted={"fields": fields}))
        body = {"email_address": "ann@example.org", "merge_fields": {"CS": TOKEN, "JOB": "Cook"}}
        tx.execute(
            insert(update).values(
                mailchimpsync_cache_id=key,
                data=body,
                agreed={"data": {"fields": fields, "old": {"CS": TOKEN}}},
                created_date=hour(9),
            )
        )
    store.migrate()

    with store.begin() as tx:
        kept = tx.execute(select(table)).mappings().one()
        sent = tx.execute(select(update)).mappings().one()
    assert kept["confirmed"] == kept["wanted"] == {"fields": {"JOB": ["Cook", "fields"]}}
    assert sent["data"] == {"email_address": "ann@example.org", "merge_fields": {"JOB": "Cook"}}
    assert sent["agreed"] == {"data": {"fields": {"JOB": ["Cook", "fields"]}, "old": {}}}
