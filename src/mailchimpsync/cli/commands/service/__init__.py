"""Commands for the service and its operation: serve, users, tokens, alerts, doctor, migrations, the API.

Django is loaded by those that need it. They use `output/` and `input/`, and no other package of commands.
"""
