"""Where people find somebody in CiviCRM and at Mailchimp."""

from __future__ import annotations

from urllib.parse import quote

from mailchimpsync.actions import Site
from mailchimpsync.civicrm import contact_page
from mailchimpsync.config import Link
from mailchimpsync.errors import ConfigurationError
from mailchimpsync.mailchimp import data_center


def contact_url(site: Site, contact_id: int | None) -> str | None:
    """Return the address of a contact's page in CiviCRM; None without contact, or where the site's is unknown."""
    civicrm = site.configuration.civicrm
    if civicrm is None or contact_id is None:
        return None
    try:
        return contact_page(civicrm.url, civicrm.pattern, contact_id)
    except ConfigurationError:
        return None


def member_url(site: Site, link: Link, mailchimp_contact_id: str | None) -> str | None:
    """Return the address of a member's page at Mailchimp, by the `contact_id` that the cache row keeps of them.

    None where that is unknown: Mailchimp's pages don't go by address, nor by member id.
    """
    account = site.configuration.accounts.get(link.account)
    center = data_center(account.api_key.get_secret_value()) if account else None
    if center is None or not mailchimp_contact_id:
        return None
    wanted = quote(mailchimp_contact_id, safe="")
    return f"https://{center}.admin.mailchimp.com/audience/contact-profile?contact_id={wanted}"
