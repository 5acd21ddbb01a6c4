"""From due rows to situations, which the rules in `decide/` need; and the effects of a plan in the journal's terms.

Rows on which both sides agree need few facts (`agreement`), and so do those of people who were never at Mailchimp
(`newcomers`); the others need all (`situations`). `builder` makes the situation of each.

Nothing here writes to either side. It uses `reading/` for flags and problems of contacts.
"""
