"""Dates and times as German readers write them."""
