"""What a screen has begun and does not wait for: a sync, a plan, a comparison; one at a time for each audience.

What is about no audience, such as an erasure, has a name of its own in its place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Lock, Thread
from typing import Any

from django.utils.translation import gettext as _

from mailchimpsync.actions import Site
from mailchimpsync.errors import BusyError, Code, MailchimpsyncError
from mailchimpsync.web.responses import log_unexpected

TASKS_AT_ONCE_MAX = 4
KEPT_MAX = 100
"""Of so many audiences, and names, it is known what came of them last."""

Work = Callable[[Site], Any]


@dataclass(frozen=True)
class BackgroundTask:
    """Something begun by somebody: what, for which audience, and what came of it; times are UTC.

    Attributes:
        kind: what it is, such as `sync` or `plan`.
        result: what the work returned; None while it is under way.
        error: what ended it instead.
    """

    kind: str
    list_id: str
    by: str
    began_at: datetime
    ended_at: datetime | None = None
    result: Any = None
    error: MailchimpsyncError | None = None

    @property
    def is_under_way(self) -> bool:
        """Say whether it is still being done."""
        return self.ended_at is None


@dataclass
class BackgroundTasks:
    """The errands of one service. The newest of each audience is kept until the next one begins."""

    _newest: dict[str, BackgroundTask] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def begin(self, site: Site, kind: str, list_id: str, work: Work, *, by: str) -> BackgroundTask:
        """Begin work in a thread of its own, with a site of its own.

        Raises:
            BusyError: another errand is under way for this audience, or too many are for others.
        """
        errand = BackgroundTask(kind, list_id, by, site.runtime.now())
        with self._lock:
            self._check_room(list_id)
            self._forget_oldest()
            self._newest[list_id] = errand
        name = f"mailchimpsync-{kind}-{list_id}"
        Thread(target=self._do, args=(site.another(), errand, work), name=name, daemon=True).start()
        return errand

    def newest(self, list_id: str) -> BackgroundTask | None:
        """Return the newest errand for an audience."""
        return self._newest.get(list_id)

    def dismiss(self, list_id: str) -> None:
        """Forget what came of the newest errand, once somebody has seen it."""
        with self._lock:
            found = self._newest.get(list_id)
            if found is not None and not found.is_under_way:
                del self._newest[list_id]

    def _check_room(self, list_id: str) -> None:
        under_way = [one for one in self._newest.values() if one.is_under_way]
        if any(one.list_id == list_id for one in under_way):
            raise BusyError(
                Code.BUSY, _("Something that was begun here is still at work on audience %(id)s.") % {"id": list_id}
            )
        if len(under_way) >= TASKS_AT_ONCE_MAX:
            raise BusyError(Code.BUSY, _("%(number)s things are at work already.") % {"number": TASKS_AT_ONCE_MAX})

    def _forget_oldest(self) -> None:
        ended = [name for name, one in self._newest.items() if not one.is_under_way]
        for name in ended[: max(0, len(self._newest) - KEPT_MAX + 1)]:
            del self._newest[name]

    def _do(self, site: Site, errand: BackgroundTask, work: Work) -> None:
        ended = errand
        try:
            ended = replace(errand, result=work(site))
        except MailchimpsyncError as error:
            ended = replace(errand, error=error)
        except Exception:  # noqa: BLE001 (whoever began it is told)
            ended = replace(errand, error=log_unexpected())
        finally:
            with self._lock:
                self._newest[errand.list_id] = replace(ended, ended_at=site.runtime.now())
            site.let_go()
