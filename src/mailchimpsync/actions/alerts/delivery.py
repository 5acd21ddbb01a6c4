"""Sends the messages in the outbox, each through its channel, with growing pauses between attempts."""

from __future__ import annotations

from datetime import datetime, timedelta

from mailchimpsync.actions.alerts.channels import (
    SEND_SECONDS_MAX,
    DeliveryError,
    PartlyDeliveredError,
    send_within,
    sender_of,
)
from mailchimpsync.actions.site import Site
from mailchimpsync.messages import from_json
from mailchimpsync.runtime import Deadline
from mailchimpsync.store.site import outbox
from mailchimpsync.store.site.outbox import Message

ATTEMPTS_MAX = {"ping": 5}
ATTEMPTS_MAX_USUALLY = 12
BACKOFF = timedelta(minutes=1)
BACKOFF_MAX = timedelta(hours=4)
NOT_CONFIGURED = "the channel is no longer configured"


def deliver(site: Site, deadline: Deadline) -> int:
    """Send what is due, and return how many messages were sent.

    A channel that fails is left alone for this time; the others are not kept by it.
    """
    sent, troubled = 0, set[str]()
    while not deadline.reached:
        now = site.runtime.now()
        with site.store.reading() as tx:
            due = outbox.next_message(tx, now, without=troubled)
        if due is None:
            break
        with site.store.begin() as tx:
            mine = outbox.claim_message(tx, due.id, due.attempts, now + _pause(due.attempts))
        if mine and _send(site, due, now, deadline.seconds_left(SEND_SECONDS_MAX)):
            sent += 1
        elif mine:
            troubled.add(due.channel)
    return sent


def _pause(attempts: int) -> timedelta:
    return min(BACKOFF * (1 << attempts), BACKOFF_MAX)


def _send(site: Site, message: Message, now: datetime, seconds: float) -> bool:
    """Send a message, note what came of it, and say whether it was sent."""
    state, note, content = outbox.SENT, "", from_json(message.content)
    send = sender_of(site.configuration.alerts, message.channel)
    if send is None:
        state, note = outbox.GIVEN_UP, NOT_CONFIGURED
    else:
        try:
            send_within(lambda: send(content, message.fingerprint, now), seconds)
        except PartlyDeliveredError as error:
            note = str(error)
        except DeliveryError as error:
            last = message.attempts + 1 >= ATTEMPTS_MAX.get(message.channel, ATTEMPTS_MAX_USUALLY)
            state, note = outbox.GIVEN_UP if last else outbox.WAITING, str(error)
    with site.store.begin() as tx:
        if state == outbox.WAITING:
            outbox.record_failure(tx, message.id, note)
        else:
            outbox.finish_message(tx, message.id, site.runtime.now(), state, note)
    return state == outbox.SENT
