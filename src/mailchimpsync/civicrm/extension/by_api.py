"""The PHP extension by APIv3: its setting, its job, its tables (docs/reference/php-extension.md#actions)."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mailchimpsync.civicrm.extension.rows import ExtensionRow, row_from
from mailchimpsync.civicrm.extension.work import BUSY, OpenWork, open_batches
from mailchimpsync.civicrm.http.api3 import call_api3, rows_of
from mailchimpsync.civicrm.http.client import CIVICRM, CivicrmClient
from mailchimpsync.civicrm.http.paging import chunks
from mailchimpsync.http import unreadable_answer

SETTING = "mailchimpsync_config"
ROWS_PER_PAGE = 2_000
PAGES_MAX = 5_000
IDS_PER_CALL = 500
OPEN_MAX = 10_000
_JOB = "fetchandreconcile"


@dataclass(frozen=True, slots=True)
class Job:
    """The scheduled job that runs the extension's sync."""

    id: int
    name: str
    is_active: bool


def read_setting(client: CivicrmClient) -> Mapping[str, Any] | None:
    """Return the extension's configuration in its own form; None: it isn't installed. It may be empty.

    Raises:
        AccessError: the key's user lacks “administer CiviCRM”. TransientError: it can't be read now.
    """
    rows = rows_of(call_api3(client, "Setting", "get", {"return": [SETTING]}), "Setting.get")
    known = next((row for row in rows if SETTING in row), None)
    return _document(known[SETTING]) if known is not None else None


def _document(found: Any) -> Mapping[str, Any]:
    """Return the configuration, which is a text of JSON; right after the installation there may be none."""
    if isinstance(found, str) and found.strip():
        try:
            found = json.loads(found)
        except (ValueError, RecursionError):
            raise unreadable_answer(CIVICRM, f"{SETTING} is no JSON") from None
    return found if isinstance(found, Mapping) else {}


def read_jobs(client: CivicrmClient) -> list[Job]:
    """Return the scheduled jobs that run the extension's sync; a site may have made a second one.

    Raises:
        AccessError, RefusedError, TransientError: they can't be read.
    """
    rows = rows_of(call_api3(client, "Job", "get", {"api_entity": "Mailchimpsync", "options": {"limit": 100}}), "Job")
    return [
        Job(int(row["id"]), str(row.get("name") or ""), str(row.get("is_active")) == "1")
        for row in rows
        if str(row.get("api_action", "")).lower() == _JOB
    ]


def turn_job(client: CivicrmClient, job_id: int, *, on: bool) -> None:
    """Turn a scheduled job on or off. Doing it again changes nothing.

    Raises:
        AccessError, RefusedError, TransientError: it can't be changed; after a temporary error it may be changed.
    """
    call_api3(client, "Job", "create", {"id": job_id, "is_active": int(on)})


class TablesByApi:
    """The extension's tables by its API, which leaves out rows of people who were never in the subscription group."""

    def __init__(self, client: CivicrmClient) -> None:
        self._client = client

    def pages(self, list_id: str) -> Iterator[Sequence[ExtensionRow]]:
        """Yield an audience's rows, in the order of their ids; each page repeats the last row of the one before.

        Raises:
            TransientError: `CV_ODD_ANSWER`, rows came or went meanwhile.
        """
        after, offset = 0, 0
        for _ in range(PAGES_MAX):
            rows = self._page(list_id, offset, after)
            fresh = [row for row in rows if row.id > after]
            if fresh:
                yield fresh
                after = fresh[-1].id
            if len(rows) < ROWS_PER_PAGE:
                return
            offset += len(rows) - 1
        raise unreadable_answer(CIVICRM, f"more than {PAGES_MAX * ROWS_PER_PAGE} rows of MailchimpsyncCache")

    def _page(self, list_id: str, offset: int, after: int) -> list[ExtensionRow]:
        """Return the rows from an offset; the first is the one after which they follow, so that none is left out."""
        options = {"limit": ROWS_PER_PAGE, "offset": offset}
        given = self._get("MailchimpsyncCache", {"mailchimp_list_id": list_id, "options": options})
        rows = [row for one in given if (row := row_from(one)) is not None]
        ids = [row.id for row in rows]
        if len(rows) < len(given) or ids != sorted(set(ids)) or (after and ids[:1] != [after]):
            raise unreadable_answer(CIVICRM, "MailchimpsyncCache not in the order of ids")
        return rows

    def errors_of(self, row_ids: Sequence[int]) -> Mapping[int, str]:
        """Return the error of each row's newest update, as stored."""
        newest: dict[int, Any] = {}
        for some in chunks(row_ids, IDS_PER_CALL):
            options = {"limit": OPEN_MAX, "sort": "id DESC"}
            wanted = {"mailchimpsync_cache_id": {"IN": list(some)}, "options": options}
            for row in self._get("MailchimpsyncUpdate", wanted):
                newest.setdefault(int(row["mailchimpsync_cache_id"]), row.get("error_response"))
        return {key: str(error) for key, error in newest.items() if error}

    def open_work(self, list_ids: Collection[str]) -> OpenWork:
        """Return what isn't finished yet; updates are those of all audiences."""
        open_ones = self._get("MailchimpsyncUpdate", {"completed": 0, "options": {"limit": OPEN_MAX}})
        sent = sum(1 for row in open_ones if row.get("mailchimpsync_batch_id"))
        batches = self._get("MailchimpsyncBatch", {"response_processed": {"<": 2}, "options": {"limit": OPEN_MAX}})
        status = call_api3(self._client, "Mailchimpsync", "getstatus", {})
        running, crashed = _busy(status if isinstance(status, Mapping) else {}, list_ids)
        return OpenWork(len(open_ones) - sent, sent, open_batches(batches, list_ids), running, crashed)

    def _get(self, entity: str, params: Mapping[str, Any]) -> list[dict[str, Any]]:
        return rows_of(call_api3(self._client, entity, "get", params), f"{entity}.get")


def _busy(status: Mapping[str, Any], list_ids: Collection[str]) -> tuple[list[str], list[str]]:
    busy = {
        list_id: bool(one.get("crashed"))
        for list_id, one in status.items()
        if list_id in list_ids
        and isinstance(one, Mapping)
        and isinstance(locks := one.get("locks"), Mapping)
        and locks.get("fetchAndReconcile") == BUSY
    }
    return [key for key, is_over in busy.items() if not is_over], [key for key, is_over in busy.items() if is_over]
