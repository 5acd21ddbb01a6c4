"""Tasks that a screen starts in the background: a sync, a plan, a comparison; one at a time for each audience.

A task that concerns no single audience, such as an erasure, has a name instead of an audience.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import BoundedSemaphore, Lock, Thread
from typing import Any

from django.db import connections
from django.utils.translation import gettext as _

from mailchimpsync.actions import Site
from mailchimpsync.errors import BusyError, Code, MailchimpsyncError
from mailchimpsync.web.responses import log_unexpected
from mailchimpsync.web.served import keep_served
from mailchimpsync.web.task_progress import TaskProgress

TASKS_AT_ONCE_MAX = 4
TASKS_OF_FLEET_MAX = 8
"""How many tasks of all sites of a fleet run in one process."""

KEPT_MAX = 100
"""For how many audiences and names the latest task is kept."""

Work = Callable[[Site], Any]


@dataclass(frozen=True)
class BackgroundTask:
    """A task that someone started, for an audience, with its result; times are UTC.

    Attributes:
        kind: such as `sync` or `plan`.
        result: what the work returned; None while it runs.
        error: the error that ended it.
        progress: how far it is, if it leaves no run in the database.
    """

    kind: str
    list_id: str
    by: str
    began_at: datetime
    ended_at: datetime | None = None
    result: Any = None
    error: MailchimpsyncError | None = None
    progress: TaskProgress | None = None

    @property
    def is_under_way(self) -> bool:
        """Say whether it is still running."""
        return self.ended_at is None


@dataclass
class BackgroundTasks:
    """The background tasks of one service. The newest of each audience is kept until the next one starts.

    Attributes:
        shared_slots: what all sites of a fleet have together of the process's threads for tasks.
    """

    shared_slots: BoundedSemaphore | None = None
    _newest: dict[str, BackgroundTask] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def begin(
        self, site: Site, kind: str, list_id: str, work: Work, *, by: str, progress: TaskProgress | None = None
    ) -> BackgroundTask:
        """Start work in a separate thread, with a separate site.

        Raises:
            BusyError: another task is running for this audience, or too many are running in total.
        """
        task = BackgroundTask(kind, list_id, by, site.runtime.now(), progress=progress)
        with self._lock:
            self._check_room(list_id)
            self._forget_oldest()
            self._take_slot()
            self._newest[list_id] = task
        name = f"mailchimpsync-{kind}-{list_id}"
        do = keep_served(self._do)
        Thread(target=do, args=(site.for_another_thread(), task, work), name=name, daemon=True).start()
        return task

    @property
    def are_under_way(self) -> bool:
        """Say whether any is running."""
        with self._lock:
            return any(one.is_under_way for one in self._newest.values())

    def newest(self, list_id: str) -> BackgroundTask | None:
        """Return the newest task for an audience."""
        return self._newest.get(list_id)

    def dismiss(self, list_id: str) -> None:
        """Forget the newest task of an audience, unless it is still running."""
        with self._lock:
            found = self._newest.get(list_id)
            if found is not None and not found.is_under_way:
                del self._newest[list_id]

    def _check_room(self, list_id: str) -> None:
        under_way = [one for one in self._newest.values() if one.is_under_way]
        if any(one.list_id == list_id for one in under_way):
            raise BusyError(Code.BUSY, _("A task started here is still running for audience %(id)s.") % {"id": list_id})
        if len(under_way) >= TASKS_AT_ONCE_MAX:
            raise _too_many(TASKS_AT_ONCE_MAX)

    def _take_slot(self) -> None:
        if self.shared_slots is not None and not self.shared_slots.acquire(blocking=False):
            raise _too_many(TASKS_OF_FLEET_MAX)

    def _forget_oldest(self) -> None:
        ended = [name for name, one in self._newest.items() if not one.is_under_way]
        for name in ended[: max(0, len(self._newest) - KEPT_MAX + 1)]:
            del self._newest[name]

    def _do(self, site: Site, task: BackgroundTask, work: Work) -> None:
        ended = task
        try:
            ended = replace(task, result=work(site))
        except MailchimpsyncError as error:
            ended = replace(task, error=error)
        except Exception:  # noqa: BLE001 (the page shows the error)
            ended = replace(task, error=log_unexpected())
        finally:
            with self._lock:
                self._newest[task.list_id] = replace(ended, ended_at=site.runtime.now())
            site.close_clients()
            connections.close_all()  # Django's own, of this thread
            if self.shared_slots is not None:
                self.shared_slots.release()


def _too_many(number: int) -> BusyError:
    what = _("%(number)s tasks are already running. Try again when one of them has finished.") % {"number": number}
    return BusyError(Code.BUSY, what)
