"""The list of all sites: which are shown, in which order, and what is said of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from mailchimpsync.actions.fleet_overview import SiteLevel, SiteOverview
from mailchimpsync.errors import REGISTRY
from mailchimpsync.store.engine.database import newest_schema

LEVELS: Mapping[SiteLevel, tuple[str | Promise, str]] = {
    SiteLevel.UNUSABLE: (_("can't be opened"), "bad"),
    SiteLevel.BAD: (_("needs attention"), "bad"),
    SiteLevel.MIDDLE: (_("waiting"), "middle"),
    SiteLevel.GOOD: (_("in order"), "good"),
    SiteLevel.UNKNOWN: (_("not looked at yet"), "other"),
    SiteLevel.NOT_SET_UP: (_("not set up"), "other"),
    SiteLevel.DISABLED: (_("disabled"), "other"),
}
"""What each level is called, and the colour of its badge."""

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_ORDERS: Mapping[str, tuple[str | Promise, Callable[[SiteOverview], Any] | None]] = {
    "worst": (_("Worst first"), None),
    "name": (_("Name"), lambda one: one.site.name),
    "checked": (_("Last success, oldest first"), lambda one: one.checked_at or _LONG_AGO),
    "held": (_("Held plans"), lambda one: -one.held),
    "due": (_("People due"), lambda one: -one.due),
    "alerts": (_("Problems"), lambda one: -one.open_alerts),
    "schema": (_("Schema, oldest first"), lambda one: one.site.schema_number),
}
_TEXT_MAX = 100
OLD_SCHEMA = "old"
"""The filter for sites that have to be upgraded."""


@dataclass(frozen=True)
class Row:
    """A site on the page."""

    one: SiteOverview

    @property
    def word(self) -> str | Promise:
        """What its level is called."""
        return LEVELS[self.one.level][0]

    @property
    def colour(self) -> str:
        """The colour of its badge."""
        return LEVELS[self.one.level][1]

    @property
    def problem(self) -> str | None:
        """Why it can't be opened, in words that are translated."""
        return REGISTRY[self.one.code].sentence if self.one.code is not None else self.one.problem

    @property
    def is_old(self) -> bool:
        """Say whether it has to be upgraded."""
        return self.one.site.schema_number != newest_schema()


@dataclass(frozen=True)
class SiteFilter:
    """Which sites are shown: whose name or title contains a text, and of which level."""

    text: str = ""
    level: str = ""
    order: str = "worst"

    @classmethod
    def of(cls, given: QueryDict) -> SiteFilter:
        """Return the filter of a form; what can't be used is left out."""
        level, order = given.get("level", ""), given.get("order", "worst")
        return cls(
            given.get("text", "").strip()[:_TEXT_MAX],
            level if level in {OLD_SCHEMA, *SiteLevel} else "",
            order if order in _ORDERS else "worst",
        )

    def apply(self, found: Sequence[SiteOverview]) -> list[SiteOverview]:
        """Return the sites that are shown, in their order."""
        shown = [one for one in found if self._matches(one)]
        key = _ORDERS[self.order][1]
        return sorted(shown, key=key) if key is not None else shown

    def _matches(self, one: SiteOverview) -> bool:
        text = self.text.casefold()
        if text and text not in one.site.name and text not in one.site.title.casefold():
            return False
        if self.level == OLD_SCHEMA:
            return Row(one).is_old
        return not self.level or one.level == self.level

    @property
    def orders(self) -> list[tuple[str, str | Promise, bool]]:
        """The orders that can be chosen: value, label, and whether it is."""
        return [(name, label, name == self.order) for name, (label, _key) in _ORDERS.items()]

    def levels(self, found: Sequence[SiteOverview]) -> list[tuple[str, str | Promise, int, bool]]:
        """Return the levels that can be chosen: value, label, number of sites, and whether it is."""
        numbers = Counter(one.level for one in found)
        old = sum(Row(one).is_old for one in found)
        return [
            *((level.value, LEVELS[level][0], numbers[level], level == self.level) for level in SiteLevel),
            (OLD_SCHEMA, _("to be upgraded"), old, self.level == OLD_SCHEMA),
        ]
