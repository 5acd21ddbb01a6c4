"""Which account a call means: by its name, by its key, or by the key as it is shown, masked."""

from __future__ import annotations

import hmac

from mailchimpsync.actions.site import Site
from mailchimpsync.config import Account, mask
from mailchimpsync.errors import Code, UsageError


def find_account(site: Site, name_or_key: str) -> tuple[str, Account] | None:
    """Return the configured account, with its name, that has this name, this key, or this masked key; None if none has.

    Raises:
        UsageError: several have this masked key.
    """
    accounts = site.configuration.accounts
    given = name_or_key.strip()
    if given in accounts:
        return given, accounts[given]
    found = [(name, account) for name, account in accounts.items() if _has_key(account, given)]
    if len(found) > 1:
        raise UsageError(f"Several accounts have this key; name one of them: {', '.join(name for name, _ in found)}.")
    return found[0] if found else None


def need_account(site: Site, name_or_key: str) -> tuple[str, Account]:
    """Return the configured account, with its name, see `find_account`.

    Raises:
        UsageError: none or several are meant; names those there are.
    """
    found = find_account(site, name_or_key)
    if found is None:
        known = ", ".join(site.configuration.accounts) or "none"
        what = f"No account that is configured has this name or key. There are: {known}."
        raise UsageError(what, code=Code.UNKNOWN)
    return found


def _has_key(account: Account, given: str) -> bool:
    key = account.api_key.get_secret_value()
    return any(hmac.compare_digest(given.encode("utf-8", "replace"), one.encode()) for one in (key, mask(key)))
