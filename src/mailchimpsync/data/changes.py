"""What plugins want, joined by precedence and compared with what Mailchimp has confirmed. Pure.

What is confirmed for a member, and what is to be sent, are plain values, as stored:

- confirmed: `fields` {tag: [value, plugin]}, `language` [value, plugin], `tags` {name: plugin}, `digests` {plugin: …};
- a change: the same for what is to be sent (`tags` {name: [wanted?, plugin]}), with `old` {what: value before}, `known`
  for values that Mailchimp has already, `said`: also the digests of plugins that returned something unfit, and `quiet`:
  these are the member's first tags, and start no automation; `refused`: what is left out because Mailchimp refused it
  before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Protocol

from pydantic_core import to_json

from mailchimpsync.data.convert import UnfitError, as_text, converted
from mailchimpsync.data.languages import language_at_mailchimp, unknown_language
from mailchimpsync.data.plugin_api import TAG_NAME_MAX, Outgoing, Person, PluginAnswers
from mailchimpsync.effects import Effect, What, yes_or_no
from mailchimpsync.mailchimp import MergeField
from mailchimpsync.messages import reason_of, say
from mailchimpsync.model import Side

Confirmed = Mapping[str, Any]
Change = dict[str, Any]

NOTHING_CONFIRMED: Confirmed = {}

UNFIT = "unfit "
"""The digest of a plugin that returned something unfit starts with this: it is checked again each time."""


class AudienceFields(Protocol):
    """What an audience has, requested when first needed."""

    @property
    def merge_fields(self) -> Mapping[str, MergeField]:
        """Return the merge fields by tag."""
        ...

    @property
    def tags(self) -> Collection[str]:
        """Return the names of our tags, case-folded."""
        ...


@dataclass(slots=True)
class DataComparison:
    """The result of a comparison: a change to send, or only digests to store; problems as (plugin, field, words)."""

    change: Change | None = None
    note: Confirmed | None = None
    problems: list[tuple[str, str, str]] = field(default_factory=list)


def digest_of(outgoing: Outgoing, owned: Collection[str] = ()) -> str:
    """Return a short text that changes when a plugin's answer about a person with these tags does."""
    said = [
        {key: outgoing.merge_fields[key] for key in sorted(outgoing.merge_fields)},
        outgoing.language,
        sorted(outgoing.tags),
        sorted(name for name in outgoing.tags_left_alone if name in owned),
        {key: outgoing.problems[key] for key in sorted(outgoing.problems)},
    ]
    return blake2b(to_json(said), digest_size=9).hexdigest()


def compare(
    person: Person, said: PluginAnswers, confirmed: Confirmed, refused: Mapping[str, Any] | None, known: AudienceFields
) -> DataComparison:
    """Compare the plugins' answers about a person with what is confirmed; what they leave out stays as it is."""
    owned = confirmed.get("tags", {})
    digests = {plugin: digest_of(outgoing, owned) for plugin, outgoing in said.outgoing.items()}
    before = confirmed.get("digests", {})
    if all(before.get(plugin) == digest for plugin, digest in digests.items()):
        return DataComparison()
    if refused and refused["digests"] == digests and not refused.get("values"):
        return DataComparison(problems=[("", one, refused["detail"]) for one in refused["fields"]])
    return _Comparison(person, said, confirmed, refused or {}, known).result(digests)


