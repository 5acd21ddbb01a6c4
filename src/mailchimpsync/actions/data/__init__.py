"""Data sent to Mailchimp besides subscriptions: what can be mapped, and a preview with real contacts.

Nothing is sent from here. This package uses `texts/`.
"""
