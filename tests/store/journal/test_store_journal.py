"""The journal's chain: what it tells when someone tampers with it, and what it bears without complaint."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection, delete, func, insert, select, table, update
from sqlalchemy import column as column_of

from mailchimpsync.addresses import member_id_of
from mailchimpsync.store import Store
from mailchimpsync.store.journal import chain
from mailchimpsync.store.journal import check as journal_check
from mailchimpsync.store.journal import minimise as journal_retention
from mailchimpsync.store.journal.check import ALTERED, DELETED, INSERTED, ChainReport
from mailchimpsync.store.journal.journal import Filter, entries, write_journal
from mailchimpsync.store.schema import journal, journal_chain, kept_plan, run
from store.databases import ANN, BOB, LIST, OTHER_LIST, RUN, hour
from store.engine.test_store_schema import migrations
from support.journal import new_entry

KEY, OLD_KEY = "a-key", "an-older-key"
ANN_ID = member_id_of("ann@example.org")


def change(contact: int = ANN, **values: Any) -> dict[str, Any]:
    return {
        "list_id": LIST,
        "cache_id": contact,
        "contact_id": contact,
        "member_id": ANN_ID,
        "time": hour(9),
        "run_id": RUN,
        "side": "Mailchimp",
        "field": "status",
        "old": "subscribed",
        "new": "unsubscribed",
        "reason": "CIVICRM_REMOVED",
        **values,
    }


def name_change(**values: Any) -> dict[str, Any]:
    return change(side="CiviCRM", field="first_name", old="Ann", new="Annette", reason="MAILCHIMP_PROFILE", **values)


def write(store: Store, *changes: dict[str, Any]) -> None:
    with store.begin() as tx:
        write_journal(tx, [new_entry(**one) for one in changes])


def check(store: Store, list_id: str = LIST, keys: tuple[str, ...] = (KEY,)) -> ChainReport:
    return journal_check.check_chain(store, list_id, keys)


def told(store: Store) -> list[tuple[str, int | None, int | None]]:
    return [(one.what, one.first, one.last) for one in check(store).tamperings]


def everything(store: Store) -> list[dict[str, Any]]:
    with store.begin() as tx:
        return [dict(row) for row in tx.execute(select(journal).order_by(journal.c.id)).mappings()]


@pytest.fixture
def written(store: Store) -> Store:
    """Seven entries of one audience, written by three transactions, and some of another one between them."""
    write(store, change(), change(BOB))
    write(store, change(list_id=OTHER_LIST), change(BOB, list_id=OTHER_LIST))
    write(store, name_change(), change(member_id=None), change(BOB, answer="200"))
    write(store, change(run_id=None), change(old=None, new="é “ü” 🙂"))
    return store


def test_an_untouched_journal_is_intact(written: Store) -> None:
    found, other = check(written), check(written, OTHER_LIST)

    assert (found.entries, found.newest, found.wrong) == (7, 7, 0)
    assert (other.entries, other.newest, other.wrong) == (2, 2, 0)
    assert found.newest_hash == everything(written)[-1]["hash"]


def test_an_empty_journal_is_intact(store: Store) -> None:
    assert (check(store).entries, check(store).wrong) == (0, 0)


def tamper(store: Store, at: int, /, **values: Any) -> None:
    with store.begin() as tx:
        mine = journal.c.list_id == LIST, journal.c.number == at
        assert tx.execute(update(journal).where(*mine).values(**values)).rowcount == 1


@pytest.mark.parametrize(
    "values",
    [
        {"cache_id": 5},
        {"contact_id": None},
        {"member_id": "0" * 32},
        {"time": hour(10)},
        {"run_id": 5},
        {"side": "Mailchimp"},
        {"field": "refused"},
        {"old": "Anna"},
        {"new": None},
        {"reason": "IN_SYNC"},
        {"actor": "nobody"},
        {"answer": "400"},
        {"commitment": "0" * 64},
        {"salt": "0" * 32},
        {"salt": None},
        {"hash": "0" * 64},
        {"hash": None},
        {"minimised_at": hour(11)},
    ],
    ids=lambda values: next(iter(values)),
)
def test_an_entry_that_was_altered_is_told(written: Store, values: dict[str, Any]) -> None:
    tamper(written, 3, **values)

    assert (ALTERED, 3, 3) in told(written)


def test_an_entry_that_was_altered_with_a_hash_that_fits_it_shows_in_the_next_one(written: Store) -> None:
    entry = everything(written)[5]
    assert entry["number"] == 4
    before = everything(written)[4]["hash"]
    tamper(written, 4, reason="IN_SYNC", hash=chain.hash_of({**entry, "reason": "IN_SYNC"}, before))

    assert told(written) == [(ALTERED, 5, 5)]


def test_the_newest_entry_with_a_hash_that_fits_it_shows_too(written: Store) -> None:
    entry, before = everything(written)[-1], everything(written)[-2]["hash"]
    tamper(written, 7, actor="me", hash=chain.hash_of({**entry, "actor": "me"}, before))

    assert told(written) == [(ALTERED, 7, 7)]


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [([1], (DELETED, 1, 1)), ([3, 4], (DELETED, 3, 4)), ([7], (DELETED, 7, 7)), ([*range(1, 8)], (DELETED, 1, 7))],
    ids=["oldest", "middle", "newest", "all"],
)
def test_entries_that_were_deleted_are_told(written: Store, numbers: list[int], expected: tuple[str, int, int]) -> None:
    with written.begin() as tx:
        tx.execute(delete(journal).where(journal.c.list_id == LIST, journal.c.number.in_(numbers)))

    assert told(written) == [expected]
    assert check(written, OTHER_LIST).wrong == 0


def test_deleting_an_entry_and_renumbering_the_rest_is_told(written: Store) -> None:
    with written.begin() as tx:
        tx.execute(delete(journal).where(journal.c.list_id == LIST, journal.c.number == 3))
    for number in range(4, 8):
        tamper(written, number, number=number - 1)

    assert [what for what, *_ in told(written)] == [ALTERED] * 4 + [DELETED]


def forged(number: int | None, **values: Any) -> dict[str, Any]:
    return {**change(), "number": number, "salt": "0" * 32, "commitment": "0" * 64, "hash": "0" * 64, **values}


@pytest.mark.parametrize("number", [None, 0, -3, 8, 100])
def test_an_entry_that_was_inserted_outside_of_the_chain_is_told(written: Store, number: int | None) -> None:
    with written.begin() as tx:
        tx.execute(insert(journal).values(forged(number)))

    assert told(written) == [(INSERTED, number, number)]


def test_an_entry_that_was_inserted_into_the_chain_is_told(written: Store) -> None:
    for number in range(7, 2, -1):
        tamper(written, number, number=number + 1)
    with written.begin() as tx:
        tx.execute(insert(journal).values(forged(3)))

    assert (ALTERED, 3, 3) in told(written)
    assert (INSERTED, 8, 8) in told(written)


def test_two_entries_that_changed_places_are_told(written: Store) -> None:
    tamper(written, 2, number=100)
    tamper(written, 3, number=2)
    tamper(written, 100, number=3)

    assert (ALTERED, 2, 2) in told(written)


def test_an_entry_that_was_moved_to_another_audience_is_told_in_both(written: Store) -> None:
    tamper(written, 7, list_id=OTHER_LIST)

    assert told(written) == [(DELETED, 7, 7)]
    assert [one.what for one in check(written, OTHER_LIST).tamperings] == [INSERTED]


def test_a_deleted_record_of_the_chains_ends_is_told_and_does_not_stop_the_next_run(written: Store) -> None:
    with written.begin() as tx:
        tx.execute(delete(journal_chain).where(journal_chain.c.list_id == LIST))
    assert [what for what, *_ in told(written)] == [DELETED]
    write(written, change())

    assert (check(written).newest, check(written).wrong) == (8, 0)


def test_however_much_is_wrong_only_so_much_is_told_one_by_one(written: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_check, "TAMPERINGS_MAX", 2)
    with written.begin() as tx:
        tx.execute(update(journal).values(reason="IN_SYNC"))

    assert (check(written).wrong, len(check(written).tamperings)) == (7, 2)


def test_a_long_chain_is_walked_in_steps(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_check, "ENTRIES_PER_STEP", 7)
    write(store, *(change() for _ in range(30)))
    tamper(store, 22, new="x")

    assert (check(store).entries, told(store)) == (30, [(ALTERED, 22, 22)])


def test_entries_from_before_there_was_a_chain_are_its_beginning(store: Store) -> None:
    with store.begin() as tx:
        tx.execute(insert(journal), [change(), change(BOB)])
    write(store, change())

    assert (check(store).unchained, check(store).entries, check(store).wrong) == (2, 1, 0)


def test_a_database_of_before_keeps_its_entries_as_the_chains_beginning(store: Store) -> None:
    with store.begin() as tx:
        command.downgrade(migrations(tx), "0002")
        columns = [column for column in journal.c if column.name in change()]
        before = table(journal.name, *(column_of(one.name, one.type) for one in columns))
        tx.execute(insert(before), [change(), change(BOB), change(list_id=OTHER_LIST)])
    store.migrate()
    with store.begin() as tx:
        tx.execute(insert(journal).values(change()))
    write(store, change())

    assert (check(store).unchained, check(store).entries) == (2, 1)
    assert [what for what, *_ in told(store)] == [INSERTED]
    assert (check(store, OTHER_LIST).unchained, check(store, OTHER_LIST).wrong) == (1, 0)


def test_large_numbers_of_entries_are_written_at_once(store: Store) -> None:
    write(store, *(change(contact=key) for key in range(1, 12_001)))

    assert (check(store).entries, check(store).wrong) == (12_000, 0)


def test_the_run_knows_who_acted(store: Store) -> None:
    with store.begin() as tx:
        plan = _plan(tx, decided_by="ann")
        by_hand = _run(tx, kept_plan_id=plan)
        keys = [_run(tx), _run(tx, kind="members"), by_hand, _run(tx, begun_by="bob"), 999, None]
        write_journal(tx, [new_entry(**change(run_id=key)) for key in keys])

    assert [entry["actor"] for entry in everything(store)] == ["run", "webhook", "ann", "bob", "run", "run"]


def _run(tx: Connection, **values: Any) -> int:
    key = tx.execute(insert(run).values(list_id=LIST, started_at=hour(8), **values)).inserted_primary_key
    return int(key[0]) if key else 0


def _plan(tx: Connection, **values: Any) -> int:
    about = {"made_at": hour(7), "made_by": "the guard", "expires_at": hour(23), "kind": "held", "state": "approved"}
    parts: dict[str, Any] = {"links": {}, "counts": {}, "excess": []}
    key = tx.execute(insert(kept_plan).values(list_id=LIST, **about, **parts, **values)).inserted_primary_key
    return int(key[0]) if key else 0


def test_entries_are_found_by_what_they_are_about(written: Store) -> None:
    def numbers(wanted: Filter, **page: int) -> list[int | None]:
        with written.begin() as tx:
            return [entry.number for entry in entries(tx, wanted, **{"limit": 9, **page})]

    tamper(written, 6, time=hour(12))
    assert numbers(Filter(list_id=LIST, contact_id=BOB)) == [2, 5]
    assert numbers(Filter(list_id=OTHER_LIST)) == [1, 2]
    assert numbers(Filter(since=hour(10))) == [6]
    assert numbers(Filter(list_id=LIST, until=hour(12)), limit=3, offset=1) == [2, 3, 4]
    assert numbers(Filter(run_id=71, list_id=LIST), limit=2) == [1, 2]


# -- how it forgets ---------------------------------------------------------------------------------------------------


def minimise(store: Store, before: datetime, key: str = KEY) -> int:
    return _in_steps(store, lambda tx: journal_retention.minimise_entries(tx, LIST, before, key, hour(20)))


def forget(store: Store, before: datetime) -> int:
    return _in_steps(store, lambda tx: journal_retention.delete_entries(tx, LIST, before))


def _in_steps(store: Store, step: Callable[[Connection], int]) -> int:
    total = 0
    while True:
        with store.begin() as tx:
            done = step(tx)
        total += done
        if not done:
            return total


@pytest.fixture
def old_and_new(written: Store) -> Store:
    """Entries 1 to 7 are of nine o'clock, entry 8 is of noon."""
    write(written, name_change(time=hour(12)))
    return written