class _Comparison:
    def __init__(
        self,
        person: Person,
        said: PluginAnswers,
        confirmed: Confirmed,
        refused: Mapping[str, Any],
        known: AudienceFields,
    ) -> None:
        self._person, self._said, self._confirmed, self._known = person, said, confirmed, known
        self._refused = refused
        self._still_refused: list[str] = []
        self.problems: list[tuple[str, str, str]] = []
        for plugin, outgoing in said.outgoing.items():
            self.problems += [(plugin, field, words) for field, words in outgoing.problems.items()]

    def result(self, digests: Mapping[str, str]) -> DataComparison:
        fields, there = self._fields()
        language, tags = self._language(), dict(self._tags())
        unfit = {plugin for plugin, _, _ in self.problems}
        sound = {plugin: UNFIT * (plugin in unfit) + digest for plugin, digest in digests.items()}
        if not fields and language is None and not tags:
            noted = {**self._confirmed, "digests": {**self._confirmed.get("digests", {}), **sound}}
            if there:
                noted["fields"] = {**self._confirmed.get("fields", {}), **there}
            return DataComparison(note=noted if noted != self._confirmed else None, problems=self.problems)
        change: Change = {
            "fields": fields,
            "language": language,
            "tags": tags,
            "known": there,
            "digests": sound,
            "said": dict(digests),
            "old": self._old(fields, language),
            "quiet": not self._confirmed.get("tags") and not self._confirmed.get("digests"),
            "refused": self._still_refused,
        }
        return DataComparison(change=change, problems=self.problems)

    def _keeps_value_of_failed(self, plugin: str, owner: str | None) -> bool:
        """A value from a plugin that failed isn't overwritten by a plugin of lower precedence."""
        return owner in self._said.failed and owner != plugin

    def _fields(self) -> tuple[dict[str, list[Any]], dict[str, list[Any]]]:
        """Return the values to send, and those that Mailchimp already has although we didn't send them."""
        confirmed, to_send, there = self._confirmed.get("fields", {}), {}, {}
        seen: set[str] = set()
        for plugin, outgoing in self._said.outgoing.items():
            for tag, raw in outgoing.merge_fields.items():
                owner = confirmed[tag][1] if tag in confirmed else None
                if tag in seen or self._keeps_value_of_failed(plugin, owner):
                    continue
                seen.add(tag)
                value, is_fit = self._convert(plugin, tag, raw)
                if not is_fit or (tag in confirmed and confirmed[tag][0] == value):
                    continue
                if tag not in confirmed and self._person.merge_fields.get(tag, None if value else "") == value:
                    there[tag] = [value, plugin]
                elif not self._was_refused(plugin, tag, value):
                    to_send[tag] = [value, plugin]
        return to_send, there

    def _was_refused(self, plugin: str, what: str, value: Any) -> bool:
        """What Mailchimp refused isn't sent again until it changes, and doesn't hold anything else back."""
        values = self._refused.get("values", {})
        if what not in values or values[what] != value:
            return False
        self.problems.append((plugin, what, self._refused["detail"]))
        self._still_refused.append(what)
        return True

    def _convert(self, plugin: str, tag: str, raw: Any) -> tuple[Any, bool]:
        merge_field = self._known.merge_fields.get(tag)
        try:
            if merge_field is None:
                raise UnfitError("the audience has no such merge field")  # noqa: TRY301 (one way out)
            return converted(raw, merge_field), True
        except UnfitError as error:
            self.problems.append((plugin, tag, reason_of(error)))
            return None, False

    def _language(self) -> list[str] | None:
        for plugin, outgoing in self._said.outgoing.items():
            if outgoing.language is not None:
                code = language_at_mailchimp(outgoing.language)
                if code is None:
                    self.problems.append((plugin, "language", unknown_language(outgoing.language)))
                    return None
                before = self._confirmed.get("language")
                if self._keeps_value_of_failed(plugin, before[1] if before else None) or (before and before[0] == code):
                    return None
                return None if self._was_refused(plugin, "language", code) else [code, plugin]
        return None

    def _tags(self) -> Iterator[tuple[str, list[Any]]]:
        owned = {name.casefold(): (name, owner) for name, owner in self._confirmed.get("tags", {}).items()}
        mentioned = self._mentioned()
        for key, (name, wanted, plugin) in mentioned.items():
            owner = owned[key][1] if key in owned else None
            if self._keeps_value_of_failed(plugin, owner) or (wanted and key in owned):
                continue
            if wanted and len(name) > TAG_NAME_MAX:
                why = say("a tag's name has more than %(number)s characters", number=TAG_NAME_MAX)
                self.problems.append((plugin, "tags", why))
            elif wanted or key in owned or self._is_foreign_tag(plugin, key):
                yield name, [wanted, plugin]
        left_alone = {name.casefold() for outgoing in self._said.outgoing.values() for name in outgoing.tags_left_alone}
        for key, (name, owner) in owned.items():
            if key not in mentioned and key not in left_alone and owner in self._said.outgoing:
                yield name, [False, owner]

    def _mentioned(self) -> dict[str, tuple[str, bool, str]]:
        found: dict[str, tuple[str, bool, str]] = {}
        for plugin, outgoing in self._said.outgoing.items():
            for wanted, names in ((True, outgoing.tags), (False, outgoing.tags_not_to_have)):
                for name in names:
                    found.setdefault(name.casefold(), (name, wanted, plugin))
        return found

    def _is_foreign_tag(self, plugin: str, key: str) -> bool:
        """A tag to be removed may have been there before this member was first synced."""
        return plugin not in self._confirmed.get("digests", {}) and key in self._known.tags

    def _old(self, fields: Mapping[str, Any], language: Any) -> dict[str, Any]:
        confirmed = self._confirmed.get("fields", {})
        old = {tag: confirmed[tag][0] if tag in confirmed else self._person.merge_fields.get(tag) for tag in fields}
        if language is not None and self._confirmed.get("language"):
            old["language"] = self._confirmed["language"][0]
        return old


