"""Records what the product sends to a CiviCRM of yours, and what it answers, with made-up people only.

    PYTHONPATH=tests python -m support.record_civicrm URL KEYS FILE

`URL` is the form of URL with {entity} and {action}; `KEYS` has a line `name=key` for each user of `USERS` below, whose
permissions are in `tests/data/civicrm-6.13/users.json`. It writes to the site: groups, contacts and activities whose
names begin with "Rec", the activity types and the custom field of campaigns. Use a site that nobody needs.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from mailchimpsync.civicrm import (
    CivicrmClient,
    ContactEmail,
    ContactRecord,
    Kind,
    Name,
    NewActivity,
    NewContact,
    add_bulk_addresses,
    add_targets,
    addresses_of,
    campaign_activities,
    check_rights,
    contacts_by_id,
    contacts_like,
    contacts_modified_since,
    count_records,
    create_activity,
    create_contacts,
    delete_records,
    display_names,
    entries,
    existing_activities,
    group_contacts,
    group_sizes,
    groups,
    held_addresses,
    hold_addresses,
    install_entries,
    install_records,
    mailing_groups,
    merged_to,
    missing_setup,
    modified,
    on_hold_addresses,
    owners_of,
    persons,
    prepare_campaigns,
    remove_entries,
    remove_records,
    save_group_contacts,
    save_records,
    sees_activities,
    set_names,
    site,
)
from mailchimpsync.civicrm.campaign_setup import FIELD, FIELD_GROUP
from mailchimpsync.civicrm.checks.site import site_clock
from mailchimpsync.civicrm.contact_records import GROUP
from mailchimpsync.data.catalogue import SUMMARIES, lookups_for
from mailchimpsync.data.reading import contacts_call, rows_call
from mailchimpsync.data.sources import sources
from mailchimpsync.errors import EvidenceError, RemoteError
from mailchimpsync.runtime import Runtime
from support.recording import Recorder

USERS = ("full", "small", "smallplus", "noadd", "noedit", "noview", "nocivi", "noauth", "acl")
FAR_FUTURE = "2037-01-01 00:00:00"
NOBODY = 2_000_000_000
CAMPAIGN = f"{FIELD_GROUP}.{FIELD}"


class Site:
    """A client for each user, all recorded by one recorder."""

    def __init__(self, url: str, keys: dict[str, str]) -> None:
        self.recorder = Recorder()
        self._clients = {
            user: CivicrmClient(
                url.split("{", maxsplit=1)[0], key, Runtime(), pattern=url, transport=self.recorder, attempts_max=1
            )
            for user, key in keys.items()
        }

    def as_(self, user: str, note: str) -> CivicrmClient:
        """Return the client of a user; what it does next is recorded under a note."""
        self.recorder.user, self.recorder.note = user, note
        return self._clients[user]

    def ask(self, user: str, note: str, entity: str, action: str, params: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Make one call, refused or not, and return its rows."""
        with suppress(RemoteError):
            return self.as_(user, note).call(entity, action, params)
        return []

    def do(self, user: str, note: str, work: Callable[..., Any], *given: Any) -> Any:
        """Let the product do something, refused or not, and return what comes of it; iterators are used up."""
        with suppress(RemoteError, EvidenceError):
            done = work(self.as_(user, note), *given)
            return [one for page in done for one in page] if hasattr(done, "__next__") else done
        return None


class People:
    """Ids of what the recording makes."""

    news = walking = smart = tag = 0
    ann = bob = cid = dan = eve = 0


def record(site_: Site) -> None:
    """Go through all that the product sends, as users with more and fewer rights."""
    people = People()
    _make_groups(site_, people)
    _prove(site_, people)
    _make_people(site_, people)
    _read(site_, people)
    _spell_oddly(site_, people)
    _correct(site_, people)
    _send_data(site_, people)
    _import_campaigns(site_, people)
    _trash_and_merge(site_, people)
    for user in USERS:
        _try_rights(site_, people, user)
    of_acl = {"select": ["id"], "where": [["title", "=", "Visible only"]]}
    seen = site_.ask("full", "the group of the ACL", "Group", "get", of_acl)
    shown = {"contact_id": people.ann, "group_id": seen[0]["id"], "status": "Added"}
    site_.ask("full", "show a contact by the ACL", "GroupContact", "create", {"values": shown})
    _try_to_write(site_, people, "acl", " that the ACL shows")
    put_entries(site_)
    put_contact_records(site_)
    _ask_wrongly(site_, people)