def test_minimised_entries_name_nobody_and_the_chain_still_holds(old_and_new: Store) -> None:
    assert minimise(old_and_new, hour(10)) == 7
    old = [entry for entry in everything(old_and_new) if entry["list_id"] == LIST and entry["minimised_at"]]

    shown = {value for entry in old for value in (entry["member_id"], entry["old"], entry["new"])}
    assert shown.isdisjoint({ANN_ID, "Ann", "Annette"})
    assert {"subscribed", "unsubscribed"} <= shown
    assert (len(old), check(old_and_new).wrong, check(old_and_new).unsealed) == (7, 0, 0)
    assert minimise(old_and_new, hour(10)) == 0


def test_a_minimised_member_is_found_with_the_key(old_and_new: Store) -> None:
    minimise(old_and_new, hour(10))
    found = [entry["number"] for entry in everything(old_and_new) if entry["member_id"] == chain.digest(KEY, ANN_ID)]

    assert {1, 2, 3} <= set(found)
    assert chain.digest(OLD_KEY, ANN_ID) != chain.digest(KEY, ANN_ID)


def test_younger_entries_keep_what_they_say(old_and_new: Store) -> None:
    minimise(old_and_new, hour(10))
    youngest = everything(old_and_new)[-1]

    assert (youngest["member_id"], youngest["old"], youngest["minimised_at"]) == (ANN_ID, "Ann", None)


