"""Runs: reports, history, schedules, and batches read outside a run.

`schedule.py` is pure. This room uses `texts/`.
"""
