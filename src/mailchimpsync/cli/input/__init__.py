"""Questions that commands ask: missing values, confirmations, approval of a plan.

Without a terminal, the error names the option to use. Output goes through `output/`.
"""
