"""One-way data sync: what plugins know of people in CiviCRM, on its way to Mailchimp (docs/explanation/data.md)."""

from mailchimpsync.data.catalogue import Source, sources
from mailchimpsync.data.convert import UnfitError, as_text, converted
from mailchimpsync.data.differences import (
    NOTHING_CONFIRMED,
    Change,
    Compared,
    Confirmed,
    after_member,
    after_tags,
    compare,
    is_still_needed,
    member_body,
    refusal_of,
    tags_body,
    without_fields,
    without_member_part,
)
from mailchimpsync.data.manager import BUILT_IN, Found, active_names, find_plugins
from mailchimpsync.data.personal import HIDDEN, contacts_of, holds_token, made
from mailchimpsync.data.shown import Shown, ShownField, presentable, shown
from mailchimpsync.data.sources import ALIASES, SUMMARIES, contact_field
from mailchimpsync.data.surface import Audience, Outgoing, Person, Said
from mailchimpsync.data.team import Team

__all__ = [
    "ALIASES",
    "BUILT_IN",
    "HIDDEN",
    "NOTHING_CONFIRMED",
    "SUMMARIES",
    "Audience",
    "Change",
    "Compared",
    "Confirmed",
    "Found",
    "Outgoing",
    "Person",
    "Said",
    "Shown",
    "ShownField",
    "Source",
    "Team",
    "UnfitError",
    "active_names",
    "after_member",
    "after_tags",
    "as_text",
    "compare",
    "contact_field",
    "contacts_of",
    "converted",
    "find_plugins",
    "holds_token",
    "is_still_needed",
    "made",
    "member_body",
    "presentable",
    "refusal_of",
    "shown",
    "sources",
    "tags_body",
    "without_fields",
    "without_member_part",
]
