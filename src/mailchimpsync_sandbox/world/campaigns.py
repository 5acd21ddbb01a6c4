"""The charity's campaigns, their recipients, and who opened them or clicked."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NamedTuple

from mailchimpsync_sandbox.world.builders import ControlCall, Side, WorldBuilder
from mailchimpsync_sandbox.world.charity import API_KEY, AUDIENCE_ID, AUDIENCE_NAME

SEED = 7
OPENED, CLICKED = 0.35, 0.06
PEOPLE_MAX = 2_000
"""The most recipients of a campaign: in a large charity it goes to a segment."""


class Mailing(NamedTuple):
    """A campaign: when it was sent, and to which interest; None: all subscribers."""

    campaign_id: str
    days_ago: float
    subject: str
    interest: str | None = None


MAILINGS = (
    Mailing("c100000001", 40.0, "Our year in the woods"),
    Mailing("c100000002", 6.0, "Autumn news"),
    Mailing("c100000003", 2.5, "Walks in November", "a100000009"),
)


def mailed(builder: WorldBuilder) -> Iterator[ControlCall]:
    """Yield the campaigns, with separate randomness, so that they change nothing else in the world."""
    chance = random.Random(SEED)
    subscribed = [one for one in builder.members if one["status"] == "subscribed"]
    for mailing in MAILINGS:
        people = [one for one in subscribed if mailing.interest is None or one["interests"].get(mailing.interest)]
        yield _load_campaign(builder, mailing, [one["email_address"] for one in people[:PEOPLE_MAX]], chance)


def _load_campaign(builder: WorldBuilder, mailing: Mailing, addresses: list[str], chance: random.Random) -> ControlCall:
    activity = []
    later = (builder.now - timedelta(days=mailing.days_ago - 1)).isoformat(timespec="seconds")
    for address in addresses:
        luck = chance.random()
        acts = [name for name, share in (("open", OPENED), ("click", CLICKED)) if luck < share]
        if acts:
            did = [{"action": name, "timestamp": later} for name in acts]
            activity.append({"email_address": address, "activity": did})
    campaign: dict[str, Any] = {
        "id": mailing.campaign_id,
        "send_time": builder.ago(mailing.days_ago),
        "archive_url": f"https://mailchi.mp/greenpaths/{mailing.campaign_id}",
        "recipients": {"list_id": AUDIENCE_ID, "list_name": AUDIENCE_NAME, "recipient_count": len(addresses)},
        "settings": {"title": mailing.subject, "subject_line": mailing.subject, "from_name": "Green Paths"},
    }
    sent_to = [{"email_address": address} for address in addresses]
    values = {"api_key": API_KEY, "campaign": campaign, "sent_to": sent_to, "email_activity": activity}
    return ControlCall(Side.MAILCHIMP, "load_campaign", values)
