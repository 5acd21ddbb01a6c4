"""A row whose change CiviCRM refused: it fails alone (DESIGN 3.10)."""

from __future__ import annotations

from typing import Any

from mailchimpsync.errors import Code, RefusedError
from mailchimpsync.model import SyncStatus

DETAIL_LENGTH_MAX = 500


def refused_by_civicrm(row_id: int, error: RefusedError) -> dict[str, Any]:
    """Return the columns of the failed row."""
    return {
        "id": row_id,
        "sync_status": SyncStatus.FAIL.value,
        "reason": Code.CV_CHANGE_REFUSED.value,
        "reason_detail": (error.detail or error.what)[:DETAIL_LENGTH_MAX],
    }
