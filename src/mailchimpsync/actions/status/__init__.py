"""The status of a connection: one state that every status, alert and metric derives from.

See docs/decisions/one-model-of-truth.md. This package uses `runs/`, `plans/` for parameters and `texts/`.
"""
