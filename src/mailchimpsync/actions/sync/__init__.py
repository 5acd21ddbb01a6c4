"""The actions that sync: start a run, stop it, include contacts, run what is due.

Errors and exit codes are what CiviCRM's callers expect. This package uses `runs/` and `alerts/`.
"""
