"""Charts, numbers and durations, and links to the rows behind a number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mailchimpsync.actions import Names
from mailchimpsync.actions.texts.effects import effect_words, planned_words
from mailchimpsync.config import Link
from mailchimpsync.effects import Effect
from mailchimpsync.model import ChangeKind
from mailchimpsync.web.screens.names import known_names
from mailchimpsync.web.screens.status.charts import SPARK_HEIGHT, SPARK_WIDTH

register = template.Library()

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
def by_kind(counts: Mapping[str, int] | None) -> list[tuple[str, int]]:
    """Return numbers of people by kind of change, in the order of the kinds."""
    found = [(kind.value, (counts or {}).get(kind.value, 0)) for kind in ChangeKind]
    return [(kind, people) for kind, people in found if people]


@register.simple_tag
def rows_url(link: Link, **wanted: str) -> str:
    """Return the address of the rows with certain values; separate several values of one field by commas."""
    fields = {name: value.split(",") for name, value in wanted.items()}
    return f"{reverse('cache')}?{urlencode({'audience': link.audience_id, **fields}, doseq=True)}"


@register.simple_tag
def spark(points: str) -> SafeString:
    """Draw a small line, for the eye only: the number beside it says the same."""
    if not points:
        return format_html("{}", "")
    box = f"0 0 {SPARK_WIDTH} {SPARK_HEIGHT}"
    return format_html('<svg class="spark" viewBox="{}" aria-hidden="true"><polyline points="{}"/></svg>', box, points)


@register.inclusion_tag("screens/parts/step.html", takes_context=True)
def step(
    context: Mapping[str, Any], change: Mapping[str, Any], link: Link | None, *, is_planned: bool = False
) -> dict[str, Any]:
    """Show one change of one person, from the journal or from a plan."""
    names = known_names(context["visit"].site, link) if link is not None else None
    effect = Effect.stored(change["side"], change["field"], change["old"], change["new"])
    words = planned_words if is_planned else effect_words
    return {"step": words(effect, names or Names(), link)}
