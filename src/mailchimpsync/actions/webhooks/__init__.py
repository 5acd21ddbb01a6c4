"""Mailchimp's webhooks: receiving and handling events, checking and repairing registrations.

An event is stored before the call is answered. This package uses `finding.py` and `texts/`.
"""
