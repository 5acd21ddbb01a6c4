"""Values that give access without a password, such as a personal link (docs/decisions/personal-tokens.md).

Only a recipe for such a value is stored: for which contact, and for what period. The value itself is made from the
recipe and the contact's secret when it is sent, and is stored nowhere. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from hashlib import md5, sha256
from typing import Any

from mailchimpsync.model import MappedField

HIDDEN = "(not shown)"
"""What people see instead of such a value."""

SECONDS_PER_DAY = 86_400
_KIND, _CHECKSUM = "recipe", "checksum"
_MARK_LENGTH = 12
_TOKEN = re.compile(r"[0-9a-f]{32}_[0-9]{9,11}_([0-9]+|inf)", re.IGNORECASE)
"""A checksum as CiviCRM makes it: MD5, time and hours."""

Recipe = Mapping[str, Any]
Body = Mapping[str, Any]


def checksum_recipe(contact_id: int, secret: str, now: datetime, field: MappedField) -> Recipe:
    """Return the recipe for the checksum of a personal link.

    It is renewed when half its time is over, on a different day for each contact, so that they don't all change at
    once; and when the contact gets another secret, of which the recipe has a digest.
    """
    half = max(1, field.valid_days) * SECONDS_PER_DAY // 2
    shift = contact_id * 7_919 % half
    begun = (int(now.timestamp()) + shift) // half * half - shift
    mark = sha256(f"{contact_id} {secret}".encode()).hexdigest()[:_MARK_LENGTH]
    hours = max(1, field.valid_days) * 24
    return {_KIND: _CHECKSUM, "contact_id": contact_id, "begun": begun, "hours": hours, "mark": mark}


def is_recipe(value: Any) -> bool:
    """Return whether a value is a recipe."""
    return isinstance(value, Mapping) and value.get(_KIND) == _CHECKSUM


def holds_token(value: Any) -> bool:
    """Return whether a text contains a checksum."""
    return isinstance(value, str) and _TOKEN.search(value) is not None


def contacts_of(bodies: Iterable[Body]) -> set[int]:
    """Return the contacts whose secrets are needed to make the values for these update bodies."""
    return {recipe["contact_id"] for body in bodies for recipe in _recipes(body).values()}


def with_secrets(body: Body, secrets: Mapping[int, str]) -> Body:
    """Return a body with values in place of recipes; a contact without a secret has no personal link."""
    recipes = _recipes(body)
    if not recipes:
        return body
    values = {tag: _checksum(recipe, secrets.get(recipe["contact_id"])) for tag, recipe in recipes.items()}
    return {**body, "merge_fields": {**body["merge_fields"], **values}}


def _recipes(body: Body) -> Mapping[str, Recipe]:
    return {tag: value for tag, value in (body.get("merge_fields") or {}).items() if is_recipe(value)}


def _checksum(recipe: Recipe, secret: str | None) -> str:
    if not secret:
        return ""
    contact_id, begun, hours = recipe["contact_id"], recipe["begun"], recipe["hours"]
    digest = md5(f"{secret}_{contact_id}_{begun}_{hours}".encode(), usedforsecurity=False).hexdigest()
    return f"{digest}_{begun}_{hours}"
