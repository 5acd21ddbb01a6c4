"""Importing Mailchimp campaigns as activities, and listing what was imported.

An import can be repeated without duplicates. This package uses `runs/`.
"""
