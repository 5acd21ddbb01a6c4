"""The file of an exported site: JSON lines, compressed. docs/decisions/moving-sites.md says what is in which line."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from gzip import GzipFile
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import from_json, to_json

from mailchimpsync.actions.transfer.passphrase import Protection
from mailchimpsync.errors import UsageError
from mailchimpsync.messages import say

FORMAT = 1
LINE_BYTES_MAX = 100_000_000


class Header(BaseModel):
    """The first line.

    Attributes:
        format: the version of the format.
        schema_number: the schema of its tables.
        name: the site's name in its fleet; None: it was a home's only site.
        title: what people call it.
        exported_at: when.
        salt: of the passphrase.
        secret_keys: the site's keys, encrypted with the passphrase.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    format: int
    schema_number: str
    name: str | None
    title: str
    exported_at: str
    salt: str
    secret_keys: str


@dataclass(frozen=True, slots=True)
class TableStart:
    """The line before the rows of a table."""

    name: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class End:
    """The last line: how many rows each table has, and the highest numbers that rows were given."""

    counts: dict[str, int]
    numbers: dict[str, int]


class Writer:
    """Writes lines, and signs them."""

    def __init__(self, stream: GzipFile, protection: Protection) -> None:
        self._stream, self._protection = stream, protection

    def write(self, value: Any) -> None:
        """Write a line."""
        line = to_json(value) + b"\n"
        self._protection.sign(line)
        self._stream.write(line)

    def end(self, end: End) -> None:
        """Write the last lines."""
        self.write({"counts": end.counts, "numbers": end.numbers})
        self._stream.write(to_json({"signature": self._protection.signature()}) + b"\n")


@contextmanager
def writing(path: Path, header: Header, protection: Protection) -> Iterator[Writer]:
    """Write a file that only its owner can read; it appears when it is complete.

    Raises:
        UsageError: there is such a file already, or it can't be written.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        if path.exists():
            raise UsageError(say("There is a file %(file)s already.", file=path))
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as raw:
            with GzipFile(fileobj=raw, mode="wb", filename="") as stream:
                writer = Writer(stream, protection)
                writer.write(header.model_dump())
                yield writer
            raw.flush()
            os.fsync(raw.fileno())  # the site may be removed next
        part.rename(path)
    except OSError as error:
        raise UsageError(
            say("The file %(file)s can't be written (%(why)s).", file=path, why=error.strerror or "")
        ) from None
    finally:
        part.unlink(missing_ok=True)


class Reader:
    """Reads lines, and checks at the end that none was changed, added or lost."""

    def __init__(self, path: Path, stream: GzipFile) -> None:
        self.path, self._stream = path, stream
        self._first, first = self._line()
        try:
            self.header = Header.model_validate(first)
        except ValidationError:
            raise self.damaged() from None
        if self.header.format != FORMAT:
            raise UsageError(
                say(
                    "The file %(file)s has format %(found)s, this program knows %(known)s.",
                    file=self.path,
                    found=self.header.format,
                    known=FORMAT,
                )
            )

    def parts(self, protection: Protection) -> Iterator[TableStart | list[Any] | End]:
        """Yield the start of each table and its rows, then the end.

        Raises:
            UsageError: the file isn't what was exported with this passphrase.
        """
        protection.sign(self._first)
        while True:
            line, value = self._line()
            protection.sign(line)
            if isinstance(value, list):
                yield value
            elif isinstance(value, dict) and "table" in value:
                yield TableStart(value["table"], tuple(value.get("columns", ())))
            else:
                break
        signed = {"signature": protection.signature()}
        if self._line()[1] != signed or self._stream.read(1) or not isinstance(value, dict):
            raise self.damaged()
        yield End(value["counts"], value["numbers"])

    def damaged(self) -> UsageError:
        """Return the error for a file that isn't one, or isn't as it was exported."""
        return UsageError(say("%(file)s isn't an exported site, or it was altered or damaged.", file=self.path))

    def _line(self) -> tuple[bytes, Any]:
        try:
            line = self._stream.readline(LINE_BYTES_MAX)
            return line, from_json(line)
        except (ValueError, OSError, EOFError, zlib.error):
            raise self.damaged() from None


@contextmanager
def reading(path: Path) -> Iterator[Reader]:
    """Open a file, and read its header.

    Raises:
        UsageError: it can't be read, or isn't an exported site.
    """
    try:
        raw = path.open("rb")
    except OSError as error:
        raise UsageError(
            say("The file %(file)s can't be read (%(why)s).", file=path, why=error.strerror or "")
        ) from None
    with raw, GzipFile(fileobj=raw) as stream:
        yield Reader(path, stream)


def columns_line(name: str, columns: Sequence[str]) -> dict[str, Any]:
    """Return the line before the rows of a table."""
    return {"table": name, "columns": list(columns)}