@pytest.mark.parametrize("values", [{"member_id": "0" * 32}, {"old": "Zoe"}, {"new": "Zoe"}, {"salt": "0" * 64}])
def test_a_minimised_entry_that_was_altered_is_told(old_and_new: Store, values: dict[str, Any]) -> None:
    minimise(old_and_new, hour(10))
    if "salt" in values:
        values = {"salt": str(everything(old_and_new)[4]["salt"])[:-1] + "x"}
    tamper(old_and_new, 3, **values)

    assert told(old_and_new) == [(ALTERED, 3, 3)]


def test_what_was_sealed_with_a_key_that_has_gone_is_told_apart(old_and_new: Store) -> None:
    minimise(old_and_new, hour(10), key=OLD_KEY)

    assert (check(old_and_new).wrong, check(old_and_new).unsealed) == (0, 7)
    assert check(old_and_new, keys=(KEY, OLD_KEY)).unsealed == 0


def test_entries_from_before_the_chain_are_minimised_and_deleted_too(store: Store) -> None:
    with store.begin() as tx:
        tx.execute(insert(journal), [name_change(), change(BOB)])
    write(store, change(time=hour(12)))
    assert minimise(store, hour(10)) == 2
    assert everything(store)[0]["old"] == chain.digest(KEY, "Ann")

    assert forget(store, hour(10)) == 2
    assert (check(store).unchained, check(store).entries, check(store).wrong) == (0, 1, 0)


