"""Texts for people: translatable messages, codes, stages and names in words.

A message keeps its values, so that it can be translated. This package uses no other package.
"""
