"""Dates and times as British readers write them."""
