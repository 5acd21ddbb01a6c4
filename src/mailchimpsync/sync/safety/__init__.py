"""Safety checks: before a run, of the plausibility of what was read, and of limits on what a plan may change.

They stop a run before anything is changed, and say why. They use `deciding/` to count.
"""
