"""Commands for a fleet and its sites: create, list, move and remove them.

They use `output/` and `input/`, and no other package of commands.
"""
