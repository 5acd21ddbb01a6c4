"""What people do at Mailchimp itself: on its forms, in its mails, in its screens."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mailchimpsync_sandbox.mailchimp.http.problems import Problem
from mailchimpsync_sandbox.mailchimp.members import members, store
from mailchimpsync_sandbox.mailchimp.members.addresses import check_address
from mailchimpsync_sandbox.mailchimp.members.merge_values import merged
from mailchimpsync_sandbox.mailchimp.members.rules import REASON_BY_API, STICKY_ORIGINS
from mailchimpsync_sandbox.mailchimp.times import stamp
from mailchimpsync_sandbox.mailchimp.webhooks import webhooks

if TYPE_CHECKING:
    import sqlite3

    from mailchimpsync_sandbox.mailchimp.world import Audience, World

PERSON_REASON = "N/A (Unsubscribed by the person)"
CHANGES = (
    "subscribe",
    "unsubscribe",
    "confirm",
    "interests",
    "names",
    "address",
    "bounce",
    "archive",
    "delete",
    "complain",
)


class PersonActions:
    """Acts as a person or an administrator."""

    def __init__(self, world: World) -> None:
        self._world = world

    def act(
        self,
        list_id: str,
        email: str,
        as_: str = "user",
        *,
        change: str,
        at: str | datetime | None = None,
        interests: dict[str, bool] | None = None,
        merge_fields: dict[str, Any] | None = None,
        new_address: str = "",
    ) -> dict[str, Any] | None:
        """Do it, fire webhooks with `user` or `admin` as the source, and return the member, or None once deleted.

        `change` is one of `CHANGES`; `interests` ({id: ticked}) and `merge_fields` may come with `subscribe`,
        `interests` and `names`; `new_address` belongs to `address`; `at` is the moment, now if None.

        Raises:
            ValueError: it isn't possible; the member stays unchanged.
        """
        if as_ not in ("user", "admin") or change not in CHANGES:
            raise ValueError(f"as_ is user or admin, and change one of {', '.join(CHANGES)}")
        moment = datetime.fromisoformat(at) if isinstance(at, str) else at
        act = _Act(self._world, self._world.audience(list_id), as_, stamp(moment or self._world.clock.now()))
        try:
            with self._world.db.transaction():
                return act.do(email, change, interests or {}, merge_fields or {}, new_address)
        except Problem as problem:
            raise ValueError(f"{problem.title}: {problem.detail} {problem.errors or ''}") from problem


class _Act:
    """One act at one moment."""

    def __init__(self, world: World, audience: Audience, as_: str, now: str) -> None:
        self._world, self._audience, self._now = world, audience, now
        self._source: webhooks.Source = "admin" if as_ == "admin" else "user"

    def do(
        self, email: str, change: str, interests: dict[str, bool], merge_fields: dict[str, Any], new_address: str
    ) -> dict[str, Any] | None:
        before = store.find(self._world.db, self._audience.list_id, email)
        if change == "subscribe":
            pk = self._subscribe(email, before)
        elif before is None:
            raise ValueError(f"{email} is no member of this audience")
        else:
            pk = before["pk"]
            self._change(before, change, new_address)
        self._write_values(pk, interests, merge_fields)
        webhooks.announce(self._world, self._audience, pk, before, self._source)
        after = self._world.db.one("SELECT * FROM member WHERE pk = ?", pk)
        return (
            None if after is None else {name: after[name] for name in ("id", "email_address", "status", "last_changed")}
        )

    def _subscribe(self, email: str, before: sqlite3.Row | None) -> int:
        by_person = self._source == "user"
        if not by_person and before is not None and before["origin"] in STICKY_ORIGINS:
            raise ValueError(f"{email} unsubscribed and can only come back by signing up again")
        if by_person:
            sql = "DELETE FROM forgotten WHERE list_id = ? AND address = ?"
            self._world.db.run(sql, self._audience.list_id, email.lower())
        waits = by_person and self._audience.details["double_optin"]
        values: store.Values = {"status": "pending", "timestamp_signup": self._now} if waits else self._opted_in()
        values["last_changed"] = self._now
        if before is not None:
            store.update(self._world.db, before["pk"], values | {"status_before": ""})
            return int(before["pk"])
        check_address(self._world, self._audience, email)
        values |= {"merge_fields": store.compact(self._audience.blank_merge_fields), "email_address": email}
        values["interests"] = store.compact(dict.fromkeys(self._audience.interests, False))
        values["source"] = "Hosted Signup Form" if by_person else "Admin Add"
        return store.insert(self._world.db, self._audience.list_id, values)

    def _opted_in(self) -> store.Values:
        return {"status": "subscribed", "timestamp_opt": self._now, "origin": "", "reason": ""}

    def _change(self, before: sqlite3.Row, change: str, new_address: str) -> None:
        by_person = self._source == "user"
        match change:
            case "unsubscribe":
                reason = PERSON_REASON if by_person else REASON_BY_API
                self._set(before, {"status": "unsubscribed", "origin": self._source, "reason": reason})
            case "complain":
                self._set(before, {"status": "unsubscribed", "origin": "abuse", "reason": "Marked as spam"})
            case "bounce":
                self._set(before, {"status": "cleaned", "origin": "bounce"})
            case "confirm":
                if before["status"] != "pending":
                    raise ValueError(f"{before['email_address']} is not pending but {before['status']}")
                self._set(before, self._opted_in())
            case "address":
                self._move(before, new_address)
            case "archive":
                self._set(before, {"status": "archived", "status_before": before["status"]})
            case "delete":
                members.erase(self._world, before)

    def _move(self, before: sqlite3.Row, new_address: str) -> None:
        if store.by_address(self._world.db, self._audience.list_id, new_address) is not None:
            raise ValueError(f"{new_address} is a member already")
        check_address(self._world, self._audience, new_address)
        self._set(before, store.identity(new_address))

    def _set(self, before: sqlite3.Row, values: store.Values) -> None:
        store.update(self._world.db, before["pk"], values | {"last_changed": self._now})

    def _write_values(self, pk: int, interests: dict[str, bool], merge_fields: dict[str, Any]) -> None:
        if not interests and not merge_fields:
            return
        if unknown := interests.keys() - self._audience.interests.keys():
            raise ValueError(f"the audience has no interest {', '.join(sorted(unknown))}")
        row = self._world.db.all("SELECT merge_fields, interests FROM member WHERE pk = ?", pk)[0]
        stored = json.loads(row["merge_fields"])
        fields = merged(self._audience.merge_fields, stored, merge_fields, check_required=False)
        ticked = json.loads(row["interests"]) | interests
        values = {"merge_fields": store.compact(fields), "interests": store.compact(ticked), "last_changed": self._now}
        store.update(self._world.db, pk, values)
