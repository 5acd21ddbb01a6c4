"""Charts, numbers and durations, and links to the rows behind a number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import template
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mailchimpsync.actions import Names
from mailchimpsync.actions.texts.effects import effect_words
from mailchimpsync.config import Link
from mailchimpsync.effects import Effect
from mailchimpsync.model import ChangeKind
from mailchimpsync.web.screens.names import known_names
from mailchimpsync.web.screens.status.charts import (
    BOTTOM,
    HEIGHT,
    LEFT,
    RIGHT,
    TOP,
    WIDTH,
    History,
    bar_chart,
    line_chart,
)

register = template.Library()

_FRAME = {"width": WIDTH, "height": HEIGHT, "left": LEFT, "right": WIDTH - RIGHT, "top": TOP, "bottom": HEIGHT - BOTTOM}
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


@register.filter
def rate(value: float | None) -> str:
    """Return a rate; small ones with a decimal."""
    return number_format(value or 0, 0 if (value or 0) >= 10 else 1, force_grouping=True)  # noqa: PLR2004 (one digit)


@register.filter
def duration(seconds: float | None) -> str:
    """Return a duration in its one or two largest units."""
    if seconds is None:
        return "\u2013"
    whole = round(seconds)
    if whole < _MINUTE:
        return _("%(number)s s") % {"number": whole}
    if whole < _HOUR:
        return _("%(minutes)s min %(seconds)s s") % {"minutes": whole // _MINUTE, "seconds": whole % _MINUTE}
    if whole < 2 * _DAY:
        return _("%(hours)s h %(minutes)s min") % {"hours": whole // _HOUR, "minutes": whole % _HOUR // _MINUTE}
    days = whole // _DAY
    return ngettext("%(number)s day", "%(number)s days", days) % {"number": days}


@register.filter
def newest(found: Sequence[Any]) -> list[Any]:
    """Return a sequence in reverse order."""
    return list(reversed(found))


@register.filter
def by_kind(counts: Mapping[str, int] | None) -> list[tuple[str, int]]:
    """Return numbers of people by kind of change, in the order of the kinds."""
    found = [(kind.value, (counts or {}).get(kind.value, 0)) for kind in ChangeKind]
    return [(kind, people) for kind, people in found if people]


@register.filter
def unlocalized(value: float) -> str:
    """Return a number in the format of SVG, whatever the language."""
    return str(value)


@register.simple_tag
def rows_url(link: Link, **wanted: str) -> str:
    """Return the address of the rows with certain values; separate several values of one field by commas."""
    fields = {name: value.split(",") for name, value in wanted.items()}
    return f"{reverse('cache')}?{urlencode({'audience': link.audience_id, **fields}, doseq=True)}"


@register.inclusion_tag("screens/parts/members_chart.html")
def members_chart(history: History) -> dict[str, Any]:
    """Draw how many people there were on both sides over time."""
    return {"frame": _FRAME, "history": history, "chart": line_chart(history.points)}


@register.inclusion_tag("screens/parts/changes_chart.html")
def changes_chart(history: History) -> dict[str, Any]:
    """Draw what each run changed."""
    return {"frame": _FRAME, "history": history, "chart": bar_chart(history.bars)}


@register.inclusion_tag("screens/parts/step.html", takes_context=True)
def step(context: Mapping[str, Any], change: Mapping[str, Any], link: Link | None) -> dict[str, Any]:
    """Show one change of one person, from the journal or from a plan."""
    names = known_names(context["visit"].site, link) if link is not None else None
    effect = Effect.stored(change["side"], change["field"], change["old"], change["new"])
    return {"step": effect_words(effect, names or Names(), link)}
