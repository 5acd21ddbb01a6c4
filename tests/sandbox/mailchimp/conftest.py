"""A charity with a Mailchimp account, reached over real HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from mailchimpsync_sandbox.kit.server import Served
from mailchimpsync_sandbox.mailchimp import MailchimpSandbox
from mailchimpsync_sandbox.mailchimp.ids import member_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

KEY = "0123456789abcdef0123456789abcdef-us6"
NEWS, EVENTS = "aaaa000001", "aaaa000002"
LONG_AGO = "2020-01-01T00:00:00+00:00"

ALICE, BOB, CHARLIE = "alice@example.org", "bob@example.org", "charlie@example.org"
DORA, ERIC, FRED = "dora@example.org", "eric@example.org", "fred@example.org"


def member(email: str, status: str = "subscribed", **more: Any) -> dict[str, Any]:
    return {"email_address": email, "status": status, "last_changed": LONG_AGO, **more}


# Alice is subscribed, Bob unsubscribed, Charlie is cleaned, Dora hasn't confirmed, Eric was unsubscribed by staff,
# Fred is archived.
PEOPLE = [
    member(ALICE, first_name="Alice", last_name="Ant", interests=[NEWS], timestamp_opt=LONG_AGO),
    member(BOB, "unsubscribed", first_name="Bob", unsubscribed_by="user"),
    member(CHARLIE, "cleaned"),
    member(DORA, "pending"),
    member(ERIC, "unsubscribed", unsubscribed_by="admin", timestamp_opt=LONG_AGO),
    member(FRED, "archived", status_before="subscribed"),
]


@dataclass
class Charity:
    """The stand-in, and a client of its API for the audience `news`."""

    app: MailchimpSandbox
    api: httpx2.Client
    url: str
    list_id: str = "news"

    def path(self, email: str, below: str = "") -> str:
        return f"/lists/{self.list_id}/members/{member_id(email)}{below}"

    def get(self, email: str) -> dict[str, Any]:
        answer: dict[str, Any] = self.api.get(self.path(email)).raise_for_status().json()
        return answer

    def put(self, email: str, **body: Any) -> httpx2.Response:
        return self.api.put(self.path(email), json={"email_address": email, **body})

    def post(self, email: str, status: str = "subscribed", **body: Any) -> httpx2.Response:
        return self.api.post(f"/lists/{self.list_id}/members", json={"email_address": email, "status": status, **body})

    def page(self, **query: str | int) -> dict[str, Any]:
        answer = self.api.get(f"/lists/{self.list_id}/members", params=query).raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def found(self, **query: str | int) -> list[str]:
        """The local parts of the addresses of the members that a query finds."""
        return [one["email_address"].partition("@")[0] for one in self.page(**query)["members"]]

    def origin(self, email: str) -> str:
        return next(str(one["origin"]) for one in self.app.members(self.list_id) if one["email_address"] == email)


class CurrentApp:
    """Serves the stand-in of the current test."""

    app: MailchimpSandbox

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self.app(environ, start_response)


@pytest.fixture(scope="session")
def current_app() -> Iterator[tuple[CurrentApp, str, httpx2.Client]]:
    """One server and one client for all tests, since starting them is slow."""
    current_app = CurrentApp()
    with (
        Served(current_app) as served,
        httpx2.Client(base_url=f"{served.url}/3.0", auth=("any", KEY), timeout=20) as api,
    ):
        yield current_app, served.url, api


@pytest.fixture
def charity(current_app: tuple[CurrentApp, str, httpx2.Client]) -> Iterator[Charity]:
    app = MailchimpSandbox()
    app.add_account(KEY, "Ants for All")
    app.add_audience(KEY, "news", "Newsletter", interests={NEWS: "Topics: News", EVENTS: "Topics: Events"})
    app.load_members("news", PEOPLE)
    current_app[0].app = app
    yield Charity(app, current_app[2], current_app[1])
    app.close()
