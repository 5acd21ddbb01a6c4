"""Erasing a person, removing an audience's data, and deleting by age.

Works in bounded steps that can be repeated. It uses every other package of `store/`.
"""
