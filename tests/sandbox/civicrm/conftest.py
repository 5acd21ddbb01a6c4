"""A stand-in, and a client that calls it over real HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest

from mailchimpsync_sandbox.civicrm import CivicrmSandbox
from mailchimpsync_sandbox.kit.server import Served

KEY = "sandbox-civicrm-key"


@dataclass
class Client:
    """Calls the API like a client of CiviCRM."""

    http: httpx2.Client
    url: str

    def post(
        self, entity: str, action: str, params: dict[str, Any], *, key: str | None = KEY, **more: str
    ) -> httpx2.Response:
        headers = {"X-Civi-Auth": f"Bearer {key}"} if key else {}
        form = {"params": json.dumps(params), **more}
        return self.http.post(f"{self.url}/civicrm/ajax/api4/{entity}/{action}", data=form, headers=headers)

    def call(self, entity: str, action: str, params: dict[str, Any], **more: Any) -> dict[str, Any]:
        response = self.post(entity, action, params, **more)
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer

    def rows(self, entity: str, action: str, params: dict[str, Any], **more: Any) -> Any:
        return self.call(entity, action, params, **more)["values"]

    def control(self, action: str, values: dict[str, Any]) -> Any:
        return self.http.post(f"{self.url}/_control/{action}", json=values).json()


@pytest.fixture
def sandbox() -> Iterator[CivicrmSandbox]:
    app = CivicrmSandbox()
    app.clock.freeze(datetime(2026, 11, 20, 22, 58, 8, tzinfo=UTC))
    app.add_group(8, "Autumn News")
    app.add_group(9, "Walking")
    yield app
    app.close()


@pytest.fixture
def client(sandbox: CivicrmSandbox) -> Iterator[Client]:
    with Served(sandbox) as served, httpx2.Client(timeout=60) as http:
        yield Client(http, served.url)
