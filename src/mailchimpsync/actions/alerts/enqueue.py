"""Puts a message into the outbox, once for each channel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mailchimpsync.actions.site import Site
from mailchimpsync.messages import to_json
from mailchimpsync.store import Transaction
from mailchimpsync.store.site import outbox


def enqueue(tx: Transaction, site: Site, fingerprint: str, content: Mapping[str, Any]) -> None:
    """Keep a message to be sent by every channel; what has been kept with this fingerprint is not kept again."""
    stored = to_json(content)
    for channel in site.configuration.alerts.channels:
        outbox.add_message(
            tx, fingerprint=f"{fingerprint}:{channel}", channel=channel, content=stored, now=site.runtime.now()
        )
