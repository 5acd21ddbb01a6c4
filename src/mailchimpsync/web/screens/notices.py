"""What somebody has to know of: problems that last, each with what to do, until somebody says that they know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailchimpsync.actions import Alert, ConnectionStatus
from mailchimpsync.actions.texts.codes import explain_code

Text = str | Promise


@dataclass(frozen=True)
class Notice:
    """A problem on a screen.

    Attributes:
        lines: what it is more exactly, in the engine's words.
        url: where it can be seen to, and `button` what is written there.
        alert_id: what to acknowledge; None: it stays for as long as it lasts.
        known_by: who has said that they know of it.
    """

    title: Text
    what: Text
    lines: tuple[str, ...] = ()
    remedy: Text = ""
    url: str = ""
    button: Text = ""
    alert_id: int | None = None
    known_by: str | None = None
    level: str = "bad"


_LATE = (
    gettext_lazy("No complete sync for a long time"),
    gettext_lazy("Nobody syncs this connection any more, or each sync stops before it is complete."),
    gettext_lazy("Sync now. If it does not come to its end, its log says why."),
)
_FAILURES = (
    gettext_lazy("Many people can't be synced"),
    gettext_lazy("More people than usual can't be synced."),
    gettext_lazy("See the reasons, and who can mend them, under “Cannot be synced”."),
)
_LEAVING = (
    gettext_lazy("People who left still get mail"),
    gettext_lazy("They have to be taken off at Mailchimp, which refuses the change."),
    gettext_lazy("See the reasons under “Cannot be synced”, or in the log of the newest sync."),
)
_DIFFERENCES = (
    gettext_lazy("Both sides differ"),
    gettext_lazy("The last comparison found differences that nothing explains."),
    gettext_lazy("Sync everything, then compare both sides again."),
)
_EVENTS = (
    gettext_lazy("Some changes that Mailchimp told of were given up"),
    gettext_lazy("They could not be handled when they came. The next sync makes good for them."),
    gettext_lazy("Sync now."),
)
_GENERAL: Mapping[str, tuple[Text, Text, Text]] = {
    "late": _LATE,
    "leaving": _LEAVING,
    "failures": _FAILURES,
    "differences": _DIFFERENCES,
    "events": _EVENTS,
}


def notices_of(status: ConnectionStatus, alerts: Sequence[Alert]) -> Iterator[Notice]:
    """Yield the notices of a connection: what holds it, a crash, and the problems people are told of."""
    by_kind = {one.kind: one for one in alerts}
    if status.held_plan_id is not None:
        yield _hold(status, by_kind.get("held"))
    if status.crashed:
        yield Notice(
            _("A sync stopped midway"),
            _("It has been silent for more than half an hour: its process has ended, or its machine was switched off."),
            remedy=_("Sync now: it goes on where it was."),
        )
    for one in alerts:
        if one.kind != "held":
            yield notice_of(one)


def _hold(status: ConnectionStatus, alert: Alert | None) -> Notice:
    return Notice(
        _("A sync is held"),
        _("It would change more people than it may unseen. Nothing is written until somebody has decided."),
        lines=status.held_why,
        url=reverse("plan", args=[status.held_plan_id]),
        button=_("Look at the plan"),
        alert_id=alert.id if alert is not None else None,
        known_by=alert.acknowledged_by if alert is not None else None,
    )


def notice_of(alert: Alert) -> Notice:
    """Return a problem people are told of as a notice."""
    title, what, remedy = _GENERAL.get(alert.kind) or _by_code(alert)
    return Notice(title, what, remedy=remedy, alert_id=alert.id, known_by=alert.acknowledged_by)


def _by_code(alert: Alert) -> tuple[Text, Text, Text]:
    titles = {
        "failed": _("The last sync failed"),
        "key": _("A key was refused"),
        "refused": _("Mailchimp refuses changes again and again"),
        "webhook": _("Mailchimp's webhooks don't work"),
        "disk": _("The disk is almost full"),
        "data": _("Data is not sent, as plugins failed"),
        "unfit": _("Data of many people does not fit"),
        "batches": _("Batches have no results"),
        "interests": _("A linked interest is gone"),
        "campaigns": _("Campaigns are not imported"),
    }
    entry = explain_code(alert.code)
    return titles.get(alert.kind, _("Something is wrong")), _(entry.sentence), _(entry.remedy) if entry.remedy else ""
