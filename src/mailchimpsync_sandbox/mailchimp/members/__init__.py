"""Members and what hangs on them: rules, tags, merge fields, interests, notes, search."""
