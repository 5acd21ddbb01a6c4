"""`Mailchimpsync.includecontact` and `includegroup`: contacts that the next run has to check.

See docs/reference/php-extension.md#includecontact.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from mailchimpsync.actions.api.description import Scope, action
from mailchimpsync.actions.api.selection import find_links
from mailchimpsync.actions.site import Site
from mailchimpsync.actions.time_limit import within
from mailchimpsync.civicrm import contacts_in_group, group_called
from mailchimpsync.errors import UsageError
from mailchimpsync.messages import say
from mailchimpsync.store.cache import members
from mailchimpsync.store.schema import cache

CONTACTS_MAX = 50_000
CONTACTS_PER_STEP = 5_000
GROUP_SECONDS = 120
"""How long reading a group may take."""

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
    return {"inputCount": len(contacts), "affected": _make_due(site, contacts)}


@action("Mailchimpsync", Scope.RUN)
def includegroup(
    site: Site,
    *,
    group: Annotated[
        int | str,
        Field(description="The number or title of a group in CiviCRM, of any kind, smart ones too."),
    ],
) -> dict[str, int]:
    """Have the next run decide about everyone in a group again, in every audience, as `includecontact` does.

    The group need not be linked. A smart group has the contacts that CiviCRM finds now. Returns how many contacts are
    in it (`inputCount`), and how many rows are now due (`affected`).

    Raises:
        UsageError: CiviCRM shows no such group.
        TransientError, AccessError: CiviCRM can't be asked; those found before stay due.
    """
    number = affected = 0
    with within(site.civicrm(), GROUP_SECONDS) as client:
        for contacts in contacts_in_group(client, group_called(client, str(group).strip()).id):
            number += len(contacts)
            affected += _make_due(site, contacts)
    return {"inputCount": number, "affected": affected}


def _make_due(site: Site, contacts: Sequence[int]) -> int:
    links, affected = find_links(site), 0
    for start in range(0, len(contacts), CONTACTS_PER_STEP):
        owned = cache.c.civicrm_contact_id.in_(contacts[start : start + CONTACTS_PER_STEP])
        with site.store.begin() as tx:
            affected += sum(
                members.make_due(tx, cache.c.mailchimp_list_id == link.audience_id, owned) for link in links
            )
    return affected


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
