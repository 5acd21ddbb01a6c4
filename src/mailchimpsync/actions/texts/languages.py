"""Translates texts for people where no screen is: the catalogues are those of the screens."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from gettext import translation
from importlib.resources import as_file, files
from zoneinfo import ZoneInfo

from mailchimpsync.messages import in_language

ENGLISH = "en"
_MOMENT = re.compile(r"\b(\d{4}-\d\d-\d\d \d\d:\d\d) UTC\b")
_FORMATS = {ENGLISH: "{0.day} {0:%b %Y, %H:%M} ({1})", "de": "{0:%d.%m.%Y, %H:%M} ({1})"}
_NUMBER = re.compile(r"\d{1,3}(,\d{3})+")


def with_times_in(zone: str, language: str, text: str) -> str:
    """Return a text in which each time of `messages.moment` is in a time zone, which is named."""

    def written(found: re.Match[str]) -> str:
        local = datetime.fromisoformat(found[1]).replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
        return _FORMATS[language].format(local, zone)

    return _MOMENT.sub(written, text)


def translator_of(language: str, wording: Mapping[str, str] | None = None) -> Callable[[str], str]:
    """Return what translates a text into a language, `en` or `de`; `wording` replaces texts before that."""
    instead = wording or {}
    translate, localise = (str, str) if language == ENGLISH else (_catalogue(language), _with_dots)
    return lambda text: in_language(text, lambda one: translate(instead.get(one, one)), localise)


@cache
def _catalogue(language: str) -> Callable[[str], str]:
    with as_file(files("mailchimpsync") / "web" / "locale") as folder:
        gettext = translation("django", str(folder), [language]).gettext
    return lambda text: gettext(text) if text else ""  # "" stands for the catalogue's header


def _with_dots(value: str) -> str:
    """Return a number such as 1,234 as German writes it; other values stay."""
    return value.replace(",", ".") if _NUMBER.fullmatch(value) else value
