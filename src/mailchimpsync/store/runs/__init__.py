"""Runs, the mark and the lease they leave behind, their figures and how each attempt ended.

The lease goes by the database's clock. It uses `cache/`, `changes/` and `queries/`.
"""
