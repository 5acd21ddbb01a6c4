"""Calling an action for somebody over HTTP."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from mailchimpsync.actions.calling import Outcome, call
from mailchimpsync.actions.described import find_action
from mailchimpsync.web.service import Service


def call_action(
    service: Service, entity: str, action: str, given: Mapping[str, Any], *, sequential: bool = True
) -> Outcome:
    """Call an action with a site of its own, see `actions.calling.call`.

    Raises:
        TooManyCallsError: too many calls are at work already.
        StoreError: the database can't be used.
        UsageError: `UNKNOWN`, there is no such action.
    """
    takes_stop = "stop" in inspect.signature(find_action(entity, action).function).parameters
    helpers = {"stop": service.stop} if service.stop is not None and takes_stop else {}
    with service.slot(), service.open_site() as site:
        return call(site, entity, action, given, sequential=sequential, **helpers)