def is_still_needed(change: Mapping[str, Any], confirmed: Confirmed) -> bool:
    """Return whether any part of a change isn't confirmed yet."""
    fields, language = confirmed.get("fields", {}), confirmed.get("language")
    if any(tag not in fields or fields[tag][0] != value for tag, (value, _) in change["fields"].items()):
        return True
    if change["language"] is not None and (not language or language[0] != change["language"][0]):
        return True
    return any(_tag_is_needed(confirmed, *one) for one in change["tags"].items())


def _tag_is_needed(confirmed: Confirmed, name: str, wanted: Sequence[Any]) -> bool:
    is_there = name.casefold() in {one.casefold() for one in confirmed.get("tags", {})}
    if wanted[0]:
        return not is_there
    return is_there or wanted[1] not in confirmed.get("digests", {})


def member_body(change: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of a change that belongs to the member's own update."""
    body: dict[str, Any] = {}
    if change["fields"]:
        body["merge_fields"] = {tag: value for tag, (value, _) in change["fields"].items()}
    if change["language"] is not None:
        body["language"] = change["language"][0]
    return body


def tags_body(change: Mapping[str, Any], *, starts_automations: bool) -> dict[str, Any] | None:
    """Return the part of a change for Mailchimp's tags call, or None."""
    if not change["tags"]:
        return None
    return {
        "tags": [
            {"name": name, "status": "active" if wanted else "inactive"} for name, (wanted, _) in change["tags"].items()
        ],
        "is_syncing": change["quiet"] or not starts_automations,
    }


def effects_of_data(change: Mapping[str, Any]) -> Iterator[Effect]:
    """Yield what a change does at Mailchimp, value by value."""
    for tag, (value, _) in change["fields"].items():
        yield Effect(Side.MAILCHIMP, What.MERGE_FIELD, tag, _in_words(change["old"].get(tag)), _in_words(value) or "")
    if change["language"] is not None:
        old = _in_words(change["old"].get("language"))
        yield Effect(Side.MAILCHIMP, What.LANGUAGE, "", old, change["language"][0])
    for name, (wanted, _) in change["tags"].items():
        yield Effect(Side.MAILCHIMP, What.TAG, name, yes_or_no(not wanted), yes_or_no(wanted))


def _in_words(value: Any) -> str | None:
    return None if value is None else as_text(value)


def after_member(confirmed: Confirmed, change: Mapping[str, Any]) -> Confirmed:
    """Return what is confirmed once the member's own update is; digests wait if tags are still to follow."""
    fields = {**confirmed.get("fields", {}), **change["known"], **change["fields"]}
    now = {**confirmed, "fields": fields, "language": change["language"] or confirmed.get("language")}
    if not change["tags"]:
        now["digests"] = {**confirmed.get("digests", {}), **change["digests"]}
    return now


def tags_only(change: Mapping[str, Any]) -> Change:
    """Return what remains of a change whose merge fields were refused: the tags, not marked as complete."""
    return {**change, "fields": {}, "known": {}, "language": None, "digests": {}}


def without_fields(change: Mapping[str, Any], tags: Collection[str]) -> Change:
    """Return what remains of a change when Mailchimp has refused some of its merge fields."""
    plugins = {change["fields"][tag][1] for tag in tags}
    return {
        **change,
        "fields": {tag: value for tag, value in change["fields"].items() if tag not in tags},
        "digests": {
            plugin: UNFIT + digest.removeprefix(UNFIT) if plugin in plugins else digest
            for plugin, digest in change["digests"].items()
        },
        "refused": [*change.get("refused", ()), *tags],
    }


def refusal_of(change: Mapping[str, Any], detail: str, tags: Collection[str] = ()) -> dict[str, Any]:
    """Return what to store of a refusal, of some merge fields or of all, so that it isn't sent again."""
    values = {tag: value for tag, (value, _) in change["fields"].items() if not tags or tag in tags}
    if change["language"] and not tags:
        values["language"] = change["language"][0]
    return {"digests": change["said"], "fields": [*values] or ["tags"], "values": values, "detail": detail}


def after_tags(confirmed: Confirmed, change: Mapping[str, Any]) -> Confirmed:
    """Return what is confirmed once the tags are."""
    tags = dict(confirmed.get("tags", {}))
    gone = {name.casefold() for name, (wanted, _) in change["tags"].items() if not wanted}
    tags = {name: owner for name, owner in tags.items() if name.casefold() not in gone}
    tags |= {name: plugin for name, (wanted, plugin) in change["tags"].items() if wanted}
    digests = {**confirmed.get("digests", {}), **change["digests"]}
    fields = {**confirmed.get("fields", {}), **change["known"]}
    return {**confirmed, "fields": fields, "tags": tags, "digests": digests}
