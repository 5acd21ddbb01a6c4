"""`Mailchimpsync.includecontact`: contacts that the next run has to check.

See docs/reference/php-extension.md#includecontact.
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import Field

from mailchimpsync.actions.api.description import Scope, action
from mailchimpsync.actions.api.selection import find_links
from mailchimpsync.actions.site import Site
from mailchimpsync.errors import UsageError
from mailchimpsync.messages import say
from mailchimpsync.store.cache import members
from mailchimpsync.store.schema import cache

CONTACTS_MAX = 50_000
CONTACTS_PER_STEP = 5_000
_NUMBERS = re.compile(r"\s*[0-9]{1,18}(\s*,\s*[0-9]{1,18})*\s*", re.ASCII)


@action("Mailchimpsync", Scope.RUN)
def includecontact(
    site: Site,
    *,
    contact_id: Annotated[
        int | list[int] | str,
        Field(description="The number of a contact, a list of numbers, or a text such as `11,12`."),
    ],
) -> dict[str, int]:
    """Have the next run decide about contacts again, in every audience.

    Rows with an update under way are decided again after its result. No rows are added: the run itself finds contacts
    that were just added to the group. Returns how many contacts were given (`inputCount`), and how many rows are now
    due (`affected`).

    Raises:
        UsageError: a number is not valid, or there are too many contacts.
    """
    contacts = _contacts(contact_id)
    links = find_links(site)
    affected = 0
    for start in range(0, len(contacts), CONTACTS_PER_STEP):
        owned = cache.c.civicrm_contact_id.in_(contacts[start : start + CONTACTS_PER_STEP])
        with site.store.begin() as tx:
            affected += sum(
                members.make_due(tx, cache.c.mailchimp_list_id == link.audience_id, owned) for link in links
            )
    return {"inputCount": len(contacts), "affected": affected}


def _contacts(given: int | list[int] | str) -> list[int]:
    """Return the contacts, each once."""
    if isinstance(given, str):
        if not _NUMBERS.fullmatch(given):
            raise UsageError("contact_id: give one or more contact numbers, for example 11,12.")
        given = [int(one) for one in given.split(",")]
    contacts = list(dict.fromkeys([given] if isinstance(given, int) else given))
    if not contacts or min(contacts) <= 0 or max(contacts) >= 2**63:
        raise UsageError("contact_id: contact numbers are greater than 0.")
    if len(contacts) > CONTACTS_MAX:
        raise UsageError(say("contact_id: give at most %(number)s contacts at a time.", number=f"{CONTACTS_MAX:,}"))
    return contacts
