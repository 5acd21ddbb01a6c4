"""The demo: a simulated Mailchimp and CiviCRM as real processes, and a scenario that runs on them.

It compares both sides through their public APIs, without the engine.
"""
