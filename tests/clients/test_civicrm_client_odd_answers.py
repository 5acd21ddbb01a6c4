"""Unusual responses of a working CiviCRM: an empty row, a list instead of an object, a database that fails briefly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from mailchimpsync.civicrm import (
    CivicrmClient,
    ContactEmail,
    Result,
    UnreadableRow,
    add_bulk_addresses,
    create_contacts,
    groups,
    mailing_groups,
    merged_to,
    save_group_contacts,
)
from mailchimpsync.civicrm.writes import NewContact
from mailchimpsync.errors import REGISTRY, Code, RefusedError, Retry, TransientError
from mailchimpsync.http import Answer
from mailchimpsync_sandbox.civicrm import CivicrmSandbox

if TYPE_CHECKING:
    from clients.conftest import CivicrmSays, FakeClock

CONTACT_GET: tuple[str, str, dict[str, Any]] = ("Contact", "get", {"select": ["id"]})


def answer(values: object, status: int = 200) -> httpx2.Response:
    return httpx2.Response(status, json={"values": values})


def database_fails(text: str = "DB Error: unknown error") -> httpx2.Response:
    problem = {"error_code": 0, "error_message": text, "error_id": "MGeZ-Lwi1-YMdA", "status": 500}
    return httpx2.Response(500, json=problem)


def test_a_contact_that_was_not_merged_is_answered_by_an_empty_row_and_that_is_no(civicrm_says: CivicrmSays) -> None:
    results = {"7": {"values": [[]]}, "8": {"values": [{"id": 9}]}, "10": {"values": []}}
    client, _ = civicrm_says(httpx2.Response(200, json=results))
    assert merged_to(client, [7, 8, 10]) == {8: 9}


def test_calls_named_by_counting_up_are_answered_by_a_list(civicrm_says: CivicrmSays) -> None:
    client, _ = civicrm_says(httpx2.Response(200, json=[{"values": [{"id": 1}]}, {"values": [[]]}]))
    assert client.multi({"0": CONTACT_GET, "1": CONTACT_GET}) == {"0": Result([{"id": 1}]), "1": Result([{}])}


def test_an_odd_result_among_several_fails_alone(civicrm_says: CivicrmSays) -> None:
    results = {"a": {"values": [{"id": 1}]}, "b": "oops", "c": {"values": [5]}, "d": {"values": None}}
    client, script = civicrm_says(httpx2.Response(200, json=results))
    found = client.multi(dict.fromkeys("abcde", CONTACT_GET))
    assert found["a"] == Result([{"id": 1}])
    codes = [one.code for name in "bcde" if isinstance(one := found[name], TransientError)]
    assert codes == [Code.CV_ODD_ANSWER] * 4
    assert len(script.requests) == 1


@pytest.mark.parametrize("text", ["unknown error", "deadlock", "database lock timeout", "connect failed"])
def test_a_read_that_meets_a_failing_database_is_tried_again(civicrm_says: CivicrmSays, text: str) -> None:
    client, script = civicrm_says(database_fails(f"DB Error: {text}"), answer([{"id": 1}]))
    assert client.call("Contact", "get", {}) == [{"id": 1}]
    assert len(script.requests) == 2


def test_a_read_whose_database_goes_on_failing_is_a_passing_fault_after_three_tries(
    civicrm_says: CivicrmSays, clock: FakeClock
) -> None:
    client, script = civicrm_says(database_fails())
    with pytest.raises(TransientError) as caught:
        client.call("Contact", "get", {})
    assert (caught.value.code, len(script.requests)) == (Code.CV_UNAVAILABLE, 3)
    assert REGISTRY[caught.value.code].retry is Retry.NEXT_RUN
    assert len(clock.slept) == 2


def test_a_call_among_several_that_meets_a_failing_database_is_asked_again_alone(civicrm_says: CivicrmSays) -> None:
    failing = {"error_code": 0, "error_message": "DB Error: unknown error", "status": 500}
    client, script = civicrm_says(
        httpx2.Response(200, json={"a": {"values": [{"id": 1}]}, "b": failing}), answer([{"id": 2}])
    )
    assert client.multi({"a": CONTACT_GET, "b": CONTACT_GET}) == {"a": Result([{"id": 1}]), "b": Result([{"id": 2}])}
    assert len(script.requests) == 2


def test_an_error_that_comes_of_the_request_is_not_tried_again(civicrm_says: CivicrmSays) -> None:
    client, script = civicrm_says(database_fails("DB Error: no such field"))
    with pytest.raises(RefusedError):
        client.call("Contact", "get", {})
    assert len(script.requests) == 1


def test_a_record_at_which_the_database_fails_each_time_fails_alone_and_is_tried_by_the_next_run(
    civicrm_says: CivicrmSays,
) -> None:
    fails = [database_fails()] * 3
    added = {"id": 9, "contact_id": 2, "group_id": 8, "status": "Added"}
    read_back = httpx2.Response(200, json={"there": {"values": [added]}, "newest": {"values": [{"id": 6}]}})
    client, _ = civicrm_says(answer([{"id": 5}]), *fails, *fails, answer([]), read_back)
    refused = save_group_contacts(client, [(1, 8, "Added"), (2, 8, "Added")], "a1b2c3d4e5").refused
    assert [(record[0], error.code) for record, error in refused.items()] == [(1, Code.CV_DATABASE)]
    assert REGISTRY[Code.CV_DATABASE].retry is Retry.NEXT_RUN


def test_a_creation_during_which_the_database_fails_is_not_sent_again_before_looking_who_is_there(
    civicrm_says: CivicrmSays,
) -> None:
    made = {"id": 5, "contact_id": 77, "email": "ann@example.org", "on_hold": 0}
    marks = dict.fromkeys(("contact_id.is_deceased", "contact_id.is_opt_out", "contact_id.do_not_email"), False)
    client, script = civicrm_says(database_fails(), answer([{**made, **marks}]))
    assert create_contacts(client, [NewContact("ann@example.org", "Ann", "")]) == [77]
    oddly_spelt, owners, read_back = (["Email", "get"] for _ in "123")
    asked = [request.url.path.rsplit("/", 2)[-2:] for request in script.requests]
    assert asked == [["Contact", "save"], oddly_spelt, owners, read_back]


def test_an_address_that_was_saved_before_the_database_failed_is_not_added_twice(
    civicrm: tuple[CivicrmSandbox, CivicrmClient],
) -> None:
    sandbox, client = civicrm
    [ann] = sandbox.load_contacts([{}])
    wanted = ContactEmail(ann, "ann@example.org")
    save = client._post
    failures = [database_fails()]

    def saved_and_failed(url: str, form: Mapping[str, Any], what: str, *, changes: bool) -> bytes:
        body = save(url, form, what, changes=changes)
        if what == "Email.save" and failures:
            raise client.problem_of(Answer(500, httpx2.Headers(), failures.pop().content), what)
        return body

    client._post = saved_and_failed  # type: ignore[method-assign]
    add_bulk_addresses(client, [wanted])
    assert len(sandbox.call("Email", "get", {"where": [["contact_id", "=", ann]]})["values"]) == 1


def without_words() -> httpx2.Response:
    said = "Sorry an error occurred and your request was not completed. (Error ID: Pout-TFPC-nkPh)"
    return httpx2.Response(500, json={"error_code": "1", "error_message": said, "status": 500})


def test_a_merge_that_can_not_be_asked_about_for_a_moment_is_not_taken_for_none(civicrm_says: CivicrmSays) -> None:
    failing = {"error_code": "1", "error_message": "Sorry an error occurred and your request was not completed."}
    client, _ = civicrm_says(httpx2.Response(200, json={"7": {**failing, "status": 500}}), without_words())
    unread: list[UnreadableRow] = []
    assert merged_to(client, [7], unread) == {}
    assert [one.contact_id for one in unread] == [7]


def test_a_group_that_can_not_be_read_is_left_out_of_a_choice_and_is_not_said_to_be_gone(
    civicrm_says: CivicrmSays,
) -> None:
    good = {"id": 8, "title": "Newsletter", "is_active": True, "is_hidden": False, "saved_search_id": None}
    rows = [{**good, "group_type:name": None}, {**good, "id": 9, "title": None, "group_type:name": None}]
    client, _ = civicrm_says(answer(rows))
    assert [group.id for group in mailing_groups(client)] == [8]
    assert list(groups(client, [8])) == [8]
    with pytest.raises(TransientError, match="Group 9"):
        groups(client, [8, 9])
