"""The webhooks by which Mailchimp reports changes: their state, their repair, and deleting others."""

from __future__ import annotations

from typing import Any

from django.core.cache import cache
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.translation import gettext as _

from mailchimpsync.actions import (
    Finding,
    Level,
    check_webhooks,
    list_webhooks,
    repair_webhooks,
    updatewebhook,
    with_time_limit,
)
from mailchimpsync.actions.api.description import Scope
from mailchimpsync.actions.configuration.updatewebhook import Process
from mailchimpsync.config import Link
from mailchimpsync.errors import MailchimpsyncError, UsageError
from mailchimpsync.web.screens.configuration.connection.card import Card
from mailchimpsync.web.screens.screen import Visit, screen
from mailchimpsync.web.templatetags.screens import translated

SECONDS = 10.0
_RECENT_SECONDS = 60


@screen()
def show(visit: Visit) -> HttpResponse:
    """Show what Mailchimp has, live, and what is wrong with it."""
    if visit.is_partial:
        return visit.part("configuration/parts/webhook_state.html", {"findings": _recent_findings(visit)})
    here = f"{visit.request.scheme}://{visit.request.get_host()}"
    context: dict[str, Any] = {
        "public_url": visit.site.settings.public_url,
        "public_address": f'public_url = "{here}"',
    }
    if visit.site.configuration.connections:
        with with_time_limit(visit.site, SECONDS) as site:
            context["findings"] = check_webhooks(site)
            try:
                context["hooks"] = list_webhooks(site)
            except MailchimpsyncError as error:
                context["error"] = error
    return visit.render("configuration/webhooks.html", context)


def _recent_findings(visit: Visit) -> list[Finding]:
    """Return findings that are a minute old at most: each view of the front page asks for them."""
    key = f"webhooks:{visit.site.settings.place}:{visit.site.version}"
    found: list[Finding] | None = cache.get(key)
    if found is None:
        with with_time_limit(visit.site, SECONDS) as site:
            found = check_webhooks(site)
        cache.set(key, found, _RECENT_SECONDS)
    return found


@screen(Scope.CONFIGURE, "POST")
def repair(visit: Visit) -> HttpResponse:
    """Create missing webhooks, correct wrong ones, and delete duplicates of ours; never touch others."""
    with with_time_limit(visit.site, SECONDS) as site:
        findings = repair_webhooks(site)
    for one in findings:
        tell = visit.say if one.level is Level.GOOD else visit.warn
        tell(_("%(subject)s: %(found)s") % {"subject": translated(one.subject), "found": translated(one.found)})
    return redirect("configuration-webhooks")


@screen(Scope.CONFIGURE, "POST")
def delete(visit: Visit) -> HttpResponse:
    """Delete one webhook, ours or not, after a confirmation."""
    given = visit.request.POST
    with with_time_limit(visit.site, SECONDS) as site:
        hook = _find(list_webhooks(site), given.get("id", ""))
        if given.get("confirmed") != "yes":
            return visit.render("configuration/webhook_delete.html", {"hook": hook})
        account, list_id = _place(visit, hook)
        process = Process.DELETE_WEBHOOK if list_id else Process.DELETE_BATCH_WEBHOOK
        updatewebhook(site, api_key=account, process=process, id=hook["id"], list_id=list_id)
    visit.say(_("The webhook was deleted."))
    return redirect("configuration-webhooks")


def _find(hooks: list[dict[str, Any]], key: str) -> dict[str, Any]:
    found = next((one for one in hooks if one["id"] == key), None)
    if found is None:
        raise UsageError(_("This webhook no longer exists."))
    return found


def _place(visit: Visit, hook: dict[str, Any]) -> tuple[str, str | None]:
    """Return the account of a webhook, and the audience; None for one that hears of batches."""
    if hook["list_id"] is None:
        return hook["of"], None
    links = visit.site.configuration.connections
    return next(link.account for link in links if link.audience_id == hook["list_id"]), hook["list_id"]


def card(visit: Visit, _link: Link) -> Card:
    """Say how changes at Mailchimp reach us."""
    if visit.site.settings.public_url is None:
        lines = [_("Mailchimp doesn't report changes to this service. They arrive with the next sync.")]
    else:
        lines = [_("Mailchimp reports changes as they happen, if its webhooks are set up correctly.")]
    return Card("webhooks", _("Webhooks"), lines, reverse("configuration-webhooks"), _("Check webhooks"), "read")


urlpatterns = [
    path("configuration/webhooks", show, name="configuration-webhooks"),
    path("configuration/webhooks/repair", repair, name="configuration-repair-webhooks"),
    path("configuration/webhooks/delete", delete, name="configuration-delete-webhook"),
]
