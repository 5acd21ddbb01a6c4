"""Keeps CiviCRM mailing groups and Mailchimp audiences telling the same truth, both ways."""

__version__ = "0.1.0"
