"""The input and the result of a call of the engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from mailchimpsync.model import Stage
from mailchimpsync.runtime import Deadline, Runtime
from mailchimpsync.store import Store, Transaction
from mailchimpsync.store.queries.due import NOBODY_DUE, Due

if TYPE_CHECKING:
    from mailchimpsync.civicrm import CivicrmClient
    from mailchimpsync.mailchimp import MailchimpClient


class Outcome(StrEnum):
    """How a call ended."""

    DONE = "done"
    INCOMPLETE = "incomplete"  # the run is complete, but people are still due
    WAITING = "waiting"  # the run is complete; Mailchimp is still working on its batches
    OUT_OF_TIME = "out of time"  # the next call continues
    STOPPED = "stopped"  # before the stage the caller named
    ABORTED = "aborted"  # requested by someone, from another process
    UNCHANGED = "unchanged"  # nothing has changed on either side since the last run, so none was started
    PAUSED = "paused"  # someone paused the connection meanwhile; the run goes on once it is resumed
    HELD = "held"  # it would change too much; a person has to review its plan


@dataclass(frozen=True, slots=True)
class Systems:
    """The systems a connection is synced with; `erasure_key` identifies erased addresses, None: none are erased."""

    store: Store
    mailchimp: MailchimpClient
    civicrm: CivicrmClient
    runtime: Runtime
    erasure_key: str | None = None

    @contextmanager
    def until(self, deadline: Deadline) -> Iterator[None]:
        """Let no client wait beyond a deadline, within this context."""
        self.mailchimp.deadline = self.civicrm.deadline = deadline
        try:
            yield
        finally:
            self.mailchimp.deadline = self.civicrm.deadline = None


@dataclass(frozen=True, slots=True)
class Options:
    """How to run: `since` None: since the last run; `everything`: no lower limit.

    `force_restart` starts a new run instead of continuing an interrupted one; with `take_over` a run in progress is
    stopped first. `accept_empty`: believe a side that looks empty, or as if most people had vanished.
    `accept_restored`: CiviCRM was restored from an older backup, so what was agreed with it is forgotten. `with_data`:
    what plugins know of people goes to Mailchimp too. Without `wait_for_batches` a run ends once everything is sent.
    `by` is the caller; None: the run was due. `still_due` is called once the lease is held, so that only one of several
    services runs. `unguarded`: the caller reviews the plan, so nothing is held. `only_if_changed`: start no run if
    nothing has changed since the last one.
    """

    since: datetime | None = None
    everything: bool = False
    stop_on: Stage | None = None
    force_restart: bool = False
    take_over: bool = False
    accept_empty: bool = False
    accept_restored: bool = False
    with_data: bool = False
    wait_for_batches: bool = True
    by: str | None = None
    still_due: Callable[[Transaction], bool] | None = None
    unguarded: bool = False
    only_if_changed: bool = False


DEFAULT_OPTIONS = Options()
"""The options of a scheduled run."""


@dataclass(frozen=True, slots=True)
class Result:
    """Result of a call: the outcome, the stage the connection is at, and the run (0: none was started).

    `kept_plan_id` is the plan that is held, or was carried out. `trust_is_over`: the configured trust in one side has
    done its work, and should be removed from the configuration. `notes` say where the run did something other than
    expected. `due`: people still due. `gone_interests`: linked interests that no longer exist at Mailchimp.
    """

    list_id: str
    run_id: int
    outcome: Outcome
    stage: Stage
    updates_outstanding: int = 0
    kept_plan_id: int | None = None
    trust_is_over: bool = False
    notes: tuple[str, ...] = ()
    due: Due = NOBODY_DUE
    gone_interests: tuple[str, ...] = ()
