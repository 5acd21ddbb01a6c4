"""Compares a site's behaviour with what was recorded on real sites and is relied on; changes nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from mailchimpsync.civicrm.checks.rights import NO_CONTACT, SEES_ALL
from mailchimpsync.civicrm.http.client import CivicrmClient, Params
from mailchimpsync.civicrm.http.paging import PAGE_ROWS
from mailchimpsync.civicrm.kept_spellings import ODDLY_SPELT
from mailchimpsync.civicrm.reads import ADDRESSES_MAX, READ_IN_PAGES
from mailchimpsync.errors import RemoteError
from mailchimpsync.http import Answer

SLOW_SECONDS = 20.0
"""Many hosts end a request after 30 or 60 seconds."""

TOGETHER = 4


@dataclass(frozen=True, slots=True)
class Observation:
    """What was checked, what was found, and what was recorded (`expected`) if that differs."""

    subject: str
    found: str
    expected: str = ""

    @property
    def differs(self) -> bool:
        """Say whether the site behaves differently."""
        return bool(self.expected)


Check = Callable[[CivicrmClient], Iterator[Observation]]


def observe_behaviour(client: CivicrmClient) -> Iterator[Observation]:
    """Yield the findings one by one; a check that fails doesn't stop the others."""
    for check in _CHECKS:
        try:
            yield from check(client)
        except RemoteError as error:
            detail = f" ({error.detail})" if error.detail else ""
            yield Observation(check.__name__.strip("_").replace("_", " "), f"{error.what}{detail}", "an answer")


def _address(client: CivicrmClient) -> Iterator[Observation]:
    yield Observation("form of URL", client.pattern)


def _cookies(client: CivicrmClient) -> Iterator[Observation]:
    cookies = client.raw_answer("Contact", "get", {"select": ["id"], "limit": 1}).headers.get_list("Set-Cookie")
    names = ", ".join(cookie.partition("=")[0] for cookie in cookies) or "none"
    yield Observation("cookies", f"set by the site: {names}; none is sent back")


def _merges(client: CivicrmClient) -> Iterator[Observation]:
    values = _values(client.raw_answer("Contact", "getMergedTo", {"contactId": NO_CONTACT}))
    known = values in ([], [[]])
    expected = "" if known else "[] or [[]]"
    yield Observation("getMergedTo of a contact that was not merged", _shown(values), expected)


def _whole_view(client: CivicrmClient) -> Iterator[Observation]:
    for action, granted in (("update", True), ("get", False)):
        values = _values(client.raw_answer("Contact", "checkAccess", {**SEES_ALL[2], "action": action}))
        found = isinstance(values, list) and len(values) == 1 and values[0].get("access") is granted
        what = f"checkAccess {action} of a contact that does not exist"
        yield Observation(what, _shown(values), "" if found else f"access: {str(granted).lower()}")


def _unknown_fields(client: CivicrmClient) -> Iterator[Observation]:
    values = _values(client.raw_answer("Contact", "get", {"select": ["id", "no_such_field"], "limit": 1}))
    ignored = isinstance(values, list) and all("no_such_field" not in row for row in values)
    yield Observation(
        "an unknown field in select", "left out" if ignored else _shown(values), _unless(ignored, "left out")
    )
    answer = client.raw_answer("Contact", "get", {"select": ["id"], "where": [["no_such_field", "=", 1]], "limit": 1})
    refused = answer.status >= HTTPStatus.BAD_REQUEST
    yield Observation("an unknown field in where", f"status {answer.status}", _unless(refused, "an error"))


def _unknown_action(client: CivicrmClient) -> Iterator[Observation]:
    answer = client.raw_answer("NoSuchEntity", "get", {})
    is_told = "values" not in _json(answer)
    yield Observation(
        "an unknown entity",
        f"status {answer.status}, no values" if is_told else "values",
        _unless(is_told, "no values"),
    )


def _pages(client: CivicrmClient) -> Iterator[Observation]:
    """Read a whole page of each kind, as a run does; a site that returns too few rows would lose people."""
    for entity, columns in READ_IN_PAGES.items():
        params: Params = {"select": columns, "where": [["id", ">", 0]], "orderBy": {"id": "ASC"}, "limit": PAGE_ROWS}
        there = client.count(entity, [])
        seconds, answer = _timed(client, entity, params)
        values = _values(answer)
        rows = len(values) if isinstance(values, list) else -1
        wanted = min(there, PAGE_ROWS)
        expected = _unless(rows >= wanted, f"{wanted:,} rows") or _unless(seconds < SLOW_SECONDS, "a faster answer")
        yield Observation(f"a page of {entity}", f"{rows:,} rows of {there:,} in {seconds:.2f} s", expected)


def _long_conditions(client: CivicrmClient) -> Iterator[Observation]:
    """Ask for as many addresses as the product does: sites limit the size of a request."""
    addresses = [f"nobody-{number}@invalid.example" for number in range(ADDRESSES_MAX)]
    seconds, answer = _timed(client, "Email", {"select": ["id"], "where": [["email", "IN", addresses]]})
    is_read = _values(answer) == []
    yield Observation(
        f"{ADDRESSES_MAX:,} addresses in one condition",
        f"status {answer.status} in {seconds:.2f} s",
        _unless(is_read, "no row"),
    )


def _odd_spellings(client: CivicrmClient) -> Iterator[Observation]:
    """Look for oddly spelt addresses as a run does; a site that can't answer would get people twice."""
    seconds, answer = _timed(client, "Email", {"select": ["id", "email"], "where": ODDLY_SPELT, "limit": PAGE_ROWS})
    values = _values(answer)
    shown = f"{len(values):,} in {seconds:.2f} s" if isinstance(values, list) else f"status {answer.status}"
    is_read = isinstance(values, list) and seconds < SLOW_SECONDS
    yield Observation("addresses with a character that isn't ASCII", shown, _unless(is_read, "an answer, faster"))


def _together(client: CivicrmClient) -> Iterator[Observation]:
    """Check that requests without a cookie are handled at the same time."""
    params: Params = {"select": ["row_count"]}
    alone, _ = _timed(client, "Contact", params)
    started = client.runtime.now()
    with client.runtime.executor(TOGETHER) as pool:
        list(pool.map(lambda _number: client.raw_answer("Contact", "get", params), range(TOGETHER)))
    seconds = client.runtime.seconds_since(started)
    yield Observation("requests at the same time", f"one takes {alone:.2f} s, {TOGETHER} at once {seconds:.2f} s")


_CHECKS: tuple[Check, ...] = (
    _address,
    _whole_view,
    _merges,
    _cookies,
    _unknown_fields,
    _unknown_action,
    _pages,
    _long_conditions,
    _odd_spellings,
    _together,
)


def _timed(client: CivicrmClient, entity: str, params: Params) -> tuple[float, Answer]:
    started = client.runtime.now()
    answer = client.raw_answer(entity, "get", params)
    return client.runtime.seconds_since(started), answer


def _json(answer: Answer) -> dict[str, Any]:
    try:
        found = json.loads(answer.body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _values(answer: Answer) -> Any:
    """Return the values, or what came instead."""
    return _json(answer).get("values", f"status {answer.status}, no values")


def _shown(values: Any) -> str:
    return values if isinstance(values, str) else json.dumps(values)[:200]


def _unless(is_as_recorded: bool, expected: str) -> str:
    return "" if is_as_recorded else expected
