"""Programs that were written for CiviCRM call us as they call CiviCRM: by its addresses, and with public clients."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import civicrmapi.http
import pytest
from civicrmapi.errors import ApiError
from civipy.base.base import CiviCRMBase
from civipy.base.config import SETTINGS
from civipy.exceptions import CiviAPIError
from civipy.interface.query import BaseQuery
from civipy.interface.v3 import V3Interface
from civipy.interface.v4 import V4Interface

from mailchimpsync.actions import fetchandreconcile
from mailchimpsync.actions.api.description import Scope
from mailchimpsync.store.schema import run
from web.conftest import LIST, NEWS, ApiService

CACHE = "MailchimpsyncCache"


class CiviMailchimpsyncCache(CiviCRMBase):  # type: ignore[misc]
    """A row, as a program that uses civipy names it."""


@pytest.fixture
def synced(api_service: ApiService) -> ApiService:
    """The service after a sync: Bella has a row."""
    for report in fetchandreconcile(api_service.site):
        assert report.error is None
    return api_service


@pytest.fixture(params=["3", "4"])
def civipy(request: pytest.FixtureRequest, synced: ApiService) -> Iterator[ApiService]:
    """The service, and civipy set up for it, with either version of the API."""
    addresses = {"3": "/civicrm/ajax/rest", "4": "/civicrm/ajax/api4/"}
    interface = V3Interface if request.param == "3" else V4Interface
    BaseQuery._interface_reference = interface()  # civipy 0.0.7 does not find its own
    SETTINGS.init(
        rest_base=synced.url + addresses[request.param],
        user_key=synced.tokens[Scope.CONFIGURE],
        site_key="nobody needs it",
        api_version=request.param,
        log_level="ERROR",
    )
    yield synced
    BaseQuery._interface_reference = None


def test_civipy_finds_rows_one_row_and_none(civipy: ApiService) -> None:
    rows = CiviMailchimpsyncCache.objects.filter(mailchimp_email="bella@example.org")
    nobody = CiviMailchimpsyncCache.objects.filter(civicrm_contact_id=999)

    assert [str(row.civicrm_contact_id) for row in rows] == ["11"], civipy.url
    assert list(nobody) == []


def test_civipy_sorts_and_limits(civipy: ApiService) -> None:
    rows = list(CiviMailchimpsyncCache.objects.filter(mailchimp_list_id=LIST).order_by(id="DESC")[:1])

    assert len(rows) == 1, civipy.url


def test_civipy_gets_an_error(synced: ApiService) -> None:
    BaseQuery._interface_reference = V3Interface()
    SETTINGS.init(
        rest_base=f"{synced.url}/civicrm/ajax/rest",
        user_key=synced.tokens[Scope.READ],
        site_key="x",
        api_version="3",
        log_level="ERROR",
    )
    with pytest.raises(CiviAPIError) as caught:
        list(CiviMailchimpsyncCache.objects.filter(colour="red"))
    BaseQuery._interface_reference = None

    assert caught.value.code == "USAGE"


def v3(api_service: ApiService) -> Any:
    return civicrmapi.http.HttpApiV3(api_service.url, api_service.tokens[Scope.CONFIGURE], "no site key is needed")


def v4(api_service: ApiService) -> Any:
    return civicrmapi.http.HttpApiV4(api_service.url, api_service.tokens[Scope.CONFIGURE])


def test_civicrmapi_gets_rows_by_either_version(synced: ApiService) -> None:
    [old] = v3(synced)(CACHE, "get", {"civicrm_contact_id": 11})
    [new] = v4(synced)(CACHE, "get", {"civicrm_contact_id": 11})

    assert old["mailchimp_email"] == new["mailchimp_email"] == "bella@example.org"
    assert (old["id"], old["civicrm_contact_id"]) == (str(new["id"]), "11")


def test_civicrmapi_counts_and_gets_errors(synced: ApiService) -> None:
    assert v3(synced)(CACHE, "getcount", {"mailchimp_list_id": LIST}) == 1
    for api in (v3(synced), v4(synced)):
        with pytest.raises(ApiError):
            api(CACHE, "get", {"colour": "red"})


def test_civicrmapi_syncs(api_service: ApiService) -> None:
    [entry] = v3(api_service)("Mailchimpsync", "fetchandreconcile", {"group_id": NEWS, "max_time": 60})

    assert entry["outcome"] in {"done", "unchanged"}  # the site is shared with tests that have synced it


PLACES = (
    "/civicrm/ajax/rest",
    "/sites/all/modules/civicrm/extern/rest.php",
    "/sites/all/modules/contrib/civicrm/extern/rest.php",
    "/libraries/civicrm/extern/rest.php",
    "/wp-content/plugins/civicrm/civicrm/extern/rest.php",
    "/administrator/components/com_civicrm/civicrm/extern/rest.php",
    "/wp-json/civicrm/v3/rest",
    "/?q=civicrm/ajax/rest",
    "/index.php?q=civicrm/ajax/rest",
    "/?civiwp=CiviCRM&q=civicrm/ajax/rest",
    "/wp-admin/admin.php?page=CiviCRM&q=civicrm/ajax/rest",
)


@pytest.mark.parametrize("place", PLACES)
def test_an_old_line_works_at_the_address_of_every_cms(api_service: ApiService, place: str) -> None:
    fields = {"entity": "Mailchimpsync", "action": "getstatus", "api_key": api_service.tokens[Scope.READ], "json": "1"}

    answer = api_service.client.post(place, data=fields)

    assert (answer.status_code, answer.json()["is_error"]) == (200, 0), answer.text


@pytest.mark.parametrize("place", ["/?q=civicrm/ajax/restful", "/people?q=civicrm/ajax/rest", "/?q=civicrm/dashboard"])
def test_other_addresses_are_no_calls(api_service: ApiService, place: str) -> None:
    answer = api_service.client.post(place, data={"entity": "Mailchimpsync", "action": "getstatus"})

    assert "is_error" not in answer.text


def api4(api_service: ApiService, action: str, scope: Scope = Scope.READ, **params: Any) -> Any:
    headers = {"X-Civi-Auth": f"Bearer {api_service.tokens[scope]}", "X-Requested-With": "XMLHttpRequest"}
    path = f"/civicrm/ajax/api4/{CACHE}/{action}"
    return api_service.client.post(path, data={"params": json.dumps(params)}, headers=headers)


def test_apiv4_looks_rows_up(synced: ApiService) -> None:
    where = [["sync_status", "IN", ["ok", "todo"]], ["mailchimp_email", "CONTAINS", "bella"], ["id", "IS NOT NULL"]]
    answer = api4(synced, "get", where=where, select=["mailchimp_email"], orderBy={"id": "DESC"}, limit=5)

    found = answer.json()
    assert (found["entity"], found["action"], found["version"], found["count"]) == (CACHE, "get", 4, 1)
    [row] = found["values"]
    assert row == {"id": row["id"], "mailchimp_email": "bella@example.org"}


def test_apiv4_counts_rows(synced: ApiService) -> None:
    found = api4(synced, "get", select=["row_count"]).json()

    assert (found["count"], found["values"]) == (1, [])


def test_apiv4_changes_one_row_with_the_scope_for_it(synced: ApiService) -> None:
    [row] = api4(synced, "get").json()["values"]
    change: dict[str, Any] = {"values": {"sync_status": "todo"}, "where": [["id", "=", row["id"]]]}

    refused, done = api4(synced, "update", **change), api4(synced, "update", Scope.CONFIGURE, **change)

    assert refused.status_code == 403
    assert done.status_code == 200, done.text
    assert [one["sync_status"] for one in api4(synced, "get").json()["values"]] == ["todo"]


def test_apiv4_tells_fields(api_service: ApiService) -> None:
    names = {one["name"] for one in api4(api_service, "getFields").json()["values"]}

    assert {"id", "mailchimp_email", "sync_status"} <= names


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ({"where": [["OR", [["id", "=", 1], ["id", "=", 2]]]]}, "OR"),
        ({"where": [["colour", "=", "red"]]}, "colour"),
        ({"where": [["id", "REGEXP", "1"]]}, "REGEXP"),
        ({"select": "id"}, "select is a list"),
        ({"where": [["id", "=", 1], ["id", "=", 2]]}, "two conditions"),
    ],
)
def test_what_apiv4_asks_for_and_cannot_be_had_is_an_error(
    api_service: ApiService, params: dict[str, Any], told: str
) -> None:
    answer = api4(api_service, "get", **params)

    assert answer.status_code == 400
    assert told in answer.json()["error_message"]
    assert answer.json()["error_code"] == "USAGE"


def test_apiv4_needs_a_token_and_post_to_change_something(api_service: ApiService) -> None:
    path = "/civicrm/ajax/api4/Mailchimpsync/fetchandreconcile"

    assert api_service.client.post(path, data={"params": "{}"}).status_code == 401
    assert api_service.get(path, scope=Scope.RUN).status_code == 400
    assert api_service.client.post("/civicrm/ajax/api4/No/such").status_code == 401


def test_job_execute_syncs_what_is_due_and_nothing_else(api_service: ApiService) -> None:
    call = {"entity": "Job", "action": "execute"}
    with api_service.site.store.begin() as tx:
        tx.execute(run.delete())

    first = api_service.rest(call, scope=Scope.RUN).json()
    second = api_service.rest(call, scope=Scope.RUN).json()

    assert [entry["outcome"] for entry in first["values"]] == ["done"]
    assert (second["is_error"], second["values"]) == (0, [])


def test_ids_are_text_in_the_rest_form_and_the_envelope_has_that_of_a_single_row(synced: ApiService) -> None:
    found = synced.rest({"entity": CACHE, "action": "get", "civicrm_contact_id": "11", "sequential": "1"}).json()

    [row] = found["values"]
    assert (row["id"], row["civicrm_contact_id"]) == (str(found["id"]), "11")
