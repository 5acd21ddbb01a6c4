"""Webhook events: the members they name are read again, and a run over a few rows carries out what holds.

What an event says is never trusted, only that something happened. It uses the stages.
"""
