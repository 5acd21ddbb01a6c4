"""The lease of a connection: only its holder may work on it (docs/decisions/leases.md).

Promises that nothing is written under a lost lease. It uses `context.py` only.
"""
