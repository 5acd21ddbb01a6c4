"""The field map as rows of a form: each merge field, and its source in CiviCRM."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BoundField
from django.utils.translation import gettext as _

from mailchimpsync.actions import DataFields
from mailchimpsync.config import FieldRule
from mailchimpsync.config.data import FIELDS_MAX
from mailchimpsync.data import Source
from mailchimpsync.web.screens.configuration.connection.choices import OptionGroups, Options
from mailchimpsync.web.screens.configuration.fields import NotBlank, bounds, check_box, number_field

EMPTY_ROWS = 3
OF_NAMES = frozenset({"FNAME", "LNAME"})
_MERGE_TAG = re.compile(r"[A-Z0-9_]{1,10}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_PARTS = ("merge_field", "source", "keep_when_empty", "fill", "country", "valid_days", "remove")
_USUAL = FieldRule(merge_field="USUAL", source="usual")


@dataclass(frozen=True)
class Row:
    """A row of the map, with its fields; `has_options`: it says more than a row usually does."""

    number: int
    merge_field: BoundField
    source: BoundField
    keep_when_empty: BoundField
    fill: BoundField
    country: BoundField
    valid_days: BoundField
    remove: BoundField
    has_options: bool


def rows_wanted(present: int, posted: str | None, *, more: bool) -> int:
    """Return how many rows a form has: as posted, else those that are filled and some empty ones."""
    number = int(posted) if posted is not None and posted.isdecimal() else present + EMPTY_ROWS
    return min(number + EMPTY_ROWS * more, FIELDS_MAX)


def add_rows(form: forms.Form, number: int, rules: Sequence[FieldRule], found: DataFields) -> None:
    """Add the fields of `number` rows to a form, and fill in the first of them."""
    options = source_options(found, rules)
    for at in range(number):
        rule = rules[at] if at < len(rules) else None
        for part, field in zip(_PARTS, _fields(at + 1, rule, options), strict=True):
            form.fields[f"row-{at}-{part}"] = field


def _fields(number: int, rule: FieldRule | None, options: OptionGroups) -> Iterator[forms.Field]:
    said = rule or _USUAL
    tag = {"list": "merge-fields", "autocomplete": "off", "spellcheck": "false", "autocapitalize": "characters"}
    yield NotBlank(
        label=_("Row %(number)s: merge field") % {"number": number},
        widget=forms.TextInput(attrs=tag),
        required=False,
        max_length=20,
        initial=rule.merge_field if rule else "",
    )
    yield forms.ChoiceField(
        label=_("Row %(number)s: source") % {"number": number},
        choices=[("", _("Choose …")), *options],
        required=False,
        initial=rule.source if rule else "",
        widget=forms.Select(attrs={"class": "source"}),
    )
    yield check_box(_("Keep Mailchimp's value if CiviCRM's is empty"), initial=said.keep_when_empty)
    yield NotBlank(
        label=_("Addresses: placeholder for missing parts, for example “-”"),
        help_text=_(
            "Mailchimp requires street, town, state and postal code. If you leave this blank, incomplete "
            "addresses aren't sent."
        ),
        required=False,
        **bounds(FieldRule, "fill"),
        initial=said.fill,
    )
    yield NotBlank(
        label=_("Addresses: default country, for example GB"),
        help_text=_(
            "Two letters. If you leave this blank, addresses without a country aren't sent, because "
            "Mailchimp would fill in its own."
        ),
        required=False,
        max_length=2,
        initial=said.country,
    )
    yield number_field(
        FieldRule,
        "valid_days",
        _("Checksums: days a personal link stays valid"),
        required=False,
        initial=said.valid_days,
    )
    yield check_box(_("Remove row %(number)s") % {"number": number})


def source_options(found: DataFields, rules: Sequence[FieldRule]) -> OptionGroups:
    """Return what there is to choose from, in the groups that CiviCRM's labels name, custom fields last.

    What is chosen and not there any more stays among it.
    """
    groups: dict[tuple[bool, str], Options] = defaultdict(list)
    for one in found.sources:
        label = _(one.label)
        groups[one.kind == "custom", _group_of(one, label)].append((one.name, label))
    options = [(title, sorted(groups[custom, title], key=_label)) for custom, title in sorted(groups, key=_title)]
    others = [(name, name) for name in unlisted_sources(found, rules)]
    return [*options, *([(_("Others"), others)] if others else [])]


def _group_of(source: Source, label: str) -> str:
    group, colon, _rest = label.partition(": ")
    if colon:
        return group
    return _("Custom fields") if source.kind == "custom" else _("Contact")


def unlisted_sources(found: DataFields, rules: Sequence[FieldRule]) -> list[str]:
    """Return the sources of a map that CiviCRM doesn't list.

    It doesn't know them, or they are fields of another record, such as `employer_id.nick_name`.
    """
    known = {one.name for one in found.sources}
    return list(dict.fromkeys(rule.source for rule in rules if rule.source not in known))


def _title(group: tuple[bool, str]) -> tuple[bool, str]:
    is_custom, title = group
    return is_custom, title.casefold()


def _label(option: tuple[str, str]) -> str:
    return option[1].casefold()


def rows_of(form: forms.Form) -> Iterator[Row]:
    """Yield the rows that a form has."""
    at = 0
    while f"row-{at}-source" in form.fields:
        fields = {part: form[f"row-{at}-{part}"] for part in _PARTS}
        yield Row(at + 1, **fields, has_options=_has_options(fields))
        at += 1


def _has_options(fields: dict[str, BoundField]) -> bool:
    usual = {"fill": "", "country": "", "valid_days": str(_USUAL.valid_days)}
    return any(str(fields[part].value() or said) != said or fields[part].errors for part, said in usual.items())


def clean_rows(form: forms.Form, given: dict[str, Any], *, names: bool) -> list[dict[str, Any]]:
    """Return the rules that the rows say, and put what is wrong beside its field."""
    rules: list[dict[str, Any]] = []
    seen = set(OF_NAMES) if names else set()
    for row in rows_of(form):
        rule: dict[str, Any] = {part: given.get(f"row-{row.number - 1}-{part}") for part in _PARTS}
        if rule.pop("remove") or not (rule["merge_field"] or rule["source"]):
            continue
        rule["merge_field"] = (rule["merge_field"] or "").upper()
        rule["country"] = (rule["country"] or "").upper()
        if _complain(form, row, rule, seen):
            continue
        seen.add(rule["merge_field"])
        rules.append({**rule, "valid_days": rule["valid_days"] or _USUAL.valid_days})
    return rules


def _complain(form: forms.Form, row: Row, rule: dict[str, Any], seen: set[str]) -> bool:
    tag = rule["merge_field"]
    if not rule["source"] and not row.source.errors:
        form.add_error(row.source.name, ValidationError(_("Choose a source.")))
    if rule["country"] and not _COUNTRY.fullmatch(rule["country"]):
        form.add_error(row.country.name, ValidationError(_("Enter a two-letter country code, for example GB.")))
        return True
    if row.merge_field.errors:
        return True
    if not _MERGE_TAG.fullmatch(tag):
        said = _("Enter a merge field: up to 10 characters (A to Z, 0 to 9 and “_”), for example MEMBEREND.")
        form.add_error(row.merge_field.name, ValidationError(said))
    elif tag in seen:
        said = _("This merge field already has a source.")
        form.add_error(row.merge_field.name, ValidationError(said))
    return bool(row.merge_field.errors or row.source.errors)
