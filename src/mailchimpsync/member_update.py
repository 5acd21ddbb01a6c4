"""A change of one member at Mailchimp: what is decided, stored and sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Self

from mailchimpsync.addresses import normalise_address
from mailchimpsync.model import SUBSCRIBED_STATUSES, MemberStatus

Body = Mapping[str, Any]
"""A change as JSON (docs/reference/mailchimp-behaviour.md#writing-members)."""

_NO_VALUES: Mapping[str, Any] = {}
_OFF = frozenset({MemberStatus.UNSUBSCRIBED, MemberStatus.ARCHIVED})


class MemberUpdate(NamedTuple):
    """A change of one member, new or known.

    Attributes:
        address: the member's address, or the one it is to get; None: not about one, as with tags.
        status: the wanted status; None: it stays.
        only_if_new: whether a member that exists after all keeps its status.
        interests: the values that change, by interest id.
        merge_fields: the values that change, by tag.
        language: the language to set; None: it stays.
    """

    address: str | None
    status: MemberStatus | None = None
    only_if_new: bool = False
    merge_fields: Mapping[str, Any] = _NO_VALUES
    interests: Mapping[str, bool] = _NO_VALUES
    language: str | None = None

    @classmethod
    def from_body(cls, body: Body | None) -> Self:
        """Return a change that is stored or sent as JSON; None: nothing changes."""
        value_of = (body or _NO_VALUES).get
        status = value_of("status")
        wanted = status or value_of("status_if_new")
        return cls(
            value_of("email_address"),
            MemberStatus(wanted) if wanted else None,
            bool(wanted) and not status,
            value_of("merge_fields") or _NO_VALUES,
            value_of("interests") or _NO_VALUES,
            value_of("language"),
        )

    def to_body(self) -> dict[str, Any]:
        """Return the change as JSON, as it is stored and sent."""
        values = {
            "status_if_new" if self.only_if_new else "status": self.status and self.status.value,
            "merge_fields": dict(self.merge_fields),
            "interests": dict(self.interests),
            "language": self.language,
        }
        return {"email_address": self.address, **{name: value for name, value in values.items() if value}}

    @property
    def subscribes(self) -> bool:
        """Return whether it wants the member subscribed, or asked to confirm."""
        return self.status in SUBSCRIBED_STATUSES

    @property
    def removes_member(self) -> bool:
        """Return whether it unsubscribes or archives the member."""
        return self.status in _OFF and not self.only_if_new

    def moves(self, address: str | None) -> bool:
        """Return whether it gives the member with an address another one."""
        return self.address is not None and normalise_address(self.address) != normalise_address(address or "")

    def status_given(self, before: str | None) -> MemberStatus | None:
        """Return the status it gives a member that had another before, or none; None: it stays."""
        return None if self.only_if_new and before is not None else self.status
