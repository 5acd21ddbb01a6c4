"""What is read of both sides before anything is decided: members, contacts, who owns which address.

The stages that read call it; what can't be read is recorded and never taken for an absence. It uses `context.py` only.
"""
