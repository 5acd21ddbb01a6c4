"""The stand-in itself: HTTP in front, the world behind."""

from __future__ import annotations

import gzip
import itertools
import re
import threading
import time
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from mailchimpsync_sandbox.kit.app import SandboxApp
from mailchimpsync_sandbox.mailchimp import accounts, loading, people_actions
from mailchimpsync_sandbox.mailchimp.batches import storage
from mailchimpsync_sandbox.mailchimp.batches.batches import BatchWorker
from mailchimpsync_sandbox.mailchimp.batches.planted_refusals import refused_as_planted
from mailchimpsync_sandbox.mailchimp.database import Database
from mailchimpsync_sandbox.mailchimp.http import problems
from mailchimpsync_sandbox.mailchimp.http.dispatch import Answer, ParsedRequest, answer, refusal
from mailchimpsync_sandbox.mailchimp.http.problems import Problem
from mailchimpsync_sandbox.mailchimp.ids import request_id
from mailchimpsync_sandbox.mailchimp.options import Options
from mailchimpsync_sandbox.mailchimp.webhooks import webhook_calls
from mailchimpsync_sandbox.mailchimp.webhooks.outbox import Outbox
from mailchimpsync_sandbox.mailchimp.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROOT = "/3.0"
_BULK = re.compile(rf"{ROOT}/lists/[^/]+")
BODY_BYTES_MAX = 64 * 1024 * 1024
GZIP_FROM_BYTES = 1024


