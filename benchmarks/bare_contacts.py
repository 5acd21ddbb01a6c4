"""The yardstick for new contacts: four clients create contacts in CiviCRM and put them into a group, and nothing else.

The calls are ours: `Contact.save` and `GroupContact.save` with as many records as ours have at most. Nobody is looked
for, nothing is read back, and nothing is written down.
"""

from __future__ import annotations

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2

CLIENTS = 4
CONTACTS, GROUP_CONTACTS = 250, 500


def main(civicrm: str, key: str, group: str, name: str, number: str) -> None:
    """Create contacts named after `name`, and print the seconds taken; `civicrm` is the address of a call."""
    headers = {"X-Civi-Auth": f"Bearer {key}", "X-Requested-With": "XMLHttpRequest"}
    people = [
        {"first_name": "", "last_name": "", "email_primary.email": f"{name}-{n}@example.org"}
        for n in range(int(number))
    ]
    started = time.perf_counter()
    with httpx2.Client(headers=headers, timeout=300) as client, ThreadPoolExecutor(CLIENTS) as pool:

        def save(entity: str, records: list[dict[str, Any]], **more: Any) -> list[dict[str, Any]]:
            url = civicrm.replace("{entity}", entity).replace("{action}", "save")
            answer = client.post(url, data={"params": json.dumps({"records": records, **more})})
            values: list[dict[str, Any]] = answer.raise_for_status().json()["values"]
            return values

        defaults = {"contact_type": "Individual", "source": "mailchimpsync"}
        made = [
            row["id"]
            for rows in pool.map(lambda some: save("Contact", some, defaults=defaults), _pieces(people, CONTACTS))
            for row in rows
        ]
        members = [{"contact_id": one, "group_id": int(group), "status": "Added"} for one in made]
        match = {"match": ["contact_id", "group_id"], "method": "MCsync"}
        list(pool.map(lambda some: save("GroupContact", some, **match), _pieces(members, GROUP_CONTACTS)))
    print(f"{time.perf_counter() - started:.3f}")


def _pieces(rows: list[dict[str, Any]], most: int) -> list[list[dict[str, Any]]]:
    """Return as many rows at once as `most`, or fewer, so that every client gets some."""
    size = min(most, -(-len(rows) // CLIENTS)) or 1
    return [rows[start : start + size] for start in range(0, len(rows), size)]


if __name__ == "__main__":
    main(*sys.argv[1:])
