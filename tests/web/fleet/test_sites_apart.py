"""What one site of a fleet has given out is worth nothing at another."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest
from django.apps import apps
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.core import signing
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.db.utils import InterfaceError

from mailchimpsync.actions.configuration.rotate_key import rotate_key_file
from mailchimpsync.config import Configuration
from mailchimpsync.web.accounts import password_path, welcome_path
from mailchimpsync.web.fleet.services import FleetService
from mailchimpsync.web.limits import Limit, Limits
from mailchimpsync.web.models import User
from mailchimpsync.web.served import NoSiteError
from support.charity import CSRF_COOKIE, SESSION_COOKIE
from support.processes import wait_until
from web.fleet.conftest import Serve, ServedFleet, let_seconds_pass

pytestmark = pytest.mark.postgres

DOCUMENT = "api/openapi.json"


def session_of(client: httpx2.Client) -> str:
    return next(cookie.value or "" for cookie in client.cookies.jar if cookie.name == SESSION_COOKIE)


def is_signed_in(served: ServedFleet, name: str, session: str) -> bool:
    answer = served.client().get(f"/s/{name}/", headers={"Cookie": f"{SESSION_COOKIE}={session}"})
    assert answer.status_code in {200, 302}
    return answer.status_code == 200


# -- sessions and links -----------------------------------------------------------------------------------------------


def test_a_session_of_one_site_is_none_of_another(served: ServedFleet) -> None:
    session = session_of(served.signed_in("green"))

    assert is_signed_in(served, "green", session)
    assert not is_signed_in(served, "red", session)
    answer = served.client(host="blue.example.org").get("/", headers={"Cookie": f"{SESSION_COOKIE}={session}"})
    assert answer.status_code == 302


def test_even_a_session_that_was_copied_to_another_sites_table_is_worth_nothing(served: ServedFleet) -> None:
    session = session_of(served.signed_in("green"))
    with served.serving("green"):
        row = Session.objects.get(pk=session)
        green, password = User.objects.get(name="ada"), User.objects.get(name="ada").password
    with served.serving("red"):
        User.objects.filter(name="ada").update(id=green.pk, password=password)
        Session.objects.create(session_key=session, session_data=row.session_data, expire_date=row.expire_date)
        assert Session.objects.get(pk=session).get_decoded().get(SESSION_KEY) is None

    assert not is_signed_in(served, "red", session)


def test_a_password_link_of_one_site_is_none_of_another(served: ServedFleet) -> None:
    with served.serving("green"):
        ada = User.objects.get(name="ada")
        link = password_path(ada)
    with served.serving("red"):
        User.objects.filter(name="ada").update(id=ada.pk, password=ada.password, last_login=ada.last_login)

    assert link.startswith("/s/green/password/")
    assert "can't be used" not in (client := served.client()).get(link, follow_redirects=True).text
    assert 'name="new_password1"' in client.get(link, follow_redirects=True).text
    assert 'name="new_password1"' not in served.client().get(link.replace("green", "red"), follow_redirects=True).text


def test_a_link_for_the_first_administrator_of_one_site_is_none_of_another(serve_fleet: Serve) -> None:
    served = serve_fleet("green", "red")
    with served.serving("red"):
        User.objects.all().delete()
    with served.serving("green"):
        User.objects.all().delete()
        link = welcome_path()
    assert link is not None

    assert served.client().get(link).status_code == 200
    assert served.client().get(link.replace("/s/green/", "/s/red/")).status_code == 404


def test_what_is_signed_for_one_site_is_read_by_no_other(served: ServedFleet) -> None:
    with served.serving("green"):
        path = password_path(User.objects.get(name="ada"))
    with served.serving("red"):
        assert password_path(User.objects.get(name="ada")).rpartition("-")[2] != path.rpartition("-")[2]


def test_a_rotated_key_ends_the_sessions_of_its_site_alone(serve_fleet: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    served = serve_fleet("green", "red")
    sessions = {name: session_of(served.signed_in(name)) for name in ("green", "red")}
    with served.fleet.open("green") as site:
        list(rotate_key_file(site))
    let_seconds_pass(monkeypatch)

    assert {name: is_signed_in(served, name, session) for name, session in sessions.items()} == {
        "green": False,
        "red": True,
    }


# -- forms ------------------------------------------------------------------------------------------------------------


def test_a_forms_secret_of_one_site_is_none_of_another(served: ServedFleet) -> None:
    client = served.signed_in("green")
    served.sign_in(client, "red")
    page = client.get("/s/green/users").text
    secret = page.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]

    assert client.post("/s/red/sign-out", data={"csrfmiddlewaretoken": secret}).status_code == 403
    assert client.get("/s/red/").status_code == 200
    assert client.post("/s/green/sign-out", data={"csrfmiddlewaretoken": secret}).status_code == 302


def test_a_browser_sends_the_cookies_of_one_site_to_no_other(served: ServedFleet) -> None:
    client = served.signed_in("green")
    client.post("/s/green/language", data={"language": "de", "csrfmiddlewaretoken": "x"})

    sent = client.build_request("GET", "/s/greener/").headers.get("Cookie", "")

    assert SESSION_COOKIE in client.build_request("GET", "/s/green/").headers["Cookie"]
    assert sent == ""
    assert "Cookie" not in client.build_request("GET", "/s/red/").headers
    assert "Cookie" not in client.build_request("GET", "/fleet/").headers
    assert CSRF_COOKIE in {cookie.name for cookie in client.cookies.jar}


# -- tokens and webhooks ----------------------------------------------------------------------------------------------


def test_a_token_of_one_site_is_none_of_another(served: ServedFleet) -> None:
    def status(name: str, owner: str) -> int:
        return served.client().get(f"/s/{name}/{DOCUMENT}", headers=served.bearer(owner)).status_code

    assert status("green", "green") == 200
    assert status("red", "green") == 401
    assert served.client(host="blue.example.org").get(f"/{DOCUMENT}", headers=served.bearer("red")).status_code == 401


def test_the_secret_of_a_webhook_of_one_site_is_none_of_another(serve_fleet: Serve) -> None:
    served = serve_fleet("green", "red")
    secrets = {name: connect(served, name, number) for number, name in enumerate(("green", "red"), 1)}
    event = {"type": "unsubscribe", "data[list_id]": f"{1:010x}", "data[email]": "ann@example.org"}

    def deliver(name: str, secret: str) -> int:
        return served.client().post(f"/s/{name}/webhook/audience", params={"secret": secret}, data=event).status_code

    assert deliver("green", secrets["green"]) == 200
    assert deliver("red", secrets["green"]) == 401
    assert deliver("green", secrets["red"]) == 401
    assert served.client().post("/webhook/audience", params={"secret": secrets["green"]}).status_code == 404
    assert events(served, "green") == 1
    assert events(served, "red") == 0


def connect(served: ServedFleet, name: str, number: int) -> str:
    """Configure a connection, and return the secret of its webhooks."""
    account = {"api_key": f"{number:032x}-us6", "base_url": "http://127.0.0.1:9/3.0"}
    with served.fleet.open(name) as site:
        site.save(
            Configuration.checked(
                {
                    "civicrm": {"url": "http://127.0.0.1:9", "api_key": "key"},
                    "accounts": {"main": account},
                    "connections": [{"account": "main", "audience_id": f"{number:010x}", "group_id": 7}],
                }
            ),
            "ada",
        )
        secret = site.configuration.accounts["main"].webhook_secret
    assert secret is not None
    return secret.get_secret_value()


def events(served: ServedFleet, name: str) -> Any:
    with served.fleet.open(name) as site, site.store.begin() as tx:
        return tx.exec_driver_sql("SELECT count(*) FROM civicrm_mailchimpsync_event").scalar()


# -- limits, the cache, tasks -----------------------------------------------------------------------------------------


def test_the_limits_of_one_site_are_none_of_another(serve_fleet: Serve) -> None:
    served = serve_fleet("green", "red", limits=Limits(address=Limit("calls from one address", 3)))

    def statuses(name: str) -> list[int]:
        ask = served.client()
        return [ask.get(f"/s/{name}/{DOCUMENT}", headers=served.bearer(name)).status_code for _ in range(4)]

    assert statuses("green") == [200, 200, 200, 429]
    assert statuses("red") == [200, 200, 200, 429]


def test_a_lockout_at_one_site_is_none_at_another(served: ServedFleet) -> None:
    client = served.client()
    wrong = [served.sign_in(client, "green", "wrong password").status_code for _ in range(6)]

    assert wrong[-1] == 429
    assert served.sign_in(client, "green").status_code == 429
    assert served.sign_in(client, "red").status_code == 302
    with served.serving("green"):
        apps.get_model("axes", "AccessAttempt").objects.all().delete()


def test_an_entry_of_the_cache_is_one_sites(served: ServedFleet) -> None:
    with served.serving("green"):
        cache.set("what", "green")
        with served.serving("red"):
            assert cache.get("what") is None
            cache.set("what", "red")
        assert cache.get("what") == "green"


def test_a_task_of_one_site_is_none_of_another(served: ServedFleet) -> None:
    service = FleetService(served.fleet, Limits())
    green, red = service.service_of("green"), service.service_of("red")
    assert green is not None
    assert red is not None
    green.tasks.begin(green.site, "plan", "abc", lambda _site: "done", by="ada")

    assert green.tasks.newest("abc") is not None
    assert red.tasks.newest("abc") is None
    assert green.counts is not red.counts


def test_a_task_goes_on_for_the_site_that_it_was_started_for(served: ServedFleet) -> None:
    """Screens keep names of groups in the cache, from a task's thread too."""
    service = FleetService(served.fleet, Limits()).service_of("green")
    assert service is not None
    with served.serving("green"):
        service.tasks.begin(service.site, "plan", "abd", lambda _site: cache.set("names", "green"), by="ada")
    wait_until(lambda: not service.tasks.are_under_way)

    task = service.tasks.newest("abd")
    assert task is not None
    assert task.error is None
    with served.serving("green"):
        assert cache.get("names") == "green"
    with served.serving("red"):
        assert cache.get("names") is None


