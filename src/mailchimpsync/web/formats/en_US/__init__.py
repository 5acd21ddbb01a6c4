"""Dates and times as American readers write them."""
