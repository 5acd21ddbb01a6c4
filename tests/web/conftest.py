"""A small charity's service on a real socket, with both stand-ins behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from django.core.cache import cache

from mailchimpsync.actions import Site, create_site
from mailchimpsync.actions.api.description import Scope
from mailchimpsync.actions.configuration.tokens import create_token
from mailchimpsync.config import Configuration
from mailchimpsync.web.settings import configure
from mailchimpsync.web.wsgi import make_application
from mailchimpsync_sandbox.civicrm import CivicrmSandbox
from mailchimpsync_sandbox.kit.server import Served
from mailchimpsync_sandbox.mailchimp import MailchimpSandbox
from support.rights import TRASH

MAILCHIMP_KEY = "fedcba9876543210fedcba9876543210-us6"
CIVICRM_KEY = "bella-keeps-this-civicrm-key"
LIST, NEWS = "a1b2c3d4e5", 8

Serve = Callable[..., "ApiService"]


@dataclass
class ApiService:
    """The service, and those who call it: each scope has a token."""

    site: Site
    url: str
    tokens: Mapping[Scope, str]
    client: httpx2.Client

    def post(self, path: str, parameters: Any = None, *, scope: Scope | None = Scope.CONFIGURE) -> httpx2.Response:
        """Call the API with JSON and the token of a scope, or with none."""
        return self.client.post(path, json=parameters or {}, headers=self.bearer(scope))

    def get(self, path: str, *, scope: Scope | None = None, **options: Any) -> httpx2.Response:
        return self.client.get(path, headers={**self.bearer(scope), **options.pop("headers", {})}, **options)

    def rest(
        self, given: Mapping[str, str], *, method: str = "POST", scope: Scope = Scope.CONFIGURE
    ) -> httpx2.Response:
        """Call in CiviCRM's form."""
        fields = {**given, "api_key": self.tokens[scope]}
        if method == "GET":
            return self.client.get("/civicrm/ajax/rest", params=fields)
        return self.client.request(method, "/civicrm/ajax/rest", data=fields)

    def bearer(self, scope: Scope | None) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens[scope]}"} if scope is not None else {}

    @property
    def webhook_secret(self) -> str:
        secret = self.site.configuration.accounts["Green Paths"].webhook_secret
        assert secret is not None
        return secret.get_secret_value()


def _stand_ins(stack: ExitStack) -> tuple[str, str]:
    mailchimp, civicrm = MailchimpSandbox(), CivicrmSandbox(api_key=CIVICRM_KEY, permissions=TRASH)
    for app in (mailchimp, civicrm):
        stack.callback(app.close)
    mailchimp.add_account(MAILCHIMP_KEY, account_name="Green Paths")
    mailchimp.add_audience(MAILCHIMP_KEY, LIST, "Newsletter")
    long_ago = "2026-01-01T10:00:00Z"
    mailchimp.load_members(LIST, [{"email_address": "bella@example.org", "last_changed": long_ago}])
    civicrm.add_group(NEWS, "News")
    added = {NEWS: {"status": "Added", "date": long_ago}}
    civicrm.load_contacts([{"id": 11, "first_name": "Bella", "emails": ["bella@example.org"], "groups": added}])
    return (
        stack.enter_context(Served(mailchimp)).url,
        stack.enter_context(Served(civicrm)).url,
    )


def _configuration(mailchimp_url: str, civicrm_url: str) -> Configuration:
    return Configuration.checked(
        {
            "civicrm": {"url": civicrm_url, "api_key": CIVICRM_KEY},
            "accounts": {"Green Paths": {"api_key": MAILCHIMP_KEY, "base_url": f"{mailchimp_url}/3.0"}},
            "connections": [{"account": "Green Paths", "audience_id": LIST, "group_id": NEWS}],
        }
    )


def start(stack: ExitStack, home: Path, **options: Any) -> ApiService:
    """Make the charity's site and serve it, until the stack is closed."""
    systems = _stand_ins(stack)
    site = stack.enter_context(create_site(home))
    site.save(_configuration(*systems), "Bella")
    url = stack.enter_context(Served(make_application(site, **options))).url
    tokens = {scope: create_token(site, name=f"Bella's, to {scope}", scope=scope, by="Bella") for scope in Scope}
    return ApiService(site, url, tokens, stack.enter_context(httpx2.Client(base_url=url, timeout=30)))


@pytest.fixture
def serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Serve a separate site, with options of `make_application`, and settings by environment variables."""
    with ExitStack() as stack:

        def begin(*, environment: Mapping[str, str] | None = None, **options: Any) -> ApiService:
            for name, value in (environment or {}).items():
                monkeypatch.setenv(f"MAILCHIMPSYNC_{name}", value)
            api_service = start(stack, tmp_path / "site", **options)
            cache.clear()  # counts of calls are the process's
            return api_service

        yield begin


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiService]:
    with ExitStack() as stack:
        yield start(stack, tmp_path_factory.mktemp("shared") / "site")


@pytest.fixture
def api_service(shared: ApiService) -> ApiService:
    """The service as it usually is; tests of a module share it, so they leave its tokens and settings alone."""
    configure(shared.site.settings, "secret")
    cache.clear()
    return shared
