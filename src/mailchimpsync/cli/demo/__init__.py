"""The demo: a local Mailchimp and a local CiviCRM as real processes, and the acts that are played on them.

It compares both sides by their public APIs, without the engine.
"""
