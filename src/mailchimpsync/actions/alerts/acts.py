"""`MailchimpsyncAlert`: which problems there are, and that somebody knows of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from typing import Annotated, Any

from pydantic import Field

from mailchimpsync.actions.alerts import messages as texts
from mailchimpsync.actions.alerts.channels import DeliveryError, bounded, sender_of
from mailchimpsync.actions.alerts.problems import Noted, may_pass
from mailchimpsync.actions.alerts.words import describe
from mailchimpsync.actions.api.description import Scope, action
from mailchimpsync.actions.api.envelope import plain
from mailchimpsync.actions.finding import Finding, Level, ok, plain_findings
from mailchimpsync.actions.site import Site
from mailchimpsync.actions.texts.messages import say
from mailchimpsync.errors import Code, UsageError
from mailchimpsync.store.site import alerts

NO_CHANNEL = "Nobody is told when something is wrong."
HOW_TO = "Write who is told into the part `alerts` of the configuration, by `mailchimpsync config edit`."
CHANNEL_NAMES = {"email": "E-mail", "webhook": "Webhook", "slack": "Slack", "ping": "Ping"}


@dataclass(frozen=True, slots=True)
class Alert:
    """A problem people are told of; times are UTC.

    Attributes:
        told: how often it was told; 0: there is no channel, or it was over before.
        recovered_at: when it was over; None: it lasts.
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


def _result_of_many(found: Sequence[Alert]) -> list[dict[str, Any]]:
    return [plain(asdict(one)) for one in found]


def _result_of_one(found: Alert) -> dict[str, Any]:
    return dict(plain(asdict(found)))


@action("MailchimpsyncAlert", Scope.READ, name="get", present=_result_of_many)
def getalerts(
    site: Site,
    *,
    over: Annotated[bool, Field(description="Also those that are over.")] = False,
    limit: Annotated[int, Field(description="How many at most of those, the newest first.", ge=1, le=500)] = 25,
) -> list[Alert]:
    """Return the problems people are told of: those that last, oldest first, or the newest, over or not.

    A problem that may pass by itself is one only once it has lasted for a while.
    """
    with site.store.begin() as tx:
        rows = alerts.newest_alerts(tx, limit) if over else alerts.open_alerts(tx)
    return [_alert(site, row) for row in rows if not may_pass(row, site.runtime.now())]


@action("MailchimpsyncAlert", Scope.RUN, name="acknowledge", present=_result_of_one, helpers=("by",))
def acknowledgealert(
    site: Site,
    *,
    id: Annotated[int, Field(description="The alert's number.", gt=0, lt=2**63)],  # noqa: A002 (the API's name for it)
    by: str = "python",
) -> Alert:
    """Say that somebody knows of a problem: nobody is reminded any more, only told when it is over.

    Raises:
        UsageError: `UNKNOWN`, there is no such alert; or it is over.
    """
    with site.store.begin() as tx:
        alerts.acknowledge_alert(tx, id, site.runtime.now(), by)
        row = alerts.find_alert(tx, id)
    if row is None:
        raise UsageError(f"There is no alert {id}; `mailchimpsync alerts list` shows them.", code=Code.UNKNOWN)
    if row["acknowledged_at"] is None:
        raise UsageError(say("Alert %(id)s is over; nobody has to know of it any more.", id=id))
    return _alert(site, row)


@action("MailchimpsyncAlert", Scope.RUN, name="test", present=plain_findings)
def testalerts(site: Site) -> list[Finding]:
    """Send a test message by every channel now, and say what came of each; a ping says that all is well."""
    wanted = site.configuration.alerts
    names = [*wanted.channels, *(["ping"] if wanted.ping_url else [])]
    if not names:
        return [Finding(Level.WARNING, "Alerts", NO_CHANNEL, HOW_TO)]
    return [_try(site, name) for name in names]


def _try(site: Site, channel: str) -> Finding:
    now, subject = site.runtime.now(), CHANNEL_NAMES[channel]
    send = sender_of(site.configuration.alerts, channel)
    try:
        if send is not None:
            bounded(partial(send, texts.test(site), f"test:{now.isoformat()}", now))
    except DeliveryError as error:
        remedy = say("See that the server, and what is configured for it, is right, and that it is reached from here.")
        return Finding(Level.BAD, subject, say("The message was not taken: %(error)s.", error=error), remedy)
    return ok(subject, say("The message was taken."))


def _alert(site: Site, row: Noted) -> Alert:
    words = describe(site.configuration, row)
    same = ("id", "kind", "list_id", "code", "began_at", "told", "told_at")
    later = ("acknowledged_at", "acknowledged_by", "recovered_at")
    values = {name: row[name] for name in (*same, *later)}
    return Alert(title=words.title, what=words.what, remedy=words.remedy, **values)
