"""Comparing both sides in a scratch database, apart from our own rows, and what was found.

It is the independent oracle, so it shares no query with a run. It uses `engine/` only.
"""
