"""Signing in: the first administrator, passwords by link, throttling, roles, single sign-on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from django.db import connections
from playwright.sync_api import Page, expect

from mailchimpsync.actions import create_site
from mailchimpsync.web.accounts import create_user, find_user, password_path, welcome_path
from mailchimpsync.web.models import Role, User
from mailchimpsync.web.wsgi import make_application
from mailchimpsync_sandbox.kit.server import Served
from store.databases import own_database
from support.browser import PHONE, accessibility_problems, is_too_wide, sign_in
from support.charity import PASSWORD, Charity, sign_in_by_form
from support.form_client import form_client

Visit = Callable[..., Page]


@contextmanager
def empty_service(home: Path) -> Iterator[str]:
    """Serve a site on which nobody has an account."""
    with create_site(home) as site, Served(make_application(site)) as served:
        yield served.url


@pytest.mark.thorough
def test_ada_makes_the_first_account_by_the_link_that_serve_prints_and_the_link_serves_once(
    visit: Visit, own_charity: Callable[..., Charity]
) -> None:
    charity = own_charity(people=1, connected=False)
    User.objects.all().delete()
    path = welcome_path()
    page = visit(charity, path, role=None)
    page.get_by_label("Name").fill("Ada.Lovelace")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password confirmation").fill(PASSWORD)

    page.get_by_role("button", name="Create account").click()

    expect(page.get_by_text("ada.lovelace, Administrator")).to_be_visible()
    assert httpx2.get(f"{charity.url}{path}").status_code == 404
    assert welcome_path() is None


def test_a_link_for_the_first_account_that_is_not_ours_leads_nowhere(tmp_path: Path) -> None:
    with empty_service(tmp_path / "site") as url:
        assert httpx2.get(f"{url}/welcome/ImZpcnN0IGFkbWluaXN0cmF0b3Ii:1xUnC2:forged").status_code == 404


def test_a_visitor_sees_the_sign_in_form_and_then_the_page_they_asked_for(visit: Visit, charity: Charity) -> None:
    page = visit(charity, "/users", role=None)
    page.get_by_label("Name").fill("ADA")
    page.get_by_label("Password").fill(PASSWORD)

    page.get_by_role("button", name="Sign in").click()

    expect(page.get_by_role("heading", name="Users and tokens")).to_be_visible()


@pytest.mark.thorough
def test_the_form_to_sign_in_works_without_scripts(visit: Visit, charity: Charity) -> None:
    page = visit(charity, "/sign-in", role=None, java_script_enabled=False)
    sign_in(page, charity.url, Role.ADMINISTRATOR)

    expect(page.get_by_text("ada, Administrator")).to_be_visible()


def test_after_five_failures_a_user_waits_even_with_the_right_password(own_charity: Callable[..., Charity]) -> None:
    charity = own_charity(people=1, connected=False)
    with httpx2.Client(base_url=charity.url) as client:
        statuses = [sign_in_by_form(client, "otto", f"guess {number}").status_code for number in range(5)]
        answer = sign_in_by_form(client, "otto", PASSWORD)
        others = sign_in_by_form(client, "vera", PASSWORD)

    assert statuses[:4] == [200] * 4
    assert answer.status_code == 429
    assert "Try again in 15 minutes" in answer.text
    assert others.status_code == 302


def test_vera_chooses_a_password_by_a_link_that_serves_once(visit: Visit, own_charity: Callable[..., Charity]) -> None:
    charity = own_charity(people=1, connected=False)
    path = password_path(create_user("wanda", Role.VIEWER, "ada"))
    page = visit(charity, path, role=None)
    page.get_by_label("New password", exact=True).fill("a long and new secret")
    page.get_by_label("New password confirmation").fill("a long and new secret")

    page.get_by_role("button", name="Save and sign in").click()

    expect(page.get_by_text("wanda, Viewer")).to_be_visible()
    again = visit(charity, path, role=None)
    expect(again.get_by_text("already been used")).to_be_visible()


@pytest.mark.parametrize("password", ["short", "password1234", "ada"])
def test_a_weak_password_is_refused_with_the_reason(charity: Charity, password: str) -> None:
    before = find_user("ada").password
    with form_client(charity) as ada:
        answer = ada.fill_in("/password", old_password=PASSWORD, new_password1=password, new_password2=password)

    assert answer.text.count('class="errorlist"') == 1
    assert find_user("ada").password == before


def test_a_viewer_has_no_menu_entry_for_users_and_is_turned_away_from_them(visit: Visit, charity: Charity) -> None:
    page = visit(charity, "/users", role=Role.VIEWER)

    expect(page.get_by_role("heading", name="You don't have permission")).to_be_visible()
    expect(page.get_by_role("link", name="Users and tokens")).to_have_count(0)


def test_a_form_from_elsewhere_does_nothing(charity: Charity) -> None:
    with httpx2.Client(base_url=charity.url) as client:
        sign_in_by_form(client, "ada", PASSWORD)
        answer = client.post("/users/add", data={"name": "mallory", "role": "administrator"})

    assert answer.status_code == 403
    assert "has expired" in answer.text
    assert not User.objects.filter(name="mallory").exists()


def test_the_session_cookie_is_kept_from_scripts_and_other_sites(charity: Charity) -> None:
    with httpx2.Client(base_url=charity.url) as client:
        answer = sign_in_by_form(client, "vera", PASSWORD)

    cookie = next(one for one in answer.headers.get_list("Set-Cookie") if one.startswith("mailchimpsync_session"))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_passwords_are_hashed_by_argon2(charity: Charity) -> None:
    assert find_user("ada").password.startswith("argon2$argon2id$")


@pytest.mark.thorough
def test_a_user_who_signs_out_is_signed_out(visit: Visit, charity: Charity) -> None:
    page = visit(charity, role=Role.VIEWER)

    page.get_by_role("button", name="Sign out").click()

    page.goto(f"{charity.url}/")
    assert urlsplit(page.url).path == "/sign-in"


PAGES = {"/sign-in": None, "/welcome": None, "/password": Role.ADMINISTRATOR, "/users": Role.ADMINISTRATOR}


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.thorough
def test_the_pages_of_accounts_are_accessible_and_fit_a_phone(visit: Visit, charity: Charity, path: str) -> None:
    page = visit(charity, path, PAGES[path])
    assert accessibility_problems(page) == []

    page.set_viewport_size(PHONE)
    assert not is_too_wide(page)


@pytest.mark.thorough
@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("options", [{"viewport": PHONE}, {"color_scheme": "dark"}], ids=["phone", "dark"])
def test_the_pages_of_accounts_are_accessible_in_every_size_and_colour(
    visit: Visit, charity: Charity, path: str, options: dict[str, Any]
) -> None:
    assert accessibility_problems(visit(charity, path, PAGES[path], **options)) == []


@pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=getattr(pytest.mark, kind)) for kind in ("postgres", "mariadb")]
)
def test_people_sign_in_wherever_the_site_keeps_its_data(tmp_path: Path, kind: str) -> None:
    with (
        own_database(kind) as database,
        create_site(tmp_path / "site", database=database) as site,
        Served(make_application(site)) as served,
    ):
        user = create_user("Ada", Role.ADMINISTRATOR, "the tests")
        user.set_password(PASSWORD)
        user.save()
        with httpx2.Client(base_url=served.url) as client:
            failed, entered = sign_in_by_form(client, "ada", "a guess"), sign_in_by_form(client, "ada")
            page = client.get("/users")
        connections.close_all()

    assert (failed.status_code, entered.status_code, page.status_code) == (200, 302, 200)


class TestSingleSignOn:
    """A proxy of ours says in a header who has signed in with it."""

    def _client(self, stack: ExitStack, home: Path, monkeypatch: pytest.MonkeyPatch, **environment: str) -> str:
        for name, value in {"SIGN_IN_HEADER": "X-Remote-User", **environment}.items():
            monkeypatch.setenv(f"MAILCHIMPSYNC_{name}", value)
        site = stack.enter_context(create_site(home))
        return stack.enter_context(Served(make_application(site))).url

    def test_a_newcomer_gets_the_role_that_the_settings_say(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with ExitStack() as stack:
            url = self._client(stack, tmp_path / "site", monkeypatch, SIGN_IN_ROLE="viewer")

            answer = httpx2.get(f"{url}/", headers={"X-Remote-User": "Vera@example.org"})

            assert answer.status_code == 200
            assert "vera@example.org, Viewer" in answer.text

    def test_without_a_role_for_newcomers_only_those_we_know_get_in(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with ExitStack() as stack:
            url = self._client(stack, tmp_path / "site", monkeypatch)
            create_user("ada", Role.ADMINISTRATOR, "the tests")

            assert httpx2.get(f"{url}/users", headers={"X-Remote-User": "ada"}).status_code == 200
            assert httpx2.get(f"{url}/users", headers={"X-Remote-User": "mallory"}).status_code == 302

    def test_a_header_from_elsewhere_than_the_proxy_is_not_believed(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with ExitStack() as stack:
            url = self._client(stack, tmp_path / "site", monkeypatch, PROXY_ADDRESSES='["10.1.2.3"]')
            create_user("ada", Role.ADMINISTRATOR, "the tests")

            assert httpx2.get(f"{url}/users", headers={"X-Remote-User": "ada"}).status_code == 302
