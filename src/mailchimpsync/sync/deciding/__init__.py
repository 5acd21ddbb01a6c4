"""From due rows to situations, which the rules in `decide/` need, and what a plan does in the journal's words.

Nothing here writes to either side. It uses `reading/` for flags and problems of contacts.
"""
