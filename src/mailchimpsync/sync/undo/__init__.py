"""Undoing a run: the inverse plan from the journal, and its changes in place of decisions.

An undo is a plan like any other, under the same limits. It uses `deciding/` and `safety/`.
"""
