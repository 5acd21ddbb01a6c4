"""What is to be changed and on its way: the plan of a run, kept plans, updates and batches.

At most one open update a row, held by a constraint. It uses `engine/` only.
"""
