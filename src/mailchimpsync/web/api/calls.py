"""Calls of actions over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mailchimpsync.actions.api.dispatch import CallResponse, call
from mailchimpsync.web.service import Service


def call_action(
    service: Service, by: str, entity: str, action: str, given: Mapping[str, Any], *, sequential: bool = True
) -> CallResponse:
    """Call an action for `by`, with a separate site, see `actions.api.dispatch.call`.

    Raises:
        TooManyCallsError: too many calls are already running.
        StoreError: the database can't be used.
        UsageError: `UNKNOWN`, there is no such action.
    """
    helpers: dict[str, Any] = {"by": by}
    if service.stop is not None:
        helpers["stop"] = service.stop
    with service.slot(), service.open_site() as site:
        return call(site, entity, action, given, sequential=sequential, **helpers)
