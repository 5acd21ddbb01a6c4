"""`MailchimpsyncAlert`: the open problems, and acknowledging them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import Field

from mailchimpsync.actions.alerts.descriptions import describe
from mailchimpsync.actions.alerts.problems import may_resolve_itself
from mailchimpsync.actions.api.description import Scope, action
from mailchimpsync.actions.site import Site
from mailchimpsync.errors import Code, UsageError
from mailchimpsync.messages import say
from mailchimpsync.store.site import alerts
from mailchimpsync.store.site.alerts import StoredAlert


@dataclass(frozen=True, slots=True)
class Alert:
    """A problem that people are alerted to; times are UTC.

    Attributes:
        told: how often people were told; 0: there is no channel, or it was resolved before.
        recovered_at: when it was resolved; None: it lasts.
    """

    id: int
    kind: str
    list_id: str | None
    code: str | None
    title: str
    what: str
    remedy: str
    began_at: datetime
    told: int
    told_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    recovered_at: datetime | None


@action("MailchimpsyncAlert", Scope.READ, name="get")
def getalerts(
    site: Site,
    *,
    over: Annotated[bool, Field(description="Include resolved alerts.")] = False,
    limit: Annotated[
        int, Field(description="With `over`, how many to return at most, newest first.", ge=1, le=500)
    ] = 25,
) -> list[Alert]:
    """Return the problems that people are alerted to: the open ones, oldest first, or the newest, resolved or not.

    A problem that may resolve itself counts only once it has lasted for a while.
    """
    with site.store.begin() as tx:
        rows = alerts.newest_alerts(tx, limit) if over else alerts.open_alerts(tx)
    return [_alert(site, row) for row in rows if not may_resolve_itself(row, site.runtime.now())]


@action("MailchimpsyncAlert", Scope.RUN, name="acknowledge", helpers=("by",))
def acknowledgealert(
    site: Site,
    *,
    id: Annotated[int, Field(description="The alert's number.", gt=0, lt=2**63)],  # noqa: A002 (the API's name for it)
    by: str = "python",
) -> Alert:
    """Acknowledge a problem: its reminders stop, and people are still told when it is resolved.

    Raises:
        UsageError: `UNKNOWN`, there is no such alert; or it is resolved.
    """
    with site.store.begin() as tx:
        alerts.acknowledge_alert(tx, id, site.runtime.now(), by)
        row = alerts.find_alert(tx, id)
    if row is None:
        raise UsageError(
            say("There is no alert %(id)s; `mailchimpsync alerts list` shows them.", id=id), code=Code.UNKNOWN
        )
    if row.acknowledged_at is None:
        raise UsageError(say("Alert %(id)s is already resolved; there is nothing to acknowledge.", id=id))
    return _alert(site, row)


def _alert(site: Site, row: StoredAlert) -> Alert:
    words = describe(site.configuration, row)
    return Alert(
        id=row.id,
        kind=row.kind,
        list_id=row.list_id,
        code=row.code,
        title=words.title,
        what=words.what,
        remedy=words.remedy,
        began_at=row.began_at,
        told=row.told,
        told_at=row.told_at,
        acknowledged_at=row.acknowledged_at,
        acknowledged_by=row.acknowledged_by,
        recovered_at=row.recovered_at,
    )
