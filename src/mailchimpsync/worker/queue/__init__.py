"""The service's work in a queue of procrastinate, for a fleet: workers on any machine take it (docs/decisions/jobs.md).

`placing.py` says how each job waits, `enqueueing.py` puts jobs into the queue, `app.py` and `runner.py` are called for
those that a worker has taken, and `worker.py` is the process.
"""
