"""Shared by all interfaces: the description of actions, dispatch, envelopes, help texts and CSV.

An action is described once, by its signature and docstring. This package uses `texts/`.
"""