def test_what_is_left_after_the_oldest_went_is_a_chain_as_before(old_and_new: Store) -> None:
    assert forget(old_and_new, hour(10)) == 7
    found = check(old_and_new)

    assert (found.before_first, found.entries, found.newest, found.wrong) == (7, 1, 8, 0)
    assert check(old_and_new, OTHER_LIST).entries == 2


def test_the_chain_goes_on_where_it_ended_also_when_all_is_gone(old_and_new: Store) -> None:
    assert forget(old_and_new, hour(13)) == 8
    assert (check(old_and_new).entries, check(old_and_new).wrong) == (0, 0)
    write(old_and_new, change(time=hour(14)))

    assert (everything(old_and_new)[-1]["number"], check(old_and_new).wrong) == (9, 0)


def test_an_entry_deleted_by_hand_after_the_oldest_went_is_told(old_and_new: Store) -> None:
    write(old_and_new, change(time=hour(14)))
    forget(old_and_new, hour(10))
    with old_and_new.begin() as tx:
        tx.execute(delete(journal).where(journal.c.list_id == LIST, journal.c.number == 8))

    assert told(old_and_new) == [(DELETED, 8, 8)]


def test_entries_that_grow_too_old_while_the_chain_is_walked_do_no_harm(
    old_and_new: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_check, "ENTRIES_PER_STEP", 2)
    steps = []
    real = journal_check._Walk._next

    def forgetting_meanwhile(walk: Any) -> Any:
        steps.append(walk.number)
        if len(steps) == 2:
            forget(old_and_new, hour(10))
        return real(walk)

    monkeypatch.setattr(journal_check._Walk, "_next", forgetting_meanwhile)

    assert (check(old_and_new).wrong, len(steps)) == (0, 3)


def test_it_is_done_in_bounded_steps(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_retention, "ENTRIES_PER_STEP", 4)
    write(store, *(change() for _ in range(10)))
    with store.begin() as tx:
        assert journal_retention.minimise_entries(tx, LIST, hour(10), KEY, hour(20)) == 4
        assert journal_retention.delete_entries(tx, LIST, hour(10)) == 4
        assert tx.execute(select(func.count()).select_from(journal)).scalar_one() == 6
    assert check(store).wrong == 0


def test_the_microsecond_of_an_entry_is_kept_by_every_database(store: Store) -> None:
    write(store, change(time=hour(9) + timedelta(microseconds=1)))

    assert check(store).wrong == 0


TOKEN = f"{'0a' * 16}_1790000000_4320"


def test_personal_tokens_of_before_leave_the_journal_and_its_chain_holds(written: Store) -> None:
    write(written, change(field="merge_field CS", old=None, new=TOKEN), change(field="merge_field JOB", new="Cook"))
    count = len(everything(written))
    after: int | None = 0
    while after is not None:
        with written.begin() as tx:
            after = journal_retention.minimise_tokens(tx, after, KEY, hour(10))

    texts = [value for entry in everything(written) for value in entry.values() if isinstance(value, str)]
    assert TOKEN not in "\n".join(texts)
    assert "Cook" in texts
    assert (len(everything(written)), check(written).wrong) == (count, 0)
