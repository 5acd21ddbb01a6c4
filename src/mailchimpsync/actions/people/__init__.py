"""One person: why they are, or aren't, on a list; their journal; erasing them.

Every sentence names its event and its date. This package uses `status/` and `texts/`.
"""
