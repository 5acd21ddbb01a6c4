"""Reads small collections completely: audiences, interests, batches."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from pydantic import TypeAdapter
from typing_extensions import TypedDict

from mailchimpsync.errors import Code, EvidenceError
from mailchimpsync.mailchimp.client import MailchimpClient
from mailchimpsync.messages import say

PAGE_SIZE = 1000
PAGES_MAX = 50


class Page(TypedDict):
    """What every page has besides its entries: the total number.

    See docs/reference/mailchimp-behaviour.md#pages.
    """

    total_items: int


P = TypeVar("P", bound=Page)
T = TypeVar("T")


def read_all(
    client: MailchimpClient,
    path: str,
    page: TypeAdapter[P],
    entries_of: Callable[[P], list[T]],
    fields: str,
    *,
    gone: Code = Code.MC_NOT_FOUND,
    wanted: Mapping[str, str | int] | None = None,
) -> list[T]:
    """Return all entries of a collection, or those `wanted` (Mailchimp's own filters).

    `fields` are the dot paths to ask for besides `total_items`.

    Raises:
        EvidenceError: `MC_INCOMPLETE`, the pages do not add up to `total_items`, or there are too many.
    """
    found: list[T] = []
    for _ in range(PAGES_MAX):
        place: dict[str, str | int] = {"fields": f"total_items,{fields}", "count": PAGE_SIZE, "offset": len(found)}
        answer = client.get(path, page, {**(wanted or {}), **place}, gone=gone)
        entries = entries_of(answer)
        found += entries
        if len(found) == answer["total_items"]:
            return found
        if not entries or len(found) > answer["total_items"]:
            break
    raise EvidenceError(
        Code.MC_INCOMPLETE,
        say("A collection at Mailchimp could not be read completely (%(number)s read)", number=len(found)),
    )
