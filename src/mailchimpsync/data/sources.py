"""What can be mapped from CiviCRM, and to which type of merge field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mailchimpsync.config.data import SECRETS
from mailchimpsync.data.catalogue import ALIASES, SUMMARIES
from mailchimpsync.data.plugin_api import Lookup
from mailchimpsync.messages import say

FIELDS_MAX = 5_000
_JOINED = {
    "employer_id.display_name": "Employer",
    "address_primary.city": "Primary address: city",
    "address_primary.postal_code": "Primary address: postal code",
    "address_primary.country_id:label": "Primary address: country",
    "email_primary.email": "Primary e-mail",
}
_AS_ON_FORMS = {
    "do_not_email": say("Do not email"),
    "do_not_phone": say("Do not phone"),
    "do_not_mail": say("Do not mail"),
    "do_not_sms": say("Do not SMS"),
    "do_not_trade": say("Do not trade"),
    "is_opt_out": say("No Bulk Emails (User Opt Out)"),
}
"""The labels on CiviCRM's forms; `getFields` makes them of the names where it isn't translated: “Do Not Sms”."""

_TYPES = {"Date": "date", "Datetime": "date", "Timestamp": "date", "Integer": "number", "Money": "number"}


@dataclass(frozen=True, slots=True)
class Source:
    """A source for a merge field: its name in the configuration, its label, and the merge field type that suits it.

    `kind` is `summary`, `field`, or `custom`.
    """

    name: str
    label: str
    type: str
    kind: str


def sources(civicrm: Lookup) -> list[Source]:
    """Return everything that can be mapped: summaries, contact fields, and custom fields.

    Raises:
        RemoteError: CiviCRM can't be reached.
    """
    params = {"select": ["name", "title", "label", "data_type", "options", "type", "fk_entity"], "limit": FIELDS_MAX}
    found = [field for field in civicrm.call("Contact", "getFields", params) if field["name"] not in SECRETS]
    return [*_summaries(), *(one for field in found for one in _of_field(field)), *_joined()]


def _summaries() -> Iterator[Source]:
    for name, summary in SUMMARIES.items():
        yield Source(name, summary.label, summary.type, "summary")
    for name, (_, label, type_) in ALIASES.items():
        yield Source(name, label, type_, "summary")


def _joined() -> Iterator[Source]:
    for name, label in _JOINED.items():
        yield Source(name, label, "text", "field")


def _label(name: str, label: str) -> str:
    is_made_of_name = label.casefold() == name.replace("_", " ")
    return _AS_ON_FORMS.get(name, label) if is_made_of_name else label


def _of_field(field: Mapping[str, Any]) -> Iterator[Source]:
    if field.get("fk_entity") and not field.get("options"):
        return  # the id of another record means nothing to people, and changes when that record is merged
    label = _label(field["name"], str(field.get("label") or field.get("title") or field["name"]))
    kind = "custom" if field.get("type") == "Custom" else "field"
    if field.get("options"):
        yield Source(f"{field['name']}:label", label, "text", kind)
    else:
        yield Source(field["name"], label, _TYPES.get(field.get("data_type") or "", "text"), kind)
