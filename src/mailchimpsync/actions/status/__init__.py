"""Where a connection stands: one state that every status, alert and metric derives from.

See docs/decisions/one-model-of-truth.md. It uses `runs/`, `plans/` for parameters and `texts/`.
"""
