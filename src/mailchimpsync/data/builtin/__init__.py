"""The built-in plugins: names, the field map, tags, groups as tags.

Like any plugin they use `mailchimpsync.plugins`; they also use the catalogue.
"""
