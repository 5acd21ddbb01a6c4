"""The engine: a run and its stages. Read `run.py` first; each stage is one file."""

from mailchimpsync.sync.member_events import Fate, handle_events
from mailchimpsync.sync.run import STAGES, Options, Outcome, Result, Systems, run_connection

__all__ = ["STAGES", "Fate", "Options", "Outcome", "Result", "Systems", "handle_events", "run_connection"]
