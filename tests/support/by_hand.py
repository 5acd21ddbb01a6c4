"""Somebody's browser without a window: pages by GET, forms by POST, as somebody who has signed in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2

from mailchimpsync.web.models import Role
from support.charity import Charity, cookies_of, form_secret


class Hands:
    """One who has signed in."""

    def __init__(self, client: httpx2.Client) -> None:
        self._client = client

    def get(self, path: str, **options: Any) -> httpx2.Response:
        return self._client.get(path, **options)

    def post(self, path: str, **fields: Any) -> httpx2.Response:
        """Send a form, as one of our pages would."""
        return self._client.post(path, data=fields, headers=form_secret(self._client))


@contextmanager
def hands_of(charity: Charity, role: Role) -> Iterator[Hands]:
    """Sign in as the one of a role."""
    with httpx2.Client(base_url=charity.url, timeout=60, cookies=cookies_of(role)) as client:
        yield Hands(client)
