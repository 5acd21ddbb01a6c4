"""Reads the archive of a batch's results: gzip'd tar, JSON lists inside, as a stream and within bounds."""

from __future__ import annotations

import codecs
import gzip
import json
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import IO, Any

from pydantic_core import from_json

FILES_MAX = 10_000
EXPANDED_BYTES_MAX = 4 * 1024**3
EXPANSION_MAX = 500
EXPANSION_FREE_BYTES = 64 * 1024**2
ITEM_CHARS_MAX = 16 * 1024**2
WHOLE_FILE_BYTES_MAX = 8 * 1024**2
_CHUNK_BYTES = 1024 * 1024

BROKEN = (tarfile.TarError, OSError, EOFError, zlib.error)
"""What reading a broken archive raises."""


class ArchiveTooLargeError(OSError):
    """The archive unpacks to more than a batch can have."""


@dataclass(frozen=True, slots=True)
class OperationResult:
    """The result of one operation. `unreadable`: Mailchimp's answer to it, or a whole file of answers, is broken."""

    operation_id: str | None
    status_code: int
    body: dict[str, Any] = field(default_factory=dict)
    unreadable: bool = False


UNREADABLE = OperationResult(None, 0, unreadable=True)


class _Bounded:
    """A stream that raises an error after more than `limit` bytes."""

    def __init__(self, stream: gzip.GzipFile, limit: int) -> None:
        self._stream = stream
        self._left = limit

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise ArchiveTooLargeError("a batch's archive is larger than it can be")
        return data


def read_archive(packed: IO[bytes], packed_bytes: int) -> Iterator[OperationResult]:
    """Yield the results in the archive; nothing is ever written under a name from it.

    Directories, links and empty files are passed over (docs/reference/mailchimp-behaviour.md#results-of-batches); a
    file that cannot be read gives one unreadable result after the ones before the damage, and the next file is read.
    It holds one result in memory.

    Raises:
        one of `BROKEN`: the archive itself is damaged, or over the bounds; what was yielded before is sound.
    """
    limit = min(EXPANDED_BYTES_MAX, max(EXPANSION_FREE_BYTES, packed_bytes * EXPANSION_MAX))
    with gzip.GzipFile(fileobj=packed, mode="rb") as unpacked:
        stream = _Bounded(unpacked, limit)
        with tarfile.open(fileobj=stream, mode="r|") as archive:  # type: ignore[call-overload] # only read() is used
            for number, entry in enumerate(archive):
                if number >= FILES_MAX:
                    raise ArchiveTooLargeError(f"a batch's archive has more than {FILES_MAX} files")
                content = archive.extractfile(entry) if entry.isreg() else None
                if content is not None:
                    yield from _read_file(content, entry.size)


def _read_file(content: IO[bytes], size: int) -> Iterator[OperationResult]:
    try:
        for item in _whole(content) if size <= WHOLE_FILE_BYTES_MAX else _items(content):
            yield _result(item)
    except (ValueError, RecursionError):
        yield UNREADABLE


def _whole(content: IO[bytes]) -> Iterator[Any]:
    """Yield the items of a JSON list that is small enough to be read at once, which is twice as fast.

    Raises:
        ValueError: it is no JSON list; the items before a damage have been yielded.
    """
    file = content.read()
    if not file.strip():
        return
    try:
        items = from_json(file)
    except ValueError:
        items = _items(BytesIO(file))
    if isinstance(items, dict | str):
        raise ValueError("no list where there should be one")  # noqa: TRY004 (what is wrong is the file)
    yield from items


def _items(content: IO[bytes]) -> Iterator[Any]:
    """Yield the items of a JSON list one by one, holding only the one being read and a chunk.

    Raises:
        ValueError: it is no JSON list, or is damaged.
    """
    text = _Text(content)
    if not text.peek():
        return
    text.take("[")
    while text.peek() != "]":
        yield text.value()
        if text.peek() != "]":
            text.take(",")


class _Text:
    """A text that arrives in chunks, read from its front."""

    def __init__(self, content: IO[bytes]) -> None:
        self._content = content
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")(errors="replace")
        self._scan = json.JSONDecoder().raw_decode
        self._text = ""
        self._at = 0
        self._ended = False

    def peek(self) -> str:
        """Return the next character that is no white space, "" at the end."""
        while True:
            while self._at < len(self._text):
                if not self._text[self._at].isspace():
                    return self._text[self._at]
                self._at += 1
            if self._ended:
                return ""
            self._more()

    def take(self, expected: str) -> None:
        """Go past `expected`."""
        if self.peek() != expected:
            raise ValueError(f"no {expected!r} where there should be one")
        self._at += 1

    def value(self) -> Any:
        """Return the JSON value that is next, and go past it."""
        self.peek()
        while True:
            try:
                value, end = self._scan(self._text, self._at)
            except ValueError:
                if self._ended or len(self._text) - self._at > ITEM_CHARS_MAX:
                    raise
            else:
                if end < len(self._text) or self._ended:  # a number may go on in the next chunk
                    self._at = end
                    return value
            self._more()

    def _more(self) -> None:
        chunk = self._content.read(_CHUNK_BYTES)
        self._ended = not chunk
        self._text = self._text[self._at :] + self._decoder.decode(chunk, final=self._ended)
        self._at = 0


def _result(item: Any) -> OperationResult:
    if not isinstance(item, dict):
        return UNREADABLE
    operation_id, status = item.get("operation_id"), item.get("status_code")
    known_id = operation_id if isinstance(operation_id, str) else None
    body = _body(item.get("response"))
    if not isinstance(status, int) or body is None:
        return OperationResult(known_id, status if isinstance(status, int) else 0, unreadable=True)
    return OperationResult(known_id, status, body)


def _body(response: Any) -> dict[str, Any] | None:
    """Return the answer as an object; "", "null", "{}" and "[]" all stand for no content.

    See docs/reference/mailchimp-behaviour.md#results-of-batches.
    """
    if isinstance(response, str):
        try:
            response = from_json(response) if response.strip() else {}
        except (ValueError, RecursionError):
            return None
    if not response:
        return {}
    return response if isinstance(response, dict) else None
