"""Batches at work: from pending to finished, by a thread or when told to.

See docs/reference/mailchimp-behaviour.md#batches.
"""

from __future__ import annotations

import json
import random
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from mailchimpsync_sandbox.mailchimp.batches.archive import pack, result_row
from mailchimpsync_sandbox.mailchimp.batches.planted_refusals import refused_as_planted
from mailchimpsync_sandbox.mailchimp.http.call import COUNT_MAX
from mailchimpsync_sandbox.mailchimp.http.dispatch import Answer, ParsedRequest, answer
from mailchimpsync_sandbox.mailchimp.webhooks import batch_webhooks

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from mailchimpsync_sandbox.mailchimp.world import Account, World

STATES = ("pending", "preprocessing", "started", "finalizing", "finished")
CHUNK = 100  # operations in one transaction, so that other requests get their turn between
IDLE_SECONDS = 0.5
_OPEN = "SELECT number, api_key, status, since, total FROM batch WHERE status <> 'finished' ORDER BY number"

Operation = dict[str, Any]


class _BatchGoneError(Exception):
    """The batch was deleted meanwhile."""


class BatchWorker:
    """Moves batches on. `ticks` is the time in seconds by which they dwell in each state."""

    def __init__(self, world: World, ticks: Callable[[], float], *, threaded: bool) -> None:
        self._world, self._ticks, self._threaded = world, ticks, threaded
        self._wake = threading.Event()
        self._working = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closed = False

    def on_submit(self) -> None:
        """Take note of a new batch."""
        if self._threaded and not self._closed:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="batches", daemon=True)
                self._thread.start()
            self._wake.set()

    def on_read(self) -> None:
        """Move on what is due, where there is no thread to do it, or where batches take no time."""
        if not self._threaded or not any(self._world.options.batch_dwell.values()):
            self.move_on()

    def move_on(self, *, all_the_way: bool = False) -> int:
        """Move every batch as far as its dwell times allow, or to its end; return how many finished."""
        with self._working:
            return sum(self._move(row["number"], all_the_way=all_the_way) for row in self._open())

    def close(self) -> None:
        self._closed = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def _open(self) -> list[sqlite3.Row]:
        rows = self._world.db.all(_OPEN)
        if self._world.options.parallel_batches:
            return rows
        first: dict[str, sqlite3.Row] = {}
        for row in rows:
            first.setdefault(row["api_key"], row)
        return list(first.values())

    def _move(self, number: int, *, all_the_way: bool) -> bool:
        while not self._closed:
            row = self._world.db.one("SELECT status, since, total FROM batch WHERE number = ?", number)
            if row is None:
                return False
            if row["status"] == "finished":
                return True
            if self._ticks() < self._due(row) and not all_the_way:
                return False
            try:
                self._leave(number, row["status"])
            except _BatchGoneError:
                return False
        return False

    def _due(self, row: sqlite3.Row) -> float:
        """Return when a batch leaves its state; all operations of a slow one are done at the end of their time."""
        options = self._world.options
        due: float = row["since"] + options.batch_dwell[row["status"]]
        rate = options.batch_operations_per_second
        return due + row["total"] / rate if rate and row["status"] == "started" else due

    def _leave(self, number: int, status: str) -> None:
        if status == "pending":
            self._expand(number)
        elif status == "started" and not self._execute(number):
            return
        following = STATES[STATES.index(status) + 1]
        completed = self._world.now() if following == "finished" else ""
        sql = "UPDATE batch SET status = ?, since = ?, completed_at = ? WHERE number = ?"
        self._world.db.run(sql, following, self._ticks(), completed, number)
        if following == "finished":
            batch_webhooks.announce(self._world, number)

    def _expand(self, number: int) -> None:
        row, account = self._row(number)
        given = json.loads(row["operations"])
        operations = [page for operation in given for page in self._pages(row, account, operation)]
        if self._world.options.shuffle_batches:
            random.Random(row["id"]).shuffle(operations)
        sql = "UPDATE batch SET operations = ?, total = ? WHERE number = ?"
        self._world.db.run(sql, json.dumps(operations), len(operations), number)

    def _pages(self, row: sqlite3.Row, account: Account, operation: Operation) -> list[Operation]:
        """Return one operation a page for a GET of a collection without a count, else the operation itself."""
        if operation["method"] != "GET" or "count" in _query(operation):
            return [operation]
        probe = self._answer(
            row,
            account,
            operation | {"params": (operation.get("params") or {}) | {"count": 1, "fields": "total_items"}},
        )
        total = json.loads(probe.text or "{}").get("total_items", 0) if probe.status == 200 else 0  # noqa: PLR2004
        size = min(self._world.options.batch_page_size, COUNT_MAX)
        if not total:
            return [operation]
        return [
            operation | {"params": (operation.get("params") or {}) | {"count": size, "offset": offset}}
            for offset in range(0, total, size)
        ]

    def _execute(self, number: int) -> bool:
        """Do all operations and pack their results; False if the batch was deleted or the stand-in closed meanwhile."""
        row, account = self._row(number)
        operations: list[Operation] = json.loads(row["operations"])
        results: list[str] = []
        # A stand-in that was stopped in the middle starts this batch again from its first operation.
        self._world.db.run("UPDATE batch SET finished = 0, errored = 0 WHERE number = ?", number)
        while len(results) < len(operations):
            chunk = operations[len(results) : len(results) + CHUNK]
            with self._world.db.transaction():
                answers = [self._answer(row, account, operation) for operation in chunk]
                if self._closed or not self._note_progress(number, answers):
                    return False
            results += [
                result_row(one.status, operation.get("operation_id"), one.text)
                for one, operation in zip(answers, chunk, strict=True)
            ]
        modified = int(self._world.clock.now().timestamp())
        archive = pack(row["id"], results, self._world.options.batch_file_rows, modified)
        return bool(
            self._world.db.run("UPDATE batch SET operations = '[]', archive = ? WHERE number = ?", archive, number)
        )

    def _note_progress(self, number: int, answers: list[Answer]) -> bool:
        errored = sum(one.status >= 400 for one in answers)  # noqa: PLR2004
        sql = "UPDATE batch SET finished = finished + ?, errored = errored + ? WHERE number = ?"
        return bool(self._world.db.run(sql, len(answers), errored, number))

    def _row(self, number: int) -> tuple[sqlite3.Row, Account]:
        row = self._world.db.one("SELECT * FROM batch WHERE number = ?", number)
        account = self._world.account(row["api_key"]) if row is not None else None
        if row is None or account is None:
            raise _BatchGoneError
        return row, account

    def _answer(self, row: sqlite3.Row, account: Account, operation: Operation) -> Answer:
        path = "/" + urlsplit(operation["path"]).path.lstrip("/")
        if (refused := refused_as_planted(self._world.options.refused_operations, path)) is not None:
            return refused
        body = operation.get("body") or ""
        if not isinstance(body, str):
            # Taken when it is sent, fails when it is run (docs/reference/mailchimp-behaviour.md#operations-of-a-batch).
            body = "not a string"
        asked = ParsedRequest(operation["method"], path, _query(operation), body, row["base_url"], row["ip"])
        return answer(self._world, account, asked, "")

    def _work(self) -> None:
        while not self._closed:
            self._wake.clear()
            self.move_on()
            self._wake.wait(self._pause())

    def _pause(self) -> float:
        now = self._ticks()
        dues = [self._due(row) - now for row in self._open()]
        return max(min(dues, default=IDLE_SECONDS), 0.001)


def _query(operation: Operation) -> dict[str, str]:
    in_path = dict(parse_qsl(urlsplit(operation["path"]).query, keep_blank_values=True))
    return in_path | {name: _text(value) for name, value in (operation.get("params") or {}).items()}


def _text(value: Any) -> str:
    return json.dumps(value) if isinstance(value, bool) else str(value)
