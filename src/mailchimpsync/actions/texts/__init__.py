"""Texts for people: translatable messages, codes, stages and names in words.

A message keeps its values, so that it can be translated. This room uses no other room.
"""
