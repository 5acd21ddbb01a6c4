"""The engine: a run and its stages. Read `run.py` first; each stage is one file."""

from typing import TYPE_CHECKING

from mailchimpsync.loading import Where, lazily

if TYPE_CHECKING:
    from mailchimpsync.sync.abort import Aborted, KeptBatch, abort_connection
    from mailchimpsync.sync.calls import Options, Outcome, Result, Systems
    from mailchimpsync.sync.effects import planned_effects
    from mailchimpsync.sync.linked_interests import gone_interests
    from mailchimpsync.sync.member_events import Fate, handle_events
    from mailchimpsync.sync.preview import preview
    from mailchimpsync.sync.relink import links_of, terms_of
    from mailchimpsync.sync.run import STAGES, run_connection
    from mailchimpsync.sync.working import collect_connection, process_batch

MODULES: Where = {
    "abort": "Aborted KeptBatch abort_connection",
    "calls": "Options Outcome Result Systems",
    "effects": "planned_effects",
    "linked_interests": "gone_interests",
    "member_events": "Fate handle_events",
    "preview": "preview",
    "relink": "links_of terms_of",
    "run": "STAGES run_connection",
    "working": "collect_connection process_batch",
}
"""What is offered, by the module that has it; it is loaded when first asked for."""

__all__ = [
    "STAGES",
    "Aborted",
    "Fate",
    "KeptBatch",
    "Options",
    "Outcome",
    "Result",
    "Systems",
    "abort_connection",
    "collect_connection",
    "gone_interests",
    "handle_events",
    "links_of",
    "planned_effects",
    "preview",
    "process_batch",
    "run_connection",
    "terms_of",
]

if not TYPE_CHECKING:
    __getattr__ = lazily(__name__, MODULES)
