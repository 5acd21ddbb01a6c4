"""What every door shares: the description of actions, dispatch, envelopes, help texts, CSV.

An action is described once, by its signature and docstring. It uses `texts/`.
"""
