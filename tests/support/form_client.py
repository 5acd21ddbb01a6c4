"""Signs in and fills in forms without a browser: quick, for tests that need no rendering."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from typing import Any

import httpx2

from mailchimpsync.web.models import Role
from support.charity import Charity, cookies_of

_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
_SELECTED = re.compile(r'<select[^>]* name="([^"]+)".*?</select>', re.DOTALL)
_OPTION = re.compile(r'<option value="([^"]*)" selected')


@dataclass
class FormClient:
    """A signed-in user who fills in forms."""

    client: httpx2.Client

    def look(self, path: str) -> httpx2.Response:
        """Open a page."""
        return self.client.get(path)

    def fill_in(self, path: str, *, at: str | None = None, page: str | None = None, **fields: Any) -> httpx2.Response:
        """Send the form of a page with its hidden and preselected values; `at`: to another address.

        `page` is the text of a page that was opened before, to use instead.
        """
        text = page if page is not None else self.look(path).text
        given = {**_chosen(text), **dict(_HIDDEN.findall(text)), **fields}
        values = {name: unescape(str(value)) for name, value in given.items() if value is not None}
        return self.client.post(at or path, data=values)

    def confirm(self, asked: httpx2.Response) -> httpx2.Response:
        """Confirm what a page asks."""
        return self.fill_in("", at="/configuration/confirm", page=asked.text)


def _chosen(text: str) -> dict[str, str]:
    found = ((one.group(1), _OPTION.search(one.group(0))) for one in _SELECTED.finditer(text))
    return {name: option.group(1) for name, option in found if option is not None}


@contextmanager
def form_client(charity: Charity, role: Role = Role.ADMINISTRATOR) -> Iterator[FormClient]:
    """Sign in as the user with a role."""
    with httpx2.Client(base_url=charity.url, follow_redirects=True, timeout=60, cookies=cookies_of(role)) as client:
        yield FormClient(client)
