"""A site with two accounts, an audience in each, and a mailbox for what Mailchimp posts."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from pydantic import SecretStr
from sqlalchemy import insert, select

from mailchimpsync.actions import Site, create_site
from mailchimpsync.actions.webhooks.receive import receive_audience, receive_batch
from mailchimpsync.config import Account, Configuration, Link
from mailchimpsync.runtime import Runtime
from mailchimpsync.store.schema import batch, event

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
NEWS, CLUB = "c85a31383e", "a1b2c3d4e5"
SECRET, CLUB_SECRET, SIGNING_SECRET = "news-webhook-secret", "club-webhook-secret", "club-signing-secret"


@dataclass
class Mailbox:
    """Takes calls as the web server does; the News audience is not signed, the Club's is."""

    site: Site
    time: datetime = NOON

    def audience(self, body: bytes, secret: str | None = SECRET, signature: str | None = None) -> int:
        return receive_audience(self.site, secret=secret, body=body, signature=signature)

    def batch(self, body: bytes, secret: str | None = SECRET) -> int:
        return receive_batch(self.site, secret=secret, body=body)

    def events(self) -> list[dict[str, Any]]:
        with self.site.store.begin() as tx:
            return [dict(row) for row in tx.execute(select(event).order_by(event.c.id)).mappings()]

    def add_batch(self, batch_id: str, list_id: str = NEWS, processed: int = 0) -> None:
        values = {
            "mailchimp_list_id": list_id,
            "mailchimp_batch_id": batch_id,
            "created_date": self.time,
            "response_processed": processed,
        }
        with self.site.store.begin() as tx:
            tx.execute(insert(batch).values(values))


def form(**fields: str) -> bytes:
    """Return the body of a call; `data_email` stands for `data[email]`."""
    named = {f"data[{key[5:]}]" if key.startswith("data_") else key: value for key, value in fields.items()}
    return urlencode({"fired_at": "2026-11-20 11:59:58"} | named).encode()


def left(email: str = "ann@example.org", list_id: str = NEWS) -> bytes:
    return form(type="unsubscribe", data_email=email, data_list_id=list_id, data_action="unsub", data_reason="manual")


def signed(body: bytes, at: datetime = NOON, secret: str = SIGNING_SECRET) -> str:
    stamp = str(int(at.timestamp()))
    return f"t={stamp},v1={hmac.new(secret.encode(), stamp.encode() + b'.' + body, hashlib.sha256).hexdigest()}"


def configuration() -> Configuration:
    return Configuration(
        accounts={
            "News": Account(api_key=SecretStr("0" * 32 + "-us6"), webhook_secret=SecretStr(SECRET)),
            "Club": Account(api_key=SecretStr("1" * 32 + "-us6"), webhook_secret=SecretStr(CLUB_SECRET)),
        },
        connections=(
            Link(account="News", audience_id=NEWS, group_id=8),
            Link(account="Club", audience_id=CLUB, group_id=9, signing_secret=SecretStr(SIGNING_SECRET)),
        ),
    )


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[Mailbox]:
    with create_site(tmp_path / "site") as site:
        made = Mailbox(site)
        site.runtime = Runtime(now=lambda: made.time)
        site.save(configuration(), by="Ann")
        yield made


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)
