"""From due rows to situations, which the rules in `decide/` need; and the effects of a plan in the journal's terms.

Nothing here writes to either side. It uses `reading/` for flags and problems of contacts.
"""
