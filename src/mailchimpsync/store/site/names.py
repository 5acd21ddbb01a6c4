"""Names of groups, interests and accounts as they were last read, for when the other side is away."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import Connection

from mailchimpsync.store.engine.dialect import upsert
from mailchimpsync.store.engine.typed_rows import fetch, select_as
from mailchimpsync.store.schema import known_name

NAME_LENGTH_MAX = 255
_KEY_LENGTH_MAX = 64


class NameKind(StrEnum):
    """What has a name."""

    GROUP = "group"
    INTEREST = "interest"
    ACCOUNT = "account"


class KnownName(NamedTuple):
    """A name; `key` is a group's number, an interest's id or an account's name here, `category` that of an interest."""

    kind: str
    key: str
    name: str
    category: str | None


def keep_groups(tx: Connection, titles: Mapping[int, str], now: datetime) -> None:
    """Keep the titles of groups."""
    _keep(tx, [KnownName(NameKind.GROUP, str(group), title, None) for group, title in titles.items()], now)


def keep_interests(tx: Connection, names: Mapping[str, tuple[str, str]], now: datetime) -> None:
    """Keep the names of interests, by id: each with its category and its own name."""
    _keep(tx, [KnownName(NameKind.INTEREST, key, name, category) for key, (category, name) in names.items()], now)


def keep_account(tx: Connection, account: str, name: str, now: datetime) -> None:
    """Keep the name that an account has at Mailchimp, by its name in the configuration."""
    _keep(tx, [KnownName(NameKind.ACCOUNT, account[:_KEY_LENGTH_MAX], name, None)], now)


def account_name(tx: Connection, account: str) -> str | None:
    """Return the name that an account had at Mailchimp when it was last read; None: it never was."""
    key = account[:_KEY_LENGTH_MAX]
    return next((one.name for one in known_names(tx) if one.kind == NameKind.ACCOUNT and one.key == key), None)


def _keep(tx: Connection, found: list[KnownName], now: datetime) -> None:
    """Store new and changed names: mostly, there are none, so nothing is written."""
    known = set(known_names(tx))
    short = [one._replace(name=one.name[:NAME_LENGTH_MAX], category=_short(one.category)) for one in found]
    rows = [{**one._asdict(), "read_at": now} for one in short if one not in known]
    if rows:
        upsert(tx, known_name, rows, keys=("kind", "key"))


def _short(text: str | None) -> str | None:
    return text[:NAME_LENGTH_MAX] if text is not None else None


def known_names(tx: Connection) -> list[KnownName]:
    """Return all names."""
    return fetch(tx, KnownName, select_as(KnownName, known_name))
