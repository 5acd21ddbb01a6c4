"""What is read from both sides before anything is decided: members, contacts, and the owners of addresses.

Called by the stages that read; what can't be read is recorded, and never counts as absent. It uses `context.py` only.
"""
