"""Tags and filters of the screens' templates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache, lru_cache
from typing import Any

from django import template
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString, mark_safe
from django.utils.timesince import timesince
from django.utils.translation import get_language, npgettext_lazy
from django.utils.translation import gettext as _

from mailchimpsync.actions.api.description import Scope
from mailchimpsync.actions.texts.lanes import sending_in_words
from mailchimpsync.data import as_text as value_as_text
from mailchimpsync.decide.lanes import Share
from mailchimpsync.messages import in_language
from mailchimpsync.web.icons import shapes_of
from mailchimpsync.web.screens.dates import with_local_number, with_local_times, written, written_in_utc
from mailchimpsync.web.screens.labels import LEVELS, WORDS
from mailchimpsync.web.screens.wording import on_screen

register = template.Library()

_JUST_NOW_SECONDS = 60
_BADGES_MAX = 256
_UNITS: dict[str, Any] = {
    "year": npgettext_lazy("with ago or in", "%(num)d year", "%(num)d years", "num"),
    "month": npgettext_lazy("with ago or in", "%(num)d month", "%(num)d months", "num"),
    "week": npgettext_lazy("with ago or in", "%(num)d week", "%(num)d weeks", "num"),
    "day": npgettext_lazy("with ago or in", "%(num)d day", "%(num)d days", "num"),
    "hour": npgettext_lazy("with ago or in", "%(num)d hour", "%(num)d hours", "num"),
    "minute": npgettext_lazy("with ago or in", "%(num)d minute", "%(num)d minutes", "num"),
}
"""Units of time in the grammatical case that a language wants there: German says "3 Tage", but "vor 3 Tagen"."""


@register.simple_tag
@cache
def icon(name: str) -> SafeString:
    """Draw an icon in the colour of the text; screen readers skip it."""
    shapes = mark_safe(shapes_of(name))  # noqa: S308 (a file of ours)
    return format_html('<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">{}</svg>', shapes)


@register.filter
def as_text(value: Any) -> str:
    """Return the value of a merge field as people read it; personal tokens are not shown."""
    return with_local_times(value_as_text(value))


@register.filter
def translated(text: str | None) -> str:
    """Return a text of the engine as a screen says it, in the reader's language and time zone."""
    return with_local_times(in_language(text, on_screen, with_local_number)) if text else ""


@register.filter
def sending(ways: Sequence[Share]) -> str:
    """Return by which lanes updates go to Mailchimp, and about how long that takes."""
    return translated(sending_in_words(ways, number))


@register.filter
def word(term: Any) -> str:
    """Return the label of a term of the vocabulary, such as a sync status."""
    return str(WORDS.get(str(term), term or "\u2013"))


@register.filter
def level(term: Any) -> str:
    """Return the level of a term, for its colour: `good`, `middle`, `bad` or `other`."""
    return LEVELS.get(str(term), "other")


@register.simple_tag
def badge(term: Any) -> SafeString:
    """Show a term as a badge in the colour of its level."""
    return _badge(str(term) if term else None, get_language())


@lru_cache(maxsize=_BADGES_MAX)
def _badge(term: str | None, _language: str | None) -> SafeString:
    """Draw each badge once per language: a page may have hundreds of them."""
    return format_html('<span class="badge {}">{}</span>', level(term), word(term))


@register.filter
def moment(value: datetime | None) -> SafeString | str:
    """Show a time in the reader's time zone; in UTC, it is its tooltip."""
    return _("never") if value is None else _time_element(value, written(value), written_in_utc(value))


@register.filter
def ago(value: datetime | None) -> SafeString | str:
    """Show how long ago or how far ahead a time is; the exact time is its tooltip."""
    if value is None:
        return _("never")
    now = timezone.now()
    seconds = (now - value).total_seconds()
    if abs(seconds) < _JUST_NOW_SECONDS:
        text = _("just now") if seconds >= 0 else _("in a moment")
    elif seconds > 0:
        text = _("%(time)s ago") % {"time": timesince(value, now, time_strings=_UNITS, depth=1)}
    else:
        text = _("in %(time)s") % {"time": timesince(now, value, time_strings=_UNITS, depth=1)}
    return _time_element(value, text, written(value))


def _time_element(value: datetime, text: str, tooltip: str) -> SafeString:
    return format_html('<time datetime="{}" title="{}">{}</time>', value.isoformat(), tooltip, text)


@register.filter
def get(mapping: Mapping[Any, Any] | None, key: Any) -> Any:
    """Return the value of a key in a mapping, or None."""
    return (mapping or {}).get(key)


@register.simple_tag(takes_context=True)
def may(context: Mapping[str, Any], scope: str) -> bool:
    """Say whether the reader has a scope."""
    return bool(context["visit"].may(Scope(scope)))


@register.simple_tag(takes_context=True)
def query(context: Mapping[str, Any], **changes: Any) -> str:
    """Return this page's query string with some values changed; None removes one."""
    fields = context["request"].GET.copy()
    for name, value in changes.items():
        fields.pop(name, None)
        if value is not None:
            fields[name] = str(value)
    return f"?{urlencode(sorted(fields.lists()), doseq=True)}"


@register.filter
def number(value: float | None) -> str:
    """Return a rounded number with thousands separators in the reader's language."""
    return "\u2013" if value is None else number_format(round(value), 0, force_grouping=True)
