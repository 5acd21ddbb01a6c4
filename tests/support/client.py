"""People's requests without a browser, where what counts is the answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2

from mailchimpsync.web.models import Role
from support.charity import PASSWORD, PEOPLE, Charity


class Client(httpx2.Client):
    """Somebody who has signed in."""

    def send_form(self, path: str, **fields: Any) -> httpx2.Response:
        """Send a form, as a page of ours would."""
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.get("/people").text)
        assert token is not None
        return self.post(path, data={**fields, "csrfmiddlewaretoken": token[1]})


@contextmanager
def signed_in(charity: Charity, role: Role) -> Iterator[Client]:
    """Sign in as the one of a role."""
    with Client(base_url=charity.url, timeout=30) as client:
        _sign_in(client, role)
        yield client


def _sign_in(client: Client, role: Role) -> None:
    token = client.get("/sign-in").text.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    given = {"username": PEOPLE[role], "password": PASSWORD, "csrfmiddlewaretoken": token}
    assert client.post("/sign-in", data=given).status_code == 302
