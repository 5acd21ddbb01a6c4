"""Random data in a simulated charity: tags and jobs come and go; in the end Mailchimp has CiviCRM's values."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx2

from mailchimpsync.model import DataOptions, MappedField
from support.world import KEY, LIST, World

JOB = "JOB"
PREFIX = "CiviCRM: "
JOBS = ("Baker", "Cook", "Sailor", "")
ON_THE_LIST = ("subscribed", "pending")


class RandomData:
    """Staff tag people and change their jobs, with separate randomness, so that the rest of a seed stays."""

    def __init__(self, world: World, seed: int) -> None:
        self._world, self._chance = world, random.Random(seed)
        world.connection = replace(
            world.connection, data=DataOptions(tags=True, fields=(MappedField(JOB, "job_title"),))
        )
        with httpx2.Client(transport=httpx2.WSGITransport(world.mailchimp), auth=("staff", KEY)) as client:
            body = {"tag": JOB, "name": "Job", "type": "text"}
            client.post(f"http://mc/3.0/lists/{LIST}/merge-fields", json=body).raise_for_status()
        self._tags = [self._new_tag(name) for name in ("Steward", "Walker", "Rider")]

    def act(self) -> str:
        """Make some events happen."""
        acts = [self._chance.choice((self._give, self._give, self._take, self._job, self._job, self._rename))]
        acts += [self._give, self._job]
        return ", ".join(act() for act in acts)

    def _call(self, entity: str, action: str, **params: Any) -> Any:
        return self._world.civicrm.call(entity, action, params)["values"]

    def _new_tag(self, name: str) -> int:
        values = {"name": name, "label": name, "used_for:name": ["Contact"]}
        return int(self._call("Tag", "create", values=values)[0]["id"])

    def _contact(self) -> int:
        return int(self._chance.choice(self._world.civicrm.dump("Contact"))["id"])

    def _give(self) -> str:
        record = {
            "entity_table": "civicrm_contact",
            "entity_id": self._contact(),
            "tag_id": self._chance.choice(self._tags),
        }
        self._call("EntityTag", "save", records=[record], match=["entity_table", "entity_id", "tag_id"])
        return "tag"

    def _take(self) -> str:
        self._call("EntityTag", "delete", where=[["entity_id", "=", self._contact()]])
        return "untag"

    def _job(self) -> str:
        where = [["id", "=", self._contact()]]
        self._call("Contact", "update", where=where, values={"job_title": self._chance.choice(JOBS)})
        return "job"

    def _rename(self) -> str:
        name = f"Renamed {self._chance.randint(1, 1_000_000)}"
        where = [["id", "=", self._chance.choice(self._tags)]]
        self._call("Tag", "update", where=where, values={"name": name, "label": name})
        return "rename a tag"

    def violations(self) -> Iterator[str]:
        """Yield members whose data differs from CiviCRM's, once everything is quiet."""
        names = {tag["id"]: PREFIX + tag["label"] for tag in self._world.civicrm.dump("Tag")}
        held: dict[int, set[str]] = defaultdict(set)
        for entry in self._world.civicrm.dump("EntityTag"):
            held[entry["entity_id"]].add(names[entry["tag_id"]])
        contacts = {row["id"]: row for row in self._world.civicrm.dump("Contact")}
        members = {one["id"]: one for one in self._world.mailchimp.members(LIST)}
        for row in self._world.rows():
            member, contact = members.get(row["mailchimp_member_id"]), contacts.get(row["civicrm_contact_id"])
            if member is None or contact is None or contact["is_deleted"] or row["sync_status"] != "ok":
                continue
            if member["status"] not in ON_THE_LIST:
                continue
            tags = {tag for tag in member["tags"] if tag.startswith(PREFIX)}
            if tags != held[contact["id"]]:
                yield f"contact {contact['id']} has tags {held[contact['id']]}, the member {tags}"
            if member["merge_fields"].get(JOB, "") != (contact["job_title"] or ""):
                yield f"contact {contact['id']} is a {contact['job_title']}, the member {member['merge_fields'].get(JOB)}"
