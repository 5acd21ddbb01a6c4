"""Commands that run a sync, stop it, and show or check its result; and the import of campaigns.

They promise exit codes that cron can act on. They use `output/` and `input/`, and no other package of commands.
"""
