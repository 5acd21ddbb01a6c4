"""One person: why they are, or aren't, on a list; their journal; erasing them.

`find.py` finds a person by id or address, `candidates.py` people by a part of a name or address, and `explain.py` says
why a person is, or isn't, on a list.

Every sentence names its event and its date. This package uses `status/` and `texts/`.
"""
