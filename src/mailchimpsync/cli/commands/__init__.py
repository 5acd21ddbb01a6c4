"""One file a command: thin, over one action each.

Commands print through `output/` and ask through `input/`; rules are not their business.
"""
