"""The web service of a fleet: which site a request is for, and the pages of those who operate all of them.

`front.py` finds the site and serves it with its own tables, keys and cookies (`web/served.py`); behind it everything is
as for a home.
"""
