"""One-way data sync: what plugins know of people in CiviCRM, on its way to Mailchimp (docs/explanation/data.md)."""

from mailchimpsync.data.builtin.fields import unknown_source
from mailchimpsync.data.catalogue import ALIASES, SUMMARIES, contact_field
from mailchimpsync.data.changes import (
    NOTHING_CONFIRMED,
    Change,
    Confirmed,
    DataComparison,
    after_member,
    after_tags,
    compare,
    effects_of_data,
    is_still_needed,
    member_body,
    refusal_of,
    tags_body,
    tags_only,
    without_fields,
)
from mailchimpsync.data.convert import UnfitError, as_text, converted
from mailchimpsync.data.manager import BUILT_IN, FoundPlugin, active_names, find_plugins
from mailchimpsync.data.personal import HIDDEN, contacts_of, holds_token, with_secrets
from mailchimpsync.data.plugin_api import Audience, Outgoing, Person, PluginAnswers
from mailchimpsync.data.preview import PersonData, PreviewedField, presentable, preview_person
from mailchimpsync.data.runner import PluginRunner
from mailchimpsync.data.sources import Source, sources

__all__ = [
    "ALIASES",
    "BUILT_IN",
    "HIDDEN",
    "NOTHING_CONFIRMED",
    "SUMMARIES",
    "Audience",
    "Change",
    "Confirmed",
    "DataComparison",
    "FoundPlugin",
    "Outgoing",
    "Person",
    "PersonData",
    "PluginAnswers",
    "PluginRunner",
    "PreviewedField",
    "Source",
    "UnfitError",
    "active_names",
    "after_member",
    "after_tags",
    "as_text",
    "compare",
    "contact_field",
    "contacts_of",
    "converted",
    "effects_of_data",
    "find_plugins",
    "holds_token",
    "is_still_needed",
    "member_body",
    "presentable",
    "preview_person",
    "refusal_of",
    "sources",
    "tags_body",
    "tags_only",
    "unknown_source",
    "with_secrets",
    "without_fields",
]
