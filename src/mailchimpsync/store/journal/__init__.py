"""The journal: what was changed, on which side and why, in a chain that reveals tampering.

Entries are only ever added, then minimised by age. It uses `runs/` for figures.
"""