def _made(rows: list[dict[str, Any]]) -> int:
    return int(rows[0]["id"])


def _make_groups(to: Site, people: People) -> None:
    mailing = {"is_active": True, "group_type:name": ["Mailing List"]}
    for name in ("news", "walking"):
        title = f"Rec {name.capitalize()}"
        values = {"title": title, "frontend_title": title, **mailing}
        setattr(people, name, _made(to.ask("full", f"make a group, {name}", "Group", "create", {"values": values})))
    found = {"version": 4, "select": ["id"], "where": [["last_name", "=", "Recsmart"]]}
    search = {"label": "Rec smart", "api_entity": "Contact", "api_params": found}
    saved = _made(to.ask("full", "make a search", "SavedSearch", "create", {"values": search}))
    values = {"title": "Rec Smart", "frontend_title": "Rec Smart", "saved_search_id": saved, **mailing}
    people.smart = _made(to.ask("full", "make a smart group", "Group", "create", {"values": values}))
    values = {"name": "Rec_Steward", "label": "Rec Steward", "used_for:name": ["Contact"]}
    people.tag = _made(to.ask("full", "make a tag", "Tag", "create", {"values": values}))


def _prove(to: Site, people: People) -> None:
    ids = [people.news, people.walking]
    for user in USERS:
        to.do(user, f"prove the site, {user}", site, ids)
        to.do(user, f"prove the rights, {user}", check_rights)
    to.do("small", "the clock", site_clock)
    to.do("small", "groups by id", groups, ids)
    to.do("acl", "mailing groups", mailing_groups)
    to.do("small", "a smart group is refused", site, [people.smart])


def _make_people(to: Site, people: People) -> None:
    names = (("ann", "Rec"), ("bob", "Recsmart"), ("cid", "Rec"), ("dan", "Rec"), ("eve", "Rec"))
    new = [NewContact(f"rec-{first}@example.org", first.capitalize(), last) for first, last in names]
    made = to.do("small", "make contacts", create_contacts, new)
    for (name, _), contact_id in zip(names, made, strict=True):
        setattr(people, name, contact_id)
    nobody = [NewContact("rec-nobody@example.org", "", "")]
    to.do("small", "make a contact without a name", create_contacts, nobody)
    to.do("noadd", "make contacts, without add contacts", create_contacts, new[:1])
    added = [(one, people.news, "Added") for one in made]
    to.do("small", "put contacts into a group", save_group_contacts, added, "abc123")
    again = [(people.ann, people.news, "Added"), (people.bob, people.news, "Removed")]
    to.do("small", "again, and remove one", save_group_contacts, again, "abc123")
    never = [(people.cid, people.walking, "Removed"), (NOBODY, people.walking, "Added")]
    to.do(
        "small",
        "remove one who never was in it, and add nobody",
        save_group_contacts,
        never,
        "a",
    )


def _read(to: Site, people: People) -> None:
    ids = [people.ann, people.bob, people.cid, NOBODY]
    of = [people.news, people.walking]
    addresses = ["REC-Ann@example.org", "rec-bob@example.org", "rec-unknown@example.org"]
    to.do("small", "who is in groups", group_contacts, of)
    to.do("small", "who of some is in groups", group_contacts, of, ids)
    to.ask("small", "history", "SubscriptionHistory", "get", _history([["group_id", "IN", of]]))
    recent = [["group_id", "IN", of], ["contact_id", "IN", ids], ["date", ">=", "2026-01-01 00:00:00"]]
    to.ask("small", "history since", "SubscriptionHistory", "get", _history(recent))
    newest = {**_history([["group_id", "IN", of]]), "orderBy": {"id": "DESC"}, "limit": 5}
    to.ask("small", "the newest history", "SubscriptionHistory", "get", newest)
    to.do("small", "contacts by id", contacts_by_id, ids)
    to.do("small", "contacts modified since", contacts_modified_since, FAR_FUTURE)
    to.ask("small", "the seconds in which contacts were modified", *modified.call(FAR_FUTURE))
    to.ask("small", "the seconds in which the history got entries", *modified.history_call(of, FAR_FUTURE))
    to.do("small", "addresses of contacts", addresses_of, ids)
    to.do("small", "owners of addresses", owners_of, addresses)
    to.do("small", "names of contacts", display_names, ids)
    to.do("small", "contacts like", contacts_like, "Recsmart", 5)
    to.do("small", "persons", persons, ids)
    to.do("small", "sizes of groups", group_sizes, of)
    there = {"select": ["id", "is_deleted"], "where": [["id", "IN", ids], ["is_deleted", "IN", [True, False]]]}
    to.ask("small", "contacts that were seen before", "Contact", "get", there)


