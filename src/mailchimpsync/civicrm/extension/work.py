"""What the PHP extension still has under way: a run, updates, batches."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from mailchimpsync.civicrm.extension.rows import ExtensionRow

BUSY = "busy"


@dataclass(frozen=True, slots=True)
class OpenBatch:
    """A batch whose results the extension hasn't read; the status may be old, as it seldom asks."""

    list_id: str
    mailchimp_batch_id: str


@dataclass(frozen=True, slots=True)
class OpenWork:
    """What isn't finished yet: updates that were not sent, and those in batches; the audiences with a run at work.

    `crashed`: audiences whose run says that it is at work, and has written nothing for long.
    """

    unsent: int = 0
    sent: int = 0
    batches: Sequence[OpenBatch] = ()
    running: Collection[str] = ()
    crashed: Collection[str] = ()


class ExtensionTables(Protocol):
    """The extension's tables, read by its API or from its database."""

    def pages(self, list_id: str) -> Iterator[Sequence[ExtensionRow]]:
        """Yield an audience's rows, in the order of their ids.

        Raises:
            RemoteError, StoreError, ConfigurationError: they can't be read.
        """

    def errors_of(self, row_ids: Sequence[int]) -> Mapping[int, str]:
        """Return the error of each row's newest update, as stored; rows without one are left out."""

    def open_work(self, list_ids: Collection[str]) -> OpenWork:
        """Return what isn't finished yet."""


def open_batches(rows: Collection[Mapping[str, Any]], list_ids: Collection[str]) -> list[OpenBatch]:
    """Return the batches among rows of the batch table whose results aren't read."""
    return [
        OpenBatch(str(row["mailchimp_list_id"]), str(row["mailchimp_batch_id"]))
        for row in rows
        if row.get("mailchimp_list_id") in list_ids
        and row.get("mailchimp_batch_id")
        and str(row.get("response_processed") or "0") != "2"
        and row.get("status") != "aborted"
    ]
