"""The channels of alerts: change one at a time, and send a test message through all of them."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.translation import gettext as _

from mailchimpsync.actions import Site, testalerts
from mailchimpsync.actions.api.description import Scope
from mailchimpsync.actions.finding import Finding
from mailchimpsync.errors import Code, MailchimpsyncError, UsageError
from mailchimpsync.web.screens.configuration.alerts.form import AlertForm
from mailchimpsync.web.screens.configuration.alerts.forms import FORMS
from mailchimpsync.web.screens.configuration.saving import PendingChange, add_error, save, save_form, status_of_form
from mailchimpsync.web.screens.screen import Visit, screen

TEST = "alerts"
"""The background task's name, in place of an audience."""


@screen()
def index(visit: Visit) -> HttpResponse:
    """Show what is set up, and the result of the last test."""
    alerts, task = visit.site.configuration.alerts, visit.service.tasks.newest(TEST)
    context = {
        "alerts": alerts,
        "channels": [(key, form.title, form.purpose, form.words(alerts)) for key, form in FORMS.items()],
        "can_test": bool(alerts.channels or alerts.ping_url),
        "task": task,
        "is_testing": task is not None and task.is_under_way,
    }
    if visit.is_partial:
        return visit.part("configuration/parts/alert_test.html", context)
    return visit.render("configuration/alerts.html", context)


@screen(Scope.CONFIGURE, "GET", "HEAD", "POST", is_readable=True)
def edit(visit: Visit, channel: str) -> HttpResponse:
    """Change one channel."""
    make = FORMS.get(channel)
    if make is None:
        raise UsageError(_("This channel doesn't exist."), code=Code.UNKNOWN)
    form = make(visit, visit.site.configuration.alerts)
    if form.is_bound and form.is_valid() and (answer := _save(visit, form)) is not None:
        return answer
    context: dict[str, Any] = {"form": form, "channel": channel, "is_set": bool(form.words(form.alerts))}
    return visit.render("configuration/alert_channel.html", context, status=status_of_form(form))


@screen(Scope.CONFIGURE, "POST")
def remove(visit: Visit, channel: str) -> HttpResponse:
    """Remove a channel."""
    form = FORMS.get(channel)
    if form is None or not form.channel:
        raise UsageError(_("This channel doesn't exist."), code=Code.UNKNOWN)
    version = visit.request.POST.get("version")
    if version != str(visit.site.version):
        visit.warn(
            _("The configuration has changed since you opened the page, so nothing was done. Check it and try again.")
        )
        return redirect("configuration-alerts")
    alerts = visit.site.configuration.alerts.model_copy(update={form.channel: None})
    done = _("The channel is removed.")
    wish = PendingChange(visit.site.configuration.replacing(alerts=alerts), done, reverse("configuration-alerts"))
    return save(visit, wish, check=False)


@screen(Scope.RUN, "POST")
def test(visit: Visit) -> HttpResponse:
    """Send a test message through every channel."""

    def work(site: Site) -> list[Finding]:
        return testalerts(site)

    visit.service.tasks.begin(visit.site, "test", TEST, work, by=visit.by)
    return redirect("configuration-alerts")


def _save(visit: Visit, form: AlertForm) -> HttpResponse | None:
    try:
        alerts = form.alerts.model_copy(update=form.changed)
        wanted = visit.site.configuration.replacing(alerts=alerts)
    except MailchimpsyncError as error:
        add_error(form, error)
        return None
    done = _("%(channel)s saved. Send a test message to check that it arrives.") % {"channel": form.title}
    return save_form(visit, form, PendingChange(wanted, done, reverse("configuration-alerts")), check=False)


urlpatterns = [
    path("configuration/alerts", index, name="configuration-alerts"),
    path("configuration/alerts/test", test, name="configuration-test-alerts"),
    path("configuration/alerts/<str:channel>", edit, name="configuration-alert-channel"),
    path("configuration/alerts/<str:channel>/remove", remove, name="configuration-remove-alert-channel"),
]
