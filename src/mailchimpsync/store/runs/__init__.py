"""Runs, the mark and the lease, their figures, and how each attempt ended.

The lease uses the database's clock. It uses `cache/`, `changes/` and `queries/`.
"""
