"""Reads a campaign's reports page by page: first the recipients, then people who opened it and clicked.

CiviCRM is written first, then our own row with the position in the report, so that reading a page again after a crash
changes nothing. The position is the last member's identity, not a count (`member_pages.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import Any

from mailchimpsync.civicrm import Kind, add_targets
from mailchimpsync.errors import Code, EvidenceError
from mailchimpsync.mailchimp import Recipient, RecipientPage, activity_page, recipient_page
from mailchimpsync.messages import say
from mailchimpsync.model import MemberStatus
from mailchimpsync.store import Transaction
from mailchimpsync.store.site import campaigns
from mailchimpsync.store.verify import own_rows
from mailchimpsync.sync.campaigns.campaign_import import CampaignImport, Row
from mailchimpsync.sync.campaigns.find import activity_of
from mailchimpsync.sync.reading.member_pages import (
    ATTEMPTS_MAX,
    PAGES_IN_FLIGHT_MAX,
    PageRange,
    Position,
    ShiftedError,
    page_ranges,
)

FAILED_IMPORTS_MAX = 5
"""After failing in this many imports, a campaign is skipped until someone asks for it."""

REACTIONS_EVERY = timedelta(hours=20)
"""How often opens and clicks of a followed campaign are read; an import once a day always does."""

SENT_TO, ACTIVITY = "sent-to", "email-activity"


@dataclass(frozen=True, slots=True)
class ReportPosition:
    """The report being read, and how far; `opened` and `clicked`: people so far; `failures`: failed imports."""

    report: str
    position: Position
    opened: int = 0
    clicked: int = 0
    failures: int = 0

    @classmethod
    def of(cls, progress: Any) -> ReportPosition:
        """Return the stored position."""
        return cls(**{**progress, "position": Position(**progress["position"])})


def is_given_up(task: CampaignImport, row: Row) -> bool:
    """Return whether a campaign has failed too often to be retried automatically."""
    position = _stored_position(task, row)
    return position is not None and position.failures >= FAILED_IMPORTS_MAX


def record_failure(task: CampaignImport, row: Row, code: Code) -> None:
    """Record that a campaign failed in this import, and whether it is given up."""
    position = _stored_position(task, row) or ReportPosition(
        SENT_TO if row.stored.recipients is None else ACTIVITY, Position()
    )
    position = replace(position, failures=position.failures + 1)
    if code is Code.MC_REPORT_INCOMPLETE and position.failures >= FAILED_IMPORTS_MAX:
        code = Code.MC_REPORT_GIVEN_UP
    task.failed[code.value] += 1
    task.change(row, code=code.value, progress=asdict(position))


def read_campaign(task: CampaignImport, row: Row) -> bool:
    """Read what is due of a campaign; return whether that is complete before the time is over.

    Raises:
        EvidenceError: `MC_REPORT_INCOMPLETE`, the pages of a report didn't fit together in any attempt.
    """
    while (position := _next_position(task, row)) is not None:
        if not _read(task, row, position):
            return False
    return True


def _stored_position(task: CampaignImport, row: Row) -> ReportPosition | None:
    """Return the stored position, if its report is still wanted."""
    position = ReportPosition.of(row.stored.progress) if row.stored.progress is not None else None
    return position if position is not None and (position.report == SENT_TO or task.wanted.reactions) else None


def _next_position(task: CampaignImport, row: Row) -> ReportPosition | None:
    if (noted := _stored_position(task, row)) is not None:
        return noted
    if row.stored.recipients is None:
        return ReportPosition(SENT_TO, Position())
    return ReportPosition(ACTIVITY, Position()) if _reactions_are_due(task, row) else None


def _reactions_are_due(task: CampaignImport, row: Row) -> bool:
    if not task.wanted.reactions:
        return False
    return row.stored.acts_read_at is None or task.now - row.stored.acts_read_at >= REACTIONS_EVERY


def _read(task: CampaignImport, row: Row, position: ReportPosition) -> bool:
    """Read a report to its end, restarting whenever it shifts; return whether the end was reached."""
    what = "whom it was sent to" if position.report == SENT_TO else "who opened it and clicked"
    task.progress.message(f"Campaign of {row.stored.sent_at:%Y-%m-%d}: {what}")
    for _ in range(ATTEMPTS_MAX):
        try:
            return _read_on(task, row, position)
        except ShiftedError:
            position = ReportPosition(position.report, Position(), failures=position.failures)
            task.change(row, progress=asdict(position))
    raise EvidenceError(
        Code.MC_REPORT_INCOMPLETE,
        say(
            "The report %(report)s of campaign %(id)s could not be read completely in %(attempts)s attempts: "
            "its pages do not fit together.",
            report=position.report,
            id=row.stored.campaign_id,
            attempts=ATTEMPTS_MAX,
        ),
    )


def _read_on(task: CampaignImport, row: Row, position: ReportPosition) -> bool:
    def read_page(_status: MemberStatus | None, offset: int, count: int) -> RecipientPage:
        read = recipient_page if position.report == SENT_TO else activity_page
        return read(task.systems.mailchimp, row.stored.campaign_id, offset=offset, count=count)

    with task.systems.runtime.executor(PAGES_IN_FLIGHT_MAX) as executor:
        for page in page_ranges(executor, read_page, position.position):
            position = _apply_page(task, row, position, page)
            task.progress.advance(len(page.members), page.total)
            if page.is_last:
                return True
            if task.deadline.reached:
                return False
    return False


def _apply_page(task: CampaignImport, row: Row, position: ReportPosition, page: PageRange[Recipient]) -> ReportPosition:
    """Write a page of a report to CiviCRM, and store the position."""
    people = [one for one in page.members if one.list_id in (None, task.list_id)]
    with task.systems.store.reading() as tx:
        contacts = own_rows.contacts_of_members(tx, task.list_id, [one.id for one in people])
    if position.report == SENT_TO:
        position = replace(position, position=page.position)
        unknown = _add_targets(task, row, Kind.SENT, people, contacts)
        with task.transaction() as tx:
            campaigns.add_unknown(tx, row.stored.id, unknown)
            _record_progress(task, tx, row, position, page)
        return position
    opened, clicked = ([one for one in people if matches(one)] for matches in (_opened, _clicked))
    for kind, some in ((Kind.OPENED, opened), (Kind.CLICKED, clicked)):
        if kind in task.wanted.reactions:
            _add_targets(task, row, kind, some, contacts)
    seen = position.opened + len(opened), position.clicked + len(clicked)
    position = replace(position, position=page.position, opened=seen[0], clicked=seen[1])
    with task.transaction() as tx:
        _record_progress(task, tx, row, position, page)
    return position


def _opened(one: Recipient) -> bool:
    return one.opened


def _clicked(one: Recipient) -> bool:
    return one.clicked


def _add_targets(
    task: CampaignImport, row: Row, kind: Kind, people: Sequence[Recipient], contacts: dict[str, int]
) -> list[str]:
    """Make people's contacts targets; return the members without a contact, or refused by CiviCRM.

    The activity for an optional kind is created only when there is someone to add.
    """
    known = {one.id: contacts[one.id] for one in people if one.id in contacts}
    if not known and kind is not Kind.SENT:
        return []
    activity_id = activity_of(task, row, kind)
    refused = add_targets(task.systems.civicrm, activity_id, task.setup.record_type, known.values())
    return [one.id for one in people if known.get(one.id) is None or known[one.id] in refused]


def _record_progress(
    task: CampaignImport, tx: Transaction, row: Row, position: ReportPosition, page: PageRange[Recipient]
) -> None:
    if not page.is_last:
        task.change_within(tx, row, progress=asdict(position))
        return
    if position.report == ACTIVITY:
        reactions = {"opened": position.opened, "clicked": position.clicked}
        task.change_within(tx, row, progress=None, acts_read_at=task.now, **reactions)
        return
    next_progress = asdict(ReportPosition(ACTIVITY, Position())) if task.wanted.reactions else None
    unknown = campaigns.count_unknown(tx, row.stored.id)
    task.change_within(tx, row, progress=next_progress, recipients=page.total, unknown=unknown)
