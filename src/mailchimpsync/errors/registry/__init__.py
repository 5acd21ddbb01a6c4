"""What every code means: the one place that docs, screens and commands take their explanations from.

A file for each family of codes. The refusals of Mailchimp come from docs/reference/mailchimp-behaviour.md.
"""

from __future__ import annotations

from mailchimpsync.errors.codes import Code, Entry
from mailchimpsync.errors.registry.civicrm_rows import CIVICRM_ROWS
from mailchimpsync.errors.registry.civicrm_stops import CIVICRM_STOPS
from mailchimpsync.errors.registry.connections import NO_CONNECTION
from mailchimpsync.errors.registry.events import EVENTS
from mailchimpsync.errors.registry.mailchimp_rows import MAILCHIMP_ROWS
from mailchimpsync.errors.registry.mailchimp_stops import MAILCHIMP_STOPS
from mailchimpsync.errors.registry.service import OURS
from mailchimpsync.errors.registry.settled import IN_ORDER

REGISTRY: dict[Code, Entry] = {
    **IN_ORDER,
    **EVENTS,
    **CIVICRM_ROWS,
    **MAILCHIMP_ROWS,
    **MAILCHIMP_STOPS,
    **CIVICRM_STOPS,
    **NO_CONNECTION,
    **OURS,
}
"""Every code, explained; a test checks that none is missing."""
