"""Keys, problem documents, the limit on simultaneous requests, planted faults."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import httpx2
import pytest

from mailchimpsync_sandbox.mailchimp import MailchimpSandbox

if TYPE_CHECKING:
    from sandbox.mailchimp.conftest import Charity

KEY = "0123456789abcdef0123456789abcdef-us6"
OTHER_KEY = "f" * 32 + "-us7"


def test_the_account_is_reached_by_basic_with_any_name_by_bearer_and_by_query(charity: Charity) -> None:
    anyone = httpx2.Client(base_url=f"{charity.url}/3.0")
    with anyone:
        for answer in (
            anyone.get("/", auth=("whoever", KEY)),
            anyone.get("/", headers={"Authorization": f"Bearer {KEY}"}),
            anyone.get("/", params={"apikey": KEY}),
        ):
            assert answer.json()["account_name"] == "Ants for All"
        conflict = anyone.get("/", auth=("any", KEY), params={"apikey": OTHER_KEY})
        assert "not consistent with the Authorization header" in conflict.json()["detail"]
    assert charity.api.get("/").json()["total_subscribers"] == 1
    assert charity.api.get("/ping").json() == {"health_status": "Everything's Chimpy!"}


@pytest.mark.parametrize("authorization", ["Basic !", f"Bearer {OTHER_KEY}", f"Bearer {KEY.replace('us6', 'us7')}"])
def test_a_wrong_key_and_a_wrong_data_centre_look_the_same(charity: Charity, authorization: str) -> None:
    refused = httpx2.get(f"{charity.url}/3.0/lists", headers={"Authorization": authorization})
    assert refused.status_code == 401
    assert refused.headers["Content-Type"] == "application/problem+json; charset=utf-8"
    assert refused.json() == {
        "type": "https://mailchimp.com/developer/marketing/docs/errors/",
        "title": "API Key Invalid",
        "status": 401,
        "detail": "Your API key may be invalid, or you've attempted to access the wrong datacenter.",
        "instance": refused.headers["X-Request-Id"],
    }


def test_no_key_is_a_missing_key_and_a_disabled_user_is_forbidden(charity: Charity) -> None:
    assert httpx2.get(f"{charity.url}/3.0/").json()["title"] == "API Key Missing"
    charity.app.add_account(KEY, "Ants for All", disabled=True)
    assert (charity.api.get("/").status_code, charity.api.get("/").json()["title"]) == (403, "User Disabled")


def test_accounts_do_not_see_each_others_audiences(charity: Charity) -> None:
    charity.app.add_account(OTHER_KEY, "Bees")
    other = {"Authorization": f"Bearer {OTHER_KEY}"}
    assert httpx2.get(f"{charity.url}/3.0/lists", headers=other).json()["total_items"] == 0
    assert httpx2.get(f"{charity.url}/3.0/lists/news/members", headers=other).status_code == 404


def test_unknown_paths_and_methods_are_told_apart(charity: Charity) -> None:
    nowhere = charity.api.get("/lists/news/nowhere")
    assert (nowhere.status_code, nowhere.json()["detail"]) == (404, "Invalid path")
    no_list = charity.api.get("/lists/none/members")
    assert (no_list.status_code, no_list.json()["detail"]) == (404, "The requested resource could not be found.")
    wrong = charity.api.delete("/lists/news/members")
    assert (wrong.status_code, wrong.headers["Allow"]) == (405, "GET, POST")


def test_an_error_can_be_triggered_by_a_header(charity: Charity) -> None:
    for name, status in (("APIKeyMissing", 401), ("TooManyRequests", 429), ("InternalServerError", 500)):
        assert charity.api.get("/ping", headers={"X-Trigger-Error": name}).status_code == status


def test_a_method_can_be_overridden_on_post_only(charity: Charity) -> None:
    override = {"X-HTTP-Method-Override": "PATCH"}
    changed = charity.api.post(charity.path("alice@example.org"), json={"vip": True}, headers=override)
    assert changed.json()["vip"] is True
    assert charity.api.get("/ping", headers=override).status_code == 422


def test_the_eleventh_simultaneous_request_is_refused(charity: Charity) -> None:
    charity.app.set_options(cost_base_seconds=0.4)
    with ThreadPoolExecutor(11) as pool:
        answers = list(pool.map(lambda _: charity.api.get("/ping"), range(11)))
    refused = [answer for answer in answers if answer.status_code == 429]
    assert [answer.json()["detail"] for answer in refused] == [
        "You have exceeded the limit of 10 simultaneous connections."
    ]
    assert "Retry-After" not in refused[0].headers
    assert charity.api.get("/ping").status_code == 200


def test_answers_are_compressed_for_those_who_ask_when_switched_on(charity: Charity) -> None:
    plain = charity.page(count=5)
    charity.app.set_options(gzip=True)
    packed = charity.api.get("/lists/news/members", params={"count": 5})
    assert (packed.headers["Content-Encoding"], packed.json()) == ("gzip", plain)


def test_a_lost_answer_leaves_the_work_done(charity: Charity) -> None:
    charity.app.control["fault"]({"kind": "drop_after", "pattern": "PUT"})
    with pytest.raises(httpx2.TransportError):
        charity.put("alice@example.org", status="unsubscribed")
    assert charity.get("alice@example.org")["status"] == "unsubscribed"


def test_control_over_http_says_what_it_cannot_do(charity: Charity) -> None:
    done = httpx2.post(
        f"{charity.url}/_control/act", json={"list_id": "news", "email": "alice@example.org", "change": "bounce"}
    )
    assert done.json()["status"] == "cleaned"
    for action, values in (
        ("set_options", {"no_such": 1}),
        ("add_account", {"api_key": "short"}),
        ("act", {"list_id": "news", "email": "nobody@example.org", "change": "bounce"}),
        ("load_members", {"list_id": "news", "members": [{"email_address": "alice@example.org"}]}),
        ("load_members", {"list_id": "news", "members": [{"email_address": "x@example.org", "colour": "red"}]}),
    ):
        assert httpx2.post(f"{charity.url}/_control/{action}", json=values).status_code == 400
    people = httpx2.post(f"{charity.url}/_control/members", json={"list_id": "news"}).json()
    assert {one["email_address"]: one["origin"] for one in people}["bob@example.org"] == "user"


def test_it_works_in_process_without_any_socket_or_thread() -> None:
    app = MailchimpSandbox(manual_batches=True)
    app.add_account(KEY)
    app.add_audience(KEY, "news", "Newsletter")
    with httpx2.Client(
        transport=httpx2.WSGITransport(app=app), base_url="http://mailchimp.test/3.0", auth=("x", KEY)
    ) as api:
        assert api.get("/lists").json()["lists"][0]["name"] == "Newsletter"
    app.close()