def _history(where: list[Any]) -> dict[str, Any]:
    select = ["id", "contact_id", "group_id", "date", "status", "method"]
    return {"select": select, "where": where, "orderBy": {"id": "ASC"}, "limit": 25_000}


ODDLY_SPELT = {
    "cr": "rec-cr@example.org\r",
    "lf": "rec-lf@example.org\n",
    "tab": "\trec-tab@example.org",
    "blank": " rec-blank@example.org",
    "no-break": "\u00a0rec-no-break@example.org",
    "no-break-behind": "rec-no-break-behind@example.org\u00a0",
    "behind": "rec-behind@example.org ",
    "zero-width": "\u200brec-zero-width@example.org",
    "joiner": "rec-\u2060joiner@example.org",
    "hyphen": "rec-\u00adhyphen@example.org",
    "control": "\x01rec-control@example.org",
}
"""Addresses as imports leave them, by what is odd about them."""


def _spell_oddly(to: Site, people: People) -> None:
    for how, address in ODDLY_SPELT.items():
        values = {"contact_id": people.ann, "email": address}
        to.ask("small", f"keep an address as it is, {how}", "Email", "create", {"values": values})
    plain = [f"rec-{how}@example.org" for how in ODDLY_SPELT]
    of_ann: list[Any] = ["contact_id", "=", people.ann]
    for note, condition in (
        ("found by their plain spelling", ["email", "IN", plain]),
        ("found as they are kept", ["email", "IN", list(ODDLY_SPELT.values())]),
        ("found by one plain spelling", ["email", "=", "rec-cr@example.org"]),
        ("found by a part", ["email", "LIKE", "%rec-cr@example.org%"]),
        ("found by a blank in front", ["email", "LIKE", " %"]),
        ("found by what they are", ["email", "REGEXP", "[^!-~]"]),
        ("found by a regular expression in any case", ["email", "REGEXP", "REC-CR"]),
        ("all others", ["email", "NOT REGEXP", "[^!-~]"]),
        ("a regular expression that is none", ["email", "REGEXP", "["]),
    ):
        params = {"select": ["id", "email"], "where": [of_ann, condition], "orderBy": {"id": "ASC"}}
        to.ask("small", f"oddly spelt addresses, {note}", "Email", "get", params)
    to.do("small", "owners of addresses that are kept oddly spelt", owners_of, plain)


def _correct(to: Site, people: People) -> None:
    ann, eve = ContactEmail(people.ann, "rec-ann@example.org"), ContactEmail(people.eve, "rec-eve2@example.org")
    for user in ("small", "noedit"):
        to.do(user, f"put an address on hold, {user}", hold_addresses, [ann])
        to.do(user, f"add an address for bulk mail, {user}", add_bulk_addresses, [eve])
        named = [Name(people.cid, "Cidney", "")]
        to.do(user, f"give another name, {user}", set_names, named)
    ids = [people.ann, people.eve]
    to.do("small", "held addresses", held_addresses, ids)
    to.do("small", "addresses that are on hold", on_hold_addresses, ["rec-ann@example.org"])
    hold = {"select": ["hold_date", "reset_date", "on_hold"], "where": [["contact_id", "=", people.ann]]}
    to.ask("small", "the date of a hold", "Email", "get", hold)


