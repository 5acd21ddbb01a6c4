"""Changing the configuration: checked live on both sides, losses shown before they happen.

Nothing is saved unless both sides accept it, or you confirm. It uses `webhooks/` for addresses.
"""
