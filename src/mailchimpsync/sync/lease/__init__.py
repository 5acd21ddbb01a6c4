"""The lease of a connection: only its holder may work on it (docs/decisions/leases.md).

Promises that nothing is written under a lost lease, and that all clients of an account together make at most ten
requests at once (docs/decisions/connections-to-mailchimp.md). It uses `context.py` only.
"""
