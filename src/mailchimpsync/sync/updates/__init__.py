"""Updates in flight and their outcomes: results, refusals, lost responses, opt-outs that overtake.

Promises one open update per row, and that no result counts for another row. It uses no other package.
"""
