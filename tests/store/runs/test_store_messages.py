"""Sentences that are kept in JSON columns come back as messages, on every database."""

from __future__ import annotations

from sqlalchemy import select, type_coerce, update

from mailchimpsync.messages import Message, say
from mailchimpsync.store import Store
from mailchimpsync.store.runs import runs
from mailchimpsync.store.schema import run
from mailchimpsync.store.schema.types import JsonText
from store.databases import LIST, hour

EMPTY = say("group %(group)s is empty in CiviCRM", group=8)
FOUND = {"people": 3, "failures": {"groups": EMPTY}, "warnings": {"names": ["A sentence without values."]}}


def test_findings_of_a_run_keep_the_values_of_their_sentences(store: Store) -> None:
    with store.begin() as tx:
        run_id = runs.begin_run(tx, LIST, hour(9), None)
        runs.add_counts(tx, run_id, data=FOUND)
        runs.add_counts(tx, run_id, planned={"add": 1})
        counts = tx.execute(select(run.c.counts).where(run.c.id == run_id)).scalar_one()

    assert counts == {"data": FOUND, "planned": {"add": 1}}
    why = counts["data"]["failures"]["groups"]
    assert isinstance(why, Message)
    assert (why.text, why.values) == (EMPTY.text, {"group": 8})


def test_sentences_of_an_older_version_are_read_as_they_are(store: Store) -> None:
    older = {"data": {"failures": {"groups": "group 8 is empty in CiviCRM"}}}
    with store.begin() as tx:
        run_id = runs.begin_run(tx, LIST, hour(9), None)
        tx.execute(update(run).where(run.c.id == run_id).values(counts=type_coerce(older, JsonText())))

        assert tx.execute(select(run.c.counts).where(run.c.id == run_id)).scalar_one() == older
