"""The field map: what CiviCRM knows becomes merge fields, in the form Mailchimp takes."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import select

from mailchimpsync.model import MappedField, Stage
from mailchimpsync.store.schema import journal, metadata
from support.data import DataWorld
from support.world import CIVICRM_KEY, LIST

ANN, BOB = "ann@example.org", "bob@example.org"


def mapped(world: DataWorld, *pairs: tuple[str, str], **details: Any) -> None:
    """Switch on a map from pairs of merge field and source."""
    world.switch_on(fields=tuple(MappedField(tag, source, **details) for tag, source in pairs))


def test_membership_is_that_of_the_current_one(world: DataWorld) -> None:
    ann = world.person("Ann")
    kind = world.create("MembershipType", name="Friend", duration_unit="year", domain_id=1)
    world.create("Membership", contact_id=ann, membership_type_id=kind, start_date="2019-01-01", end_date="2019-12-31")
    world.create(
        "Membership",
        contact_id=ann,
        membership_type_id=kind,
        join_date="2019-01-01",
        start_date="2026-01-01",
        end_date="2026-12-31",
    )
    world.merge_field("MTYPE")
    world.merge_field("MEND", "date")
    world.merge_field("MSTATUS")
    mapped(world, ("MTYPE", "membership.type"), ("MEND", "membership.end"), ("MSTATUS", "membership.status"))

    world.sync_data()

    found = world.fields(ANN)
    assert (found["MTYPE"], found["MEND"], found["MSTATUS"]) == ("Friend", "2026-12-31", "Current")


def test_donations_are_summed_up_without_tests_and_pledges_that_came_to_nothing(world: DataWorld) -> None:
    ann = world.person("Ann")
    world.person("Bob")
    world.give_money(ann, 25, "2024-03-01 10:00:00")
    world.give_money(ann, 100.5, "2026-09-01 12:00:00")
    world.give_money(ann, 9_999, "2026-10-01 12:00:00", is_test=True)
    world.give_money(ann, 8_888, "2026-10-02 12:00:00", **{"contribution_status_id:name": "Cancelled"})
    for tag, kind in (("FIRST", "date"), ("LAST", "date"), ("MOST", "number"), ("SUM", "number"), ("GIFTS", "number")):
        world.merge_field(tag, kind)
    sources = ("first", "last", "largest", "total", "count")
    names = ("FIRST", "LAST", "MOST", "SUM", "GIFTS")
    mapped(world, *((tag, f"donations.{source}") for tag, source in zip(names, sources, strict=True)))

    world.sync_data()

    found = world.fields(ANN)
    assert [found[name] for name in names] == ["2024-03-01", "2026-09-01", 100.5, 125.5, 2]
    assert not set(names) & set(world.fields(BOB))


def test_custom_fields_and_their_labels_can_be_mapped(world: DataWorld) -> None:
    ann = world.person("Ann")
    world.custom_field("Volunteering", "Skills", "sailing", "cooking")
    world.civicrm.set_custom(ann, "Volunteering.Skills", ["sailing", "cooking"])
    world.merge_field("SKILLS")
    mapped(world, ("SKILLS", "Volunteering.Skills:label"))

    world.sync_data()

    assert world.fields(ANN)["SKILLS"] == "Sailing, Cooking"


def test_a_field_that_civicrm_does_not_know_empties_nothing(world: DataWorld) -> None:
    world.person("Ann", merge_fields={"FNAME": "Ann", "SKILLS": ""})
    world.merge_field("SKILLS")
    mapped(world, ("SKILLS", "Volunteering.Skills"), ("FNAME", "nick_name"))
    world.edit(world.row_contact(ANN), nick_name="Annie")

    world.sync_data()

    assert world.fields(ANN)["FNAME"] == "Annie"
    assert world.problems() == [("fields", "SKILLS", "CiviCRM shows no such contact field", 1)]


def test_a_permission_that_one_source_lacks_holds_back_no_other_field_and_empties_nothing(world: DataWorld) -> None:
    world.merge_field("MTYPE")
    world.person("Ann", merge_fields={"FNAME": "Ann", "MTYPE": "Friend"})
    mapped(world, ("MTYPE", "membership.type"), ("FNAME", "nick_name"))
    world.edit(world.row_contact(ANN), nick_name="Annie")
    world.civicrm.grant(CIVICRM_KEY, "smallest")

    world.sync_data()

    assert (world.fields(ANN)["FNAME"], world.fields(ANN)["MTYPE"]) == ("Annie", "Friend")
    refused = "CiviCRM refuses Membership.get, which needs “access CiviMember”"
    assert world.problems() == [("fields", "MTYPE", refused, 1)]


def test_address_birthday_phone_and_contact_id(world: DataWorld) -> None:
    ann = world.person("Ann", external_identifier="x-1")
    world.edit(ann, birth_date="1980-02-29")
    where = {"street_address": "1 Cave Road", "city": "Bedrock", "postal_code": "90210", "is_primary": True}
    world.create("Address", contact_id=ann, **where, **{"country_id:abbr": "US", "state_province_id:abbr": "CA"})
    world.create("Phone", contact_id=ann, phone="+49 30 1234", is_primary=True)
    world.merge_field("BDAY", "birthday")
    world.merge_field("CID", "number")
    mapped(world, ("ADDRESS", "address"), ("BDAY", "birthday"), ("PHONE", "phone"), ("CID", "contact_id"))

    world.sync_data()

    found = world.fields(ANN)
    assert (found["BDAY"], found["PHONE"], found["CID"]) == ("02/29", "+49 30 1234", ann)
    assert found["ADDRESS"] | {"addr2": ""} == {
        "addr1": "1 Cave Road",
        "addr2": "",
        "city": "Bedrock",
        "state": "CA",
        "zip": "90210",
        "country": "US",
    }


def test_an_incomplete_address_is_a_warning_or_is_filled(world: DataWorld) -> None:
    ann = world.person("Ann")
    world.create(
        "Address",
        contact_id=ann,
        street_address="1 Road",
        city="Berlin",
        postal_code="10115",
        is_primary=True,
        **{"country_id:abbr": "DE"},
    )
    mapped(world, ("ADDRESS", "address"))
    world.sync_data()
    assert "ADDRESS" not in world.fields(ANN)
    assert world.problems() == [("fields", "ADDRESS", "the address has no state, which Mailchimp wants", 1)]

    mapped(world, ("ADDRESS", "address"), fill="-")
    world.sync_data()

    assert world.fields(ANN)["ADDRESS"]["state"] == "-"


def test_a_personal_link_has_a_checksum_as_civicrm_makes_it_and_keeps_it(world: DataWorld) -> None:
    ann = world.person("Ann")
    world.merge_field("CS")
    mapped(world, ("CS", "checksum"))
    world.sync_data()

    first = world.fields(ANN)["CS"]
    digest, begun, hours = first.split("_")
    assert digest == world.checksum(ann, begun, hours)

    world.pass_time(3_600)
    world.sync_data()
    assert world.fields(ANN)["CS"] == first

    world.pass_time(100 * 86_400)
    world.sync_data()
    assert world.fields(ANN)["CS"] != first


@pytest.mark.parametrize(
    ("kind", "options", "source", "value", "problem"),
    [
        ("number", {}, "nick_name", "many", "the value is no number"),
        ("date", {}, "nick_name", "soon", "the value is no date"),
        ("url", {}, "nick_name", "example", "the value is no complete web address, with http:// or https://"),
        ("zip", {}, "nick_name", "W1", "the field takes US zip codes of 5 digits only"),
        (
            "dropdown",
            {"options": {"choices": ["Yes", "No"]}},
            "nick_name",
            "Maybe",
            "the value is none of the field's choices",
        ),
        ("phone", {"options": {"phone_format": "US"}}, "nick_name", "12", "the field takes US phone numbers only"),
    ],
)
def test_what_mailchimp_would_refuse_is_a_warning_and_no_failure(
    world: DataWorld, kind: str, options: dict[str, Any], source: str, value: str, problem: str
) -> None:
    world.person("Ann", nick_name=value)
    world.edit(world.row_contact(ANN), nick_name=value)
    world.merge_field("X", kind, **options)
    mapped(world, ("X", source), ("LNAME", "job_title"))
    world.edit(world.row_contact(ANN), job_title="Baker")

    world.sync_data()

    assert world.problems() == [("fields", "X", problem, 1)]
    assert world.sync_result(email=ANN)[0] == "ok"
    assert world.fields(ANN)["LNAME"] == "Baker"


def test_a_text_is_cut_where_mailchimp_would_so_that_it_is_not_sent_again_and_again(world: DataWorld) -> None:
    world.person("Ann")
    world.edit(world.row_contact(ANN), job_title="é" * 200)
    mapped(world, ("LNAME", "job_title"))

    world.sync_data()
    world.sync_data()

    assert world.fields(ANN)["LNAME"] == "é" * 127
    assert len(world.operations()) == 1


def test_a_required_field_without_a_value_is_a_warning(world: DataWorld) -> None:
    world.person("Ann")
    world.merge_field("JOB", required=True)
    mapped(world, ("JOB", "job_title"))

    world.sync_data()

    assert [problem[:3] for problem in world.problems()] == [
        ("fields", "JOB", "the field is required at Mailchimp and CiviCRM has no value")
    ]


def test_a_value_that_goes_is_emptied_unless_it_is_to_be_kept(world: DataWorld) -> None:
    ann = world.person("Ann")
    world.edit(ann, job_title="Baker")
    world.merge_field("JOB")
    world.merge_field("KEPT")
    world.switch_on(fields=(MappedField("JOB", "job_title"), MappedField("KEPT", "job_title", keep_when_empty=True)))
    world.sync_data()
    world.edit(ann, job_title="")

    world.sync_data()

    assert "JOB" not in world.fields(ANN)
    assert world.fields(ANN)["KEPT"] == "Baker"


def test_names_never_overwrite_with_nothing(world: DataWorld) -> None:
    ann = world.person("Ann", merge_fields={"FNAME": "Anna", "LNAME": "Fry"}, last_name="")
    world.switch_on(names=True)

    world.sync_data()

    assert (world.fields(ANN)["FNAME"], world.fields(ANN)["LNAME"]) == ("Ann", "Fry")
    assert world.in_group(ann) == "Added"


def test_names_that_mailchimp_has_already_are_not_sent(world: DataWorld) -> None:
    world.person("Ann", last_name="Fry")
    world.switch_on(names=True)

    world.sync_data()

    assert world.operations() == []


def test_the_preferred_language_becomes_the_member_s(world: DataWorld) -> None:
    ann = world.person("Ann")
    world.edit(ann, preferred_language="de_DE")
    world.switch_on(language=True)

    world.sync_data()

    assert world.members()[ANN]["language"] == "de"


def test_data_goes_with_the_update_that_subscribes_someone(world: DataWorld) -> None:
    world.person("Ann")
    world.sync()
    bob = world.contact(BOB, first_name="Bob")
    world.edit(bob, job_title="Baker")
    world.put(bob, "Added")
    mapped(world, ("LNAME", "job_title"))

    world.sync_data()

    assert (world.status(BOB), world.fields(BOB)["LNAME"]) == ("subscribed", "Baker")
    assert len(world.operations()) == 1


def test_the_journal_tells_each_field_from_what_to_what(world: DataWorld) -> None:
    ann = world.person("Ann", last_name="Fry")
    world.switch_on(names=True)
    world.sync_data()
    world.edit(ann, last_name="Fox")

    world.sync_data()

    told = [(e["side"], e["field"], e["old"], e["new"]) for e in world.journal() if e["reason"] == "DATA_CHANGED"]
    assert told == [("Mailchimp", "merge_field LNAME", "Fry", "Fox")]


def everything_kept(world: DataWorld) -> str:
    """Return every value of every table as text."""
    with world.store.begin() as tx:
        return "\n".join(str(tuple(row)) for table in metadata.sorted_tables for row in tx.execute(select(table)))


def test_a_personal_link_is_sent_and_neither_kept_nor_shown(world: DataWorld) -> None:
    ann = world.person("Ann")
    world.merge_field("CS")
    mapped(world, ("CS", "checksum"))
    planned, _ = world.plan_sentences()
    kept_while_planned = everything_kept(world)
    world.sync_data(stop_on=Stage.SUBMIT)
    kept_while_waiting = everything_kept(world)
    world.sync_data()

    token = world.fields(ANN)["CS"]
    assert token.split("_")[0] == world.checksum(ann, *token.split("_")[1:])
    assert planned == ["Mailchimp, merge field CS: (none) → (not shown)"]
    for kept in (kept_while_planned, kept_while_waiting, everything_kept(world)):
        assert not re.search(r"[0-9a-f]{32}_\d+_\d+", kept)
    with world.store.begin() as tx:
        [entry] = tx.execute(select(journal).where(journal.c.field == "merge_field CS")).mappings()
    assert (entry["old"], entry["new"]) == (None, "(not shown)")


def test_a_contact_with_a_new_secret_gets_a_new_personal_link(world: DataWorld) -> None:
    ann = world.person("Ann")
    world.merge_field("CS")
    mapped(world, ("CS", "checksum"))
    world.sync_data()
    first = world.fields(ANN)["CS"]

    world.edit(ann, hash="0123456789abcdef0123456789abcdef")
    world.sync_data()

    second = world.fields(ANN)["CS"]
    assert second != first
    assert second.split("_")[0] == world.checksum(ann, *second.split("_")[1:])


def test_a_text_with_a_personal_token_in_it_is_not_sent(world: DataWorld) -> None:
    ann = world.person("Ann")
    world.edit(ann, nick_name=f"https://example.org/me?cs={'0a' * 16}_1790000000_168")
    world.merge_field("LINK")
    mapped(world, ("LINK", "nick_name"))

    world.sync_data()

    assert "LINK" not in world.fields(ANN)
    assert [why for *_, why, _ in world.problems()] == [
        "the value holds a personal token; map the source `checksum` to a field of its own"
    ]


@pytest.mark.parametrize(
    ("code", "known"), [("nb_NO", "no"), ("nn_NO", "no"), ("de_AT", "de"), ("fr_CA", "fr_CA"), ("es_MX", "es")]
)
def test_a_language_goes_by_mailchimps_code_for_it(world: DataWorld, code: str, known: str) -> None:
    world.edit(world.person("Ann"), preferred_language=code)
    world.switch_on(language=True)

    world.sync_data()

    assert world.members()[ANN]["language"] == known


def test_a_language_that_mailchimp_does_not_know_is_left_out_with_a_finding(world: DataWorld) -> None:
    world.edit(world.person("Ann"), preferred_language="cy_GB", job_title="Cook")
    world.merge_field("JOB")
    world.switch_on(language=True, fields=(MappedField("JOB", "job_title"),))

    world.sync_data()

    assert world.members()[ANN]["language"] == ""
    assert world.fields(ANN)["JOB"] == "Cook"
    assert world.problems() == [("fields", "language", "Mailchimp does not know the language cy_GB", 1)]


def test_an_address_without_a_country_gets_the_one_that_was_chosen_or_is_a_finding(world: DataWorld) -> None:
    ann = world.person("Ann")
    where = {"street_address": "1 Road", "city": "Leeds", "postal_code": "LS1 1AA", "is_primary": True}
    world.create("Address", contact_id=ann, **where)
    mapped(world, ("ADDRESS", "address"), fill="-")
    world.sync_data()
    assert "ADDRESS" not in world.fields(ANN)
    assert [why for *_, why, _ in world.problems()] == [
        "the address has no country, and Mailchimp would take its own; set `country` for the field"
    ]

    mapped(world, ("ADDRESS", "address"), fill="-", country="GB")
    world.sync_data()

    assert world.fields(ANN)["ADDRESS"]["country"] == "GB"


@pytest.mark.parametrize("blank", [" ", "\u00a0", "\u200b", "\u3164", "\ufe0f", "\u034f", " \u2060 "])
def test_a_blank_is_no_value_and_overwrites_none(world: DataWorld, blank: str) -> None:
    ann = world.person("Ann", last_name="Archer")
    world.edit(ann, first_name=blank, job_title=blank)
    world.merge_field("JOB")
    world.switch_on(names=True, fields=(MappedField("JOB", "job_title", keep_when_empty=True),))
    world.mailchimp_call("PATCH", f"/lists/{LIST}/members/{world.hash_of(ANN)}", {"merge_fields": {"JOB": "Cook"}})

    world.sync_data()

    assert (world.fields(ANN)["FNAME"], world.fields(ANN)["JOB"]) == ("Ann", "Cook")
