"""What goes to Mailchimp, shown and prepared by actions, through either interface."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mailchimpsync import fetchandreconcile
from mailchimpsync.actions import export_configuration
from mailchimpsync.actions.alerts.detection import find_problems
from mailchimpsync.config import Data, Link, from_text
from mailchimpsync.errors import Code
from support.service import LIST_ID, NEWS

if TYPE_CHECKING:
    from actions.conftest import CharitySite, Interface

BELLA = 11
MAP = {"fields": [{"merge_field": "JOB", "source": "job_title"}, {"merge_field": "MEND", "source": "membership.end"}]}


def configure(charity_site: CharitySite, **data: Any) -> None:
    """Save what the connection sends."""
    link = charity_site.site.configuration.connections[0]
    given = Link(account=link.account, audience_id=LIST_ID, group_id=NEWS, data=Data.model_validate(data))
    account = charity_site.site.configuration.accounts[link.account]
    charity_site.site.save(charity_site.site.configuration.with_link(given, account), "ann")


def test_what_can_be_mapped_is_told_with_its_type(library: CharitySite, interface: Interface) -> None:
    found = interface(library, "Mailchimpsync.getdatafields", group_id=NEWS).values

    by_name = {one["name"]: one for one in found["sources"]}
    assert by_name["membership.end"] == {
        "name": "membership.end",
        "label": "Membership: end",
        "type": "date",
        "kind": "summary",
    }
    assert by_name["birth_date"]["type"] == "date"
    assert by_name["gender_id:label"]["kind"] == "field"
    assert not {"api_key", "hash", "employer_id", "primary_contact_id", "created_id"} & set(by_name)
    assert {"FNAME", "LNAME"} <= {one["tag"] for one in found["merge_fields"]}
    assert found["groups"][str(NEWS)] == "News"
    assert {one["name"]: one["is_on"] for one in found["plugins"]} == dict.fromkeys(
        ("fields", "names", "tags", "groups"), False
    )


def test_a_map_can_be_tried_before_it_is_saved(library: CharitySite, interface: Interface) -> None:
    found = interface(library, "Mailchimpsync.getdatafields", group_id=NEWS, data=MAP).values

    words = "The audience has no merge field {}; `mailchimpsync data create-fields` makes it."
    assert found["problems"] == {"fields": [words.format("JOB"), words.format("MEND")]}


@pytest.mark.parametrize(
    ("data", "part"),
    [
        ({"colour": "red"}, "colour"),
        ({"fields": [{"merge_field": "too long a tag", "source": "x"}]}, "merge_field"),
        ({"fields": [{"merge_field": "X"}]}, "source"),
        ({"groups_as_tags": [0]}, "groups_as_tags"),
    ],
)
def test_a_map_that_can_t_be_used_is_refused_by_name(
    library: CharitySite, interface: Interface, data: Any, part: str
) -> None:
    assert part in interface(library, "Mailchimpsync.previewdata", group_id=NEWS, data=data).error


def test_a_preview_shows_real_people_with_values_and_problems_and_writes_nothing(
    charity_site: CharitySite, interface: Interface
) -> None:
    civicrm = charity_site.charity.civicrm
    civicrm.call("Contact", "update", {"where": [["id", "=", BELLA]], "values": {"job_title": "Baker"}})
    rows = {"fields": [{"merge_field": "LNAME", "source": "job_title"}, {"merge_field": "NONE", "source": "job_title"}]}
    before = charity_site.rows()

    found = interface(charity_site, "Mailchimpsync.previewdata", group_id=NEWS, contact_ids=[BELLA], data=rows).values

    [bella] = found["people"]
    assert (bella["contact_id"], bella["address"], bella["name"]) == (BELLA, "Bella@example.org", "Bella Blum")
    assert bella["data"]["fields"] == [
        {"merge_field": "LNAME", "plugin": "fields", "value": "Baker", "problem": None},
        {"merge_field": "NONE", "plugin": "fields", "value": None, "problem": "the audience has no such merge field"},
    ]
    assert charity_site.rows() == before


def test_missing_merge_fields_are_created_with_the_fitting_type_once(
    charity_site: CharitySite, interface: Interface
) -> None:
    made = interface(charity_site, "Mailchimpsync.createmergefields", group_id=NEWS, data=MAP).values
    again = interface(charity_site, "Mailchimpsync.createmergefields", group_id=NEWS, data=MAP).values

    assert [(one["tag"], one["type"], one["required"]) for one in made] == [
        ("JOB", "text", False),
        ("MEND", "date", False),
    ]
    assert again == []


def test_a_sync_with_data_finds_and_tells(charity_site: CharitySite, interface: Interface) -> None:
    assert interface(charity_site, "Mailchimpsync.getdatafindings", group_id=NEWS).values["began_at"] is None
    configure(charity_site, fields=[{"merge_field": "NOSUCH", "source": "first_name"}], plugins={"weather": {}})

    interface(charity_site, "Mailchimpsync.fetchandreconcile", group_id=NEWS, with_data=True)
    found = interface(charity_site, "Mailchimpsync.getdatafindings", group_id=NEWS).values

    assert found["failures"] == {"weather": "it is not installed"}
    [problem] = found["problems"]
    assert (problem["field"], problem["what"]) == ("NOSUCH", "the audience has no such merge field")
    assert problem["count"] == found["people"] > 0


def test_a_plugin_that_failed_is_an_alert_until_it_works(charity_site: CharitySite) -> None:
    configure(charity_site, plugins={"weather": {}})
    for report in fetchandreconcile(charity_site.site, with_data=True):
        assert report.error is None

    [problem] = [one for one in find_problems(charity_site.site) if one.kind == "data"]
    assert (problem.code, problem.data) == (Code.PLUGIN, {"plugins": "weather"})

    configure(charity_site)
    assert [one for one in find_problems(charity_site.site) if one.kind == "data"] == []


@pytest.mark.parametrize(
    ("data", "part"),
    [
        ({"names": True, "fields": [{"merge_field": "FNAME", "source": "nick_name"}]}, "FNAME has 2 sources"),
        ({"tags": True, "tag_prefix": " "}, "a prefix is needed"),
        ({"plugins": {"tags": {}}}, "built-in plugin"),
        ({"fields": [{"merge_field": "X", "source": "api_key"}]}, "secret of the contact"),
    ],
)
def test_a_configuration_that_contradicts_itself_is_refused(charity_site: CharitySite, data: Any, part: str) -> None:
    with pytest.raises(Exception, match=part):
        configure(charity_site, **data)


def test_the_configuration_comes_back_from_a_text_as_it_was(charity_site: CharitySite) -> None:
    configure(charity_site, tags=True, fields=MAP["fields"], plugins={"weather": {"city": "Berlin"}})

    text = export_configuration(charity_site.site)

    data = from_text(text)["connections"][0]["data"]
    assert (data["tags"], data["plugins"]) == (True, {"weather": {"city": "Berlin"}})
    assert [one["merge_field"] for one in data["fields"]] == ["JOB", "MEND"]


def test_no_merge_field_is_created_for_a_source_that_civicrm_does_not_know(
    library: CharitySite, interface: Interface
) -> None:
    rows = [{"merge_field": "JOB", "source": "job_title"}, {"merge_field": "SKILLS", "source": "Nothing.Here"}]

    told = interface(library, "Mailchimpsync.createmergefields", group_id=NEWS, data={"fields": rows}).error

    assert "SKILLS: CiviCRM shows no contact field “Nothing.Here”." in told
    found = interface(library, "Mailchimpsync.getdatafields", group_id=NEWS).values
    assert not {"JOB", "SKILLS"} & {one["tag"] for one in found["merge_fields"]}
