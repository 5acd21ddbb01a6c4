"""Searches for rows: their fields in an address, and the choices for each."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from mailchimpsync.actions import Site, make_filter
from mailchimpsync.actions.api.parameters import number_in
from mailchimpsync.actions.api.selection import find_links
from mailchimpsync.actions.entities.browse import NONE, Key, Order, Place, RowFilter, Show, Turn
from mailchimpsync.errors import UsageError
from mailchimpsync.model import GroupStatus, MemberStatus, SyncStatus

PAGE_ROWS = 25
_TEXT_CHARS_MAX = 255
_VALUES_MAX = 50
_CODE = re.compile(r"[A-Z_]{1,32}")  # also those of another version

SHOWS: Mapping[str, str | Promise] = {
    Show.TO_ADD.value: _("To be added at Mailchimp"),
    Show.TO_REMOVE.value: _("To be removed at Mailchimp"),
    Show.CANNOT_SUBSCRIBE.value: _("In the group, but can't be subscribed"),
    Show.OTHER_FAILS.value: _("Can't be synced for another reason"),
    Show.NEEDS_ATTENTION.value: _("Can't be synced, needs attention"),
    Show.FINE.value: _("Can't be synced, fine as it is"),
    Show.ACCEPTED.value: _("Can't be synced, accepted"),
    Show.KEPT_OFF.value: _("In the group, kept off the list by your rules"),
    Show.KEPT_ON.value: _("On the list, kept there by your rules"),
    Show.TODO.value: _("Waiting for the next sync"),
    Show.OUTSTANDING.value: _("With an unfinished update"),
}
CHOICES: Mapping[str, Sequence[str]] = {
    "sync_status": [status.value for status in SyncStatus],
    "mailchimp_status": [*(status.value for status in MemberStatus), NONE],
    "civicrm_status": [*(status.value for status in GroupStatus), NONE],
    "show": list(SHOWS),
}


@dataclass(frozen=True)
class Search:
    """A search: the filters, and the page of the results.

    Attributes:
        given: the fields of the search without those of the page, for links to other pages.
        problem: what is invalid, and was ignored.
    """

    wanted: RowFilter
    turn: Turn
    given: Sequence[tuple[str, str]]
    is_whole: bool
    problem: str | Promise = ""

    def address(self, **page: str) -> str:
        """Return the query string of this search with the fields of a page."""
        order = [("sort", self.sorting)] if self.sorting != Order.ID.value else []
        whole = [("whole", "1")] if self.is_whole and "whole" not in page else []
        return f"?{urlencode([*self.given, *order, *whole, *page.items()])}"

    @property
    def sorting(self) -> str:
        """The sort order, as in an address."""
        return f"-{self.turn.order.value}" if self.turn.descends else self.turn.order.value


def read_search(site: Site, fields: QueryDict) -> Search:
    """Read a search; impossible values are ignored.

    Raises:
        ConfigurationError: nothing is connected.
        UsageError: the audience is not connected.
    """
    list_id = fields.get("audience") or find_links(site)[0].audience_id
    chosen = {name: _chosen(fields, name, choices) for name, choices in CHOICES.items()}
    reasons = tuple(code for code in fields.getlist("reason")[:_VALUES_MAX] if code == NONE or _CODE.fullmatch(code))
    email = fields.get("email", "").replace("\x00", "").strip()[:_TEXT_CHARS_MAX]
    contact = number_in(fields.get("contact", "").strip())
    ids = tuple(filter(None, map(number_in, fields.getlist("id"))))
    is_odd = bool(fields.get("contact", "").strip()) and contact is None
    shows = tuple(Show(value) for value in chosen.pop("show"))
    filters: dict[str, Any] = {**chosen, "reason": reasons, "email": email, "contact_id": contact, "ids": ids[:1_000]}
    wanted = make_filter(site, list_id, show=shows, **filters)
    problem = _("A contact ID must be a whole number. This filter was ignored.") if is_odd else ""
    return Search(wanted, _turn(fields), _given(wanted), fields.get("whole") == "1", problem)


def _chosen(fields: QueryDict, name: str, choices: Sequence[str]) -> tuple[str, ...]:
    given = set(fields.getlist(name))
    return tuple(choice for choice in choices if choice in given)


def _given(wanted: RowFilter) -> list[tuple[str, str]]:
    """Return a search as fields, so that the same search has the same address."""
    several = {
        "sync_status": wanted.sync_status,
        "mailchimp_status": wanted.mailchimp_status,
        "civicrm_status": wanted.civicrm_status,
        "reason": wanted.reason,
        "show": tuple(show.value for show in wanted.show),
        "email": (wanted.email,) if wanted.email else (),
        "contact": (str(wanted.contact_id),) if wanted.contact_id is not None else (),
        "id": tuple(map(str, wanted.ids)),
    }
    return [("audience", wanted.list_id), *((name, value) for name, values in several.items() for value in values)]


def _turn(fields: QueryDict) -> Turn:
    sort = fields.get("sort", "")
    name = sort.removeprefix("-")
    order = Order(name) if name in set(Order) else Order.ID
    after, before = (_place(fields.get(name, ""), order) for name in ("after", "before"))
    return Turn(order, sort.startswith("-"), after, before, PAGE_ROWS)


def place_text(place: Place) -> str:
    """Return a place as it is written in an address."""
    key, row_id = place
    text = key.isoformat() if isinstance(key, datetime) else "" if key is None else str(key)
    return f"{row_id}~{text}"


def _place(text: str, order: Order) -> Place | None:
    """Return the place that an address names; None, the first page, if it is invalid."""
    row_id, _separator, key = text.partition("~")
    number = number_in(row_id)
    try:
        return None if number is None else (_key(key, order), number)
    except ValueError:
        return None


def _key(text: str, order: Order) -> Key:
    if not text:
        return None
    if order is Order.UPDATED:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError(text)
        return moment
    if order in (Order.ID, Order.CONTACT):
        number = number_in(text)
        if number is None:
            raise ValueError(text)
        return number
    return text


def need_filters(search: Search) -> RowFilter:
    """Return the filters of a search.

    Raises:
        UsageError: a field is invalid, so that more would be found than intended.
    """
    if search.problem:
        raise UsageError(str(search.problem))
    return search.wanted
