"""Commands that set up a site: CiviCRM, connections, data, webhooks, and versions of the configuration.

Secrets are never printed unless asked for. They use `output/` and `input/`, and no other package of commands.
"""
