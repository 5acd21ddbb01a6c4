"""The database engine: connections, transactions, dialects, resumable migrations, paging.

`dialect.py` is the only module that asks which database it is. Except in migrations, no table of ours is known here.
"""
