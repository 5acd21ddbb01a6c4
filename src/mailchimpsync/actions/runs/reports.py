"""What came of a run, for Python callers and over the wire (docs/reference/php-extension.md#a-sync)."""

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
    """What came of one connection: a result, or the error that stopped it, or neither, as no time was left for it.

    `standing` and `log` (that of its newest run) say where the connection stands after it.
    """

    link: Link
    result: Result | None = None
    error: MailchimpsyncError | None = None
    standing: runs.Standing | None = None
    log: tuple[tuple[datetime, str], ...] = ()

    @property
    def outcome(self) -> str:
        """How it ended, in a word or three."""
        if self.error is not None:
            return self.error.code.value
        return (self.result.outcome if self.result else Outcome.OUT_OF_TIME).value

    @property
    def due(self) -> Due:
        """Who is still due after it, where that is known."""
        return self.result.due if self.result is not None else NOBODY_DUE

    @property
    def exit_code(self) -> int:
        """What a command line ends with, if this is all it did."""
        if self.error is not None:
            return self.error.exit_code
        if self.outcome == Outcome.HELD or self.due.put_off or (self.result and self.result.gone_interests):
            return EXIT_NEEDS_A_PERSON
        return 0 if self.outcome in (Outcome.DONE, Outcome.STOPPED) else EXIT_MORE_TO_DO


def outcome_of_sync(reports: Sequence[Report]) -> Judgement:
    """Judge a sync as a whole."""
    return outcome_of_entries([Judgement(one.error, one.exit_code) for one in reports])


def in_wire_form(reports: Sequence[Report]) -> list[dict[str, Any]]:
    """Return an entry for each connection; of the status, the PHP extension's names."""
    return [plain(_entry(report)) for report in reports]


def _entry(report: Report) -> dict[str, Any]:
    standing, error = report.standing, report.error
    return {
        "list_id": report.link.audience_id,
        "group_id": report.link.group_id,
        "status": {
            "lastSyncTime": standing.last_sync_time if standing else None,
            "locks": {"fetchAndReconcile": standing.stage.value if standing else None},
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