def _send_data(to: Site, people: People) -> None:
    ids = [people.ann, people.bob]
    _give_data(to, people)
    fields = ["first_name", "last_name", "preferred_language", "birth_date", "job_title", "prefix_id:label"]
    fields += ["phone_primary.phone", "hash", "employer_id.display_name", "address_primary.country_id:label"]
    for user in ("small", "full", "noview", "nocivi"):
        to.do(user, f"what can be mapped, {user}", sources)
        to.ask(user, f"contacts with fields, {user}", *contacts_call(ids, fields))
        for name, call in lookups_for(list(SUMMARIES), ids).items():
            to.ask(user, f"{name}, {user}", *call)
    some = {"select": ["id", "name", "label", "used_for", "is_tagset"], "orderBy": {"id": "ASC"}, "limit": 1_000}
    named = [["used_for:name", "CONTAINS", "Contact"], ["name", "=", "Rec_Steward"]]
    to.ask("small", "tags", "Tag", "get", {**some, "where": named})
    held: list[list[Any]] = [
        ["entity_table", "=", "civicrm_contact"],
        ["entity_id", "IN", ids],
        ["tag_id", "=", people.tag],
    ]
    to.ask("small", "tags of contacts", *rows_call("EntityTag", ["entity_id", "tag_id"], held))
    to.ask("small", "can groups be refreshed", "Group", "getActions", _NAMED_REFRESH)
    to.ask("small", "refresh a smart group", "Group", "refresh", {"where": [["id", "IN", [people.smart]]]})
    for group in (people.smart, people.news):
        inside = {"select": ["id"], "where": [["id", "IN", ids], ["is_deleted", "=", False], ["groups", "IN", [group]]]}
        to.ask("small", f"who is in a group, smart {group == people.smart}", "Contact", "get", inside)


_NAMED_REFRESH: dict[str, Any] = {"select": ["name"], "where": [["name", "=", "refresh"]]}


def _give_data(to: Site, people: People) -> None:
    home = {"location_type_id:name": "Home", "is_primary": True}
    address = {**home, "street_address": "1 Cave Road", "city": "Bath", "postal_code": "BA1 1AA"}
    tagging = {"entity_table": "civicrm_contact", "entity_id": people.ann, "tag_id": people.tag}
    gift = {"contact_id": people.ann, "financial_type_id:name": "Donation", "total_amount": 25}
    joined = {"join_date": "2026-01-10", "start_date": "2026-01-10", "end_date": "2026-12-31"}
    for note, entity, values in (
        ("give an address", "Address", {"contact_id": people.ann, "country_id:abbr": "GB", **address}),
        ("give a phone", "Phone", {"contact_id": people.ann, "phone": "555-0100", **home}),
        ("give a tag", "EntityTag", tagging),
        ("give a donation", "Contribution", {**gift, "receive_date": "2026-05-01 10:00:00"}),
        ("give a membership", "Membership", {"contact_id": people.ann, "membership_type_id:name": "Patron", **joined}),
    ):
        to.ask("full", note, entity, "create", {"values": values})


def _import_campaigns(to: Site, people: People) -> None:
    kinds = list(Kind)
    for user in ("small", "full"):
        to.do(user, f"what campaigns lack, {user}", missing_setup, kinds)
        to.do(user, f"prepare for campaigns, {user}", prepare_campaigns, kinds)
    to.do("small", "what campaigns lack, afterwards", missing_setup, kinds)
    new = NewActivity(Kind.SENT, "rec-spring", "Rec Spring", "<p>News</p>", "2026-07-10 07:00:00", people.ann)
    to.do("small", "make an activity, without view all activities", create_activity, CAMPAIGN, new)
    made = to.do("full", "make an activity", create_activity, CAMPAIGN, new)
    targets = [people.ann, people.bob]
    for user in ("small", "full"):
        to.do(user, f"add targets, {user}", add_targets, made, 3, targets)
        to.do(
            user,
            f"activities of campaigns, {user}",
            campaign_activities,
            CAMPAIGN,
            ["rec-spring"],
        )
        to.do(user, f"activities by id, {user}", existing_activities, [made])
        to.do(user, f"is any activity seen, {user}", sees_activities)
    shown = {"select": ["activity_date_time", "target_contact_id", "source_contact_id"], "where": [["id", "=", made]]}
    to.ask("full", "the date and people of an activity", "Activity", "get", shown)
    like = {"select": ["id"], "where": [["id", "=", made], ["activity_type_id:name", "LIKE", "mailchimp%"]]}
    to.ask("full", "activities of types like", "Activity", "get", like)


