"""Changes of the configuration: checked live on both sides, with losses shown before they happen.

Nothing is saved unless both sides accept it, or you confirm. This package uses `webhooks/` for addresses.
"""
