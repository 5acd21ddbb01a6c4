"""One person: why they are, or are not, on a list; their journal; erasing them.

Every sentence has its event and its date. It uses `status/` and `texts/`.
"""
