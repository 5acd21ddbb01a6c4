"""Taking over from the PHP extension: what it has, the switch, and the way back (docs/decisions/takeover.md).

The command line and the screens call it. It may use everything below it among the actions.
"""
