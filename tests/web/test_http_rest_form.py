"""CiviCRM's REST form: what cron lines and scheduled jobs for the PHP extension call."""

from __future__ import annotations

from typing import Any

import pytest

import mailchimpsync.actions  # noqa: F401 (registers the actions)
from mailchimpsync.actions.api.description import ACTIONS, Scope
from web.conftest import LIST, ApiService

STATUS = {"entity": "Mailchimpsync", "action": "getstatus"}
SYNC = {"entity": "Mailchimpsync", "action": "fetchandreconcile"}
ROWS = {"entity": "MailchimpsyncCache", "action": "get", "mailchimp_list_id": LIST}


@pytest.fixture
def synced(api_service: ApiService) -> ApiService:
    """The service after a sync, so that there is a row."""
    assert api_service.rest({**SYNC, "max_time": "60"}).json()["is_error"] == 0
    return api_service


def values(api_service: ApiService, **fields: str) -> Any:
    content = api_service.rest(fields).json()
    assert content["is_error"] == 0, content
    return content["values"]


@pytest.mark.parametrize("title", sorted(ACTIONS))
def test_every_action_can_be_called_with_its_scope(api_service: ApiService, title: str) -> None:
    entity, action = title.split(".")

    for scope in Scope:
        answer = api_service.rest({"entity": entity.lower(), "action": action.upper(), "no_such": "1"}, scope=scope)
        allowed = scope.includes(ACTIONS[title].scope)

        assert answer.status_code == (200 if allowed else 403)
        assert answer.json()["is_error"] == 1
        assert answer.json()["error_code"] == ("USAGE" if allowed else "SCOPE")


@pytest.mark.parametrize("path", ["/civicrm/ajax/rest", "/sites/all/modules/civicrm/extern/rest.php"])
def test_an_old_cron_line_works_by_either_address(api_service: ApiService, path: str) -> None:
    fields = {
        "entity": "Mailchimpsync",
        "action": "fetchandreconcile",
        "json": '{"max_time": 60}',
        "api_key": api_service.tokens[Scope.RUN],
        "key": "the site key, which nobody needs here",
        "version": "3",
    }

    answer = api_service.client.post(path, data=fields)

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert (answer.json()["is_error"], answer.json()["version"]) == (0, 3), answer.text


def test_parameters_come_as_json_or_as_fields_and_fields_count_more(synced: ApiService) -> None:
    named = {"entity": "MailchimpsyncCache", "action": "get"}

    assert values(synced, **named, json=f'{{"mailchimp_list_id": "{LIST}", "civicrm_contact_id": 7}}') == []
    assert values(synced, **ROWS, json='{"civicrm_contact_id": 7}', civicrm_contact_id="11") != []
    assert values(synced, **ROWS, json="1") != []


def test_rows_are_keyed_by_id_unless_they_are_wanted_in_order(synced: ApiService) -> None:
    by_id = values(synced, **ROWS)
    in_order = values(synced, **ROWS, sequential="1")

    assert list(by_id.values()) == in_order
    assert list(by_id) == [str(in_order[0]["id"])]


def test_options_come_with_brackets(synced: ApiService) -> None:
    fields = {**ROWS, "options[limit]": "5", "options[offset]": "1"}

    assert values(synced, **fields) == []
    assert values(synced, **ROWS, **{"options[is_count]": "1"}) == 1


def test_lists_come_with_brackets(synced: ApiService) -> None:
    named = {"entity": "Mailchimpsync", "action": "includecontact"}
    body = {**named, "api_key": synced.tokens[Scope.RUN], "contact_id[]": ["11", "12"]}

    content = synced.client.post("/civicrm/ajax/rest", data=body).json()

    assert content["values"] == {"inputCount": 2, "affected": 1}, content


def test_the_token_may_also_come_by_header(api_service: ApiService) -> None:
    answer = api_service.client.post("/civicrm/ajax/rest", data=STATUS, headers=api_service.bearer(Scope.READ))

    assert answer.json()["is_error"] == 0


@pytest.mark.parametrize("key", [{}, {"api_key": ""}, {"api_key": "wrong"}, {"api_key[]": "wrong"}])
def test_without_a_valid_key_nothing_is_told(api_service: ApiService, key: dict[str, str]) -> None:
    for named in (STATUS, {"entity": "No", "action": "such"}, {}):
        answer = api_service.client.post("/civicrm/ajax/rest", data={**named, **key})

        assert (answer.status_code, answer.json()["error_code"]) == (401, "TOKEN")


def test_reading_may_be_asked_by_get_but_nothing_is_changed_so(api_service: ApiService) -> None:
    """As in CiviCRM, where only actions that begin with `get` are called by GET."""
    assert api_service.rest(STATUS, method="GET").json()["is_error"] == 0

    refused = api_service.rest(SYNC, method="GET")

    assert (refused.status_code, refused.json()["error_code"]) == (200, "USAGE")
    assert "POST" in refused.json()["error_message"]
    assert api_service.rest(STATUS, method="DELETE").status_code == 405


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({}, "`entity` and `action`"),
        ({"entity": "Mailchimpsync"}, "`entity` and `action`"),
        ({"entity": "Contact", "action": "get"}, "There is no such action"),
        ({**STATUS, "json": "{"}, "not valid JSON"),
        ({**STATUS, "json": '{"group_id": NaN}'}, "not valid JSON"),
        ({**STATUS, "group_id": "eight"}, "group_id"),
        ({**STATUS, "options": "8"}, "options"),
    ],
)
def test_what_cannot_be_understood_is_an_error_with_status_200(
    api_service: ApiService, fields: dict[str, str], why: str
) -> None:
    answer = api_service.rest(fields)

    assert (answer.status_code, answer.json()["is_error"]) == (200, 1), answer.text
    assert why in answer.json()["error_message"]


@pytest.mark.parametrize(
    "name", ["options[limit", "a[b][c][d][e][f]", "[x]", "options]limit[", "options[limit]x", "options[][]"]
)
def test_odd_names_of_fields_are_errors_not_crashes(api_service: ApiService, name: str) -> None:
    assert api_service.rest({**STATUS, name: "1"}).json()["is_error"] == 1


def test_names_that_contradict_each_other_are_an_error(api_service: ApiService) -> None:
    answer = api_service.client.post(
        "/civicrm/ajax/rest", content=b"options=1&options[limit]=2", headers={"Content-Type": FORM}
    )

    assert (answer.status_code, answer.json()["error_code"]) == (400, "USAGE")


FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (FORM, b"&".join(b"f%d=1" % number for number in range(1_001))),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name"),
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=\xc3\xa9", b"x"),
        (f"{FORM}; charset=utf-16", b"\xff\xfe"),
        (FORM, b"entity=%ff%fe&action=%00&json=%7b%22a%22:%22%5cud800%22%7d"),
    ],
)
def test_forms_that_cannot_be_read_are_refused_without_a_crash(
    api_service: ApiService, content_type: str, body: bytes
) -> None:
    token = f"Bearer {api_service.tokens[Scope.READ]}"
    headers = [(b"Content-Type", content_type.encode()), (b"Authorization", token.encode())]
    answer = api_service.client.post("/civicrm/ajax/rest", content=body, headers=headers)

    assert answer.status_code in {200, 400}, answer.text
    assert answer.json()["is_error"] == 1
