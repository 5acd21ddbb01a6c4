"""Texts for people: translatable messages, codes, stages and names in words.

A message keeps its values, so that it can be said in another language. It uses no other room.
"""
