"""People's requests without a browser, for tests of the answers only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2

from mailchimpsync.web.models import Role
from support.charity import Charity, cookies_of, form_secret


class Client(httpx2.Client):
    """An HTTP client with a user signed in."""

    def send_form(self, path: str, **fields: Any) -> httpx2.Response:
        """Send a form, as one of our pages would."""
        return self.post(path, data=fields, headers=form_secret(self))


@contextmanager
def signed_in(charity: Charity, role: Role) -> Iterator[Client]:
    """Sign in as the user with a role."""
    with Client(base_url=charity.url, timeout=60, cookies=cookies_of(role)) as client:
        yield client
