"""Talking to CiviCRM's APIv4: requests, paging, pace, retries and reading back what was written.

One bad row fails alone; no cookie is kept. It knows no entity but by name.
"""
