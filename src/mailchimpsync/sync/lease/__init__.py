"""The lease of a connection: its holder works on it alone (docs/decisions/leases.md).

Promises that nothing is written under a lost lease. It uses `context.py` only.
"""
