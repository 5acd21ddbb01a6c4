"""Translates texts for people where no screen is: the catalogues are those of the screens."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from gettext import translation
from importlib.resources import as_file, files

from mailchimpsync.messages import in_language

ENGLISH = "en"
_NUMBER = re.compile(r"\d{1,3}(,\d{3})+")


def translator_of(language: str) -> Callable[[str], str]:
    """Return what translates a text into a language, `en` or `de`."""
    if language == ENGLISH:
        return str
    translate = _catalogue(language)
    return lambda text: in_language(text, translate, _with_dots)


@cache
def _catalogue(language: str) -> Callable[[str], str]:
    with as_file(files("mailchimpsync") / "web" / "locale") as folder:
        gettext = translation("django", str(folder), [language]).gettext
    return lambda text: gettext(text) if text else ""  # "" stands for the catalogue's header


def _with_dots(value: str) -> str:
    """Return a number such as 1,234 as German writes it; other values stay."""
    return value.replace(",", ".") if _NUMBER.fullmatch(value) else value
