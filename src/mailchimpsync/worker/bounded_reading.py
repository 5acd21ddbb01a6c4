"""A gunicorn worker whose threads don't wait for slow clients (docs/decisions/slow-clients.md).

A connection without a request uses no thread. A request has to arrive with its body within seconds, and almost at once
while most threads are waiting. Slower clients are disconnected.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock
from time import monotonic
from typing import Any

from gunicorn.workers.gthread import _DEFER, ThreadWorker  # type: ignore[attr-defined] # the stubs leave it out

READ_SECONDS = 20.0
"""For the headers and the body of a request."""

READ_SECONDS_WHEN_CROWDED = 1.0
SEND_SECONDS = 60.0
LINGER_SECONDS = 1.0
"""How long a client has to read the end of its response before the connection is closed (RFC 9112 9.6)."""

_SLICE_SECONDS = 0.2
_LEFT_BYTES = 65_536


class ReaderCount:
    """Counts the threads that wait for bytes, and decides how long they may wait."""

    def __init__(self, threads: int) -> None:
        self._crowd = max(1, threads // 2)
        self._number = 0
        self._lock = Lock()

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Count the current thread within the context."""
        with self._lock:
            self._number += 1
        try:
            yield
        finally:
            with self._lock:
                self._number -= 1

    @property
    def seconds(self) -> float:
        """How long a request may currently take to arrive."""
        return READ_SECONDS_WHEN_CROWDED if self.are_many else READ_SECONDS

    @property
    def are_many(self) -> bool:
        """Return whether most threads are waiting."""
        return self._number > self._crowd


class BoundedSocket:
    """A socket that disconnects slow clients; otherwise it behaves like the socket it wraps."""

    def __init__(self, sock: socket.socket, readers: ReaderCount) -> None:
        self._sock, self._readers = sock, readers
        self._begun = monotonic()
        self._is_bounded = True
        self._is_over = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def begin(self) -> None:
        """Start the time limit for the next request."""
        self._begun = monotonic()

    def setblocking(self, flag: bool) -> None:
        """Apply the limits where gunicorn would wait without one."""
        self._is_bounded = bool(flag)
        self._sock.setblocking(flag)

    def settimeout(self, value: float | None) -> None:
        """Let gunicorn's own time limit take precedence."""
        self._is_bounded = value is None
        self._sock.settimeout(value)

    def recv(self, size: int, flags: int = 0) -> bytes:
        """Return bytes.

        Raises:
            ConnectionResetError: the request did not arrive in time.
        """
        if not self._is_bounded:
            return self._sock.recv(size, flags)
        with self._readers.waiting():
            while (left := self._begun + self._readers.seconds - monotonic()) > 0:
                self._sock.settimeout(min(left, _SLICE_SECONDS))
                try:
                    return self._sock.recv(size, flags)
                except TimeoutError:
                    continue
        self._is_over = True  # a client that is too slow gets no response
        raise ConnectionResetError(errno.ECONNRESET, "The request didn't arrive in time.")

    def sendall(self, data: bytes) -> None:
        """Send bytes; a client that doesn't read them in time is disconnected."""
        if self._is_bounded:
            self._sock.settimeout(SEND_SECONDS)
        try:
            self._sock.sendall(data)
        except TimeoutError:
            self._is_over = True
            raise ConnectionResetError(errno.ECONNRESET, "The response wasn't read in time.") from None

    def linger(self) -> None:
        """End the sending side, and wait briefly for the client to close, unless many others are waiting.

        Gunicorn would wait in its main thread, which can't serve anyone else in the meantime.
        """
        if self._is_over:
            return
        self._is_over = True
        with suppress(OSError), self._readers.waiting():
            self._sock.shutdown(socket.SHUT_WR)
            end = monotonic() + LINGER_SECONDS
            while (left := end - monotonic()) > 0 and not self._readers.are_many:
                self._sock.settimeout(min(left, _SLICE_SECONDS))
                with suppress(TimeoutError):
                    if not self._sock.recv(_LEFT_BYTES):
                        return

    def shutdown(self, how: int) -> None:
        """End one direction.

        Raises:
            OSError: the connection is over and only has to be closed.
        """
        if self._is_over:
            raise OSError(errno.ENOTCONN, "The connection is over.")
        self._sock.shutdown(how)


class BoundedWorker(ThreadWorker):
    """gunicorn's threaded worker, which uses a thread only when there is something to read."""

    def init_process(self) -> None:
        """Set up the counter."""
        self._readers = ReaderCount(self.cfg.threads)
        super().init_process()

    def handle(self, conn: Any) -> Any:
        """Handle a request, or leave the connection to the poller until something arrives."""
        if not conn.initialized and not conn.data_ready and not conn.wait_for_data(0):
            return _DEFER
        if not isinstance(conn.sock, BoundedSocket):
            conn.sock = BoundedSocket(conn.sock, self._readers)
        conn.sock.begin()
        keeps_alive = super().handle(conn)
        if not keeps_alive:
            conn.sock.linger()
        return keeps_alive
