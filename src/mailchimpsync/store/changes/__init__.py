"""Planned changes and changes in flight: the plan of a run, kept plans, updates and batches.

At most one open update per row, enforced by a constraint. It uses `engine/` only.
"""
