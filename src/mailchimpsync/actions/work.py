"""The kinds of work that a service does by its own account; `worker/` has what they do."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """The kinds of work."""

    SYNC = "sync"
    EVENTS = "events"
    BATCHES = "batches"
    VERIFY = "verify"
    CAMPAIGNS = "campaigns"
    ALERTS = "alerts"
    WEBHOOKS = "webhooks"
    HOUSEKEEPING = "housekeeping"
    PLAN = "plan_jobs"
