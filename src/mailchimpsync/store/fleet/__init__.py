"""The database of a fleet: which sites it has, their schemas and roles, and a store for each.

The layers above get a `Store` for a site that is like any other, and can't reach another site's rows with it. See
docs/decisions/sites.md.
"""
