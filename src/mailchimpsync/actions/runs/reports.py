"""The result of a run, for Python and API callers (docs/reference/php-extension.md#a-sync)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mailchimpsync.actions.api.description import Judgement, outcome_of_entries
from mailchimpsync.actions.api.envelope import plain
from mailchimpsync.config import Link
from mailchimpsync.errors import EXIT_MORE_TO_DO, EXIT_NEEDS_A_PERSON, MailchimpsyncError
from mailchimpsync.store.queries.due import NOBODY_DUE, Due
from mailchimpsync.store.runs import runs
from mailchimpsync.sync import Outcome, Result


@dataclass(frozen=True, slots=True)
class Report:
    """The result of syncing one connection: a result, an error, or neither if no time was left for it.

    `stored` and `log` (of its newest run) are the connection's status afterwards.
    """

    link: Link
    result: Result | None = None
    error: MailchimpsyncError | None = None
    stored: runs.StoredStatus | None = None
    log: tuple[tuple[datetime, str], ...] = ()

    @property
    def outcome(self) -> str:
        """How it ended, in a few words or an error code."""
        if self.error is not None:
            return self.error.code.value
        return (self.result.outcome if self.result else Outcome.OUT_OF_TIME).value

    @property
    def due(self) -> Due:
        """People still due afterwards, if known."""
        return self.result.due if self.result is not None else NOBODY_DUE

    @property
    def exit_code(self) -> int:
        """The exit code of a command that did only this."""
        if self.error is not None:
            return self.error.exit_code
        waits_for_person = self.outcome in (Outcome.HELD, Outcome.PAUSED)
        if waits_for_person or self.due.put_off or (self.result and self.result.gone_interests):
            return EXIT_NEEDS_A_PERSON
        is_over = self.outcome in (Outcome.DONE, Outcome.STOPPED) or (
            self.outcome == Outcome.UNCHANGED and not self.due.number
        )
        return 0 if is_over else EXIT_MORE_TO_DO


def outcome_of_sync(reports: Sequence[Report]) -> Judgement:
    """Judge a sync as a whole."""
    return outcome_of_entries([Judgement(one.error, one.exit_code) for one in reports])


def in_wire_form(reports: Sequence[Report]) -> list[dict[str, Any]]:
    """Return an entry for each connection, its status with the PHP extension's names."""
    return [plain(_entry(report)) for report in reports]


def _entry(report: Report) -> dict[str, Any]:
    stored, error = report.stored, report.error
    return {
        "list_id": report.link.audience_id,
        "group_id": report.link.group_id,
        "status": {
            "lastSyncTime": stored.last_sync_time if stored else None,
            "locks": {"fetchAndReconcile": stored.stage.value if stored else None},
            "log": [{"time": time, "message": message} for time, message in report.log],
            "fetch": {},
        },
        "outcome": report.outcome,
        "run_id": report.result.run_id if report.result else None,
        "notes": list(report.result.notes) if report.result else [],
        "due": report.due.number,
        "due_because": dict(report.due.by_cause),
        "error_code": error.code.value if error else None,
        "error_message": f"{error.what} {error.remedy}" if error else None,
    }
