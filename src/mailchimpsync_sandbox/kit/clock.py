"""The stand-in's own clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class SandboxClock:
    """Real time plus an offset, or a time that stands still until it is moved."""

    def __init__(self) -> None:
        self._offset = timedelta(0)
        self._frozen: datetime | None = None

    def now(self) -> datetime:
        """Return the current time, aware and in UTC, with whole seconds kept and fractions as they come."""
        return self._frozen if self._frozen is not None else datetime.now(UTC) + self._offset

    def freeze(self, at: datetime) -> None:
        """Stand still at `at` (aware) until moved."""
        self._frozen = at.astimezone(UTC)

    def advance(self, seconds: float) -> None:
        """Move forward, or back with a negative number."""
        if self._frozen is not None:
            self._frozen += timedelta(seconds=seconds)
        else:
            self._offset += timedelta(seconds=seconds)

    def run(self) -> None:
        """Continue with real time."""
        self._frozen, self._offset = None, timedelta(0)