def _trash_and_merge(to: Site, people: People) -> None:
    in_trash = {"where": [["id", "=", people.dan]], "useTrash": True}
    to.ask("small", "put into the trash, without delete contacts", "Contact", "delete", in_trash)
    to.ask("full", "put into the trash", "Contact", "delete", in_trash)
    merge = {"contactId": people.cid, "duplicateId": people.eve, "mode": "aggressive"}
    to.ask("small", "merge, without administer CiviCRM", "Contact", "mergeDuplicates", merge)
    to.ask("full", "merge", "Contact", "mergeDuplicates", merge)
    ids = [people.dan, people.eve, people.cid]
    for user in ("small", "smallplus", "noview", "nocivi", "acl"):
        to.do(user, f"trash and merged by id, {user}", contacts_by_id, ids)
        to.do(user, f"where they went, {user}", merged_to, ids)
        to.do(user, f"their addresses, {user}", addresses_of, ids)
        to.do(user, f"their groups, {user}", group_contacts, [people.news], ids)
        to.ask(user, f"their history, {user}", "SubscriptionHistory", "get", _history([["contact_id", "IN", ids]]))
    to.ask("smallplus", "where one went", "Contact", "getMergedTo", {"contactId": people.eve})
    to.ask("small", "where one who was not merged went", "Contact", "getMergedTo", {"contactId": people.ann})
    back = {"where": [["id", "=", people.dan]], "values": {"is_deleted": False}}
    to.ask("full", "restore", "Contact", "update", back)
    to.do("small", "restored, by id", contacts_by_id, ids)
    for_good = {"where": [["id", "=", people.dan]], "useTrash": False}
    to.ask("full", "delete for good", "Contact", "delete", for_good)
    to.do("smallplus", "deleted for good, by id", contacts_by_id, ids)
    to.do("smallplus", "deleted for good, where they went", merged_to, ids)


def _try_rights(to: Site, people: People, user: str) -> None:
    of_ann: list[Any] = [["contact_id", "=", people.ann]]
    one = [["id", "=", people.ann]]
    for note, entity, params in (
        ("a contact", "Contact", {"select": ["id", "is_deleted"], "where": one}),
        ("addresses", "Email", {"select": ["id", "email"], "where": of_ann}),
        ("a group", "Group", {"select": ["id", "title"], "where": [["id", "=", people.news]]}),
        ("who is in groups", "GroupContact", {"select": ["id", "status"], "where": of_ann}),
        ("history", "SubscriptionHistory", {"select": ["id", "date"], "where": of_ann}),
        ("the clock", "Contact", {"select": ["id", "NOW() AS now"], "limit": 1}),
        ("the domain", "Domain", {"select": ["id", "NOW() AS now"], "limit": 1}),
        ("memberships", "Membership", {"select": ["id"], "where": of_ann}),
        ("donations", "Contribution", {"select": ["id"], "where": of_ann}),
        ("activities", "Activity", {"select": ["id"], "where": [["source_contact_id", "=", people.ann]]}),
        ("kinds of activity", "OptionValue", {"select": ["name"], "where": [["name", "=", "Phone Call"]]}),
    ):
        to.ask(user, f"read {note}, {user}", entity, "get", params)
    to.ask(user, f"describe fields, {user}", "GroupContact", "getFields", {"select": ["name", "data_type"]})
    _try_to_write(to, people, user, "")


def _try_to_write(to: Site, people: People, user: str, which: str) -> None:
    member = {"contact_id": people.ann, "group_id": people.walking, "status": "Added"}
    saved = {"records": [member], "match": ["contact_id", "group_id"], "method": "MCsync", "tracking": "audience a"}
    meeting = {"activity_type_id:name": "Meeting", "subject": "Rec", "source_contact_id": people.ann}
    changed = {"where": [["id", "=", people.ann]], "values": {"nick_name": f"Rec {user}"}}
    for note, entity, action, params in (
        ("change a contact", "Contact", "update", changed),
        ("change nobody", "GroupContact", "update", {"where": [["id", "=", 0]], "values": {"status": "Added"}}),
        ("put into a group", "GroupContact", "save", saved),
        ("make an activity", "Activity", "create", {"values": meeting}),
        ("may it make contacts", "Contact", "checkAccess", _checked("create", {"contact_type": "Individual"})),
        ("may it change a contact", "Contact", "checkAccess", _checked("update", {"id": people.ann})),
        ("may it change nobody", "Contact", "checkAccess", _checked("update", {"id": NOBODY})),
        ("may it see a contact", "Contact", "checkAccess", _checked("get", {"id": people.bob})),
        ("may it put into groups", "GroupContact", "checkAccess", _checked("create", member)),
    ):
        to.ask(user, f"{note}{which}, {user}", entity, action, params)


