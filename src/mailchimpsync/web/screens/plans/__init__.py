"""Screens about runs and plans: what a run changed, what a plan would change, and the decision about it.

A decision is made about exactly what was shown. They use the common parts beside this package, and no other screens.
"""
