"""A connection's first sync: it waits with its schedule off until somebody has reviewed what it would do."""

from __future__ import annotations

from mailchimpsync.actions.configuration.change import change_configuration
from mailchimpsync.actions.plans.plans import approveplan
from mailchimpsync.actions.runs.last_sync import LastSync
from mailchimpsync.actions.site import Site
from mailchimpsync.config import Link


def awaits_first_sync(link: Link, last: LastSync) -> bool:
    """Say whether a connection waits for its first sync to be reviewed and turned on."""
    return not link.schedule.enabled and last.at is None


def turn_on(site: Site, link: Link, plan_id: int, *, by: str) -> None:
    """Approve the plan of a connection's first sync, and turn its schedule on: the next sync makes just these changes.

    Raises:
        UsageError: the plan is decided already, or has expired, or was made for other groups.
        ConfigurationError: someone else has saved the configuration meanwhile.
    """
    schedule = link.schedule.model_copy(update={"enabled": True})
    wanted = site.configuration.replacing_link(link.model_copy(update={"schedule": schedule}))
    approveplan(site, id=plan_id, by=by)
    change_configuration(site, wanted, by=by, check=False)
