"""The actions that sync: start a run, stop it, include contacts, run what is due.

Their errors and exit codes are those of CiviCRM's callers. They use `runs/` and `alerts/`.
"""
