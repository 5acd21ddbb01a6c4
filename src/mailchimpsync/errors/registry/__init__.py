"""The explanation of every code, for docs, screens and commands alike.

One file for each family of codes. Mailchimp's refusals are described in docs/reference/mailchimp-behaviour.md.
"""

from __future__ import annotations

from mailchimpsync.errors.codes import Code, Entry
from mailchimpsync.errors.registry.civicrm_rows import CIVICRM_ROWS
from mailchimpsync.errors.registry.civicrm_stops import CIVICRM_STOPS
from mailchimpsync.errors.registry.connections import CONNECTION_FAILURES
from mailchimpsync.errors.registry.events import EVENTS
from mailchimpsync.errors.registry.mailchimp_rows import MAILCHIMP_ROWS
from mailchimpsync.errors.registry.mailchimp_stops import MAILCHIMP_STOPS
from mailchimpsync.errors.registry.service import SERVICE
from mailchimpsync.errors.registry.settled import SETTLED

REGISTRY: dict[Code, Entry] = {
    **SETTLED,
    **EVENTS,
    **CIVICRM_ROWS,
    **MAILCHIMP_ROWS,
    **MAILCHIMP_STOPS,
    **CIVICRM_STOPS,
    **CONNECTION_FAILURES,
    **SERVICE,
}
"""The explanation of every code; a test checks that none is missing."""
