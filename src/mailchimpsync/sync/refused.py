"""What was refused: the row fails alone (DESIGN 3.10), and the journal tells it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import RowMapping

from mailchimpsync.errors import Code, RefusedError
from mailchimpsync.model import Side, SyncStatus, normalise_address
from mailchimpsync.store.journal import REFUSED
from mailchimpsync.sync.context import Work

DETAIL_LENGTH_MAX = 500


def refused_by_civicrm(row_id: int, error: RefusedError) -> dict[str, Any]:
    """Return the columns of the failed row."""
    return {
        "id": row_id,
        "sync_status": SyncStatus.FAIL.value,
        "reason": Code.CV_CHANGE_REFUSED.value,
        "reason_detail": (error.detail or error.what)[:DETAIL_LENGTH_MAX],
    }


def refusal_by_civicrm(work: Work, about: Mapping[str, Any], wanted: str, error: RefusedError) -> dict[str, Any]:
    """Return the journal entry that CiviCRM refused what was wanted; `about` has `cache_id` and `contact_id`."""
    reason = Code.CV_CHANGE_REFUSED.value
    return _entry(work, Side.CIVICRM, {**about, "run_id": work.id, "new": wanted}, reason, error.code.value)


def refusal_by_mailchimp(work: Work, update: RowMapping, status: int, code: Code) -> dict[str, Any]:
    """Return the journal entry that Mailchimp refused an update."""
    about = {
        "cache_id": update["id"],
        "contact_id": update["civicrm_contact_id"],
        "member_id": update["mailchimp_member_id"],
        "run_id": update["update_run_id"],
        "new": "data" if update["attempt"]["decided"] is None else _wanted(update),
    }
    return _entry(work, Side.MAILCHIMP, about, code.value, f"{status} {code.value}")


def _entry(work: Work, side: Side, about: Mapping[str, Any], reason: str, answer: str) -> dict[str, Any]:
    when = {"list_id": work.list_id, "time": work.runtime.now()}
    return {**when, **about, "side": side.value, "field": REFUSED, "reason": reason, "answer": answer}


def _wanted(update: RowMapping) -> str:
    """Return what an update wanted, without saying which address."""
    data, known = update["data"], update["mailchimp_email"]
    moves = update["mailchimp_member_id"] and normalise_address(data["email_address"]) != normalise_address(known or "")
    wanted = (
        data.get("status") or data.get("status_if_new"),
        "interests" if data.get("interests") else None,
        "address" if moves else None,
    )
    return ", ".join(filter(None, wanted)) or "names"
