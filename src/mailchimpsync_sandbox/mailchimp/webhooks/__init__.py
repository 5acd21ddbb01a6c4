"""Webhooks of audiences and batches, and their delivery."""
