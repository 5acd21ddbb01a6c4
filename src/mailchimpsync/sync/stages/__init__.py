"""The stages of a run, one file each, and what only one of them needs.

In order: `fetch`, `fix_contact_ids`, `clean_up_duplicates`, `add_civi_only`, `check_group_changes`, `check_data`,
`reconcile`, `create_contacts`, `change_groups`, `submit`. Each can be repeated and stores its progress. They use the
packages below; none of those uses a stage.
"""
