"""The site around the API: credentials, URLs and HTTP methods."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from mailchimpsync_sandbox.civicrm import CivicrmSandbox
from mailchimpsync_sandbox.kit.server import Served

if TYPE_CHECKING:
    from sandbox.civicrm.conftest import Client

AUTH = {"X-Civi-Auth": "Bearer sandbox-civicrm-key"}

ROUTE = "civicrm/ajax/api4/Domain/get"
URLS = {
    "clean": f"/{ROUTE}",
    "wordpress": f"/?civiwp=CiviCRM&q={ROUTE}",
    "query": f"/?q={ROUTE}",
    "joomla": f"/index.php?option=com_civicrm&task={ROUTE}",
}


@pytest.mark.parametrize("form", URLS)
def test_a_site_answers_at_its_own_address(sandbox: CivicrmSandbox, client: Client, form: str) -> None:
    sandbox.set_options(url_forms=[form])
    response = client.http.post(client.url + URLS[form], data={"params": "{}"}, headers=AUTH)
    assert response.json()["values"][0]["version"] == "6.17.2"


def test_wordpress_takes_its_older_address_too(sandbox: CivicrmSandbox, client: Client) -> None:
    sandbox.set_options(url_forms=["wordpress"])
    response = client.http.post(f"{client.url}/?page=CiviCRM&q={ROUTE}", data={"params": "{}"}, headers=AUTH)
    assert response.json()["count"] == 1


@pytest.mark.parametrize("status", [200, 404])
@pytest.mark.parametrize(
    ("known", "asked"), [("clean", "wordpress"), ("clean", "joomla"), ("wordpress", "clean"), ("joomla", "query")]
)
def test_at_another_address_there_is_a_web_page(
    sandbox: CivicrmSandbox, client: Client, status: int, known: str, asked: str
) -> None:
    sandbox.set_options(url_forms=[known], html_status=status)
    response = client.http.post(client.url + URLS[asked], data={"params": "{}"}, headers=AUTH)
    assert response.status_code == status
    assert response.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("permissions", ["few", "none", None])
def test_one_without_permission_sees_nothing_and_is_not_told_so(client: Client, permissions: str | None) -> None:
    if permissions:
        client.control("add_user", {"key": "weak", "permissions": permissions})
    key = "weak" if permissions else None
    for entity in ("Contact", "Email", "SubscriptionHistory"):
        assert client.call(entity, "get", {"select": ["row_count"]}, key=key)["count"] == 0
    for entity, action in (("Group", "get"), ("GroupContact", "get"), ("Contact", "getMergedTo")):
        assert client.post(entity, action, {}, key=key).status_code == 403
    assert client.post("Contact", "delete", {"where": [["id", ">", 0]]}, key=key).status_code == 403
    access = client.rows("Contact", "checkAccess", {"action": "update", "values": {"id": 2}}, key=key)
    assert access == [{"access": False, "id": 2}]


def test_a_second_administrator_is_another_contact(client: Client) -> None:
    added = client.control("add_user", {"key": "second", "permissions": "all"})
    params = {"select": ["id", "display_name"], "where": [["id", "=", "user_contact_id"]]}
    assert client.rows("Contact", "get", params, key="second") == [
        {"id": added["contact_id"], "display_name": "User all"}
    ]


@pytest.mark.parametrize(("version", "shown"), [("6.13", "6.13.3"), ("6.17", "6.17.2")])
def test_a_site_is_of_the_version_that_was_asked_for(
    sandbox: CivicrmSandbox, client: Client, version: str, shown: str
) -> None:
    sandbox.set_options(version=version)
    assert client.rows("Domain", "get", {"select": ["version"]})[0]["version"] == shown
    echo = client.rows("Contact", "checkAccess", {"action": "update", "values": {"id": 2}})[0]
    assert ("id" in echo) is (version == "6.17")


def test_a_credential_that_is_no_key_is_refused_in_plain_text(client: Client) -> None:
    response = client.http.post(f"{client.url}/{ROUTE}", headers={"Authorization": "Basic YWJj"})
    assert (response.status_code, response.text) == (401, "HTTP 401 Invalid credential")


def test_five_thousand_addresses_and_as_many_memberships_fit_in_one_request(
    sandbox: CivicrmSandbox, client: Client
) -> None:
    sandbox.load_contacts([{"id": 1000 + number, "emails": [f"person{number}@example.org"]} for number in range(5000)])
    addresses = [f"PERSON{number}@example.org" for number in range(5000)]
    found = client.rows("Email", "get", {"select": ["contact_id"], "where": [["email", "IN", addresses]]})
    assert len(found) == 5000
    records = [{"contact_id": row["contact_id"], "group_id": 8} for row in found]
    assert (
        client.call("GroupContact", "save", {"records": records, "match": ["contact_id", "group_id"]})["count"] == 5000
    )


def test_requests_in_parallel_lose_nothing(sandbox: CivicrmSandbox, client: Client) -> None:
    sandbox.load_contacts([{"id": 1000 + number} for number in range(80)])

    def add(number: int) -> int:
        records = [{"contact_id": 1000 + number * 10 + one, "group_id": 8} for one in range(10)]
        return client.post("GroupContact", "save", {"records": records}).status_code

    with ThreadPoolExecutor(max_workers=4) as pool:
        assert list(pool.map(add, range(8))) == [200] * 8
    assert len(sandbox.dump("GroupContact")) == len(sandbox.dump("SubscriptionHistory")) == 80


def test_the_stand_in_can_be_driven_without_a_socket(sandbox: CivicrmSandbox) -> None:
    with httpx2.Client(transport=httpx2.WSGITransport(app=sandbox), base_url="http://civicrm.test") as http:
        answer = http.post(f"/{ROUTE}", data={"params": json.dumps({"select": ["name"]})}, headers=AUTH).json()
    assert answer["values"] == [{"id": 1, "name": "Default Domain Name"}]


def test_sites_made_one_after_the_other_share_nothing(sandbox: CivicrmSandbox) -> None:
    with closing(CivicrmSandbox()) as another:
        another.add_group(30, "Only there")
        assert [row["id"] for row in another.dump("Group")] == [30]
    assert [row["id"] for row in sandbox.dump("Group")] == [8, 9]


def test_a_site_kept_in_a_file_is_there_again(tmp_path: Path) -> None:
    first = CivicrmSandbox(tmp_path / "civicrm.sqlite")
    first.add_group(8, "Autumn News")
    first.load_contacts([{"id": 11, "emails": ["alice@example.org"], "groups": {8: {}}}])
    first.close()
    again = CivicrmSandbox(tmp_path / "civicrm.sqlite")
    where = [["email", "=", "ALICE@example.org"]]
    assert again.call("Email", "get", {"where": where})["values"][0]["contact_id"] == 11
    again.close()


@pytest.mark.parametrize(
    ("action", "values", "said"),
    [
        ("load_contacts", {"contacts": [{"id": 2}]}, "already exists"),
        ("set_options", {"url_forms": ["typo3"]}, "unknown URL forms"),
        ("set_options", {"utc_offset_minutes": 900}, "within 14 hours"),
        ("set_options", {"zone": "Atlantis"}, "no such zone"),
        ("set_options", {"version": "4.7"}, "unknown version"),
        ("set_options", {"colour": "red"}, "no such option"),
        ("add_user", {"key": "k", "permissions": "some"}, "some"),
        ("grant", {"key": "k", "permissions": "all"}, "nobody has this key"),
        ("call", {"entity": "Nothing", "action": "get"}, "does not exist"),
        ("add_group", {"group_id": 8, "title": "Again"}, "already exists"),
    ],
)
def test_a_control_action_that_cannot_be_done_says_why(
    client: Client, action: str, values: dict[str, Any], said: str
) -> None:
    response = client.http.post(f"{client.url}/_control/{action}", json=values)
    assert response.status_code == 400
    assert said in response.json()["error"]


def test_everything_can_be_done_by_control(client: Client) -> None:
    client.control("clock", {"freeze": "2026-05-01T12:00:00+00:00"})
    client.control("add_group", {"group_id": 30, "title": "By control", "mailing": False, "active": False})
    people = [{"id": 11, "first_name": "Alice", "groups": {"30": {"status": "Added", "date": "2026-04-01T00:00:00Z"}}}]
    assert client.control("load_contacts", {"contacts": people}) == [11]
    client.control(
        "call", {"entity": "GroupContact", "action": "delete", "params": {"where": [["contact_id", "=", 11]]}}
    )
    history = client.control("dump", {"entity": "SubscriptionHistory"})
    assert [(row["date"], row["status"]) for row in history] == [
        ("2026-04-01 00:00:00", "Added"),
        ("2026-05-01 12:00:00", "Deleted"),
    ]
    (group,) = [row for row in client.control("dump", {"entity": "Group"}) if row["id"] == 30]
    assert (group["is_active"], group["group_type"]) == (False, None)


def test_an_error_page_can_hide_that_the_work_is_done(sandbox: CivicrmSandbox, client: Client) -> None:
    client.control("fault", {"kind": "status_after", "pattern": "GroupContact/save", "status": 502})
    response = client.post("GroupContact", "save", {"records": [{"contact_id": 2, "group_id": 8}]})
    assert (response.status_code, len(sandbox.dump("GroupContact"))) == (502, 1)


def test_a_planted_fault_after_the_work_leaves_the_work_done(sandbox: CivicrmSandbox) -> None:
    with Served(sandbox) as served, httpx2.Client() as http:
        http.post(f"{served.url}/_control/fault", json={"kind": "drop_after", "pattern": "GroupContact/save"})
        form = {"params": json.dumps({"records": [{"contact_id": 2, "group_id": 8}]})}
        with pytest.raises(httpx2.TransportError):
            http.post(f"{served.url}/civicrm/ajax/api4/GroupContact/save", data=form, headers=AUTH)
    assert len(sandbox.dump("GroupContact")) == 1


@pytest.mark.parametrize(("after", "left"), [(False, 0), (True, 1)])
def test_the_database_fails_for_a_moment_before_or_after_the_work(
    sandbox: CivicrmSandbox, client: Client, after: bool, left: int
) -> None:
    sandbox.fail_database("GroupContact save", after=after)
    params = {"records": [{"contact_id": 2, "group_id": 8}]}
    refused = client.post("GroupContact", "save", params)
    failed = {"error_code": 0, "error_message": "DB Error: unknown error", "status": 500}
    assert refused.status_code == 500
    assert {key: value for key, value in refused.json().items() if key != "error_id"} == failed
    assert len(sandbox.dump("GroupContact")) == left
    assert client.post("GroupContact", "save", {**params, "match": ["contact_id", "group_id"]}).status_code == 200


def test_a_deadlock_loses_the_first_records_of_a_save_and_the_answer_says_all_is_done(
    sandbox: CivicrmSandbox, client: Client
) -> None:
    client.control("lose_writes", {"pattern": "^Contact save$", "first": 2})
    records = [{"contact_type": "Individual", "first_name": name} for name in ("Ann", "Bob", "Carl")]
    made = client.post("Contact", "save", {"records": records}).json()["values"]
    ann, bob, carl = (row["id"] for row in made)
    assert ann < bob < carl
    assert {row["id"] for row in sandbox.dump("Contact")} & {ann, bob, carl} == {carl}
    [dora] = client.post("Contact", "save", {"records": records[:1]}).json()["values"]
    assert dora["id"] > carl


def test_the_database_fails_at_one_of_several_calls(sandbox: CivicrmSandbox, client: Client) -> None:
    client.control("fail_database", {"pattern": "^Group get$"})
    calls = {"a": ["Contact", "get", {}], "b": ["Group", "get", {}]}
    response = client.http.post(f"{client.url}/civicrm/ajax/api4", data={"calls": json.dumps(calls)}, headers=AUTH)
    assert response.status_code == 200
    assert ["error_message" in response.json()[name] for name in calls] == [False, True]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_serves_until_it_is_told_to_stop(tmp_path: Path, number: signal.Signals) -> None:
    command = [
        sys.executable,
        "-m",
        "mailchimpsync_sandbox.civicrm",
        "--port",
        "0",
        "--database",
        str(tmp_path / "site.sqlite"),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 (our own interpreter)
        assert process.stdout is not None
        line = process.stdout.readline().strip()
        assert line.startswith("listening on http://127.0.0.1:")
        url = line.removeprefix("listening on ")
        assert httpx2.post(f"{url}/{ROUTE}", headers=AUTH).json()["count"] == 1
        process.send_signal(number)
        assert process.wait(timeout=10) == 0
