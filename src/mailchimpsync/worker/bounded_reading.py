"""A gunicorn worker whose threads wait for no slow client (docs/decisions/slow-clients.md).

A connection without a request costs no thread. A request has to arrive, with its body, within some seconds, and at once
while most threads are waiting for others. What is too slow is cut off.
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
"""For a client to take the end of its answer, before the connection is closed (RFC 9112 9.6)."""

_SLICE_SECONDS = 0.2
_LEFT_BYTES = 65_536


class ReaderCount:
    """Counts the threads that wait for bytes, and says how long they may."""

    def __init__(self, threads: int) -> None:
        self._crowd = max(1, threads // 2)
        self._number = 0
        self._lock = Lock()

    @contextmanager
    def one_more(self) -> Iterator[None]:
        """Be one of them."""
        with self._lock:
            self._number += 1
        try:
            yield
        finally:
            with self._lock:
                self._number -= 1

    @property
    def seconds(self) -> float:
        """How long a request may take to arrive at present."""
        return READ_SECONDS_WHEN_CROWDED if self.are_many else READ_SECONDS

    @property
    def are_many(self) -> bool:
        """Say whether most threads are waiting."""
        return self._number > self._crowd


class BoundedSocket:
    """A socket that is closed to whoever sends too slowly; in all else it is the one it was made of."""

    def __init__(self, sock: socket.socket, readers: ReaderCount) -> None:
        self._sock, self._readers = sock, readers
        self._begun = monotonic()
        self._is_bounded = True
        self._is_over = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def begin(self) -> None:
        """A request is expected from now on."""
        self._begun = monotonic()

    def setblocking(self, flag: bool) -> None:
        """Where gunicorn would wait without end, the bounds hold."""
        self._is_bounded = bool(flag)
        self._sock.setblocking(flag)

    def settimeout(self, value: float | None) -> None:
        """A bound of gunicorn's own goes before ours."""
        self._is_bounded = value is None
        self._sock.settimeout(value)

    def recv(self, size: int, flags: int = 0) -> bytes:
        """Return bytes.

        Raises:
            ConnectionResetError: the request did not arrive in time.
        """
        if not self._is_bounded:
            return self._sock.recv(size, flags)
        with self._readers.one_more():
            while (left := self._begun + self._readers.seconds - monotonic()) > 0:
                self._sock.settimeout(min(left, _SLICE_SECONDS))
                try:
                    return self._sock.recv(size, flags)
                except TimeoutError:
                    continue
        self._is_over = True  # to whoever is too slow nothing is left to be said
        raise ConnectionResetError(errno.ECONNRESET, "The request did not arrive in time.")

    def sendall(self, data: bytes) -> None:
        """Send bytes; a client that takes none for too long gets no more."""
        if self._is_bounded:
            self._sock.settimeout(SEND_SECONDS)
        try:
            self._sock.sendall(data)
        except TimeoutError:
            self._is_over = True
            raise ConnectionResetError(errno.ECONNRESET, "The answer was not taken in time.") from None

    def linger(self) -> None:
        """Say that nothing more comes, and wait a moment for the other side to close; not while many others wait.

        Gunicorn waits for that in its main thread, which answers nobody meanwhile.
        """
        if self._is_over:
            return
        self._is_over = True
        with suppress(OSError), self._readers.one_more():
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
            OSError: all was said and waited for: there is nothing left but to close.
        """
        if self._is_over:
            raise OSError(errno.ENOTCONN, "The connection is over.")
        self._sock.shutdown(how)


class BoundedWorker(ThreadWorker):
    """gunicorn's worker with threads; a thread begins when there is something to read."""

    def init_process(self) -> None:
        """Begin to count."""
        self._readers = ReaderCount(self.cfg.threads)
        super().init_process()

    def handle(self, conn: Any) -> Any:
        """Answer a request, or leave the connection to the poller until it sends something."""
        if not conn.initialized and not conn.data_ready and not conn.wait_for_data(0):
            return _DEFER
        if not isinstance(conn.sock, BoundedSocket):
            conn.sock = BoundedSocket(conn.sock, self._readers)
        conn.sock.begin()
        goes_on = super().handle(conn)
        if not goes_on:
            conn.sock.linger()
        return goes_on
