"""Connections that end with the exchange they are used for: to connect, to write, and to wait for each byte.

httpx bounds each of these steps alone, so that a server which sends a byte now and then is waited for without end, and
nobody can stop a request that waits.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpcore2
import httpx2

SLICE_SECONDS = 0.5
"""So that a wish to stop is noticed while an answer is waited for."""


@dataclass
class _Bounds:
    """When an exchange ends, by the monotonic clock, and how soon after somebody wants to stop."""

    ends_at: float
    is_stopped: Callable[[], bool]
    grace: float

    def seconds_left(self) -> float:
        """Return the time left; a wish to stop shortens it once."""
        now = time.monotonic()
        if self.is_stopped():
            self.ends_at = min(self.ends_at, now + self.grace)
            self.is_stopped = _never
        return max(0.0, self.ends_at - now)


def _never() -> bool:
    return False


class _Current(threading.local):
    bounds: _Bounds | None = None


_current = _Current()


@contextmanager
def ending_within(seconds: float, is_stopped: Callable[[], bool] = _never, grace: float = 0.0) -> Iterator[None]:
    """Let no exchange of this thread outlive a time, nor, by more than a grace, the wish to stop."""
    before, _current.bounds = _current.bounds, _Bounds(time.monotonic() + seconds, is_stopped, grace)
    try:
        yield
    finally:
        _current.bounds = before


def _left(timeout: float | None, error: type[Exception]) -> float | None:
    """Return a timeout, cut to what is left.

    Raises:
        Exception: of the kind given, as if it had passed; nothing is left.
    """
    if _current.bounds is None:
        return timeout
    left = _current.bounds.seconds_left()
    if left <= 0:
        raise error("the time for the whole exchange is over")
    return left if timeout is None else min(timeout, left)


class _Stream(httpcore2.NetworkStream):
    """A connection whose reads and writes end with the exchange."""

    def __init__(self, inner: httpcore2.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Wait for bytes, in slices."""
        waits_until = None if timeout is None else time.monotonic() + timeout
        while True:
            left = _left(None if waits_until is None else waits_until - time.monotonic(), httpcore2.ReadTimeout)
            slice_ = SLICE_SECONDS if left is None else max(0.001, min(left, SLICE_SECONDS))
            try:
                return self._inner.read(max_bytes, slice_)
            except httpcore2.ReadTimeout:
                if waits_until is not None and time.monotonic() >= waits_until:
                    raise

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send bytes."""
        self._inner.write(buffer, _left(timeout, httpcore2.WriteTimeout))

    def close(self) -> None:
        """Close it."""
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        """Begin to encrypt."""
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, _left(timeout, httpcore2.ConnectTimeout)))

    def get_extra_info(self, info: str) -> Any:
        """Return what the connection knows."""
        return self._inner.get_extra_info(info)


class _Backend(httpcore2.NetworkBackend):
    """Opens such connections."""

    def __init__(self, inner: httpcore2.NetworkBackend) -> None:
        self._inner = inner

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        """Connect; a name that has several addresses is given the time for each."""
        seconds = _left(timeout, httpcore2.ConnectTimeout)
        return _Stream(self._inner.connect_tcp(host, port, seconds, local_address, socket_options))

    def sleep(self, seconds: float) -> None:
        """Wait."""
        self._inner.sleep(seconds)


def bound(client: httpx2.Client) -> httpx2.Client:
    """Let the connections of a client, also those through proxies, end with the exchange they are used for.

    httpx offers no way to say how its connections are opened, httpcore below it does.
    """
    transports = [client._transport, *client._mounts.values()]  # noqa: SLF001 (see above)
    for transport in transports:
        pool = getattr(transport, "_pool", None)
        if isinstance(pool, httpcore2.ConnectionPool):
            pool._network_backend = _Backend(pool._network_backend)  # noqa: SLF001 (see above)
    return client
