"""The screens of one connection's settings: a module a part, each with a card.

Exactly what was shown is saved. They use `saving.py` and `fields.py`.
"""
