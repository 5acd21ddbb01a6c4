"""`Mailchimpsync.previewdata` and `getdatafindings`: what goes to Mailchimp, shown for real contacts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from mailchimpsync.actions.api.description import Scope, action
from mailchimpsync.actions.api.parameters import DataToTry, OneGroupId
from mailchimpsync.actions.api.selection import find_links
from mailchimpsync.actions.data.fields import audience_of, data_options
from mailchimpsync.actions.site import Site
from mailchimpsync.actions.time_limit import within
from mailchimpsync.civicrm import display_names
from mailchimpsync.data import Person, PersonData, PluginRunner, presentable, preview_person
from mailchimpsync.mailchimp import merge_fields
from mailchimpsync.store.cache import data as stored
from mailchimpsync.store.cache.data import RowWithData
from mailchimpsync.store.runs import runs
from mailchimpsync.sync.read_only import read_only

SECONDS_MAX = 60
PEOPLE_MAX = 200


@dataclass(frozen=True, slots=True)
class PreviewedPerson:
    """A contact with all data that would go to Mailchimp; `confirmed` are merge fields Mailchimp has from us."""

    contact_id: int
    name: str
    address: str | None
    data: PersonData
    confirmed: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DataPreview:
    """People with their data, and problems of plugins."""

    people: tuple[PreviewedPerson, ...]
    failures: Mapping[str, str]
    warnings: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class UnfitValue:
    """A value that doesn't fit: how many people have it, and some of their contacts."""

    plugin: str
    field: str
    what: str
    count: int
    contact_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class DataFindings:
    """The findings of the last complete run with data; `began_at` is None if there was none yet.

    `recipients` is for how many people data goes to Mailchimp now, as far as they have been read.
    """

    recipients: int
    began_at: datetime | None
    people: int
    changed: int
    problems: tuple[UnfitValue, ...]
    failures: Mapping[str, str]
    warnings: Mapping[str, Sequence[str]]


@action("Mailchimpsync", Scope.READ)
def previewdata(
    site: Site,
    *,
    group_id: OneGroupId,
    contact_ids: Annotated[
        list[Annotated[int, Field(gt=0)]] | None,
        Field(description="Contacts to show. Default: the first members.", max_length=PEOPLE_MAX),
    ] = None,
    limit: Annotated[int, Field(description="The most people to return.", ge=1, le=PEOPLE_MAX)] = 10,
    data: DataToTry = None,
) -> DataPreview:
    """Show what would go to Mailchimp for some people: each merge field with its value or its problem, and tags.

    Nothing is changed on either side. Only people that a sync has already read can be shown.

    Raises:
        UsageError: no such group, or `data` can't be used.
        AccessError, TransientError: a side refuses access, or can't be reached.
    """
    [link] = find_links(site, group_id)
    options, systems = data_options(link, data), site.systems(link, someone_waits=True)
    with site.store.reading() as tx:
        some = stored.rows_to_show(tx, link.audience_id, contact_ids, limit)
    with within(systems.mailchimp, SECONDS_MAX), within(systems.civicrm, SECONDS_MAX), read_only(systems):
        runner = PluginRunner.of(audience_of(site, link, options), systems.civicrm)
        fields = {one.tag: one for one in merge_fields(systems.mailchimp, link.audience_id)}
        contacts = sorted({row.civicrm_contact_id for row in some})
        names = display_names(systems.civicrm, contacts) if contacts else {}
        runner.begin()
        runner.prepare(contacts)
        people = [
            _person(
                row,
                names,
                preview_person(runner.ask(Person(row.civicrm_contact_id, link.audience_id, *_known(row))), fields),
            )
            for row in some
        ]
    return DataPreview(tuple(people), runner.set_aside, {name: list(words) for name, words in runner.warnings.items()})


@action("Mailchimpsync", Scope.READ)
def getdatafindings(site: Site, *, group_id: OneGroupId) -> DataFindings:
    """Return the findings of the last complete run with data: values that don't fit, and plugins that failed.

    Raises:
        UsageError: no such group.
    """
    [link] = find_links(site, group_id)
    with site.store.reading() as tx:
        last = runs.last_data_run(tx, link.audience_id)
        recipients = stored.count_recipients(tx, link.audience_id)
    found = (last.counts or {}).get("data", {}) if last is not None else {}
    return DataFindings(
        recipients,
        last.started_at if last is not None else None,
        found.get("people", 0),
        found.get("changed", 0),
        tuple(UnfitValue(**{**one, "contact_ids": tuple(one["contact_ids"])}) for one in found.get("problems", ())),
        found.get("failures", {}),
        found.get("warnings", {}),
    )


def _known(row: RowWithData) -> tuple[str | None, str | None]:
    return row.mailchimp_email, row.mailchimp_status


def _person(row: RowWithData, names: Mapping[int, str], data: PersonData) -> PreviewedPerson:
    contact_id = row.civicrm_contact_id
    confirmed = {tag: presentable(value) for tag, (value, _) in ((row.confirmed or {}).get("fields") or {}).items()}
    return PreviewedPerson(contact_id, names.get(contact_id, ""), row.mailchimp_email, data, confirmed)
