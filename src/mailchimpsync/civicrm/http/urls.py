"""The forms of URL under which CiviCRM sites answer APIv4.

See docs/reference/civicrm-behaviour.md#addresses-of-the-api.
"""

from __future__ import annotations

from mailchimpsync.errors import Code, ConfigurationError
from mailchimpsync.http_urls import is_http_url
from mailchimpsync.messages import say

FORMS = (
    "/civicrm/ajax/api4/{entity}/{action}",
    "/?civiwp=CiviCRM&q=civicrm/ajax/api4/{entity}/{action}",
    "/?page=CiviCRM&q=civicrm/ajax/api4/{entity}/{action}",
    "/?q=civicrm/ajax/api4/{entity}/{action}",
    "/index.php?option=com_civicrm&task=civicrm/ajax/api4/{entity}/{action}",
)
"""Behind the site's base address: clean URLs; plain WordPress, twice; plain Drupal 7 and Backdrop; Joomla."""

_PLACE = "/{entity}/{action}"
_API, _CONTACT, _API3 = "civicrm/ajax/api4" + _PLACE, "civicrm/contact/view", "civicrm/ajax/rest"
_BACK_ENDS = {
    "/?civiwp=CiviCRM&": "/wp-admin/admin.php?page=CiviCRM&",
    "/?page=CiviCRM&": "/wp-admin/admin.php?page=CiviCRM&",
    "/index.php?option=com_civicrm&": "/administrator/index.php?option=com_civicrm&",
}


def checked_base(url: str) -> str:
    """Return the site's base address without a slash at its end.

    Raises:
        ConfigurationError: `CV_NOT_FOUND`, it is no http or https address, or carries a name and password.
    """
    url = url.strip()
    if not is_http_url(url):
        raise ConfigurationError("CiviCRM's address must start with https:// or http://", code=Code.CV_NOT_FOUND)
    return url.rstrip("/")


def checked_pattern(base: str, pattern: str) -> str:
    """Return an absolute pattern; one without a host follows the base address.

    Raises:
        ConfigurationError: `CV_NOT_FOUND`, it lacks `/{entity}/{action}`.
    """
    if _PLACE not in pattern:
        raise ConfigurationError(
            say("CiviCRM's URL pattern must contain %(place)s", place=_PLACE), code=Code.CV_NOT_FOUND
        )
    if pattern.startswith(("https://", "http://")):
        return checked_base(pattern)
    return f"{base}/{pattern.lstrip('/')}"


def call_url(pattern: str, entity: str, action: str) -> str:
    """Return the address of one action."""
    return pattern.replace(_PLACE, f"/{entity}/{action}")


def multi_url(pattern: str) -> str:
    """Return the address for several calls in one request."""
    return pattern.replace(_PLACE, "")


def api3_url(pattern: str) -> str:
    """Return the address of APIv3, beside that of APIv4.

    Raises:
        ConfigurationError: `CV_NOT_FOUND`, the pattern is not of a usual form.
    """
    if _API not in pattern:
        raise ConfigurationError(
            say("CiviCRM's URL pattern must contain %(place)s", place=_API), code=Code.CV_NOT_FOUND
        )
    return pattern.replace(_API, _API3)


def contact_page(url: str, pattern: str | None, contact_id: int) -> str:
    """Return the address of a contact's page, for people, where a site's API answers under `pattern`.

    WordPress and Joomla keep it in their own back ends (docs/reference/civicrm-behaviour.md#addresses-of-the-api).

    Raises:
        ConfigurationError: `CV_NOT_FOUND`, the site's address is invalid.
    """
    base = checked_base(url)
    api = checked_pattern(base, pattern or FORMS[0])
    page = api.replace(_API, _CONTACT) if _API in api else f"{base}/{_CONTACT}"
    for front, back in _BACK_ENDS.items():
        page = page.replace(front, back)
    return f"{page}{'&' if '?' in page else '?'}reset=1&cid={contact_id}"
