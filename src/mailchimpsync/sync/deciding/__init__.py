"""From due rows to situations, which the rules in `decide/` need; and the effects of a plan in the journal's terms.

Rows on which both sides agree need few facts (`agreement`), the others all (`situations`); `builder` makes the
situation of either.

Nothing here writes to either side. It uses `reading/` for flags and problems of contacts.
"""
