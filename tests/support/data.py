"""A world with data about people besides groups: tags, gifts, memberships."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx2
from sqlalchemy import select

from mailchimpsync.actions.plans.summary import change_from
from mailchimpsync.addresses import member_id_of
from mailchimpsync.model import DataOptions
from mailchimpsync.runtime import Deadline
from mailchimpsync.store.changes import kept_plans
from mailchimpsync.store.runs import runs
from mailchimpsync.store.schema import log, update
from mailchimpsync.sync import preview
from support.world import KEY, LIST, NEWS, World


class DataWorld(World):
    """A world in which Ann, Bob and others have tags, gifts and memberships."""

    ann: int
    bob: int
    steward: int
    smart: int

    def switch_on(self, **options: Any) -> None:
        """Let the connection send data."""
        self.connection = replace(self.connection, data=DataOptions(**options))

    def sync_data(self, **options: Any) -> Any:
        return self.sync(with_data=True, **options)

    def person(self, name: str, **details: Any) -> int:
        """Add a person who is subscribed on both sides, with the same name."""
        address = f"{name.lower()}@example.org"
        known = {"FNAME": details.get("first_name", name), "LNAME": details.get("last_name", "")}
        self.member(address, merge_fields=details.pop("merge_fields", known))
        return self.contact(address, {NEWS: 20}, **{"first_name": name, **details})

    def create(self, entity: str, **values: Any) -> int:
        return int(self.civicrm.call(entity, "create", {"values": values})["values"][0]["id"])

    def tag(self, name: str, *contacts: int, used_for: str = "Contact") -> int:
        """Make a tag, and give it to contacts."""
        tag = self.create("Tag", name=name, label=name, **{"used_for:name": [used_for]})
        for contact in contacts:
            self.give(tag, contact)
        return tag

    def give(self, tag: int, contact: int) -> None:
        self.create("EntityTag", entity_table="civicrm_contact", entity_id=contact, tag_id=tag)

    def take(self, tag: int, contact: int) -> None:
        where = [["tag_id", "=", tag], ["entity_id", "=", contact]]
        self.civicrm.call("EntityTag", "delete", {"where": where})

    def give_money(self, contact: int, amount: float, date: str, **values: Any) -> None:
        self.create(
            "Contribution",
            contact_id=contact,
            total_amount=amount,
            receive_date=date,
            **{"financial_type_id:name": "Donation", "contribution_status_id:name": "Completed", **values},
        )

    def merge_field(self, tag: str, type_: str = "text", **details: Any) -> None:
        """Let the audience have one more merge field."""
        self.mailchimp_call("POST", f"/lists/{LIST}/merge-fields", {"tag": tag, "name": tag, "type": type_, **details})

    def mailchimp_call(self, method: str, path: str, body: Any = None) -> Any:
        """Call Mailchimp as another program does."""
        with httpx2.Client(transport=self.to_mailchimp) as client:
            response = client.request(method, f"http://mc/3.0{path}", json=body, auth=("any", KEY))
        assert response.is_success, response.text
        return response.json() if response.content else None

    def hash_of(self, email: str) -> str:
        return member_id_of(email)

    def rename_tag(self, tag: int, name: str) -> None:
        self.civicrm.call("Tag", "update", {"where": [["id", "=", tag]], "values": {"name": name, "label": name}})

    def smart_group(self, title: str, **fields: Any) -> int:
        """Make a smart group of the contacts with these field values."""
        where = [[field, "=", value] for field, value in fields.items()]
        params = {"version": 4, "select": ["id"], "where": where}
        search = self.create("SavedSearch", label=title, api_entity="Contact", api_params=params)
        return self.create("Group", title=title, saved_search_id=search)

    def custom_field(self, group: str, name: str, *choices: str) -> None:
        """Let contacts have one more field, of several choices."""
        options = self.create("OptionGroup", name=f"{group}_{name}", title=name)
        for choice in choices:
            self.create("OptionValue", option_group_id=options, name=choice, label=choice.capitalize(), value=choice)
        number = self.create("CustomGroup", name=group, title=group, extends="Contact")
        self.create("CustomField", custom_group_id=number, name=name, label=name, serialize=1, option_group_id=options)

    def row_contact(self, email: str) -> int:
        """Return the contact that has an address."""
        [contact] = self.owners(email)
        return contact

    def checksum(self, contact: int, begun: str, hours: str) -> str:
        """Return the digest that CiviCRM compares a personal link's with."""
        [secret] = [row["hash"] for row in self.civicrm.dump("Contact") if row["id"] == contact]
        return hashlib.md5(f"{secret}_{contact}_{begun}_{hours}".encode()).hexdigest()  # noqa: S324 (CiviCRM's form)

    def refuse_field(self, tag: str) -> None:
        """Change the choices of a dropdown whenever members are changed, so that no check could know."""
        path = f"/lists/{LIST}/merge-fields"
        [field] = [one for one in self.mailchimp_call("GET", f"{path}?count=100")["merge_fields"] if one["tag"] == tag]
        there, gone = (field["options"]["choices"], ["Something else"])

        def choose(choices: list[str]) -> Callable[[httpx2.Request], None]:
            def interfere(request: httpx2.Request) -> None:
                if "/batches" in request.url.path or (request.method != "GET" and "/members/" in request.url.path):
                    self.mailchimp_call("PATCH", f"{path}/{field['merge_id']}", {"options": {"choices": choices}})

            return interfere

        self.to_mailchimp.before, self.to_mailchimp.after = choose(gone), choose(there)

    def slow_civicrm(self, seconds: float) -> None:
        """Slow down each of CiviCRM's answers."""
        self.to_civicrm.before = lambda _request: self.pass_time(seconds)

    def plan_sentences(self) -> tuple[list[str], dict[str, int]]:
        """Return what a plan with data says it would do, and its counts."""
        deadline = Deadline.after(self.runtime, None)
        plan_id = preview(self.systems, self.connection, deadline, by="ann", with_data=True)
        with self.store.begin() as tx:
            kept = kept_plans.find_plan(tx, plan_id)
            changes = kept_plans.kept_changes(tx, plan_id)
        assert kept is not None
        return [sentence for row in changes for sentence in change_from(dict(row)).changes], dict(kept.counts)

    def findings(self) -> dict[str, Any]:
        """Return what the last run with data found."""
        with self.store.begin() as tx:
            found = runs.last_data_run(tx, LIST)
        assert found is not None
        assert found.counts is not None
        return dict(found.counts["data"])

    def problems(self) -> list[tuple[str, str, str, int]]:
        """Return the data problems: plugin, merge field, reason, number of people."""
        found = self.findings()["problems"]
        return [(one["plugin"], one["field"], one["what"], one["count"]) for one in found]

    def tags(self, email: str) -> set[str]:
        """Return a member's tags at Mailchimp."""
        return {str(tag) for tag in self.members()[email]["tags"]}

    def fields(self, email: str) -> dict[str, Any]:
        """Return what a member's merge fields hold at Mailchimp."""
        return {tag: value for tag, value in self.members()[email]["merge_fields"].items() if value != ""}

    def operations(self) -> list[dict[str, Any]]:
        """Return all updates there ever were, oldest first."""
        with self.store.begin() as tx:
            return [dict(row) for row in tx.execute(select(update).order_by(update.c.id)).mappings()]

    def log(self) -> str:
        """Return all lines of all runs' logs."""
        with self.store.begin() as tx:
            return "\n".join(tx.execute(select(log.c.message).order_by(log.c.id)).scalars())
