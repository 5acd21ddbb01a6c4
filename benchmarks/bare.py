"""The yardstick: download the same pages and the same CiviCRM rows, decode them, write them to a table in bulk.

No rules, no proof, no restart: as little as a script can do that ends with the same data in a database.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx2

PAGE_MEMBERS = 1_000
PAGE_ROWS = 25_000
ADDRESSES_AT_ONCE = 5_000
FIELDS = "total_items," + ",".join(
    f"members.{name}"
    for name in ("id", "email_address", "contact_id", "status", "last_changed", "merge_fields", "interests")
)


@dataclass(frozen=True)
class Site:
    """A CiviCRM: how to call it, and where."""

    client: httpx2.Client
    pattern: str

    def ask(self, entity: str, params: dict[str, Any]) -> list[dict[str, Any]]:
        """Return rows of an entity."""
        url = self.pattern.replace("{entity}", entity).replace("{action}", "get")
        values: list[dict[str, Any]] = self.client.post(url, data={"params": json.dumps(params)}).json()["values"]
        return values


def main(
    mailchimp: str, mailchimp_key: str, list_id: str, civicrm: str, civicrm_key: str, groups: str, file: str
) -> None:
    """Do it, and print the seconds taken. `civicrm` is the address of a call, with `{entity}` and `{action}`."""
    started = time.perf_counter()
    database = sqlite3.connect(file, isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=NORMAL")
    database.execute("CREATE TABLE member (id PRIMARY KEY, email, contact, status, changed, names, interests)")
    database.execute("CREATE TABLE history (id PRIMARY KEY, contact, grp, date, status)")
    database.execute("CREATE TABLE membership (id PRIMARY KEY, contact, grp, status)")
    database.execute("CREATE TABLE email (id PRIMARY KEY, contact, email, hold)")
    database.execute("CREATE TABLE address (id PRIMARY KEY, contact, email, hold, bulk, first)")
    _members(database, httpx2.Client(base_url=mailchimp, auth=("x", mailchimp_key), timeout=120), list_id)
    headers = {"X-Civi-Auth": f"Bearer {civicrm_key}", "X-Requested-With": "XMLHttpRequest"}
    site = Site(httpx2.Client(headers=headers, timeout=120), civicrm)
    _emails(database, site)
    ids = json.loads(groups)
    _pages(database, site, "SubscriptionHistory", ids, ["id", "contact_id", "group_id", "date", "status"], "history")
    _pages(database, site, "GroupContact", ids, ["id", "contact_id", "group_id", "status"], "membership")
    print(f"{time.perf_counter() - started:.3f}")


def _members(database: sqlite3.Connection, client: httpx2.Client, list_id: str) -> None:
    def page(offset: int) -> Any:
        params: dict[str, Any] = {"count": PAGE_MEMBERS, "offset": offset, "fields": FIELDS}
        return client.get(f"/lists/{list_id}/members", params=params).json()

    first = page(0)
    with ThreadPoolExecutor(8) as pool:
        rest = pool.map(page, range(PAGE_MEMBERS, first["total_items"], PAGE_MEMBERS))
        for found in (first, *rest):
            _write(database, "member", 7, (_member(member) for member in found["members"]))


def _member(member: dict[str, Any]) -> tuple[Any, ...]:
    names, interests = json.dumps(member["merge_fields"]), json.dumps(member.get("interests"))
    return (
        member["id"],
        member["email_address"],
        member["contact_id"],
        member["status"],
        member["last_changed"],
        names,
        interests,
    )


def _pages(
    database: sqlite3.Connection, site: Site, entity: str, groups: list[int], fields: list[str], table: str
) -> None:
    after = 0
    while True:
        where = [["id", ">", after], ["group_id", "IN", groups]]
        if entity == "GroupContact":
            where.append(["contact_id.is_deleted", "=", False])
        rows = site.ask(entity, {"select": fields, "where": where, "orderBy": {"id": "ASC"}, "limit": PAGE_ROWS})
        _write(database, table, len(fields), (tuple(row[field] for field in fields) for row in rows))
        if len(rows) < PAGE_ROWS:
            return
        after = rows[-1]["id"]


def _emails(database: sqlite3.Connection, site: Site) -> None:
    addresses = [row[0] for row in database.execute("SELECT email FROM member")]
    fields = ["id", "contact_id", "email", "on_hold"]
    for start in range(0, len(addresses), ADDRESSES_AT_ONCE):
        where = [["email", "IN", addresses[start : start + ADDRESSES_AT_ONCE]], ["contact_id.is_deleted", "=", False]]
        rows = site.ask("Email", {"select": fields, "where": where, "orderBy": {"id": "ASC"}})
        _write(database, "email", 4, (tuple(row[field] for field in fields) for row in rows))
        _addresses(database, site, contacts=sorted({row["contact_id"] for row in rows}))


def _addresses(database: sqlite3.Connection, site: Site, contacts: list[int]) -> None:
    """All addresses of those contacts: which is the best is not said by one alone."""
    fields = ["id", "contact_id", "email", "on_hold", "is_bulkmail", "is_primary"]
    params = {"select": fields, "where": [["contact_id", "IN", contacts]], "orderBy": {"id": "ASC"}}
    rows = site.ask("Email", params)
    _write(database, "address", 6, (tuple(row[field] for field in fields) for row in rows))


def _write(database: sqlite3.Connection, table: str, columns: int, rows: Iterator[tuple[Any, ...]]) -> None:
    """Write rows; one that CiviCRM returns again, as it ignores case and accents, is the same."""
    database.execute("BEGIN")
    database.executemany(f"INSERT OR REPLACE INTO {table} VALUES ({','.join('?' * columns)})", rows)  # noqa: S608 (our own names)
    database.execute("COMMIT")


if __name__ == "__main__":
    main(*sys.argv[1:])
