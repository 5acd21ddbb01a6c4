"""APIv3 over `civicrm/ajax/rest`: the only API that the PHP extension has.

See docs/reference/civicrm-behaviour.md#apiv3.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, NotRequired
from urllib.parse import quote

from pydantic import TypeAdapter
from typing_extensions import TypedDict

from mailchimpsync.civicrm.http.client import CIVICRM, CivicrmClient
from mailchimpsync.civicrm.http.form import form_value
from mailchimpsync.civicrm.http.urls import api3_url
from mailchimpsync.errors import AccessError, Code, RefusedError, RemoteError, Right, quoted
from mailchimpsync.http import parse, redact, unreadable_answer
from mailchimpsync.messages import say

NOT_FOUND = "not-found"
UNAUTHORIZED = "unauthorized"


class _Answer(TypedDict):
    is_error: int
    error_code: NotRequired[int | str | None]
    error_message: NotRequired[str | None]
    values: NotRequired[Any]


_ANSWER = TypeAdapter(_Answer)


class UnknownApiError(RefusedError):
    """There is no such entity or action: the extension that has it isn't installed, or is disabled."""


def call_api3(client: CivicrmClient, entity: str, action: str, params: Mapping[str, Any]) -> Any:
    """Return the `values` of an action of APIv3: rows by id, a list, or what the action says.

    Only `get` actions are repeated after temporary errors.

    Raises:
        UnknownApiError: there is no such entity or action.
        AccessError: `CV_RIGHT_MISSING`, most actions need “administer CiviCRM”; and as `CivicrmClient.call`.
        RefusedError: `CV_API`, CiviCRM answered with an error. TransientError: it may work later.
    """
    changes = not action.startswith("get")
    if changes:
        client.check_may_write()
    url = api3_url(client.pattern)
    body = f"entity={quote(entity)}&action={quote(action)}&json={form_value(dict(params))}"

    def ask() -> Any:
        answer = client.send_form(url, body, changes=changes)
        if answer.status != HTTPStatus.OK:
            raise client.problem_of(answer, f"{entity}.{action}")
        found = parse(_ANSWER, answer.body, CIVICRM)
        if found["is_error"]:
            raise _error(f"{entity}.{action}", found)
        return found.get("values")

    return client.with_retries(ask, repeatable=not changes)


def rows_of(values: Any, what: str) -> list[dict[str, Any]]:
    """Return rows in the order in which APIv3 gave them.

    PHP writes an array without keys, or with 0, 1, …, as a list; that may be one of rows, or a row.

    Raises:
        TransientError: `CV_ODD_ANSWER`, they are no rows.
    """
    found = list(values.values()) if isinstance(values, dict) else values
    rows = [{} if row == [] else row for row in found] if isinstance(found, list) else None
    if rows is None or not all(isinstance(row, dict) for row in rows):
        raise unreadable_answer(CIVICRM, f"{what} without rows")
    return rows


def _error(what: str, found: _Answer) -> RemoteError:
    said, code = redact(str(found.get("error_message") or "")), found.get("error_code")
    if code == UNAUTHORIZED:
        why = say(
            "CiviCRM refuses %(what)s, which needs %(permissions)s",
            what=what,
            permissions=quoted([Right.MAKE_TYPES]),
        )
        return AccessError(Code.CV_RIGHT_MISSING, why, detail=said, lacking=[Right.MAKE_TYPES])
    kind = UnknownApiError if code == NOT_FOUND else RefusedError
    return kind(Code.CV_API, say("CiviCRM answered %(what)s with an error", what=what), detail=said)
