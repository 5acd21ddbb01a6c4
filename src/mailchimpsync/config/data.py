"""The data that a connection sends to Mailchimp besides subscriptions (docs/explanation/data.md)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from mailchimpsync.errors.validation import problem_at
from mailchimpsync.messages import say
from mailchimpsync.model import DataOptions, MappedField

MergeTag = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[A-Z0-9_]{1,10}$")]
_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
_GroupId = Annotated[int, Field(gt=0, le=2**31 - 1)]

FIELDS_MAX = 80
NAMES = ("FNAME", "LNAME")
SECRETS = frozenset({"api_key", "hash", "user_unique_id"})
"""Contact fields that give access to something. A checksum is derived from one without revealing it."""

GROUPS_MAX = 50
TAGS_MAX = 500


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class FieldRule(_Part):
    """One line of the field map.

    Attributes:
        merge_field: the tag of the audience's merge field, such as `MEMBEREND`.
        source: a contact field of CiviCRM's API (`gender_id:label`), a custom one (`Volunteering.Skills:label`), or a
            summary (`membership.end`); `mailchimpsync data sources` lists them.
        keep_when_empty: keep Mailchimp's value if CiviCRM has none.
        fill: for `address`, the text for a missing part that Mailchimp requires, such as `-`; empty: an incomplete
            address is not sent.
        country: for `address`, the country of addresses without one in CiviCRM, in two letters such as `GB`; empty:
            such an address is not sent, because Mailchimp would choose a country itself.
        valid_days: for `checksum`, how long it is valid; it is renewed after half of that time.
    """

    merge_field: MergeTag
    source: _Text
    keep_when_empty: bool = False
    fill: Annotated[str, StringConstraints(max_length=50)] = ""
    country: Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^([A-Z]{2})?$")] = ""
    valid_days: Annotated[int, Field(ge=2, le=3_650)] = 180


class Data(_Part):
    """The data sent to Mailchimp besides subscriptions. Nothing is sent unless it is turned on.

    Attributes:
        tags: send the tags of contacts.
        only_tags: send only these, by their names in CiviCRM; empty: all tags for contacts.
        groups_as_tags: send a tag to the members of each of these groups, including smart groups.
        tag_prefix: the start of the names of these tags at Mailchimp.
        tags_start_automations: whether a changed tag may start automations there; a member's first ones never do.
        names: send first and last name, to FNAME and LNAME; an empty one never overwrites.
        language: send the preferred language as the member's language.
        fields: the field map.
        plugins: other plugins that are turned on, by name, each with its options.
    """

    tags: bool = False
    only_tags: Annotated[tuple[_Text, ...], Field(max_length=TAGS_MAX)] = ()
    groups_as_tags: Annotated[tuple[_GroupId, ...], Field(max_length=GROUPS_MAX)] = ()
    tag_prefix: Annotated[str, StringConstraints(max_length=40)] = "CiviCRM: "
    tags_start_automations: bool = False
    names: bool = False
    language: bool = False
    fields: Annotated[tuple[FieldRule, ...], Field(max_length=FIELDS_MAX)] = ()
    plugins: dict[_Text, dict[str, Any]] = {}

    @property
    def options(self) -> DataOptions | None:
        """The options for the engine; None: nothing is turned on."""
        if not (self.tags or self.groups_as_tags or self.names or self.language or self.fields or self.plugins):
            return None
        return DataOptions(
            tags=self.tags,
            only_tags=self.only_tags,
            group_tags=tuple(dict.fromkeys(self.groups_as_tags)),
            tag_prefix=self.tag_prefix,
            tags_start_automations=self.tags_start_automations,
            names=self.names,
            language=self.language,
            fields=tuple(MappedField(**one.model_dump()) for one in self.fields),
            plugins={name: dict(given) for name, given in self.plugins.items()},
        )


def is_secret(source: str) -> bool:
    """Return whether a source is a secret of the contact or of a related one (`employer_id.api_key`)."""
    return source.partition(":")[0].rpartition(".")[2] in SECRETS


def problems_of_data(place: str, data: Data) -> Iterator[str]:
    """Yield a sentence for each problem that the types alone don't exclude."""
    given = Counter(one.merge_field for one in data.fields)
    if data.names:
        given.update(NAMES)
    for tag, number in given.items():
        if number > 1:
            yield problem_at(
                place, say("merge field %(tag)s has %(number)s sources; use only one.", tag=tag, number=number)
            )
    for one in data.fields:
        if is_secret(one.source):
            yield problem_at(
                place, say("%(source)s is a secret of the contact and can't be sent to Mailchimp.", source=one.source)
            )
    for one in data.fields:
        if one.source == "checksum" and one.merge_field in NAMES:
            yield problem_at(
                place,
                say(
                    "%(merge_field)s is read back as a name, so it can't hold a personal token.",
                    merge_field=one.merge_field,
                ),
            )
    for built_in in {"fields", "names", "tags", "groups"} & set(data.plugins):
        yield problem_at(place, say("“%(built_in)s” is a built-in plugin with its own settings.", built_in=built_in))
    if (data.tags or data.groups_as_tags) and not data.tag_prefix.strip():
        yield problem_at(
            place, say("a prefix is needed to distinguish these tags from tags that were added at Mailchimp.")
        )
