"""Django's backend for the database of a fleet: a connection belongs to the site that is served.

Django finds the backend in `base.py`, by this package's name.
"""
