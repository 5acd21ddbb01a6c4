"""The engine: a run and its stages. Read `run.py` first; each stage is one file."""

from mailchimpsync.sync.run import STAGES, Options, Outcome, Result, Systems, run_connection

__all__ = ["STAGES", "Options", "Outcome", "Result", "Systems", "run_connection"]
