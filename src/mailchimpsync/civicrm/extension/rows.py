"""The rows of the PHP extension's tables, and what both sides agreed on by them (docs/decisions/takeover.md)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mailchimpsync.civicrm.extension.php_values import NotPhpError, php_value
from mailchimpsync.model import SUBSCRIBED_STATUSES, Base, GroupStatus, MemberStatus, SyncStatus

_MEMBER_ID = re.compile(r"[0-9a-f]{32}")
_LOCAL_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
_LEFT = frozenset({GroupStatus.REMOVED, GroupStatus.DELETED, GroupStatus.PENDING})
_INTEREST, _STATUS_SINCE = "interest-", "status@"
_ADDRESS_MAX, _ID_MAX, _DIGITS_MAX = 255, 2**63 - 1, 19


@dataclass(frozen=True, slots=True)
class ExtensionRow:
    """A row of the extension's cache table.

    Attributes:
        id: its id there.
        member_id: the member's id; None: not known at Mailchimp.
        email: the address at Mailchimp.
        status: the member's status; None: none, or one that doesn't exist.
        status_since: when the member got it, as the server's local time or with a zone; None: not known.
        interests: the member's interests, as far as they are known.
        groups: the newest entry of the contact's history in each group, when it was last looked at.
        contact_id: the contact it was matched with.
        sync_status: `ok`, `todo`, `live` or `fail`.
        is_readable: False: a serialised column can't be read; its data is left out.
    """

    id: int
    member_id: str | None
    email: str | None = field(repr=False)
    status: MemberStatus | None
    status_since: str | None
    interests: Mapping[str, bool]
    groups: Mapping[int, GroupStatus]
    contact_id: int | None
    sync_status: str
    is_readable: bool = True

    def base(self, group_id: int, interests: Mapping[str, int]) -> Base:
        """Return what both sides agreed on: only where the row is in sync and its own two sides say the same.

        After its last change in CiviCRM, a row shows the history from before it; and silence is no “no”.
        """
        if self.sync_status != SyncStatus.OK or self.member_id is None or self.status is None:
            return Base()
        is_subscribed = self.status in SUBSCRIBED_STATUSES
        if self._in_group(group_id) is not is_subscribed:
            return Base()
        agreed = dict(self._agreed(interests)) if is_subscribed else {}
        return Base(is_subscribed, agreed or None)

    def _agreed(self, interests: Mapping[str, int]) -> Iterator[tuple[str, bool]]:
        for interest, group_id in interests.items():
            ticked = self.interests.get(interest)
            if ticked is not None and self._in_group(group_id) is ticked:
                yield interest, ticked

    def _in_group(self, group_id: int) -> bool | None:
        status = self.groups.get(group_id)
        return True if status is GroupStatus.ADDED else False if status in _LEFT else None


def row_from(values: Mapping[str, Any]) -> ExtensionRow | None:
    """Return a row from its columns, as the API or MySQL gives them; None: it has no id."""
    row_id = _number(values.get("id"))
    if row_id is None:
        return None
    data, is_readable = _data(values.get("mailchimp_data"))
    member_id = str(values.get("mailchimp_member_id") or "").lower()
    since = data.get(_STATUS_SINCE) or values.get("mailchimp_updated")
    return ExtensionRow(
        row_id,
        member_id if _MEMBER_ID.fullmatch(member_id) else None,
        _address(values.get("mailchimp_email")),
        _member_status(values.get("mailchimp_status")),
        str(since)[:40] if since else None,
        dict(_interests(data)),
        dict(_groups(values.get("civicrm_groups"))),
        _number(values.get("civicrm_contact_id")),
        str(values.get("sync_status") or "")[:10],
        is_readable,
    )


def is_local_time(text: str) -> bool:
    """Return whether a time is in the server's local time, without a zone."""
    return _LOCAL_TIME.fullmatch(text) is not None


def moment_with_zone(text: str) -> datetime | None:
    """Return a time that carries its zone; None: it doesn't, or isn't a time."""
    with suppress(ValueError):
        found = datetime.fromisoformat(text)
        return found if found.tzinfo is not None else None
    return None


def _data(given: Any) -> tuple[Mapping[Any, Any], bool]:
    """Return the member's data, and whether it could be read: serialised by PHP, JSON, or read already."""
    if given is None or given in ("", b""):
        return {}, True
    if isinstance(given, Mapping):
        return given, True
    raw = given if isinstance(given, bytes) else str(given).encode()
    try:
        found: Any = json.loads(raw) if raw[:1] in b"{[" else php_value(raw)
    except (ValueError, RecursionError, NotPhpError):
        return {}, False
    return (found, True) if isinstance(found, Mapping) else ({}, found in ([], None))


def _interests(data: Mapping[Any, Any]) -> Iterator[tuple[str, bool]]:
    """Yield interests of both forms: a map of them, or a key for each."""
    older = data.get("interests")
    for key, value in older.items() if isinstance(older, Mapping) else ():
        yield from _interest(str(key), value)
    for key, value in data.items():
        if isinstance(key, str) and key.startswith(_INTEREST) and not key.endswith("@"):
            yield from _interest(key.removeprefix(_INTEREST), value)


def _interest(key: str, value: Any) -> Iterator[tuple[str, bool]]:
    """PHP writes true as `true`, 1 or "1"."""
    if isinstance(value, (bool, int)) or value in ("", "0", "1"):
        yield key, value not in (False, 0, "", "0")


def _groups(given: Any) -> Iterator[tuple[int, GroupStatus]]:
    """Read `group;status;date` for each group, joined by bars; an entry of another form is left out."""
    for entry in str(given or "").split("|"):
        group, _, rest = entry.partition(";")
        status = rest.partition(";")[0]
        if (group_id := _number(group)) is not None and status in set(GroupStatus):
            yield group_id, GroupStatus(status)


def _member_status(given: Any) -> MemberStatus | None:
    return MemberStatus(given) if given in set(MemberStatus) else None


def _address(given: Any) -> str | None:
    address = str(given or "").strip()
    return address if 0 < len(address) <= _ADDRESS_MAX else None


def _number(given: Any) -> int | None:
    text = str(given).strip()
    is_number = text.isascii() and text.isdecimal() and len(text) <= _DIGITS_MAX
    return int(text) if is_number and 0 < int(text) <= _ID_MAX else None
