"""From method and path to an answer, for HTTP requests and for operations of batches alike."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import MethodNotAllowed, NotFound

from mailchimpsync_sandbox.mailchimp.http import problems
from mailchimpsync_sandbox.mailchimp.http.call import Call
from mailchimpsync_sandbox.mailchimp.http.problems import Problem
from mailchimpsync_sandbox.mailchimp.http.routes import MAP
from mailchimpsync_sandbox.mailchimp.members.store import compact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mailchimpsync_sandbox.mailchimp.http.routes import Handler
    from mailchimpsync_sandbox.mailchimp.world import Account, World

logger = logging.getLogger(__name__)
_MATCHER = MAP.bind("")


@dataclass(frozen=True)
class ParsedRequest:
    """A request: `path` below `/3.0`, with a leading slash; `body` is raw JSON, or empty."""

    method: str
    path: str
    query: Mapping[str, str]
    body: bytes | str
    base_url: str
    ip: str


@dataclass(frozen=True)
class Answer:
    """An answer: JSON text, empty with 204."""

    status: int
    text: str = ""
    allow: str | None = None


def answer(world: World, account: Account, asked: ParsedRequest, instance: str) -> Answer:
    """Answer a call; never raises, since refusals and even defects are answers."""
    try:
        handler, ids = route(asked)
        call = Call(world, account, ids, asked.query, _parsed(asked), asked.base_url, asked.ip)
        return _handled(call, handler, asked.method)
    except Problem as problem:
        return refusal(problem, instance)
    except Exception:
        logger.exception("%s %s failed inside the stand-in", asked.method, asked.path)
        return refusal(problems.internal_error(), instance)


def refusal(problem: Problem, instance: str) -> Answer:
    return Answer(problem.status, compact(problem.document(instance)), problem.allow)


def route(asked: ParsedRequest) -> tuple[Handler, dict[str, Any]]:
    """Find the handler.

    Raises:
        Problem: 404 "Invalid path", or 405 with what is allowed.
    """
    try:
        handler, ids = _MATCHER.match(asked.path, asked.method)
    except MethodNotAllowed as error:
        allowed = sorted(set(error.valid_methods or ()) - {"HEAD"})
        raise problems.method_not_allowed(", ".join(allowed)) from None
    except NotFound:
        raise problems.invalid_path() from None
    return handler, dict(ids)


def _handled(call: Call, handler: Handler, method: str) -> Answer:
    if method in ("GET", "HEAD"):
        value = handler(call)
    else:
        with call.world.db.transaction():
            value = handler(call)
    if value is None:
        return Answer(204)
    return Answer(200, value if isinstance(value, str) else compact(call.selection.apply(value)))


def _parsed(asked: ParsedRequest) -> Any:
    if not asked.body or asked.method in ("GET", "HEAD"):
        return None
    try:
        return json.loads(asked.body)
    except ValueError:
        raise problems.unreadable_json() from None
