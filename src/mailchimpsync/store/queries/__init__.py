"""Reading cache rows for people and programs: filtered, sorted, counted, a page at a time.

Nothing here writes, except to include rows in the next run. It uses `cache/` and `changes/`.
"""
