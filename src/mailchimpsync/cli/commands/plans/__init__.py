"""Commands that preview, show, approve, drop and apply plans, and undo runs.

None of them writes on either side, except `apply`. They use `output/` and `input/`, and no other package of commands.
"""
