"""Faults that a test plants, for the next matching requests."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from threading import Lock


class FaultKind(StrEnum):
    """What goes wrong."""

    DROP_BEFORE = "drop_before"  # the connection is lost before any work is done
    DROP_AFTER = "drop_after"  # the work is done, the answer is lost
    TRUNCATE = "truncate"  # the work is done, half of the answer arrives
    HTML = "html"  # a web page instead of an answer; nothing is done
    EMPTY = "empty"  # status as given, no body; nothing is done
    STATUS = "status"  # status and body as given; nothing is done
    STATUS_AFTER = "status_after"  # the work is done, the answer is status and body as given
    LOSE_FIRST = "lose_first"  # CiviCRM: the work on the first records is undone, the answer says it was done
    DELAY = "delay"  # the answer comes `seconds` late


@dataclass
class Fault:
    """A fault for requests whose `METHOD path` matches `pattern` (a regular expression, searched).

    The first `skip` matching requests are spared, the next `times` are hit. `first`: how many records are lost.
    """

    kind: FaultKind
    pattern: str = ""
    skip: int = 0
    times: int = 1
    status: int = 503
    body: str = ""
    content_type: str = "application/json"
    seconds: float = 0.0
    first: int = 0

    def __post_init__(self) -> None:
        self.kind = FaultKind(self.kind)
        re.compile(self.pattern)


@dataclass
class FaultPlan:
    """The planted faults, first match first."""

    _faults: list[Fault] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def plant(self, fault: Fault) -> None:
        """Add a fault behind the ones already planted."""
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        """Forget all faults."""
        with self._lock:
            self._faults.clear()

    def take(self, method: str, path: str) -> Fault | None:
        """Return the fault for a request, and count it."""
        with self._lock:
            for fault in self._faults:
                if not re.search(fault.pattern, f"{method} {path}"):
                    continue
                if fault.skip > 0:
                    fault.skip -= 1
                    continue
                fault.times -= 1
                if fault.times <= 0:
                    self._faults.remove(fault)
                return fault
        return None
