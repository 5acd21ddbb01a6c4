"""Screens about people: find their rows, explain one person, show who can't be synced, erase a person.

They name people, so a role must allow them. They use the common parts beside this package, and no other screens.
"""
