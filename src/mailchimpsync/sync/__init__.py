"""The engine: a run and its stages. Read `run.py` first; each stage is one file."""

from mailchimpsync.sync.abort import Aborted, KeptBatch, abort_connection
from mailchimpsync.sync.calls import Options, Outcome, Result, Systems
from mailchimpsync.sync.effects import planned_effects
from mailchimpsync.sync.linked_interests import gone_interests
from mailchimpsync.sync.member_events import Fate, handle_events
from mailchimpsync.sync.preview import preview
from mailchimpsync.sync.relink import links_of, terms_of
from mailchimpsync.sync.run import STAGES, run_connection
from mailchimpsync.sync.working import collect_connection, process_batch

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
