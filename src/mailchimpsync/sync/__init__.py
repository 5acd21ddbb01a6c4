"""The engine: a run and its stages. Read `run.py` first; each stage has its own file."""

from typing import TYPE_CHECKING

from mailchimpsync.loading import Where, lazily

if TYPE_CHECKING:
    from mailchimpsync.sync.abort import AbortResult, KeptBatch, abort_connection
    from mailchimpsync.sync.deciding.effects import planned_effects
    from mailchimpsync.sync.options import Options, Outcome, Result, Systems
    from mailchimpsync.sync.outside_runs import collect_connection, process_batch
    from mailchimpsync.sync.preview import preview
    from mailchimpsync.sync.reading.linked_interests import deleted_interests
    from mailchimpsync.sync.run import STAGES, run_connection
    from mailchimpsync.sync.safety.changed_links import group_links, link_terms
    from mailchimpsync.sync.webhooks.events import EventResult, handle_events

MODULES: Where = {
    "abort": "AbortResult KeptBatch abort_connection",
    "deciding.effects": "planned_effects",
    "options": "Options Outcome Result Systems",
    "outside_runs": "collect_connection process_batch",
    "preview": "preview",
    "reading.linked_interests": "deleted_interests",
    "run": "STAGES run_connection",
    "safety.changed_links": "group_links link_terms",
    "webhooks.events": "EventResult handle_events",
}
"""What is offered, by the module that has it; it is loaded when first asked for."""

__all__ = [
    "STAGES",
    "AbortResult",
    "EventResult",
    "KeptBatch",
    "Options",
    "Outcome",
    "Result",
    "Systems",
    "abort_connection",
    "collect_connection",
    "deleted_interests",
    "group_links",
    "handle_events",
    "link_terms",
    "planned_effects",
    "preview",
    "process_batch",
    "run_connection",
]

if not TYPE_CHECKING:
    __getattr__ = lazily(__name__, MODULES)