class MailchimpSandbox(SandboxApp):
    """A local Mailchimp, as a WSGI application.

    `path` names a SQLite file; None keeps everything in memory. With `manual_batches` there are no threads: batches
    move when they are looked at, by the stand-in's clock, or by `run_batches`; deliveries to webhooks wait for
    `deliver_webhooks` or `take_webhooks`.
    """

    def __init__(self, path: Path | None = None, *, manual_batches: bool = False) -> None:
        super().__init__()
        self._manual = manual_batches
        self._requests = itertools.count(1)
        self._slots: Counter[str] = Counter()
        self._slots_lock = threading.Lock()
        options, threaded = Options(), not manual_batches
        outbox = Outbox(options, self._ticks, lambda: self.clock.now().timestamp(), threaded=threaded)
        self.world = World(Database(path), self.clock, options, outbox, self._ticks)
        self.world.batches = BatchWorker(self.world, self._ticks, threaded=threaded)
        outbox.on_gone = lambda webhook: webhook_calls.disable(self.world, webhook)
        self.person_actions = people_actions.PersonActions(self.world)
        for action in (
            self.add_account,
            self.add_audience,
            self.load_members,
            self.load_campaign,
            self.act,
            self.members,
            self.run_batches,
            self.deliver_webhooks,
            self.take_webhooks,
            self.webhooks,
            self.set_options,
        ):
            self.control[action.__name__] = _from_json(action)

    def _ticks(self) -> float:
        return self.clock.now().timestamp() if self._manual else time.monotonic()

    def close(self) -> None:
        """Stop the threads and close the database."""
        self.world.batches.close()
        self.world.outbox.close()
        self.world.db.close()

    # -- HTTP ---------------------------------------------------------------------------------------------------------

    def handle(self, request: Request) -> Response:
        """Answer a request to the API or to the storage of results."""
        if request.path.startswith(storage.PREFIX):
            return storage.fetch(self.world, request)
        instance = request_id(next(self._requests))
        try:
            reply = self._answer_api(request, instance)
        except Problem as problem:
            reply = refusal(problem, instance)
        return self._response(request, reply, instance)

    def _answer_api(self, request: Request, instance: str) -> Answer:
        if request.path != ROOT and not request.path.startswith(f"{ROOT}/"):
            raise problems.invalid_path()
        account = accounts.authenticate(self.world, request.headers.get("Authorization"), request.args)
        if (name := request.headers.get("X-Trigger-Error", "")) in problems.TRIGGERED:
            raise problems.triggered(name)
        with self._slot(account.account_id):
            self._take_time(request)
            asked = ParsedRequest(
                _method(request),
                request.path.removeprefix(ROOT) or "/",
                request.args.to_dict(),
                _body(request),
                request.host_url.rstrip("/") + ROOT,
                request.remote_addr or "127.0.0.1",
            )
            planted = self.world.options.refused_operations
            refused = refused_as_planted(planted, asked.path) if _changes_member(asked) else None
            return refused or answer(self.world, account, asked, instance)

    @contextmanager
    def _slot(self, account_id: str) -> Iterator[None]:
        """Hold one of the account's simultaneous connections.

        See docs/reference/mailchimp-behaviour.md#limits-and-timeouts.
        """
        limit = self.world.options.concurrency_max
        with self._slots_lock:
            if self._slots[account_id] >= limit:
                raise problems.too_many_connections(limit)
            self._slots[account_id] += 1
        try:
            yield
        finally:
            with self._slots_lock:
                self._slots[account_id] -= 1

    def _take_time(self, request: Request) -> None:
        options = self.world.options
        offset, count = (request.args.get(name, 0, type=int) for name in ("offset", "count"))
        is_bulk = request.method == "POST" and _BULK.fullmatch(request.path) is not None
        seconds = options.bulk_seconds if is_bulk else options.cost_base_seconds
        seconds += options.cost_per_offset_row_seconds * offset
        seconds += options.cost_per_row_seconds * count
        if seconds > 0:
            time.sleep(seconds)

    def _response(self, request: Request, reply: Answer, instance: str) -> Response:
        failed = reply.status >= 400  # noqa: PLR2004
        kind = "application/problem+json" if failed else "application/json"
        body = reply.text.encode()
        response = Response(body, status=reply.status, content_type=f"{kind}; charset=utf-8")
        response.headers["X-Request-Id"] = instance
        response.headers["Vary"] = "Accept-Encoding"
        definition = "ProblemDetailDocument" if failed else "Root"
        response.headers["Link"] = f'<{request.host_url}schema/3.0/Definitions/{definition}.json>; rel="describedBy"'
        if reply.allow:
            response.headers["Allow"] = reply.allow
        if self.world.options.gzip and len(body) > GZIP_FROM_BYTES and request.accept_encodings.quality("gzip"):
            response.set_data(gzip.compress(body, 1))
            response.headers["Content-Encoding"] = "gzip"
        return response

    # -- control ------------------------------------------------------------------------------------------------------

    def add_account(self, api_key: str, account_name: str = "Charity", **details: Any) -> dict[str, Any]:
        """Make an account reached with `api_key` (`<32 hex>-<dc>`); `details` as in `GET /`, and `disabled`."""
        return loading.add_account(self.world, api_key, account_name, details)

    def add_audience(
        self,
        api_key: str,
        list_id: str,
        name: str,
        interests: dict[str, str] | None = None,
        merge_fields: list[dict[str, Any]] | None = None,
        **details: Any,
    ) -> dict[str, Any]:
        """Make an audience: interests as `{id: "Category: Interest"}`, details as in `POST /lists` (double_optin)."""
        return loading.add_audience(
            self.world,
            api_key,
            list_id,
            name,
            interest_names=interests or {},
            merge_fields=merge_fields,
            details=details,
        )

    def load_members(self, list_id: str, members: list[dict[str, Any]]) -> dict[str, int]:
        """Put many members into an audience at once, without checks beyond addresses and statuses; no webhook fires."""
        return {"loaded": loading.load_members(self.world, list_id, members)}

    def load_campaign(
        self,
        api_key: str,
        campaign: dict[str, Any],
        sent_to: list[dict[str, Any]] | None = None,
        email_activity: list[dict[str, Any]] | None = None,
    ) -> dict[str, Any]:
        """Add a campaign with its recipients and what they did, in the API's own terms."""
        return loading.load_campaign(self.world, api_key, campaign, sent_to or [], email_activity or [])

    def act(self, list_id: str, email: str, as_: str = "user", *, change: str, **details: Any) -> dict[str, Any] | None:
        """Let the person or an administrator do something; see `PersonActions.act`."""
        return self.person_actions.act(list_id, email, as_, change=change, **details)

    def members(self, list_id: str) -> list[dict[str, Any]]:
        """Return all members, archived ones too, with the reason they unsubscribed."""
        return loading.all_members(self.world, list_id)

    def run_batches(self) -> dict[str, int]:
        """Bring every batch to its end now, whatever its dwell times."""
        return {"finished": self.world.batches.move_on(all_the_way=True)}

    def deliver_webhooks(self) -> dict[str, int]:
        """Send the deliveries that are due."""
        return {"attempts": self.world.outbox.deliver_due()}

    def take_webhooks(self) -> list[dict[str, Any]]:
        """Remove and return the waiting deliveries, each `{url, body, headers}`, for the caller to deliver."""
        return self.world.outbox.take()

    def webhooks(self) -> dict[str, int]:
        """Return how many deliveries wait, arrived, failed, were given up or dropped."""
        return self.world.outbox.report()

    def set_options(self, **values: Any) -> dict[str, Any]:
        """Change options (`options.Options`) and return them all."""
        return self.world.options.set(values)


def _from_json(action: Any) -> Any:
    return lambda values: action(**values)


def _changes_member(asked: ParsedRequest) -> bool:
    return asked.method != "GET" and "/members/" in asked.path and "/actions/" not in asked.path


def _method(request: Request) -> str:
    override = request.headers.get("X-HTTP-Method-Override")
    if override is None:
        return request.method
    if request.method != "POST":
        raise problems.triggered("InvalidMethodOverride")
    return override.upper()


def _body(request: Request) -> bytes:
    if (request.content_length or 0) > BODY_BYTES_MAX:
        raise Problem(413, "Request Entity Too Large", f"The body may not exceed {BODY_BYTES_MAX} bytes.")
    return request.get_data(cache=False)