def test_threads_that_serve_several_sites_at_once_mix_nothing_up(served: ServedFleet) -> None:
    browsers = {name: served.signed_in(name) for name in ("green", "red")}
    with served.serving("red"):
        User.objects.filter(name="ada").update(name="rosa")
    own = {"green": "ada, Administrator", "red": "rosa, Administrator"}

    def ask(number: int) -> bool:
        name = ("green", "red")[number % 2]
        page = browsers[name].get(f"/s/{name}/users")
        return page.status_code == 200 and own[name] in page.text

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(ask, range(80)))
    with served.serving("red"):
        User.objects.filter(name="rosa").update(name="ada")

    assert all(found)


# -- what was forgotten -----------------------------------------------------------------------------------------------


def test_while_no_site_is_served_nothing_of_django_can_be_used(served: ServedFleet) -> None:
    assert served.fleet.settings.fleet
    for use, error in (
        (User.objects.count, InterfaceError),
        (lambda: cache.get("what"), NoSiteError),
        (lambda: signing.dumps("what"), ImproperlyConfigured),
        (lambda: password_path(User(name="ada", pk=1)), ImproperlyConfigured),
    ):
        with pytest.raises(error):
            use()


def test_a_signature_without_a_sites_key_is_refused_even_while_one_is_served(served: ServedFleet) -> None:
    with served.serving("green"), pytest.raises(ImproperlyConfigured):
        signing.dumps("what")


def test_a_request_leaves_nothing_behind_for_the_next_in_its_thread(served: ServedFleet) -> None:
    """Sites take turns on one connection, so on one thread."""
    client = served.client()
    for name in ("green", "red"):
        assert served.sign_in(client, name).status_code == 302
    for name in ("green", "red", "green", "red"):
        assert client.get(f"/s/{name}/").status_code == 200
        tokens = client.post(f"/s/{name}/api/MailchimpsyncAlert/get", json={}, headers=served.bearer(name))
        assert tokens.status_code == 200, tokens.text
