"""Writing cache rows: what Mailchimp and CiviCRM say of a person, and what both sides agreed on.

Each group of columns has one owner here. It uses `engine/` and the tombstones of `site/`.
"""
