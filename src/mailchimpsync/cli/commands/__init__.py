"""The commands, in packages by what they are for; each package's `options.py` declares what can be typed.

A command is thin, over one action. It prints through `output/` and asks through `input/`; rules are not its business.
"""
