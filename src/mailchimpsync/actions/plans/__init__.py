"""Plans: make, show, approve, drop, apply and undo them.

Only what was shown is applied. This room uses `sync/` and `status/`.
"""
