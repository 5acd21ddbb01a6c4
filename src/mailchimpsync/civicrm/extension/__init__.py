"""Reads what the PHP extension keeps: its setting, its scheduled job and its tables, by its API or from its database.

It promises to write nothing but whether the job is on, and to read no more than its bounds allow
(docs/decisions/takeover.md).
"""
