"""Mailchimp's webhooks: receiving events, keeping registrations right, handling what arrives.

An event is stored before it is answered. It uses `finding.py` and `texts/`.
"""
