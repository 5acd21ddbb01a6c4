"""Batches: many operations sent together, polled until they are finished."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, NotRequired
from urllib.parse import quote

from pydantic import AwareDatetime, TypeAdapter
from typing_extensions import TypedDict

from mailchimpsync.errors import RefusedError
from mailchimpsync.mailchimp.client import MailchimpClient
from mailchimpsync.mailchimp.paging import Page, read_all

OPERATIONS_MAX = 1000
"""Ours: Mailchimp documents no limit, others cut at 500 or 1,000.

See docs/reference/mailchimp-behaviour.md#limits-and-order-of-batches.
"""

FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class Operation:
    """One request inside a batch; `path` is relative to the API's base, `operation_id` comes back with the result."""

    method: str
    path: str
    body: Mapping[str, Any] | None
    operation_id: str


@dataclass(frozen=True, slots=True)
class BatchInfo:
    """How far a batch is. `finished` says only that every operation ran; the totals are 0 until Mailchimp has counted.

    `response_body_url` is "" until finished, and good for 10 minutes after it was asked for
    (docs/reference/mailchimp-behaviour.md#results-of-batches).
    """

    id: str
    status: str
    total_operations: int
    finished_operations: int
    errored_operations: int
    submitted_at: datetime | None
    completed_at: datetime | None
    response_body_url: str

    @property
    def is_finished(self) -> bool:
        """Say whether the results can be fetched."""
        return self.status == FINISHED


class _Batch(TypedDict):
    id: str
    status: str
    total_operations: NotRequired[int]
    finished_operations: NotRequired[int]
    errored_operations: NotRequired[int]
    submitted_at: NotRequired[AwareDatetime | str | None]
    completed_at: NotRequired[AwareDatetime | str | None]
    response_body_url: NotRequired[str | None]


class _Batches(Page):
    batches: list[_Batch]


_BATCH = TypeAdapter(_Batch)
_BATCHES = TypeAdapter(_Batches)
_FIELDS = tuple(_Batch.__annotations__)


def submit_batch(client: MailchimpClient, operations: Sequence[Operation]) -> BatchInfo:
    """Send operations as one batch; their order at Mailchimp is not guaranteed.

    See docs/reference/mailchimp-behaviour.md#limits-and-order-of-batches.

    Raises:
        TransientError: with `work_may_be_done`, the batch may be there: look for it with `recent_batches`.
        ValueError: there are no operations, or more than `OPERATIONS_MAX`.
    """
    if not 0 < len(operations) <= OPERATIONS_MAX:
        raise ValueError(f"a batch has 1 to {OPERATIONS_MAX} operations, not {len(operations)}")
    return _info(client.post("/batches", _BATCH, {"operations": [_wire(operation) for operation in operations]}))


def batch(client: MailchimpClient, batch_id: str) -> BatchInfo | None:
    """Return a batch, with a fresh address for its results if finished; None if Mailchimp no longer knows it."""
    try:
        return _info(client.get(_path(batch_id), _BATCH, {"fields": ",".join(_FIELDS)}))
    except RefusedError as error:
        if error.status == HTTPStatus.NOT_FOUND:
            return None
        raise


def recent_batches(client: MailchimpClient) -> list[BatchInfo]:
    """Return the account's batches of the last seven days, of this program and of others."""
    fields = ",".join(f"batches.{field}" for field in _FIELDS)
    return [_info(found) for found in read_all(client, "/batches", _BATCHES, lambda page: page["batches"], fields)]


def delete_batch(client: MailchimpClient, batch_id: str) -> None:
    """Stop a batch and forget its results; what is already done stays done. A batch that is gone is no error."""
    try:
        client.delete(_path(batch_id))
    except RefusedError as error:
        if error.status != HTTPStatus.NOT_FOUND:
            raise


def _path(batch_id: str) -> str:
    return f"/batches/{quote(batch_id, safe='')}"


def _wire(operation: Operation) -> dict[str, str]:
    wire = {"method": operation.method, "path": operation.path, "operation_id": operation.operation_id}
    if operation.body is not None:
        wire["body"] = json.dumps(operation.body, ensure_ascii=False, separators=(",", ":"))
    return wire


def _info(found: _Batch) -> BatchInfo:
    return BatchInfo(
        found["id"],
        found["status"],
        found.get("total_operations", 0),
        found.get("finished_operations", 0),
        found.get("errored_operations", 0),
        _when(found.get("submitted_at")),
        _when(found.get("completed_at")),
        found.get("response_body_url") or "",
    )


def _when(value: datetime | str | None) -> datetime | None:
    return value.astimezone(UTC) if isinstance(value, datetime) else None
