"""Due rows by kind: rows about which the same is known are decided once, and settled together by one statement."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import product
from typing import Any, NamedTuple

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    String,
    Table,
    Text,
    and_,
    case,
    cast,
    exists,
    func,
    insert,
    or_,
    select,
    type_coerce,
    update,
)

from mailchimpsync.model import Base, SyncStatus
from mailchimpsync.store.cache.rows import has_corrections
from mailchimpsync.store.engine.dialect import any_of, created, insert_rows, temporary_table
from mailchimpsync.store.engine.typed_rows import fetch, select_as
from mailchimpsync.store.schema import ID, cache, data, group_contact
from mailchimpsync.store.site.tombstones import IDENTITY_PREFIX

_DECIDED = ("reason", "base_subscribed", "base_interests")
_KINDS = temporary_table(
    "tmp_kind", Column("id", ID, primary_key=True, autoincrement=False), Column("kind", Text, nullable=False)
)
_AGREEMENTS = temporary_table(
    "tmp_agreed", Column("kind", Text), *(Column(name, cache.c[name].type) for name in _DECIDED)
)


class DueFacts(NamedTuple):
    """What shows whether both sides agree on a due row; JSON as plain text. `id` is one row of the kind.

    Attributes:
        contact: there is one.
        groups: its groups, as `group:status,…`.
        departed: we removed the member for a departure.
        left_behind: by a contact that is gone or merged.
    """

    id: int
    mailchimp_status: str | None
    interests: str | None
    contact: bool
    groups: str | None
    base_subscribed: bool | None
    base_interests: str | None
    marks: str | None
    departed: bool
    left_behind: bool


class Agreement(NamedTuple):
    """What rows of a kind agree on, and the code of why nothing needs to change."""

    reason: str
    base: Base


class Settled(NamedTuple):
    """Due rows up to the id `last`, that many; `others` are not settled."""

    last: int
    number: int
    others: Sequence[int]


def settle_agreeing_rows(
    tx: Connection, list_id: str, after: int, limit: int, agreement_on: Callable[[DueFacts], Agreement | None]
) -> Settled | None:
    """Record of the next due rows, by id, which are in order; return how far that is, or None if no rows are due.

    `agreement_on` decides for all rows of a kind by the facts that they share; None: that takes more facts. Rows of
    which more is known than `DueFacts` are never settled here.
    """
    due = cache.c.mailchimp_list_id == list_id, cache.c.sync_status == SyncStatus.TODO.value
    step = select(cache.c.id).where(*due, cache.c.id > after).order_by(cache.c.id).limit(limit).subquery()
    number, last = tx.execute(select(func.count(), func.max(step.c.id))).one()
    if not number:
        return None
    rows = *due, cache.c.id > after, cache.c.id <= last
    with _kinds(tx, *rows, ~_more_is_known()) as kinds:
        agreed = {facts.id: one for facts in _examples(tx, kinds) if (one := agreement_on(facts)) is not None}
        if agreed:
            _settle(tx, kinds, agreed)
    others = select(cache.c.id).where(*rows).order_by(cache.c.id)
    return Settled(last, number, list(tx.execute(others).scalars()))


def _more_is_known() -> ColumnElement[bool]:
    """Return the condition that a row needs more than `DueFacts`.

    Its address will be changed, it has flags of merged contacts, a change for CiviCRM or data to be sent, nothing
    certain is known of its contact or member, or it stands for an erased address.
    """
    return or_(
        cache.c.new_address.is_not(None),
        cache.c.inherited.is_not(None),
        cache.c.contact_problem.is_not(None),
        cache.c.member_problem.is_not(None),
        has_corrections(),
        cache.c.identity.startswith(IDENTITY_PREFIX),
        exists().where(data.c.cache_id == cache.c.id, data.c.wanted.is_not(None)),
    )


@contextmanager
def _kinds(tx: Connection, *conditions: ColumnElement[bool]) -> Iterator[Table]:
    """Have a temporary table of rows with their kind: all facts as one text, equal only if all of them are."""
    facts = _facts()
    kind: ColumnElement[str] = _flags(facts["contact"], facts["departed"], facts["left_behind"])
    kind = kind + case((cache.c.base_subscribed.is_(None), "-"), (cache.c.base_subscribed, "1"), else_="0")
    for name in ("mailchimp_status", "interests", "base_interests", "marks"):
        kind = kind + _with_length(facts[name])
    kind = kind + func.coalesce(facts["groups"], "")  # the last one needs no length, and is looked up once
    with created(tx, _KINDS) as kinds:
        tx.execute(insert(kinds).from_select(["id", "kind"], select(cache.c.id, kind).where(*conditions)))
        yield kinds


def _facts() -> dict[str, ColumnElement[Any]]:
    """Return what is known of a row, by the fields of `DueFacts` that aren't columns of their own."""
    status = cast(group_contact.c.group_id, String(20)) + ":" + func.coalesce(group_contact.c.status, "")
    states = select(func.aggregate_strings(status, ",")).where(
        group_contact.c.list_id == cache.c.mailchimp_list_id, group_contact.c.contact_id == cache.c.civicrm_contact_id
    )
    return {
        "mailchimp_status": cache.c.mailchimp_status,
        "interests": type_coerce(cache.c.mailchimp_interests, Text),
        "contact": cache.c.civicrm_contact_id.is_not(None),
        "groups": states.scalar_subquery(),
        "base_interests": type_coerce(cache.c.base_interests, Text),
        "marks": cache.c.marks,
        "departed": cache.c.departure.is_not(None),
        "left_behind": cache.c.departed_contact_id.is_not(None),
    }


