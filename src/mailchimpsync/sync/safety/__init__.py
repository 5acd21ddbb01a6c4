"""The brakes: checks before a run, plausibility of what was read, limits on what a plan may change.

They stop a run before anything is changed, and say why. They use `deciding/` to count.
"""
