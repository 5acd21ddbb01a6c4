"""Checks the values of merge fields, by type (docs/reference/mailchimp-behaviour.md#merge-fields)."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any

from mailchimpsync_sandbox.mailchimp.http.problems import invalid_resource

if TYPE_CHECKING:
    from collections.abc import Callable

    from mailchimpsync_sandbox.mailchimp.documents import Document

TEXT_BYTES_MAX = 255
ADDRESS_REQUIRED = ("addr1", "city", "state", "zip")
ADDRESS_PARTS = ("addr1", "addr2", "city", "state", "zip", "country")

MESSAGES = {  # English, German; the real service answers in the language of the account's user
    "required": ("Please enter a value", "Bitte gib einen Wert ein."),
    "number": ("Please enter a number", "Bitte gib eine Zahl ein."),
    "date": ("Please enter the date", "Bitte gib das Datum ein."),
    "birthday": (
        "Please enter a month (01-12) and a day (01-31)",
        "Bitte gib einen Monat (01-12) und einen Tag (01-31) ein.",
    ),
    "address": ("Please enter a complete address", "Bitte gib eine vollständige Adresse ein."),
    "zip": ("Please enter a valid zip code", "Bitte gib eine gültige Postleitzahl ein."),
    "url": ("Please enter a complete URL", "Bitte gib eine vollständige URL ein."),
    "choice": ("Please choose one of the options", "Bitte wähle eine der Optionen."),
    "text": ("Please enter a text", "Bitte gib einen Text ein."),
}

# Groups are year, month, day by name; read back as YYYY-MM-DD.
_DATES = (
    re.compile(r"(?P<year>\d{4})[-/](?P<month>\d\d?)[-/](?P<day>\d\d?)(?:[T ].*)?"),
    re.compile(r"(?P<day>\d\d?)-(?P<month>\d\d?)-(?P<year>\d{4})"),
    re.compile(r"(?P<month>\d\d?)/(?P<day>\d\d?)/(?P<year>\d{4})"),
)
_BIRTHDAY = re.compile(r"(0?[1-9]|1[0-2])/(0?[1-9]|[12]\d|3[01])")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")


class _BadValueError(ValueError):
    """Carries the key of its message."""


def _text(value: Any, _field: Document) -> str:
    if isinstance(value, dict | list | bool):
        raise _BadValueError("text")
    return str(value).encode()[:TEXT_BYTES_MAX].decode(errors="ignore")


def _number(value: Any, _field: Document) -> int | float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    if not isinstance(value, str) or not _NUMBER.fullmatch(value.strip()):
        raise _BadValueError("number")
    return float(value) if "." in value else int(value)


def _date(value: Any, _field: Document) -> str:
    for pattern in _DATES:
        if isinstance(value, str) and (found := pattern.fullmatch(value.strip())):
            try:
                return date(int(found["year"]), int(found["month"]), int(found["day"])).isoformat()
            except ValueError:
                break
    raise _BadValueError("date")


def _birthday(value: Any, _field: Document) -> str:
    if not isinstance(value, str) or not (found := _BIRTHDAY.fullmatch(value.strip())):
        raise _BadValueError("birthday")
    return f"{int(found[1]):02}/{int(found[2]):02}"


def _address(value: Any, _field: Document) -> dict[str, str]:
    if not isinstance(value, dict) or not all(value.get(part) for part in ADDRESS_REQUIRED):
        raise _BadValueError("address")
    return {part: str(value.get(part) or ("US" if part == "country" else "")) for part in ADDRESS_PARTS}


def _zip(value: Any, _field: Document) -> str:
    if not re.fullmatch(r"\d{5}", str(value)):
        raise _BadValueError("zip")
    return str(value)


def _url(value: Any, _field: Document) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"https?://[^\s/]+\.[^\s]+", value):
        raise _BadValueError("url")
    return value


def _choice(value: Any, field: Document) -> str:
    if value not in field["options"].get("choices", []):
        raise _BadValueError("choice")
    return str(value)


_READERS: dict[str, Callable[[Any, Document], Any]] = {
    "text": _text,
    "phone": _text,
    "number": _number,
    "date": _date,
    "birthday": _birthday,
    "address": _address,
    "zip": _zip,
    "url": _url,
    "imageurl": _url,
    "radio": _choice,
    "dropdown": _choice,
}


def merged(
    fields: dict[str, Document],
    stored: dict[str, Any],
    given: dict[str, Any],
    *,
    check_required: bool,
    german: bool = False,
) -> dict[str, Any]:
    """Return the stored values with the given ones over them.

    `""` and null clear a field; tags the audience has not are dropped silently
    (docs/reference/mailchimp-behaviour.md#what-moves-the-date-of-a-change).

    Raises:
        Problem: 400 "Your merge fields were invalid.", naming every field.
    """
    values, errors = dict(stored), []
    for tag, field in fields.items():
        try:
            if tag in given:
                value = given[tag]
                values[tag] = "" if value in (None, "") else _READERS[field["type"]](value, field)
            if check_required and field["required"] and values.get(tag, "") == "":
                raise _BadValueError("required")  # noqa: TRY301 (one way out for all bad values)
        except _BadValueError as error:
            errors.append((tag, MESSAGES[str(error)][german]))
    if errors:
        raise invalid_resource("Your merge fields were invalid.", *errors)
    return values