def _flags(*conditions: ColumnElement[bool]) -> ColumnElement[str]:
    """Return one character for each condition: few texts are put together faster than many."""
    values = [*product((True, False), repeat=len(conditions))]
    choices = [
        (and_(*(one if wanted else ~one for one, wanted in zip(conditions, some, strict=True))), _digits(some))
        for some in values
    ]
    return case(*choices, else_="")


def _digits(values: Sequence[bool]) -> str:
    return "".join(str(int(value)) for value in values)


def _with_length(fact: ColumnElement[Any]) -> ColumnElement[str]:
    """Return a text so that it can't be mistaken for another one with what follows it."""
    return case((fact.is_(None), "-"), else_=cast(func.length(fact), String(20)) + ":" + fact)


def _examples(tx: Connection, kinds: Table) -> Sequence[DueFacts]:
    """Return the facts of one row of each kind."""
    ids = list(tx.execute(select(func.min(kinds.c.id)).group_by(kinds.c.kind)).scalars())
    return fetch(tx, DueFacts, select_as(DueFacts, cache, **_facts()).where(any_of(tx, cache.c.id, ids)))


def _settle(tx: Connection, kinds: Table, agreed: Mapping[int, Agreement]) -> None:
    """Settle all rows of the same kinds as some: whole texts are compared, however the database groups long ones."""
    of_examples = select(kinds.c.id, kinds.c.kind).where(any_of(tx, kinds.c.id, agreed))
    with created(tx, _AGREEMENTS) as agreements:
        insert_rows(tx, agreements, [{"kind": kind, **_decided(agreed[key])} for key, kind in tx.execute(of_examples)])
        same = cache.c.id == kinds.c.id, kinds.c.kind == agreements.c.kind
        in_order = {"sync_status": SyncStatus.OK.value, "reason_detail": None, "refusal": None}
        tx.execute(update(cache).where(*same).values({**in_order, **{name: agreements.c[name] for name in _DECIDED}}))


def _decided(agreement: Agreement) -> dict[str, Any]:
    return dict(zip(_DECIDED, (agreement.reason, agreement.base.subscribed, agreement.base.interests), strict=True))
