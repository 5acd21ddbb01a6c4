"""The database engine: connecting, transactions, dialects, migrations that can be resumed, paging.

`dialect.py` is the only module that asks which database it is. It knows no table of ours but in migrations.
"""
