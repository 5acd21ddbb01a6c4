"""Proof of what a site is and shows: identity, permissions, clock, visibility, landmarks.

Changes nothing at the site. It uses `http/`, `reads.py` and `site_clock.py`.
"""
