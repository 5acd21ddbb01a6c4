"""Screens about connections: the overview, one connection with its history, open problems, differences.

They show one state, the same that commands and alerts show. They use the common parts and `plans/`.
"""
