"""A transport for httpx whose exchanges end in time: connecting, writing, and waiting for each byte.

httpx bounds each of these steps separately. A server that sends a byte now and then could keep a caller waiting for
ever, and a request that waits could not be stopped.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast
from urllib.request import getproxies, proxy_bypass

import httpcore2
import httpx2

SLICE_SECONDS = 0.5
"""How often a wait for an answer checks whether it should stop."""

LIMITS = httpx2.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=5)
"""Those of httpx's own transport."""


@dataclass
class _Bounds:
    """When an exchange ends, by the monotonic clock, and how soon after a request to stop."""

    ends_at: float
    is_stopped: Callable[[], bool]
    grace: float

    def seconds_left(self) -> float:
        """Return the time left; a request to stop shortens it once."""
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
    """End every exchange of this thread within a time, and within `grace` seconds of a request to stop."""
    before, _current.bounds = _current.bounds, _Bounds(time.monotonic() + seconds, is_stopped, grace)
    try:
        yield
    finally:
        _current.bounds = before


def _left(timeout: float | None, error: type[Exception]) -> float | None:
    """Return a timeout, cut to the time that is left.

    Raises:
        Exception: of the given kind, as if the timeout had passed; no time is left.
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
        """Close the connection."""
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        """Start to encrypt."""
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, _left(timeout, httpcore2.ConnectTimeout)))

    def get_extra_info(self, info: str) -> Any:
        """Return what the connection knows about itself."""
        return self._inner.get_extra_info(info)


class _Backend(httpcore2.NetworkBackend):
    """Opens such connections."""

    def __init__(self) -> None:
        self._inner = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        """Connect; if a name has several addresses, each is given the whole time."""
        seconds = _left(timeout, httpcore2.ConnectTimeout)
        return _Stream(self._inner.connect_tcp(host, port, seconds, local_address, socket_options))

    def sleep(self, seconds: float) -> None:
        """Wait."""
        self._inner.sleep(seconds)


class BoundedTransport(httpx2.BaseTransport):
    """Sends requests over connections that end with the exchange they are used for.

    Like httpx's own transport, it goes through the proxies that the environment names (`HTTPS_PROXY`, `NO_PROXY`, …).
    `tls` is called when the first connection needs its settings.
    """

    def __init__(self, tls: Callable[[], ssl.SSLContext]) -> None:
        self._tls = tls
        self._pools: dict[tuple[str, str], httpcore2.ConnectionPool] = {}
        self._lock = threading.Lock()

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request and return its answer, of which the body is still to be read."""
        url = request.url
        sent = httpcore2.Request(
            request.method,
            httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=request.headers.raw,
            content=cast("Iterable[bytes]", request.stream),
            extensions=request.extensions,
        )
        with _errors_of_httpx():
            answer = self._pool(url.scheme, _proxy_for(url)).handle_request(sent)
        body = _Body(cast("Iterable[bytes]", answer.stream), answer.close)
        return httpx2.Response(answer.status, headers=answer.headers, stream=body, extensions=answer.extensions)

    def close(self) -> None:
        """Close all connections."""
        for pool in self._pools.values():
            pool.close()

    def _pool(self, scheme: str, proxy: str) -> httpcore2.ConnectionPool:
        with self._lock:
            if (scheme, proxy) not in self._pools:
                self._pools[scheme, proxy] = httpcore2.ConnectionPool(
                    ssl_context=self._tls() if scheme == "https" else None,
                    proxy=_proxy(proxy) if proxy else None,
                    network_backend=_Backend(),
                    max_connections=LIMITS.max_connections,
                    max_keepalive_connections=LIMITS.max_keepalive_connections,
                    keepalive_expiry=LIMITS.keepalive_expiry,
                )
            return self._pools[scheme, proxy]


class _Body(httpx2.SyncByteStream):
    def __init__(self, chunks: Iterable[bytes], close: Callable[[], None]) -> None:
        self._chunks, self._close = chunks, close

    def __iter__(self) -> Iterator[bytes]:
        with _errors_of_httpx():
            yield from self._chunks

    def close(self) -> None:
        """Give the connection back."""
        self._close()


def _proxy_for(url: httpx2.URL) -> str:
    """Return the URL of the proxy that the environment names for a URL; empty where there is none."""
    proxies = getproxies()
    proxy = proxies.get(url.scheme) or proxies.get("all") or ""
    if not proxy or proxy_bypass(url.netloc.decode("ascii")):
        return ""
    return proxy if "://" in proxy else f"http://{proxy}"


def _proxy(url: str) -> httpcore2.Proxy:
    proxy = httpx2.Proxy(url)
    at = httpcore2.URL(scheme=proxy.url.raw_scheme, host=proxy.url.raw_host, port=proxy.url.port, target="/")
    return httpcore2.Proxy(at, auth=proxy.raw_auth, headers=proxy.headers.raw)


_ERRORS: dict[type[Exception], type[httpx2.TransportError]] = {
    httpcore2.ConnectError: httpx2.ConnectError,
    httpcore2.ConnectTimeout: httpx2.ConnectTimeout,
    httpcore2.LocalProtocolError: httpx2.LocalProtocolError,
    httpcore2.PoolTimeout: httpx2.PoolTimeout,
    httpcore2.ProxyError: httpx2.ProxyError,
    httpcore2.ReadError: httpx2.ReadError,
    httpcore2.ReadTimeout: httpx2.ReadTimeout,
    httpcore2.RemoteProtocolError: httpx2.RemoteProtocolError,
    httpcore2.UnsupportedProtocol: httpx2.UnsupportedProtocol,
    httpcore2.WriteError: httpx2.WriteError,
    httpcore2.WriteTimeout: httpx2.WriteTimeout,
}
"""Every error of httpcore by its type, and httpx's for it."""


@contextmanager
def _errors_of_httpx() -> Iterator[None]:
    try:
        yield
    except tuple(_ERRORS) as error:
        raise _ERRORS[type(error)](str(error)) from error
