"""Exchanges with a CiviCRM, one JSON object a line: written by `record_civicrm`, read by the tests."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2

from support.transport import SandboxTransport

DATA = Path(__file__).parent.parent / "data"
MAILCHIMP = DATA / "mailchimp" / "openapi.json"
"""A subset of Mailchimp's description of its API: names, types, enums and limits."""

Exchange = dict[str, Any]

ROUTE = "civicrm/ajax/api4"
_SHOWN_OF_A_PAGE = 60
_SECRET_FIELDS = re.compile(r'("(?:hash|api_key)": ?")[^"]*')


def exchanges(version: str) -> list[Exchange]:
    """Return what was recorded on a CiviCRM of this version, in order."""
    files = sorted((DATA / f"civicrm-{version}").glob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]


Asked = frozenset[tuple[str, str, str]]
"""Entity, action and the name of a parameter; an empty name for the action as such."""


def _asked(path: str, form: dict[str, Any]) -> Asked:
    calls = form.get("calls")
    if calls is None:
        entity, action = path.removeprefix(ROUTE).strip("/").split("/")
        calls = [(entity, action, form.get("params") or {})]
    each = calls.values() if isinstance(calls, dict) else calls
    return frozenset((entity, action, name) for entity, action, params in each for name in ("", *params))


@cache
def recorded_of_product() -> Asked:
    """Return the product's calls to a real CiviCRM while it was recorded."""
    asked = [one["request"] for one in exchanges("6.13") if "user" in one]
    return frozenset().union(*(_asked(one["path"], one["form"] or {}) for one in asked))


@contextmanager
def only_what_was_recorded(transport: SandboxTransport) -> Iterator[None]:
    """Check that only calls recorded on a real CiviCRM are made; record new ones first."""
    asked: set[tuple[str, str, str]] = set()
    transport.watch = lambda request: asked.update(_asked(_path(request), _form(request)))
    yield
    assert asked <= recorded_of_product(), f"never recorded: {sorted(asked - recorded_of_product())}"


class Recorder(httpx2.BaseTransport):
    """Passes requests on, and keeps them and their answers as exchanges without keys or the site's address.

    `note` and `user` go into the exchanges that follow.
    """

    def __init__(self) -> None:
        self._inner = httpx2.HTTPTransport()
        self.kept: list[Exchange] = []
        self.note = ""
        self.user = ""

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        response = self._inner.handle_request(request)
        response.read()
        self.kept.append(
            {
                "note": self.note,
                "user": self.user,
                "request": {"method": request.method, "path": _path(request), "form": _form(request)},
                "response": _answer(response),
            }
        )
        return response

    def write(self, file: Path) -> None:
        """Write the exchanges."""
        lines = [_SECRET_FIELDS.sub(r"\g<1>" + "0" * 32, json.dumps(one, ensure_ascii=False)) for one in self.kept]
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _path(request: httpx2.Request) -> str:
    asked = parse_qs(urlsplit(str(request.url)).query)
    path = asked["q"][0] if "q" in asked else request.url.path.strip("/")
    return path[path.index(ROUTE) :] if ROUTE in path else path


def _form(request: httpx2.Request) -> dict[str, Any]:
    form = parse_qs(request.content.decode())
    return {name: json.loads(values[0]) for name, values in form.items()}


def _answer(response: httpx2.Response) -> dict[str, Any]:
    shown = {"www-authenticate": response.headers.get("WWW-Authenticate"), "set-cookie": _cookie(response)}
    headers = {name: value for name, value in shown.items() if value}
    kind = response.headers.get("Content-Type", "")
    return {"status": response.status_code, "content_type": kind, "headers": headers, "json": _body(response, kind)}


def _body(response: httpx2.Response, kind: str) -> Any:
    try:
        return response.json()
    except ValueError:
        page = response.text[:_SHOWN_OF_A_PAGE] + "… (an HTML page)"
        return {"_not_json": page if "html" in kind else response.text}


def _cookie(response: httpx2.Response) -> str:
    return re.sub(r"=[^;]*", "=…", response.headers.get("Set-Cookie", ""), count=1)
