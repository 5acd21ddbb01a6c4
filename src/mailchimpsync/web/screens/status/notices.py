"""Open problems, each with what to do, until someone acknowledges them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailchimpsync.actions import Alert, ConnectionStatus
from mailchimpsync.actions.texts.codes import explain_code
from mailchimpsync.web.templatetags.screens import translated

Text = str | Promise


@dataclass(frozen=True)
class Notice:
    """A problem on a screen.

    Attributes:
        lines: details, as sentences of the engine.
        url: the page for dealing with it; `button` is the link's text.
        alert_id: the alert to acknowledge; None if it can't be acknowledged.
        known_by: who has acknowledged it.
        kind: the kind of the alert.
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
    kind: str = ""


_LATE = (
    gettext_lazy("No complete sync for a long time"),
    gettext_lazy("This connection is no longer being synced, or each sync stops before it is complete."),
    gettext_lazy("Sync now. If the sync doesn't finish, its log says why."),
)
_FAILURES = (
    gettext_lazy("Many people can't be synced"),
    gettext_lazy("More people than usual can't be synced."),
    gettext_lazy("See the reasons, and who can fix them, under “Can't be synced”."),
)
_LEAVING = (
    gettext_lazy("People who should be unsubscribed still get mail"),
    gettext_lazy("They have to be unsubscribed at Mailchimp, but Mailchimp refuses the change."),
    gettext_lazy("See the reasons under “Can't be synced” or in the log of the latest sync."),
)
_DIFFERENCES = (
    gettext_lazy("Both sides differ"),
    gettext_lazy("The last comparison found unexplained differences."),
    gettext_lazy("Sync everything, then compare both sides again."),
)
_EVENTS = (
    gettext_lazy("Some changes reported by Mailchimp weren't processed"),
    gettext_lazy("They couldn't be processed when they arrived. The next sync makes up for them."),
    gettext_lazy("Sync now."),
)
_PAUSED = (
    gettext_lazy("Paused for more than a week"),
    gettext_lazy("Until this connection is resumed, changes wait on both sides."),
    gettext_lazy("Resume it when nothing speaks against it any more."),
)
_GENERAL: Mapping[str, tuple[Text, Text, Text]] = {
    "late": _LATE,
    "leaving": _LEAVING,
    "failures": _FAILURES,
    "differences": _DIFFERENCES,
    "events": _EVENTS,
    "paused": _PAUSED,
}


def notices_of(status: ConnectionStatus, alerts: Sequence[Alert]) -> Iterator[Notice]:
    """Yield the notices of a connection: a held sync, a crash, and its alerts."""
    by_kind = {one.kind: one for one in alerts}
    if status.held_plan_id is not None:
        yield _hold(status, by_kind.get("held"))
    if status.crashed:
        yield Notice(
            _("A sync stopped partway"),
            _("It hasn't responded for over half an hour. Its process may have ended, or its machine may be off."),
            remedy=_("Sync now. The sync resumes where it stopped."),
        )
    for one in alerts:
        if one.kind != "held":
            yield notice_of(one)


def _hold(status: ConnectionStatus, alert: Alert | None) -> Notice:
    return Notice(
        _("A sync is held for review"),
        _(
            "It would change more people than your limit allows without review. "
            "Nothing is written until someone decides."
        ),
        lines=status.held_why,
        remedy=_("The connection is also paused. First decide about the plan, then resume the connection.")
        if status.state.paused_at is not None
        else "",
        url=reverse("plan", args=[status.held_plan_id]),
        button=_("Review the plan"),
        alert_id=alert.id if alert is not None else None,
        known_by=alert.acknowledged_by if alert is not None else None,
    )


def notice_of(alert: Alert) -> Notice:
    """Return an alert as a notice."""
    title, what, remedy = _GENERAL.get(alert.kind) or _by_code(alert)
    return Notice(title, what, remedy=remedy, alert_id=alert.id, known_by=alert.acknowledged_by, kind=alert.kind)


def _by_code(alert: Alert) -> tuple[Text, Text, Text]:
    titles = {
        "failed": _("The last sync failed"),
        "key": _("A key was refused"),
        "refused": _("Mailchimp keeps refusing changes"),
        "webhook": _("Mailchimp's webhooks don't work"),
        "disk": _("The disk is almost full"),
        "data": _("Data isn't being sent because plugins failed"),
        "unfit": _("Many people's data doesn't fit"),
        "batches": _("Batch results are missing"),
        "interests": _("A linked interest no longer exists"),
        "campaigns": _("Campaigns aren't being imported"),
    }
    entry = explain_code(alert.code)
    return titles.get(alert.kind, _("Something is wrong")), _(entry.sentence), translated(entry.remedy)
