"""A charity's service with screens, on a real socket, with both stand-ins behind it, and users."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connections
from django.utils.crypto import get_random_string

from mailchimpsync.actions import Site, create_site, fetchandreconcile
from mailchimpsync.config import Configuration
from mailchimpsync.runtime import Runtime
from mailchimpsync.web.accounts import PASSWORD_BACKEND, create_user
from mailchimpsync.web.models import Role, User
from mailchimpsync.web.wsgi import make_application
from mailchimpsync_sandbox.civicrm import CivicrmSandbox
from mailchimpsync_sandbox.kit.server import Served
from mailchimpsync_sandbox.mailchimp import MailchimpSandbox
from mailchimpsync_sandbox.world import API_KEY, AUDIENCE_ID, AUDIENCE_NAME, GROUPS, INTERESTS, NEWS_GROUP, Side, begin
from support.rights import TRASH

CIVICRM_KEY = "ada-keeps-this-civicrm-key"
PEOPLE = {Role.VIEWER: "vera", Role.OPERATOR: "otto", Role.ADMINISTRATOR: "ada"}
PASSWORD = "correct horse battery"
SESSION_COOKIE, CSRF_COOKIE = "mailchimpsync_session", "mailchimpsync_csrf"


@dataclass
class Charity:
    """A service with its site, and the URLs of both stand-ins.

    `site` is for the test's own use of the actions; the service has its own.
    """

    site: Site
    url: str
    mailchimp_url: str
    civicrm_url: str
    stack: ExitStack
    hand: httpx2.Client

    def act(self, side: Side, action: str, values: Any) -> Any:
        """Make something happen on one side, by a stand-in's control interface."""
        base = self.mailchimp_url if side is Side.MAILCHIMP else self.civicrm_url
        answer = self.hand.post(f"{base}/_control/{action}", json=values)
        answer.raise_for_status()
        return answer.json()

    def sync(self, **options: Any) -> None:
        """Sync, as from the command line."""
        for report in fetchandreconcile(self.site, max_time=0, **options):
            if report.error is not None:
                raise report.error


def _stand_ins(stack: ExitStack, rights: Sequence[str]) -> tuple[str, str]:
    mailchimp, civicrm = MailchimpSandbox(), CivicrmSandbox(api_key=CIVICRM_KEY, permissions=rights)
    for app in (mailchimp, civicrm):
        stack.callback(app.close)
    return stack.enter_context(Served(mailchimp)).url, stack.enter_context(Served(civicrm)).url


def configuration(mailchimp_url: str, civicrm_url: str, **link: Any) -> Configuration:
    """Return the configuration in which all of the charity is connected; `link` replaces what a connection says."""
    connection = {
        "account": "Green Paths",
        "audience_id": AUDIENCE_ID,
        "audience_name": AUDIENCE_NAME,
        "group_id": NEWS_GROUP,
        "group_title": GROUPS[NEWS_GROUP],
        "interests": {key: group for key, (group, _) in INTERESTS.items()},
        "guard": {"enabled": False},
        **link,
    }
    return Configuration.checked(
        {
            "civicrm": {"url": civicrm_url, "api_key": CIVICRM_KEY, "time_zone": "UTC"},
            "accounts": {"Green Paths": {"api_key": API_KEY, "base_url": f"{mailchimp_url}/3.0"}},
            "connections": [connection],
        }
    )


def _sleep_briefly(seconds: float) -> None:
    """Wait only briefly: Mailchimp's stand-in has finished a batch by the second poll."""
    time.sleep(min(seconds, 0.02))


def open_charity(
    stack: ExitStack,
    home: Path,
    *,
    people: int = 150,
    connected: bool = True,
    synced: bool = True,
    rights: Sequence[str] = TRASH,
    **options: Any,
) -> Charity:
    """Make a charity of `people` people, and serve it with one user of each role until the stack closes.

    `connected`: its audience is linked with its groups; `synced`: and it has been synced once, without a guard.
    `rights` are the permissions of its key in CiviCRM; `options` are those of `make_application`.
    """
    urls = _stand_ins(stack, rights)
    site = stack.enter_context(create_site(home, runtime=Runtime(sleep=_sleep_briefly)))
    served = stack.enter_context(Served(make_application(site, **options)))
    stack.callback(connections.close_all)
    hand = stack.enter_context(httpx2.Client(timeout=30))
    charity = Charity(site, served.url, *urls, stack, hand)
    for call in begin(people, datetime.now(UTC)).calls:
        charity.act(call.side, call.action, call.values)
    if connected:
        site.save(configuration(*urls), "ada")
        if synced:
            charity.sync()
    add_users()
    return charity


def add_users() -> None:
    """Make a user of each role; hashing once is enough for all of them."""
    hashed = ""
    for role, name in PEOPLE.items():
        user = create_user(name, role, "the tests")
        if hashed:
            user.password = hashed
        else:
            user.set_password(PASSWORD)
            hashed = user.password
        user.save()


def session_of(role: Role) -> str:
    """Return a new session of the user with a role; tests of signing in use the form."""
    user = User.objects.get(name=PEOPLE[role])
    session = SessionStore()
    session.update({SESSION_KEY: str(user.pk), BACKEND_SESSION_KEY: PASSWORD_BACKEND})
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    assert session.session_key is not None
    return session.session_key


def cookies_of(role: Role) -> dict[str, str]:
    """Return the cookies of a signed-in user: the session, and the secret for forms."""
    return {SESSION_COOKIE: session_of(role), CSRF_COOKIE: get_random_string(32)}


def form_secret(client: httpx2.Client) -> dict[str, str]:
    """Return the header that proves a form is ours; the client has the secret from `cookies_of`."""
    return {"X-CSRFToken": client.cookies.get(CSRF_COOKIE, "", domain="") or ""}


def sign_in_by_form(client: httpx2.Client, name: str, password: str = PASSWORD) -> httpx2.Response:
    """Sign in without a browser."""
    return post_form(client, "/sign-in", {"username": name, "password": password})


def post_form(client: httpx2.Client, page: str, given: dict[str, Any], *, to: str | None = None) -> httpx2.Response:
    """Send a form as a browser would after opening a page: with the page's secret."""
    secret = client.get(page).text.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    return client.post(to or page, data={**given, "csrfmiddlewaretoken": secret})
