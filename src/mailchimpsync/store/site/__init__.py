"""A site's data besides its connections: configuration, tokens, secrets, events, alerts, campaigns.

Secrets are stored encrypted or as hashes. It uses `engine/` only.
"""
