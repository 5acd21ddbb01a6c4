"""A fleet's web service on a real socket, with sites by path and by host name, and people who sign in there."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest
from django.core.cache import cache
from django.db import connections

from mailchimpsync.actions import Fleet, Site, create_fleet
from mailchimpsync.actions.api.description import Scope
from mailchimpsync.actions.configuration.tokens import create_token
from mailchimpsync.web.accounts import create_user
from mailchimpsync.web.fleet.front import make_fleet_application, set_up_fleet
from mailchimpsync.web.models import Role
from mailchimpsync.web.served import serving_at
from mailchimpsync_sandbox.kit.server import Served
from store.databases import own_fleet_database
from support.charity import PASSWORD, post_form

Client = httpx2.Client
Serve = Callable[..., "ServedFleet"]
OWN_HOST = "blue.example.org"


@dataclass
class ServedFleet:
    """A fleet, and where it is served. Green and red are below a path, blue has a host name of its own."""

    fleet: Fleet
    url: str
    stack: ExitStack
    tokens: dict[str, str] = field(default_factory=dict)

    def client(self, *, host: str | None = None) -> Client:
        """Return a browser without cookies; with `host`, one that finds the service by this name."""
        headers = {"Host": host} if host else {}
        return self.stack.enter_context(httpx2.Client(base_url=self.url, timeout=60, headers=headers))

    def signed_in(self, name: str) -> Client:
        """Return a browser in which Ada is signed in at a site by its path."""
        client = self.client()
        assert self.sign_in(client, name).headers["Location"] == f"/s/{name}/"
        return client

    def sign_in(self, client: Client, name: str, password: str = PASSWORD) -> httpx2.Response:
        return post_form(client, f"/s/{name}/sign-in", {"username": "ada", "password": password})

    @contextmanager
    def serving(self, name: str) -> Iterator[Site]:
        """Let Django be the site's, as in a request for it."""
        with self.fleet.open(name) as site, serving_at(site):
            yield site

    def bearer(self, name: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens[name]}"}


def add_site(served: ServedFleet, name: str, **options: Any) -> None:
    """Add a site with the user Ada, and a token."""
    served.fleet.add(name, name.title(), **options)
    with served.serving(name) as site:
        user = create_user("ada", Role.ADMINISTRATOR, "the tests")
        user.set_password(PASSWORD)
        user.save()
        served.tokens[name] = create_token(site, name="Ada's", scope=Scope.CONFIGURE, by="ada")


def let_seconds_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let some seconds pass for what sites are kept open."""
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 5)


def start(stack: ExitStack, home: Path, *names: str, **options: Any) -> ServedFleet:
    """Make a fleet with sites and serve it, until the stack is closed."""
    fleet = stack.enter_context(create_fleet(home, stack.enter_context(own_fleet_database())))
    stack.callback(connections.close_all)
    application = make_fleet_application(fleet, **options)
    served = ServedFleet(fleet, stack.enter_context(Served(application)).url, stack)
    for name in names:
        add_site(served, name, **({"host": OWN_HOST} if name == "blue" else {}))
    cache.clear()  # counts of calls are the process's
    return served


@pytest.fixture
def serve_fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Serve a separate fleet, with options of `make_fleet_application`, and settings by environment variables."""
    with ExitStack() as stack:

        def begin(*names: str, settings: Mapping[str, str] | None = None, **options: Any) -> ServedFleet:
            for name, value in (settings or {}).items():
                monkeypatch.setenv(f"MAILCHIMPSYNC_{name.upper()}", value)
            return start(stack, tmp_path / "fleet", *names, **options)

        yield begin


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedFleet]:
    with ExitStack() as stack:
        yield start(stack, tmp_path_factory.mktemp("shared") / "fleet", "green", "red", "blue")


@pytest.fixture
def served(shared: ServedFleet) -> ServedFleet:
    """A fleet that tests of a module share, so they leave its sites, users and tokens as they are."""
    set_up_fleet(shared.fleet)
    cache.clear()
    return shared
