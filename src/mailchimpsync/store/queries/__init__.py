"""Reading cache rows for people and programs: filtered, sorted, counted, a page at a time.

Nothing here writes, but marks for inclusion in the next run. It uses `cache/` and `changes/`.
"""
