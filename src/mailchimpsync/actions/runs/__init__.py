"""Runs: reports, history, schedules, and batches read outside a run.

`schedule.py` is pure. This package uses `texts/`.
"""
