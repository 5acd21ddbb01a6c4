"""What is on its way to Mailchimp and what became of it: results, refusals, lost answers, opt-outs that overtake.

Promises one open update a row, and that no answer counts for another row. It uses no other room.
"""
