"""What all handlers share: database, clock, options, and the shape of every audience."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mailchimpsync_sandbox.mailchimp.documents import Document, Documents
from mailchimpsync_sandbox.mailchimp.http.problems import not_found
from mailchimpsync_sandbox.mailchimp.members.keys import MemberKeys
from mailchimpsync_sandbox.mailchimp.options import Options
from mailchimpsync_sandbox.mailchimp.times import stamp

if TYPE_CHECKING:
    from collections.abc import Callable

    from mailchimpsync_sandbox.kit.clock import SandboxClock
    from mailchimpsync_sandbox.mailchimp.batches.batches import BatchWorker
    from mailchimpsync_sandbox.mailchimp.database import Database
    from mailchimpsync_sandbox.mailchimp.webhooks.outbox import Outbox


@dataclass(frozen=True)
class Account:
    """A Mailchimp account, reached with one API key."""

    api_key: str
    account_id: str
    details: Document


@dataclass(frozen=True)
class Interest:
    """A tick box and its category."""

    id: str
    name: str
    category_id: str
    category_title: str


@dataclass(frozen=True)
class Audience:
    """An audience with all that its members' values are checked against."""

    list_id: str
    account_id: str
    web_id: int
    details: Document
    merge_fields: dict[str, Document]
    interests: dict[str, Interest]
    webhooks: list[Document]

    @property
    def blank_merge_fields(self) -> dict[str, Any]:
        return {tag: document["default_value"] for tag, document in self.merge_fields.items()}


@dataclass
class World:
    """One Mailchimp: all accounts, and the clock they share."""

    db: Database
    clock: SandboxClock
    options: Options
    outbox: Outbox
    ticks: Callable[[], float]
    batches: BatchWorker = field(init=False)
    _audiences: dict[str, Audience] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.documents = Documents(self.db)
        self.member_keys = MemberKeys(self.db)

    def now(self) -> str:
        """Return the time as a stamp: UTC, whole seconds."""
        return stamp(self.clock.now())

    def account(self, api_key: str) -> Account | None:
        row = self.db.one("SELECT * FROM account WHERE api_key = ?", api_key)
        return Account(row["api_key"], row["account_id"], json.loads(row["body"])) if row else None

    def audience(self, list_id: str, account_id: str | None = None) -> Audience:
        """Return an audience.

        Raises:
            Problem: 404, there is none in this account (any account, if None).
        """
        audience = self._audiences.get(list_id) or self._load(list_id)
        if account_id not in (None, audience.account_id):
            raise not_found()
        return audience

    def changed(self, list_id: str) -> None:
        """Forget what is remembered of an audience's fields, interests and webhooks, since they changed."""
        self._audiences.pop(list_id, None)

    def _load(self, list_id: str) -> Audience:
        # Inside a transaction, lest another thread changes the audience between its parts and this remembers the old.
        with self.db.transaction():
            audience = self._read(list_id)
            self._audiences[list_id] = audience
            return audience

    def _read(self, list_id: str) -> Audience:
        row = self.db.one("SELECT * FROM audience WHERE list_id = ?", list_id)
        if row is None:
            raise not_found()
        return Audience(
            list_id,
            row["account_id"],
            row["web_id"],
            json.loads(row["body"]),
            {document["tag"]: document for document in self.documents.all("merge_field", list_id)},
            self._interests(list_id),
            self.documents.all("webhook", list_id),
        )

    def _interests(self, list_id: str) -> dict[str, Interest]:
        return {
            interest["id"]: Interest(interest["id"], interest["name"], category["id"], category["title"])
            for category in self.documents.all("category", list_id)
            for interest in self.documents.all("interest", category["id"])
        }
