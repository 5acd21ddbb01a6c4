"""Addresses of a person's pages in CiviCRM and at Mailchimp."""

from __future__ import annotations

from urllib.parse import quote

from mailchimpsync.actions import Site
from mailchimpsync.civicrm import contact_page
from mailchimpsync.config import Link
from mailchimpsync.errors import ConfigurationError
from mailchimpsync.mailchimp import data_center


def contact_url(site: Site, contact_id: int | None) -> str | None:
    """Return the address of a contact's page in CiviCRM; None without a contact, or if CiviCRM is not set up."""
    civicrm = site.configuration.civicrm
    if civicrm is None or contact_id is None:
        return None
    try:
        return contact_page(civicrm.url, civicrm.pattern, contact_id)
    except ConfigurationError:
        return None


def member_url(site: Site, link: Link, mailchimp_contact_id: str | None) -> str | None:
    """Return the address of a member's page at Mailchimp, by the `contact_id` that the cache row keeps of them.

    None if it is not known: Mailchimp's pages can't be found by address or member id.
    """
    account = site.configuration.accounts.get(link.account)
    center = data_center(account.api_key.get_secret_value()) if account else None
    if center is None or not mailchimp_contact_id:
        return None
    wanted = quote(mailchimp_contact_id, safe="")
    return f"https://{center}.admin.mailchimp.com/audience/contact-profile?contact_id={wanted}"
