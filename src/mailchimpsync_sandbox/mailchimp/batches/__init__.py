"""Batches, bulk calls and their results."""
