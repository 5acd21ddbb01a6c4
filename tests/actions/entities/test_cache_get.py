"""Looking up what is known of the people of an audience."""

from __future__ import annotations

from typing import Any

import pytest

from actions.conftest import BELLA, CARL, EMIL, FAY, NOBODY, CharitySite, Interface
from mailchimpsync import cache_get
from mailchimpsync.errors import UsageError
from support.service import LIST_ID, OTHER_LIST

GET = "MailchimpsyncCache.get"


def addresses(rows: list[dict[str, Any]]) -> list[str | None]:
    return [row["mailchimp_email"] for row in rows]


def contacts(rows: list[dict[str, Any]]) -> set[int]:
    return {row["civicrm_contact_id"] for row in rows}


def test_all_rows_of_the_audience_are_found_also_those_without_a_member(
    library: CharitySite, interface: Interface
) -> None:
    answer = interface(library, GET, mailchimp_list_id=LIST_ID)

    assert answer.exit_code == 0
    assert [row["id"] for row in answer.values] == sorted(row["id"] for row in answer.values)
    assert answer.envelope["count"] == 7
    assert {BELLA, CARL, EMIL, NOBODY, FAY} < contacts(answer.values)
    assert {row["mailchimp_list_id"] for row in answer.values} == {LIST_ID}


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"mailchimp_email": "bella@EXAMPLE.org"}, ["Bella@example.org"]),
        ({"mailchimp_email": {"=": "BELLA@example.org"}}, ["Bella@example.org"]),
        ({"mailchimp_email": {"LIKE": "%BELLA%"}}, ["Bella@example.org"]),
        ({"mailchimp_email": {"LIKE": "ella@"}}, ["Bella@example.org"]),
        ({"mailchimp_email": {"LIKE": "fay%", "NOT LIKE": "%old%"}}, ["fay@example.org"]),
        ({"mailchimp_email": {"IN": ["carl@example.org", "dora@example.org"]}}, ["carl@example.org", "dora@example.org"]),
        ({"mailchimp_email": {"IS NULL": 1}}, [None]),
        ({"mailchimp_status": "unsubscribed"}, ["carl@example.org", "fay.old@example.org"]),
        ({"mailchimp_status": {"!=": "subscribed"}}, ["carl@example.org", "fay.old@example.org", None]),
        ({"sync_status": "fail", "reason": "CV_OTHER_ADDRESS"}, ["fay.old@example.org"]),
        ({"reason": {"LIKE": "CV_"}}, ["fay.old@example.org", None]),
        ({"reason": {"NOT IN": ["IN_SYNC", "CV_NO_ADDRESS", "CIVICRM_ADDED"]}, "civicrm_contact_id": CARL}, ["carl@example.org"]),
        ({"civicrm_contact_id": str(EMIL)}, ["emil@example.org"]),
        ({"civicrm_contact_id": {"IN": [CARL, EMIL]}}, ["carl@example.org", "emil@example.org"]),
        ({"civicrm_contact_id": {">=": EMIL, "<": FAY}}, [None, "emil@example.org"]),
        ({"civicrm_contact_id": {"IS NULL": 1}}, []),
        ({"civicrm_status": "Removed"}, ["carl@example.org"]),
        ({"civicrm_status": "none"}, []),
        ({"mailchimp_email": "nobody.knows@example.org"}, []),
    ],
)  # fmt: skip
def test_filters_find_what_they_say(
    library: CharitySite, interface: Interface, filters: dict[str, Any], found: list[Any]
) -> None:
    answer = interface(library, GET, mailchimp_list_id=LIST_ID, **filters)

    assert sorted(map(str, addresses(answer.values))) == sorted(map(str, found))


def test_a_member_with_an_old_kind_of_id_is_found_by_address_too(
    charity_site: CharitySite, interface: Interface
) -> None:
    dora = charity_site.row(email="dora@example.org")
    charity_site.set(dora["id"], identity="m:0123456789abcdef0123456789abcdef")

    answer = interface(charity_site, GET, mailchimp_list_id=LIST_ID, mailchimp_email="Dora@example.org")

    assert [row["id"] for row in answer.values] == [dora["id"]]


def test_rows_nobody_owns_and_rows_without_history_are_found(charity_site: CharitySite, interface: Interface) -> None:
    charity_site.set(charity_site.row(email="carl@example.org")["id"], civicrm_contact_id=None)

    answer = interface(charity_site, GET, mailchimp_list_id=LIST_ID, civicrm_status="none")

    [carl] = answer.values
    assert (carl["mailchimp_email"], carl["civicrm_status"], carl["status"]) == ("carl@example.org", None, None)


def test_every_row_says_what_civicrm_says_now(library: CharitySite, interface: Interface) -> None:
    answer = interface(library, GET, mailchimp_list_id=LIST_ID)

    by_contact = {row["civicrm_contact_id"]: row for row in answer.values}
    assert (by_contact[BELLA]["civicrm_status"], by_contact[BELLA]["status"]) == ("Added", "Added")
    assert by_contact[BELLA]["civicrm_updated"] == "2026-01-01T10:00:00Z"
    assert by_contact[CARL]["civicrm_status"] == "Removed"
    assert by_contact[BELLA]["mailchimp_data"] == {"first_name": "Bella", "last_name": ""}


