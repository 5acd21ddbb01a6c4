"""The HTTP API: our own routes, CiviCRM's REST form and its APIv4 form, and their documentation.

Views are made from the actions' descriptions; no rule lives here. It uses `service.py` and `responses.py`.
"""
