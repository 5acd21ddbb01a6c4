"""Everything that the author of a plugin needs; see docs/how-to/write-a-plugin.md."""

from mailchimpsync.civicrm import succeeded
from mailchimpsync.data.plugin_api import Audience, CannotTellError, Lookup, Outgoing, Person, Summary, Value, hookimpl
from mailchimpsync.mailchimp import MergeField

__all__ = [
    "Audience",
    "CannotTellError",
    "Lookup",
    "MergeField",
    "Outgoing",
    "Person",
    "Summary",
    "Value",
    "hookimpl",
    "succeeded",
]