def test_pages_follow_each_other_without_gap_or_repetition(library: CharitySite, interface: Interface) -> None:
    pages = [interface(library, GET, mailchimp_list_id=LIST_ID, limit=3, offset=start).values for start in (0, 3, 6, 9)]

    assert [len(page) for page in pages] == [3, 3, 1, 0]
    assert len({row["id"] for page in pages for row in page}) == 7


def test_limit_0_is_all(library: CharitySite, interface: Interface) -> None:
    assert len(interface(library, GET, mailchimp_list_id=LIST_ID, limit="0").values) == 7


def test_all_of_too_many_is_an_error_and_not_a_part(
    library: CharitySite, interface: Interface, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mailchimpsync.actions.entities.filters.LIMIT_MAX", 6)

    answer = interface(library, GET, mailchimp_list_id=LIST_ID, limit=0)

    assert "more than 6 rows" in answer.error
    assert "limit and offset" in answer.error


def test_rows_come_in_the_order_asked_for(library: CharitySite, interface: Interface) -> None:
    answer = interface(library, GET, mailchimp_list_id=LIST_ID, sort="mailchimp_status desc, mailchimp_email", limit=4)

    assert addresses(answer.values)[:2] == ["carl@example.org", "fay.old@example.org"]


def test_civicrms_own_options_mean_the_same(library: CharitySite, interface: Interface) -> None:
    options = {"limit": 2, "offset": 1, "sort": "id DESC"}

    nested = interface(library, GET, mailchimp_list_id=LIST_ID, options=options)

    assert nested.values == interface(library, GET, mailchimp_list_id=LIST_ID, **options).values
    assert len(nested.values) == 2


def test_a_count_is_a_number(library: CharitySite, interface: Interface) -> None:
    for asked in ({"is_count": "1"}, {"options": {"is_count": 1}}):
        answer = interface(library, GET, mailchimp_list_id=LIST_ID, mailchimp_status="unsubscribed", **asked)

        assert (answer.envelope["count"], answer.values) == (2, 2)


def test_rows_are_keyed_by_their_id_where_civicrms_callers_ask_for_it(
    library: CharitySite, interface: Interface
) -> None:
    bella = library.row(contact=BELLA)

    answer = interface(
        library, GET, mailchimp_list_id=LIST_ID, civicrm_contact_id=BELLA, sequential=0, version=3, debug="1"
    )

    assert answer.values[str(bella["id"])]["mailchimp_email"] == "Bella@example.org"


def test_without_an_audience_the_rows_of_all_are_found(library: CharitySite, interface: Interface) -> None:
    rows = interface(library, GET, civicrm_contact_id=FAY).values

    assert {row["mailchimp_list_id"] for row in rows} == {LIST_ID, OTHER_LIST}
    assert {row["civicrm_status"] for row in rows} == {"Added"}


def test_a_row_is_found_by_its_id_alone_which_the_envelope_has_too(library: CharitySite, interface: Interface) -> None:
    bella = library.row(contact=BELLA)["id"]

    answer = interface(library, GET, id=bella)

    assert (answer.envelope["id"], answer.envelope["count"]) == (bella, 1)
    assert [row["civicrm_contact_id"] for row in answer.values] == [BELLA]


@pytest.mark.parametrize(
    "wanted", [["mailchimp_email", "status"], "mailchimp_email, status", "['mailchimp_email', 'status']"]
)
def test_only_the_columns_asked_for_are_returned(library: CharitySite, interface: Interface, wanted: Any) -> None:
    [bella] = interface(library, GET, civicrm_contact_id=BELLA, **{"return": wanted}).values

    assert bella == {"id": bella["id"], "mailchimp_email": "Bella@example.org", "status": "Added"}


def test_options_may_come_as_json_text(library: CharitySite, interface: Interface) -> None:
    rows = interface(library, GET, options='{"limit":2,"sort":["id DESC"]}').values

    assert len(rows) == 2
    assert rows[0]["id"] > rows[1]["id"]


DOCUMENTED = {
    "id": {"IN": [1]},
    "mailchimp_list_id": {"IN": [LIST_ID]},
    "mailchimp_member_id": {"IN": ["x"]},
    "mailchimp_email": {"IN": ["BELLA@example.org"]},
    "mailchimp_status": {"IN": ["subscribed"]},
    "mailchimp_updated": {"IN": ["2026-01-01 10:00:00"]},
    "mailchimp_data": {"IN": ['{"first_name":"Bella","last_name":""}']},
    "civicrm_data": {"IN": ["x"]},
    "civicrm_groups": {"IN": ["x"]},
    "civicrm_contact_id": {"IN": [BELLA]},
    "sync_status": {"IN": ["ok"]},
    "civicrm_status": {"IN": ["Added"]},
}
FINDS_NOBODY = {"mailchimp_member_id", "civicrm_data", "civicrm_groups"}


@pytest.mark.parametrize("column", DOCUMENTED)
def test_every_documented_column_is_there_and_takes_several_values(
    library: CharitySite, interface: Interface, column: str
) -> None:
    found = interface(library, GET, **{column: DOCUMENTED[column]}).values
    named = interface(library, GET, limit=1, **{"return": [column]}).values

    assert bool(found) is (column not in FINDS_NOBODY)
    assert column in named[0]


def test_an_address_among_several_is_found_in_any_spelling(library: CharitySite, interface: Interface) -> None:
    wanted = ["BELLA@example.org", "carl@EXAMPLE.org", "nobody@example.org"]

    rows = interface(library, GET, mailchimp_email={"IN": wanted}).values

    assert sorted(addresses(rows), key=str) == ["Bella@example.org", "carl@example.org"]


def test_a_range_is_a_filter(library: CharitySite, interface: Interface) -> None:
    assert contacts(interface(library, GET, civicrm_contact_id={"BETWEEN": [BELLA, CARL]}).values) == {BELLA, CARL}


def test_rows_are_counted(library: CharitySite, interface: Interface) -> None:
    answer = interface(library, "MailchimpsyncCache.getcount", mailchimp_list_id=LIST_ID)

    assert (answer.values, answer.envelope["result"], answer.envelope["count"]) == (7, 7, 7)


def test_a_single_row_is_the_answer_itself(library: CharitySite, interface: Interface) -> None:
    answer = interface(library, "MailchimpsyncCache.getsingle", mailchimp_email="bella@example.org")

    assert (answer.envelope["civicrm_contact_id"], answer.envelope["is_error"]) == (BELLA, 0)
    assert "Expected one MailchimpsyncCache but found 8." in interface(library, "MailchimpsyncCache.getsingle").error
    assert "found 0" in interface(library, "MailchimpsyncCache.getsingle", civicrm_contact_id=999).error


def test_one_value_of_a_single_row_is_returned(library: CharitySite, interface: Interface) -> None:
    value = {"mailchimp_email": "bella@example.org", "return": "sync_status"}

    assert interface(library, "MailchimpsyncCache.getvalue", **value).envelope["result"] == "ok"


def test_the_fields_of_an_entity_are_told(library: CharitySite, interface: Interface) -> None:
    fields = interface(library, "MailchimpsyncCache.getfields").values
    to_create = interface(library, "MailchimpsyncUpdate.getfields", api_action="create").values

    assert DOCUMENTED.keys() <= fields.keys()
    assert fields["sync_status"]["name"] == "sync_status"
    assert (to_create["data"]["api.required"], to_create["id"]["api.required"]) == (1, 0)
    assert "has no action dance" in interface(library, "MailchimpsyncCache.getfields", api_action="dance").error


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"columns": ["colour"]}, "return: there is no column colour"),
        ({"mailchimp_list_id": "zzz"}, "The audience zzz is not connected. Connected audiences: a1b2c3d4e5"),
        ({"mailchimp_list_id": LIST_ID, "limit": -1}, "limit: it must be at least 0"),
        ({"mailchimp_list_id": LIST_ID, "limit": 25_001}, "limit: it must be at most 25000"),
        ({"mailchimp_list_id": LIST_ID, "offset": "x"}, "offset: it must be a whole number"),
        ({"mailchimp_list_id": LIST_ID, "sort": "weight"}, "“weight” is not a column"),
        ({"mailchimp_list_id": LIST_ID, "sort": "id sideways"}, "“id sideways” is not a column"),
        ({"mailchimp_list_id": LIST_ID, "colour": "red"}, "colour: this name isn't known"),
        ({"mailchimp_list_id": LIST_ID, "reason": {"RLIKE": "x"}}, "RLIKE"),
        ({"mailchimp_list_id": LIST_ID, "civicrm_contact_id": "ann"}, "civicrm_contact_id"),
        ({"mailchimp_list_id": LIST_ID, "civicrm_contact_id": 2**63}, "civicrm_contact_id"),
        ({"mailchimp_list_id": LIST_ID, "reason": "a\0b"}, "reason"),
        ({"mailchimp_list_id": LIST_ID, "options": "all"}, "options: give an object"),
    ],
)
def test_a_call_that_is_off_says_how(
    library: CharitySite, interface: Interface, given: dict[str, Any], told: str
) -> None:
    answer = interface(library, GET, **given)

    assert answer.exit_code == 2
    assert told in answer.error


def test_python_programs_are_told_what_is_off_too(library: CharitySite) -> None:
    for limit, offset in ((-1, 0), (25_001, 0), (1, -1)):
        with pytest.raises(UsageError, match=r"(limit|offset): it must be"):
            cache_get(library.site, mailchimp_list_id=LIST_ID, limit=limit, offset=offset)
    with pytest.raises(UsageError, match="RLIKE"):
        cache_get(library.site, mailchimp_list_id=LIST_ID, reason={"RLIKE": "x"})  # type: ignore[arg-type]


def test_the_other_audience_has_rows_of_its_own(library: CharitySite, interface: Interface) -> None:
    [fay] = interface(library, GET, mailchimp_list_id=OTHER_LIST).values

    assert (fay["civicrm_contact_id"], fay["civicrm_status"]) == (FAY, "Added")
