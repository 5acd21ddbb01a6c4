"""Deliveries on their way to webhooks: a bounded queue, retried, signed."""

from __future__ import annotations

import hmac
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import httpx2

if TYPE_CHECKING:
    from mailchimpsync_sandbox.mailchimp.options import Options

AGENT = "MailChimp.com"
VALIDATOR_AGENT = "MailChimp.com WebHook Validator"
FORM = "application/x-www-form-urlencoded"
IDLE_SECONDS = 0.5

Send = Callable[[str, str, bytes, dict[str, str]], int]  # method, URL, body, headers -> status, 0 for no answer
Ticks = Callable[[], float]


@dataclass(frozen=True)
class Delivery:
    """One event for one webhook; `due` in ticks of the outbox's clock."""

    webhook: str
    url: str
    body: str
    due: float
    secret: str = ""
    attempt: int = 0


@dataclass
class Counts:
    """The results of deliveries."""

    delivered: int = 0
    failed_attempts: int = 0
    given_up: int = 0
    dropped: int = 0


class HttpSender:
    """Sends over HTTP, with one client made when it is first needed."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._client: httpx2.Client | None = None

    def __call__(self, method: str, url: str, body: bytes, headers: dict[str, str]) -> int:
        if self._client is None:
            self._client = httpx2.Client(trust_env=False)
        try:
            timeout = self._options.webhook_timeout_seconds
            return self._client.request(method, url, content=body, headers=headers, timeout=timeout).status_code
        except (httpx2.HTTPError, httpx2.InvalidURL):
            return 0

    def close(self) -> None:
        if self._client is not None:
            self._client.close()


class Outbox:
    """Holds deliveries until they are due and sends them, from a thread of its own or when told to.

    `ticks` is the time in seconds by which deliveries wait, `wall` the Unix time that signatures carry. `on_gone` is
    called for a webhook that answered 410 and is to be disabled
    (docs/reference/mailchimp-behaviour.md#webhooks-of-audiences).
    """

    def __init__(self, options: Options, ticks: Ticks, wall: Ticks, *, threaded: bool) -> None:
        self._options, self._ticks, self._wall, self._threaded = options, ticks, wall, threaded
        self._http = HttpSender(options)
        self.send: Send = self._http
        self.on_gone: Callable[[str], None] = lambda _webhook: None
        self.counts = Counts()
        self._queue: list[Delivery] = []
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closed = False

    def validate(self, url: str) -> bool:
        """Ask a URL whether it is a webhook: a GET must be answered with 200."""
        return self.send("GET", url, b"", {"User-Agent": VALIDATOR_AGENT}) == HTTPStatus.OK

    def post(self, webhook: str, url: str, bodies: list[str], secret: str = "") -> None:
        """Queue the events of one change for one webhook."""
        ordered = reversed(bodies) if self._options.webhook_reversed else bodies
        now = self._ticks()
        fresh = [
            Delivery(webhook, url, body, now, secret) for body in ordered for _ in range(self._options.webhook_copies)
        ]
        self._put(fresh)

    def _put(self, deliveries: list[Delivery]) -> None:
        with self._changed:
            self._queue.extend(deliveries)
            excess = len(self._queue) - self._options.webhook_queue_max
            if excess > 0:
                del self._queue[:excess]
                self.counts.dropped += excess
            if self._threaded and self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._work, name="webhooks", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def waiting(self, prefix: str) -> int:
        """Return how many deliveries wait for webhooks whose key begins with `prefix`."""
        with self._changed:
            return sum(delivery.webhook.startswith(prefix) for delivery in self._queue)

    def report(self) -> dict[str, int]:
        """Return how many deliveries wait, arrived, failed, were given up or dropped."""
        return {"waiting": len(self._queue)} | asdict(self.counts)

    def take(self) -> list[dict[str, Any]]:
        """Remove and return all waiting deliveries with their headers, for the caller to deliver."""
        with self._changed:
            taken, self._queue = self._queue, []
        return [{"url": one.url, "body": one.body, "headers": self._headers(one)} for one in taken]

    def deliver_due(self) -> int:
        """Send what is due now, and return how many attempts were made."""
        attempts = 0
        while (delivery := self._next_due()) is not None:
            self._attempt(delivery)
            attempts += 1
        return attempts

    def forget(self, webhook: str) -> None:
        """Drop the deliveries to a webhook that no longer exists."""
        with self._changed:
            self._queue = [delivery for delivery in self._queue if delivery.webhook != webhook]

    def close(self) -> None:
        """Stop the thread; waiting deliveries are lost."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(timeout=5)
        self._http.close()

    def _next_due(self) -> Delivery | None:
        now = self._ticks()
        with self._changed:
            for index, delivery in enumerate(self._queue):
                if delivery.due <= now:
                    return self._queue.pop(index)
        return None

    def _headers(self, delivery: Delivery) -> dict[str, str]:
        headers = {"User-Agent": AGENT, "Content-Type": FORM}
        if delivery.secret:
            headers["X-Mailchimp-Signature"] = signature(delivery.secret, int(self._wall()), delivery.body)
        return headers

    def _attempt(self, delivery: Delivery) -> None:
        status = self.send("POST", delivery.url, delivery.body.encode(), self._headers(delivery))
        if status == HTTPStatus.GONE:
            self.on_gone(delivery.webhook)
            self.forget(delivery.webhook)
            self.counts.given_up += 1  # last: who reads it may rely on the rest
        elif status // 100 == 2:  # noqa: PLR2004 (any success)
            self.counts.delivered += 1
        else:
            self._retry(delivery)

    def _retry(self, delivery: Delivery) -> None:
        self.counts.failed_attempts += 1
        waits = self._options.webhook_retry_seconds
        if delivery.attempt >= len(waits):
            self.counts.given_up += 1
            return
        due = self._ticks() + waits[delivery.attempt]
        self._put([replace(delivery, due=due, attempt=delivery.attempt + 1)])

    def _work(self) -> None:
        while not self._closed:
            self.deliver_due()
            with self._changed:
                if not self._closed:
                    self._changed.wait(self._pause())

    def _pause(self) -> float:
        now = self._ticks()
        return min((max(delivery.due - now, 0.001) for delivery in self._queue), default=IDLE_SECONDS)


def signature(secret: str, at: int, body: str) -> str:
    """Return the header's value: HMAC-SHA256 of the time, a dot and the raw body.

    See docs/reference/mailchimp-behaviour.md#webhooks-of-audiences.
    """
    digest = hmac.digest(secret.encode(), f"{at}.{body}".encode(), "sha256").hex()
    return f"t={at},v1={digest}"
