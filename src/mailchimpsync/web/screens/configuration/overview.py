"""The front page: what is configured, and the next steps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from django.http import HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _

from mailchimpsync.actions import LastSync, Names, last_syncs
from mailchimpsync.actions.plans.first_sync import awaits_first_sync
from mailchimpsync.config import Link, mask
from mailchimpsync.web.screens.configuration.connection.schedule_words import next_due, schedule_lines
from mailchimpsync.web.screens.configuration.takeover import may_take_over
from mailchimpsync.web.screens.names import group_name, interest_name, known_names
from mailchimpsync.web.screens.screen import Visit, screen


@dataclass(frozen=True)
class Step:
    """A step of the set-up; `is_next`: the one to take now."""

    title: str
    text: str
    url: str
    act: str
    done: bool
    is_needed: bool = True
    is_next: bool = False


@screen()
def index(visit: Visit) -> HttpResponse:
    """Show it."""
    configuration = visit.site.configuration
    last = last_syncs(visit.site)
    steps = set_up_steps(visit, last)
    context = {
        "site": configuration.civicrm,
        "site_key": mask(configuration.civicrm.api_key.get_secret_value()) if configuration.civicrm else "",
        "accounts": [
            (name, mask(one.api_key.get_secret_value()), _links_of(visit, name))
            for name, one in configuration.accounts.items()
        ],
        "connections": [_described(visit, link, last[link.audience_id]) for link in configuration.connections],
        "steps": steps,
        "is_ready": all(step.done for step in steps if step.is_needed),
        "alerts": configuration.alerts,
        "settings": visit.site.settings,
        "database": visit.site.store.server()[0],
        "version": visit.site.version,
        "may_take_over": may_take_over(visit.site),
    }
    return visit.render("configuration/front.html", context)


def set_up_steps(visit: Visit, last: dict[str, LastSync]) -> list[Step]:
    """Return the steps of the set-up; the first that isn't done is the next one."""
    return _marked(_steps(visit, last))


def next_step(visit: Visit) -> Step | None:
    """Return the next step that is needed; None once the set-up is complete."""
    steps = set_up_steps(visit, last_syncs(visit.site))
    return next((step for step in steps if step.is_next and step.is_needed), None)


def _links_of(visit: Visit, account: str) -> int:
    return sum(1 for link in visit.site.configuration.connections if link.account == account)


def _described(visit: Visit, link: Link, last: LastSync) -> dict[str, object]:
    names = known_names(visit.site, link) or Names()
    return {
        "link": link,
        "interests": [(interest_name(names, key), group_name(names, group)) for key, group in link.interests.items()],
        "is_waiting": awaits_first_sync(link, last),
        "when": next(iter(schedule_lines(link.schedule)), ""),
        "next_at": next_due(visit.site, link),
        "last": last,
    }


def _steps(visit: Visit, last: dict[str, LastSync]) -> Iterator[Step]:
    configuration = visit.site.configuration
    yield Step(
        _("Set up CiviCRM"),
        _("You need its address, and the API key of a user with the permissions to sync."),
        reverse("configuration-civicrm"),
        _("Set up CiviCRM"),
        configuration.civicrm is not None,
    )
    yield Step(
        _("Add a Mailchimp account"),
        _("You need an API key. It's tested before it's saved."),
        reverse("configuration-add-account"),
        _("Add an account"),
        bool(configuration.accounts),
    )
    yield Step(
        _("Connect an audience to a group"),
        _("You can connect its interests with groups too. This doesn't sync anything yet."),
        reverse("configuration-connect"),
        _("Connect an audience"),
        bool(configuration.connections),
    )
    yield from _steps_to_begin(visit, last)
    yield Step(
        _("Set up alerts"),
        _("By e-mail, Slack or webhook, so you know when something goes wrong."),
        reverse("configuration-alerts"),
        _("Set up alerts"),
        bool(configuration.alerts.channels),
        is_needed=False,
    )


def _steps_to_begin(visit: Visit, last: dict[str, LastSync]) -> Iterator[Step]:
    """A step for each connection that waits for its first sync; before there is one, a step that announces it."""
    links = visit.site.configuration.connections
    waiting = [link for link in links if awaits_first_sync(link, last[link.audience_id])]
    text = _("Before anything happens, you see who would be added, removed or created on each side.")
    for link in waiting:
        title = _("Preview the first sync of %(title)s and turn it on") % {"title": link.title}
        url = reverse("configuration-first-sync", args=[link.audience_id])
        yield Step(title, text, url, _("Preview the first sync"), done=False)
    if not waiting:
        title = _("Preview the first sync and turn it on")
        yield Step(title, text, reverse("overview"), _("To the overview"), done=bool(links))


def _marked(steps: Iterator[Step]) -> list[Step]:
    """Mark the first step that is not done."""
    found = list(steps)
    first = next((step for step in found if not step.done), None)
    return [replace(step, is_next=step is first) for step in found]


urlpatterns = [path("configuration", index, name="configuration")]
