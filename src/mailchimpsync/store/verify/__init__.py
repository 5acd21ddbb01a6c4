"""Comparing both sides in a scratch database, separate from our own rows, and the findings.

It is the independent check, so it shares no query with a run. It uses `engine/` only.
"""
