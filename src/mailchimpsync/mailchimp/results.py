"""Fetches the results of a finished batch from the storage that Mailchimp points to."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import IO
from urllib.parse import urlsplit

import httpx2

from mailchimpsync.errors import Code, RefusedError, RemoteError, TransientError
from mailchimpsync.http import Answer, timeouts, unavailable, unreadable_answer
from mailchimpsync.mailchimp.archive import BROKEN, OperationResult, read_archive
from mailchimpsync.mailchimp.batches import BatchInfo, batch
from mailchimpsync.mailchimp.client import MAILCHIMP, MailchimpClient
from mailchimpsync.messages import say
from mailchimpsync.runtime import temporary_files

PACKED_BYTES_MAX = 512 * 1024**2
_IN_MEMORY_BYTES_MAX = 8 * 1024**2

_EXPIRED = {HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}
"""How storage services say that a signed address has expired.

See docs/reference/mailchimp-behaviour.md#results-of-batches.
"""


class _ExpiredError(Exception):
    """The signed address has expired."""


def batch_results(client: MailchimpClient, info: BatchInfo) -> Iterator[OperationResult]:
    """Yield the results of a finished batch, in the archive's order, which is not the order of the operations.

    The archive is fetched completely before the first result; the key is never sent to where it is stored. If the
    address in `info` has expired, a fresh one is asked for, once.

    Raises:
        RefusedError: `BATCH_LOST`, Mailchimp no longer has the results.
        TransientError: `BATCH_STORAGE`, it could not be fetched; `BATCH_DAMAGED`, after the results that could be read.
        StoreError: `TEMPORARY_FILES`, there is no room for it on this machine.
    """
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES_MAX) as packed:
        try:
            _fetch(client, info.response_body_url, packed)
        except _ExpiredError:
            _fetch_again(client, info, packed)
        size = packed.tell()
        packed.seek(0)
        try:
            yield from read_archive(packed, size)
        except BROKEN as error:
            what = say(
                "The archive with the results of batch %(id)s is damaged (%(error)s)",
                id=info.id,
                error=type(error).__name__,
            )
            raise TransientError(Code.BATCH_DAMAGED, what) from error


def _fetch_again(client: MailchimpClient, info: BatchInfo, packed: IO[bytes]) -> None:
    fresh = batch(client, info.id)
    if fresh is None:
        raise RefusedError(Code.BATCH_LOST, say("Mailchimp no longer has the results of batch %(id)s", id=info.id))
    try:
        _fetch(client, fresh.response_body_url, packed)
    except _ExpiredError:
        raise TransientError(
            Code.BATCH_STORAGE,
            say("The results of batch %(id)s cannot be fetched, even by a fresh address", id=info.id),
        ) from None


def _fetch(client: MailchimpClient, url: str, packed: IO[bytes]) -> None:
    """Download the archive into `packed`, in several attempts if needed."""
    if not url:
        raise _ExpiredError
    _check(client, url)
    try:
        client.with_retries(lambda: _attempt(client, url, packed), repeatable=True)
    except RemoteError as error:
        if error.code is Code.BATCH_DAMAGED:
            raise
        what = say("The results of a batch cannot be fetched from %(server)s", server=urlsplit(url).hostname)
        detail = " ".join(part for part in (error.what, error.detail) if part)
        raise TransientError(Code.BATCH_STORAGE, what, status=error.status, detail=detail) from error


def _check(client: MailchimpClient, url: str) -> None:
    secure = urlsplit(client.base_url).scheme == "https"
    try:
        scheme = urlsplit(url).scheme
    except ValueError:
        raise unreadable_answer(MAILCHIMP, "the address of a batch's results") from None
    if scheme not in ({"https"} if secure else {"https", "http"}):
        raise unreadable_answer(MAILCHIMP, "the address of a batch's results is not https")


def _attempt(client: MailchimpClient, url: str, packed: IO[bytes]) -> None:
    client.check_permit()
    with temporary_files():
        packed.seek(0)
        packed.truncate()
    with _response(client, url) as response:
        if response.status_code in _EXPIRED:
            raise _ExpiredError
        if response.status_code != HTTPStatus.OK:
            raise unavailable(MAILCHIMP, Answer(response.status_code, response.headers, b""), client.runtime.now())
        for chunk in response.iter_raw():
            with temporary_files():
                packed.write(chunk)
            client.check_permit()
            if packed.tell() > PACKED_BYTES_MAX:
                what = say(
                    "The archive with the results of a batch is larger than %(number)s bytes",
                    number=PACKED_BYTES_MAX,
                )
                raise TransientError(Code.BATCH_DAMAGED, what)


@contextmanager
def _response(client: MailchimpClient, url: str) -> Iterator[httpx2.Response]:
    # Accept-Encoding: the archive is compressed already; nothing would remove a second layer.
    seconds = client.seconds_for(changes=False)
    try:
        with (
            client.within(seconds, changes=False),
            client.storage.stream(
                "GET", url, headers={"Accept-Encoding": "identity"}, timeout=timeouts(seconds)
            ) as response,
        ):
            yield response
    except httpx2.InvalidURL:
        raise unreadable_answer(MAILCHIMP, "the address of a batch's results") from None
    except httpx2.RequestError as error:
        raise client.connection_error(error) from error
