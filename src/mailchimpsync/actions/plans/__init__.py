"""Plans: make, show, approve, drop, apply and undo them.

Only what was shown is applied. This package uses `sync/` and `status/`.
"""
