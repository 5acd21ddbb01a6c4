"""What a call of the engine takes, and what it gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from mailchimpsync.civicrm import CivicrmClient
from mailchimpsync.mailchimp import MailchimpClient
from mailchimpsync.model import Stage
from mailchimpsync.runtime import Deadline, Runtime
from mailchimpsync.store import Store, Transaction
from mailchimpsync.store.queries.due import NOBODY_DUE, Due


class Outcome(StrEnum):
    """How a call ended."""

    DONE = "done"
    INCOMPLETE = "incomplete"  # the run is complete, and people are still due
    WAITING = "waiting"  # the run is complete; Mailchimp is still at work on its batches
    OUT_OF_TIME = "out of time"  # the next call goes on
    STOPPED = "stopped"  # before the stage the caller named
    ABORTED = "aborted"  # somebody asked for it, from elsewhere
    HELD = "held"  # it would do too much; a person has to look at its plan


@dataclass(frozen=True, slots=True)
class Systems:
    """What a connection is synced with; `erasure_key` is what erased addresses are known by, None: none is."""

    store: Store
    mailchimp: MailchimpClient
    civicrm: CivicrmClient
    runtime: Runtime
    erasure_key: str | None = None

    @contextmanager
    def until(self, deadline: Deadline) -> Iterator[None]:
        """Let no client wait beyond a deadline, for a while."""
        self.mailchimp.deadline = self.civicrm.deadline = deadline
        try:
            yield
        finally:
            self.mailchimp.deadline = self.civicrm.deadline = None


@dataclass(frozen=True, slots=True)
class Options:
    """How to run: `since` None: since the last run; `everything`: without a lower limit.

    `force_restart` begins anew instead of going on with an interrupted run; with `take_over` a run that is at work is
    stopped first. `accept_empty`: what looks empty, or as if most people had vanished, is so. `accept_restored`:
    CiviCRM was restored from an older backup, and what was agreed with it is forgotten. `with_data`: what plugins know
    of people goes to Mailchimp too. Without `wait_for_batches` a run ends once everything is sent. `by` is who calls
    for it; None: it is due.
    `still_due` is asked once the lease is held, so that of several services that want to run only one does.
    `unguarded`: whoever calls looks at the plan by himself, so nothing is held.
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


DEFAULT_OPTIONS = Options()
"""How a scheduled run is made."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a call did: the outcome, the stage the connection stands before, and the run (0: none was begun).

    `kept_plan_id` is the plan that is held, or that was carried out. `trust_is_over`: the trust in one side that is
    configured has done its work, and is to be taken out of the configuration. `notes` say where the run did something
    else than the caller may think. `due`: who is still due. `gone_interests`: linked ones that Mailchimp has no more.
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
