"""From a value to what a merge field of a type accepts, or why it can't be converted. Pure.

See docs/reference/mailchimp-behaviour.md#merge-fields.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from mailchimpsync.data.personal import HIDDEN, holds_token, is_recipe
from mailchimpsync.mailchimp import MergeField
from mailchimpsync.messages import say
from mailchimpsync.model import is_blank

TEXT_BYTES_MAX = 255
ADDRESS_REQUIRED = ("addr1", "city", "state", "zip")
ADDRESS_PARTS = ("addr1", "addr2", "city", "state", "zip", "country")

_URL = re.compile(r"https?://[^\s/]+\.[^\s]+")
_BIRTHDAY = re.compile(r"(0?[1-9]|1[0-2])/(0?[1-9]|[12]\d|3[01])")
_US_PHONE_DIGITS = 10
_YES_NO = {True: "Yes", False: "No"}


class UnfitError(ValueError):
    """A value that Mailchimp would refuse; the message never contains a value."""


def converted(value: Any, field: MergeField) -> Any:
    """Return a value as a merge field accepts it; "" empties the field.

    Raises:
        UnfitError: Mailchimp would refuse it.
    """
    if is_empty(value):
        if field.required:
            raise UnfitError("the field is required at Mailchimp and CiviCRM has no value")
        return ""
    if is_recipe(value) and field.type == "text":
        return value
    reader = _READERS.get(field.type)
    if reader is None:
        raise UnfitError(say("fields of type %(type)s are not known here", type=field.type))
    if holds_token(value):
        raise UnfitError("the value holds a personal token; map the source `checksum` to a field of its own")
    return reader(value, field)


def is_empty(value: Any) -> bool:
    """Return whether a value is empty."""
    if is_recipe(value):
        return False
    if isinstance(value, Mapping):
        return all(is_empty(value.get(part)) for part in ADDRESS_PARTS if part != "country")
    if isinstance(value, str):
        return is_blank(value)
    return value is None or (isinstance(value, Sequence) and all(is_empty(one) for one in value))


def as_text(value: Any) -> str:
    """Return a value as text: lists with commas, yes and no for booleans, numbers without needless decimals."""
    if isinstance(value, bool):
        return _YES_NO[value]
    if is_recipe(value):
        return HIDDEN
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    if isinstance(value, Mapping):
        return ", ".join(str(value[part]) for part in ADDRESS_PARTS if value.get(part))
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(as_text(one) for one in value)
    return str(value)


def _text(value: Any, _field: MergeField) -> str:
    """Mailchimp cuts text at 255 bytes; we cut it first, so that we know exactly what Mailchimp has."""
    return as_text(value).encode()[:TEXT_BYTES_MAX].decode(errors="ignore")


def _number(value: Any, _field: MergeField) -> float | int:
    try:
        number = float(str(int(value) if isinstance(value, bool) else value).strip())
    except ValueError:
        raise UnfitError("the value is no number") from None
    if number != number or abs(number) == float("inf"):  # noqa: PLR0124 (not a number is not equal to itself)
        raise UnfitError("the value is no number")
    return int(number) if number.is_integer() else number


def _day(value: Any) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return datetime.fromisoformat(str(value).strip()).date()
    except ValueError:
        raise UnfitError("the value is no date") from None


def _date(value: Any, _field: MergeField) -> str:
    return _day(value).isoformat()


def _birthday(value: Any, _field: MergeField) -> str:
    if isinstance(value, str) and (found := _BIRTHDAY.fullmatch(value.strip())):
        return f"{int(found[1]):02}/{int(found[2]):02}"
    return f"{_day(value):%m/%d}"


def _phone(value: Any, field: MergeField) -> str:
    text = _text(value, field)
    if field.phone_format != "US":
        return text
    digits = re.sub(r"\D", "", text).removeprefix("1")
    if len(digits) != _US_PHONE_DIGITS:
        raise UnfitError("the field takes US phone numbers only")
    return f"({digits[:3]}) {digits[3:6]}-{digits[6:]}"


def _zip(value: Any, _field: MergeField) -> str:
    text = str(value).strip()
    if not re.fullmatch(r"\d{5}(-?\d{4})?", text):
        raise UnfitError("the field takes US zip codes of 5 digits only")
    return text[:5]


def _url(value: Any, _field: MergeField) -> str:
    text = str(value).strip()
    if not _URL.fullmatch(text) or len(text.encode()) > TEXT_BYTES_MAX:
        raise UnfitError("the value is no complete web address, with http:// or https://")
    return text


def _choice(value: Any, field: MergeField) -> str:
    text = as_text(value).strip()
    for choice in field.choices:
        if choice == text or choice.casefold() == text.casefold():
            return choice
    raise UnfitError("the value is none of the field's choices")


def _address(value: Any, _field: MergeField) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise UnfitError("the value is no address")
    missing = [part for part in ADDRESS_REQUIRED if is_empty(value.get(part))]
    if missing:
        raise UnfitError(say("the address has no %(parts)s, which Mailchimp wants", parts=" and no ".join(missing)))
    if is_empty(value.get("country")):
        raise UnfitError("the address has no country, and Mailchimp would take its own; set `country` for the field")
    return {part: _text(value[part], _field) for part in ADDRESS_PARTS if value.get(part)}


_READERS: Mapping[str, Callable[[Any, MergeField], Any]] = {
    "text": _text,
    "number": _number,
    "date": _date,
    "birthday": _birthday,
    "phone": _phone,
    "zip": _zip,
    "url": _url,
    "imageurl": _url,
    "radio": _choice,
    "dropdown": _choice,
    "address": _address,
}
