"""The built-in plugin `names`: first and last name become FNAME and LNAME."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mailchimpsync.data.plugin_api import CannotTellError, Lookup, Outgoing, Person, hookimpl
from mailchimpsync.data.reading import contacts_with
from mailchimpsync.model import blank_as_empty

_FIELDS = {"FNAME": "first_name", "LNAME": "last_name"}


class Names:
    """An empty name in CiviCRM never overwrites one at Mailchimp."""

    @hookimpl
    def prepare(self, civicrm: Lookup, contact_ids: Sequence[int]) -> Mapping[int, Mapping[str, str]]:
        """Read the names."""
        return contacts_with(civicrm, contact_ids, list(_FIELDS.values()))

    @hookimpl
    def compute(self, person: Person, prepared: Mapping[int, Mapping[str, str | None]]) -> Outgoing:
        """Return the names that aren't empty."""
        contact = prepared.get(person.contact_id)
        if contact is None:
            raise CannotTellError("CiviCRM does not show a contact")
        return Outgoing({tag: name for tag, field in _FIELDS.items() if (name := blank_as_empty(contact[field]))})
