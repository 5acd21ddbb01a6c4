"""Webhook events: the members they name are read again, and a run over a few rows carries out the actual changes.

The content of an event is never trusted, only that something happened. It uses the stages.
"""
