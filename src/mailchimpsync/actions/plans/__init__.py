"""Plans: made, shown, approved, dropped, applied, undone.

What was shown is what is applied. It uses `sync/` and `status/`.
"""
