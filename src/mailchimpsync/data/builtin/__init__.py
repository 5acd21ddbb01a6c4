"""The built-in plugins: names, the field map, tags, groups as tags.

They use what every plugin uses, `mailchimpsync.plugins`, and the catalogue.
"""