SERVICE = "https://sync.example.org"


def put_entries(to: Site) -> None:
    """Put our entries into the menu and on contacts, see them with fewer rights, and remove them."""
    to.do("smallplus", "put entries, without administer CiviCRM", install_entries, SERVICE)
    for note in ("put entries", "put entries, again"):
        to.do("full", note, install_entries, SERVICE)
    for user in ("full", "smallplus"):
        to.do(user, f"see the entries, {user}", entries)
    for note in ("remove the entries", "remove the entries, again"):
        to.do("full", note, remove_entries)


def put_contact_records(to: Site) -> None:
    """Keep on contacts what Mailchimp says, with too few rights too, and remove it."""
    names = [{"contact_type": "Individual", "first_name": f"Rec{number}"} for number in range(2)]
    people = to.ask("full", "contacts for records", "Contact", "save", {"records": names})
    ids = [row["id"] for row in people]
    since = datetime(2026, 11, 1, 10, tzinfo=UTC)
    audience, no_time = ("abc", "News"), timedelta(0)
    wanted = [ContactRecord(ids[0], "subscribed", since, None), ContactRecord(ids[1], None, None, "No address.")]
    changed = [wanted[0]._replace(status="cleaned"), ContactRecord(NOBODY, None, None, None)]
    to.do("smallplus", "put fields for records, without administer CiviCRM", install_records)
    for note in ("put fields for records", "put fields for records, again"):
        to.do("full", note, install_records)
    to.do("smallplus", "keep records, without access all custom data", save_records, audience, wanted, no_time)
    for note in ("keep records", "keep records, again"):
        to.do("custom", note, save_records, audience, wanted, no_time)
    to.do("custom", "keep records, one of nobody", save_records, audience, changed, no_time)
    to.ask("custom", "see records", f"Custom_{GROUP}", "get", {"orderBy": {"id": "ASC"}})
    for user in ("custom", "smallplus"):
        to.do(user, f"count records, {user}", count_records)
    to.do("custom", "delete a record", delete_records, "abc", ids[:1])
    for note in ("remove the records", "remove the records, again"):
        to.do("full", note, remove_records)


def _checked(action: str, values: dict[str, Any]) -> dict[str, Any]:
    return {"action": action, "values": values}


def _ask_wrongly(to: Site, people: People) -> None:
    unknown = {"records": [{"contact_id": NOBODY, "group_id": people.news, "status": "Added"}]}
    for user in ("small", "full"):
        to.ask(user, f"an unknown field in where, {user}", "Contact", "get", {"where": [["no_such_field", "=", 1]]})
        to.ask(user, f"an unknown parameter, {user}", "Contact", "get", {"bogus": 1})
        to.ask(user, f"an unknown function, {user}", "Contact", "get", {"select": ["SLEEP(0.001) AS z"], "limit": 1})
        to.ask(user, f"an unknown contact, {user}", "GroupContact", "save", unknown)
        calls = {
            "0": ("Contact", "getMergedTo", {"contactId": people.ann}),
            "1": ("Nonsense", "get", {}),
            "2": ("Domain", "get", {"select": ["id"]}),
        }
        to.do(user, f"calls named by numbers, {user}", CivicrmClient.multi, calls)
        named = {"a": calls["0"], "b": calls["1"]}
        to.do(user, f"calls with other names, {user}", CivicrmClient.multi, named)
    to.ask("small", "an unknown field in select", "Contact", "get", {"select": ["id", "no_such_field"], "limit": 1})
    to.ask("small", "an unknown entity", "Nonsense", "get", {})
    to.ask("small", "an unknown action", "Contact", "frobnicate", {})
    to.ask("wrong", "a key nobody has", "Contact", "get", {"limit": 1})


def main() -> None:
    """Record, from the command line."""
    url, keys, out = sys.argv[1:]
    named = (line.split("=", 1) for line in Path(keys).read_text(encoding="utf-8").split())
    site_ = Site(url, {**dict(named), "wrong": "nobody-has-this"})
    record(site_)
    site_.recorder.write(Path(out))


if __name__ == "__main__":
    main()
