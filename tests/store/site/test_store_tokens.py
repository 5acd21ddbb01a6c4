"""Tokens in the database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from mailchimpsync.errors import StoreError
from mailchimpsync.store import Store
from mailchimpsync.store.site import tokens

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HASH = "ab" * 32


def add(store: Store, token_hash: str = HASH) -> int:
    with store.begin() as tx:
        return tokens.add_token(
            tx, name="cron", token_hash=token_hash, scope="run", now=NOW, by="Ann", expires_at=NOW + timedelta(days=1)
        )


def test_a_token_is_found_by_its_hash_only(store: Store) -> None:
    number = add(store)

    with store.begin() as tx:
        found = tokens.find_token(tx, HASH)
        assert found is not None
        assert (found.id, found.scope, found.expires_at) == (number, "run", NOW + timedelta(days=1))
        assert tokens.find_token(tx, "cd" * 32) is None
        assert tokens.find_token(tx, HASH.upper()) is None


def test_the_list_shows_no_hashes(store: Store) -> None:
    add(store)
    add(store, "cd" * 32)

    with store.begin() as tx:
        found = tokens.all_tokens(tx)

    assert [row.name for row in found] == ["cron", "cron"]
    assert all("token_hash" not in row for row in found)


def test_revoking_twice_keeps_the_first_time(store: Store) -> None:
    number = add(store)

    with store.begin() as tx:
        assert tokens.revoke_token(tx, number, NOW)
        assert tokens.revoke_token(tx, number, NOW + timedelta(days=3))
        assert not tokens.revoke_token(tx, number + 1, NOW)
        [found] = tokens.all_tokens(tx)

    assert found.revoked_at == NOW


def test_no_two_tokens_have_one_hash(store: Store) -> None:
    add(store)

    with pytest.raises((StoreError, IntegrityError)):
        add(store)


def test_a_use_is_written_down(store: Store) -> None:
    number = add(store)

    with store.begin() as tx:
        tokens.mark_used(tx, number, NOW)
        [found] = tokens.all_tokens(tx)

    assert found.last_used_at == NOW
