"""What is known of runs: reports, history, schedules, batches read outside a run.

`schedule.py` is pure. They use `texts/`.
"""
