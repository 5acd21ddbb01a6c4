"""The screens for alerts: when to alert, and a form for each channel.

Addresses that are secrets are never shown. They use `saving.py`.
"""
