"""What a change does to one value, on one side: the one vocabulary of plans, the journal, undo, CSV and screens."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple, Self

from mailchimpsync.model import ChangeKind, GroupStatus, MemberStatus, Side

HERE = "here"
"""How the journal spells the side of a change on neither side: an erasure of our own data."""

CREATED = "created"
"""The new value of a contact that was created."""


class What(StrEnum):
    """What an effect changes, as the journal spells it; some need a key."""

    CONTACT = "contact"  # created
    GROUP = "group"  # its id
    STATUS = "status"
    INTEREST = "interest"  # its id
    MERGE_FIELD = "merge_field"  # its tag
    TAG = "tag"  # its name
    LANGUAGE = "language"
    ADDRESS = "address"
    ON_HOLD = "on_hold"
    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    ERASED = "erased"  # the new value: how many entries lost their values
    REFUSED = "refused"  # nothing changed; the new value is what was wanted
    OTHER = ""  # from another version: its key is the whole field

    def field(self, key: object = "") -> str:
        """Return the name under which it is stored."""
        return f"{self} {key}".strip()

    @classmethod
    def read(cls, field: str) -> tuple[Self, str]:
        """Return what a stored name stands for, and its key."""
        name, _, key = field.partition(" ")
        return (cls(name), key) if name in cls._value2member_map_ else (cls.OTHER, field)


PERSONAL = frozenset({What.ADDRESS, What.FIRST_NAME, What.LAST_NAME, What.MERGE_FIELD})
"""What has values that identify a person."""

_CORRECTED = frozenset({What.FIRST_NAME, What.LAST_NAME, What.ADDRESS, What.ON_HOLD})
_DATA = frozenset({What.MERGE_FIELD, What.TAG, What.LANGUAGE})
_KIND_BY_STATUS: Mapping[str | None, ChangeKind] = {
    MemberStatus.SUBSCRIBED: ChangeKind.ADD,
    MemberStatus.PENDING: ChangeKind.ASK,
    MemberStatus.UNSUBSCRIBED: ChangeKind.UNSUBSCRIBE,
    MemberStatus.ARCHIVED: ChangeKind.UNSUBSCRIBE,
}


class Effect(NamedTuple):
    """One value that changes, or that was to change; `side` is None for our own data."""

    side: Side | None
    what: What
    key: str = ""
    old: str | None = None
    new: str | None = None

    @classmethod
    def stored(cls, side: str, field: str, old: str | None, new: str | None) -> Self:
        """Return an effect from the columns under which it is stored."""
        what, key = What.read(field)
        return cls(None if side == HERE else Side(side), what, key, old, new)

    @property
    def place(self) -> str:
        """The name of its side, as stored."""
        return HERE if self.side is None else self.side.value

    @property
    def field(self) -> str:
        """The name of what it changes, as stored: `status`, `group 8`, `merge_field FNAME`."""
        return self.what.field(self.key)

    @property
    def is_personal(self) -> bool:
        """Whether its values identify a person."""
        return self.what in PERSONAL

    @property
    def kind(self) -> ChangeKind | None:
        """The kind of change that limits and figures count it as; None: it isn't counted, as a refusal."""
        return self._kind_in_civicrm() if self.side is Side.CIVICRM else self._kind_at_mailchimp()

    def _kind_in_civicrm(self) -> ChangeKind | None:
        if self.what is What.GROUP:
            return ChangeKind.JOIN if self.new == GroupStatus.ADDED else ChangeKind.REMOVE
        if self.what is What.CONTACT:
            return ChangeKind.CREATE
        return ChangeKind.CORRECT if self.what in _CORRECTED else None

    def _kind_at_mailchimp(self) -> ChangeKind | None:
        if self.what is What.STATUS:
            return _KIND_BY_STATUS.get(self.new)
        if self.what is What.INTEREST:
            return ChangeKind.INTERESTS
        return ChangeKind.DATA if self.what in _DATA else None


def yes_or_no(value: bool) -> str:
    """Return how a tick is stored."""
    return "yes" if value else "no"
