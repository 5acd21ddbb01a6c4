"""Alerts, so that nothing fails silently: problems are recorded, reported, and resolved."""
