"""A request finds its site by host name or path, and learns nothing of others."""

from __future__ import annotations

import pytest

from web.fleet.conftest import OWN_HOST, Serve, ServedFleet, add_site, let_seconds_pass

pytestmark = pytest.mark.postgres


def test_a_site_is_found_by_its_name_in_the_path_and_its_addresses_are_below_it(served: ServedFleet) -> None:
    client = served.signed_in("green")

    page = client.get("/s/green/")

    assert page.status_code == 200
    assert 'href="/s/green/plans"' in page.text
    assert 'data-root="/s/green/"' in page.text
    assert 'src="/static/mailchimpsync/screens.js"' in page.text
    assert client.get("/static/mailchimpsync/screens.js").status_code == 200
    assert {cookie.path for cookie in client.cookies.jar} == {"/s/green"}


def test_a_site_is_found_by_a_host_name_of_its_own(served: ServedFleet) -> None:
    page = served.client(host=OWN_HOST).get("/sign-in")

    assert page.status_code == 200
    assert 'data-root="/"' in page.text
    assert served.client(host=f"{OWN_HOST.upper()}:8321").get("/sign-in").status_code == 200


def test_help_pages_of_each_site_link_to_its_own(served: ServedFleet) -> None:
    for name in ("green", "red"):
        page = served.signed_in(name).get(f"/s/{name}/help/how-to/run-a-sync")
        assert f'href="/s/{name}/help/' in page.text
        assert "/s/green/" not in page.text or name == "green"


@pytest.mark.parametrize(
    "path",
    [
        "/s/yellow/",
        "/s/yellow/sign-in",
        "/s/Green/",
        "/s/green-/",
        "/s/../green/",
        "/sign-in",
        "/s/",
        "/api/docs",
        "/x",
    ],
)
def test_what_is_not_there_is_a_plain_404_that_reveals_nothing(served: ServedFleet, path: str) -> None:
    answer = served.client().get(path)

    assert (answer.status_code, answer.text) == (404, "Not found\n")
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("host", ["elsewhere.example.org", "green", "blue.example.org.evil.example", "[", "a b"])
def test_another_host_name_finds_nothing(served: ServedFleet, host: str) -> None:
    for path in ("/", "/s/green/", "/fleet/", "/static/mailchimpsync/screens.js"):
        assert served.client(host=host).get(path).status_code in {400, 404}


def test_a_sites_own_host_name_finds_no_other_site(served: ServedFleet) -> None:
    client = served.client(host=OWN_HOST)

    assert client.get("/s/green/sign-in").status_code == 404
    assert client.get("/fleet/sign-in").status_code == 404


def test_the_slash_that_was_forgotten_is_added(served: ServedFleet) -> None:
    assert served.client().get("/s/green").headers["Location"] == "/s/green/"
    assert served.client().get("/").headers["Location"] == "/fleet/"


def test_health_answers_under_any_host_name(served: ServedFleet) -> None:
    assert served.client(host="10.0.0.7:8321").get("/health").text == "OK"


def test_a_site_that_was_removed_is_gone_at_once(serve_fleet: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    served = serve_fleet("green", "red")
    assert served.client().get("/s/green/sign-in").status_code == 200
    served.fleet.remove("green")
    let_seconds_pass(monkeypatch)

    assert served.client().get("/s/green/sign-in").status_code == 404
    assert served.client().get("/s/red/sign-in").status_code == 200


def test_a_site_that_is_removed_and_added_again_is_another_one(
    serve_fleet: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = serve_fleet("green", "red")
    before = served.signed_in("green")
    served.fleet.remove("green")
    add_site(served, "green")
    let_seconds_pass(monkeypatch)

    assert before.get("/s/green/").status_code == 302


def test_a_site_with_the_schema_of_another_version_waits_and_the_others_do_not(serve_fleet: Serve) -> None:
    served = serve_fleet("green", "red")
    with served.fleet.open("green") as site, site.store.begin() as tx:
        tx.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")

    answer = served.client().get("/s/green/sign-in")

    assert (answer.status_code, answer.headers["Content-Type"]) == (503, "text/plain; charset=utf-8")
    assert served.client().get("/s/red/sign-in").status_code == 200


def test_no_more_sites_are_kept_open_than_allowed_and_all_can_be_reached(serve_fleet: Serve) -> None:
    served = serve_fleet("green", "red", "blue", kept_max=1)

    for _ in range(2):
        for name in ("green", "red", "blue"):
            assert served.client().get(f"/s/{name}/api/openapi.json", headers=served.bearer(name)).status_code == 200


def test_below_a_path_of_the_fleet_addresses_and_cookies_are_below_both(serve_fleet: Serve) -> None:
    served = serve_fleet("green", settings={"public_url": "https://127.0.0.1/mail", "trusted_proxies": "1"})

    page = served.client().get("/s/green/sign-in", headers={"X-Forwarded-Proto": "https"})

    assert 'data-root="/mail/s/green/"' in page.text
    assert "Path=/mail/s/green" in page.headers["Set-Cookie"]
    assert "Secure" in page.headers["Set-Cookie"]
