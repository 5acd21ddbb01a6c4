"""Finds the account of a call: by its name, its key or its masked key."""

from __future__ import annotations

import hmac

from mailchimpsync.actions.site import Site
from mailchimpsync.config import Account, mask
from mailchimpsync.errors import Code, UsageError
from mailchimpsync.messages import say


def find_account(site: Site, name_or_key: str) -> tuple[str, Account] | None:
    """Return the configured account with this name, key or masked key, and its name; None if there is none.

    Raises:
        UsageError: several have this masked key.
    """
    accounts = site.configuration.accounts
    given = name_or_key.strip()
    if given in accounts:
        return given, accounts[given]
    found = [(name, account) for name, account in accounts.items() if _has_key(account, given)]
    if len(found) > 1:
        raise UsageError(
            say(
                "Several accounts have this key. Give one of their names: %(names)s.",
                names=", ".join((name for name, _ in found)),
            )
        )
    return found[0] if found else None


def require_account(site: Site, name_or_key: str) -> tuple[str, Account]:
    """Return the configured account and its name, as `find_account` does.

    Raises:
        UsageError: no account or several match; names the configured accounts.
    """
    found = find_account(site, name_or_key)
    if found is None:
        known = ", ".join(site.configuration.accounts) or "none"
        what = say("No configured account has this name or key. Configured accounts: %(known)s.", known=known)
        raise UsageError(what, code=Code.UNKNOWN)
    return found


def _has_key(account: Account, given: str) -> bool:
    key = account.api_key.get_secret_value()
    return any(hmac.compare_digest(given.encode("utf-8", "replace"), one.encode()) for one in (key, mask(key)))
