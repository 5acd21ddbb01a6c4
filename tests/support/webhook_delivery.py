"""Webhooks from Mailchimp to the product: taking, delivering and processing them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
from pydantic import SecretStr
from sqlalchemy import RowMapping, select

from mailchimpsync.actions import Clients, Site, process_events
from mailchimpsync.actions.keys import HomeKeys
from mailchimpsync.actions.webhooks.receive import receive_audience, receive_batch
from mailchimpsync.config import Account, CivicrmSite, Configuration, Data, Link, Settings
from mailchimpsync.store.schema import event
from support.world import CIVICRM_KEY, KEY, LIST, NEWS, RIDE, RIDES, WALK, WALKS, World

SECRET = "what-only-mailchimp-and-we-know"
OK = range(200, 300)


def site_of(world: World) -> Site:
    """Return a site that reaches the world's two systems through their wires."""
    link = Link(account="Green", audience_id=LIST, group_id=NEWS, interests={WALK: WALKS, RIDE: RIDES})
    account = Account(api_key=SecretStr(KEY), webhook_secret=SecretStr(SECRET))
    as_in_the_world = {name: getattr(world.connection, name) for name in ("resubscribe", "trust", "trust_interests")}
    configuration = Configuration(
        civicrm=CivicrmSite(url="http://cv", api_key=SecretStr(CIVICRM_KEY)),
        accounts={"Green": account},
        connections=(link.model_copy(update={**as_in_the_world, "data": data_of(world)}),),
    )

    def systems() -> Any:
        return world.new_systems()

    clients = Clients(
        civicrm=lambda _site, _runtime: systems().civicrm, mailchimp=lambda _account, _runtime: systems().mailchimp
    )
    settings = Settings(home=Path())
    return Site(settings, world.store, HomeKeys(settings), world.keyring, world.runtime, clients, configuration)


def data_of(world: World) -> Data:
    """Return the data part that the world's connection stands for."""
    options = world.connection.data
    if options is None:
        return Data()
    given = {name: value for name, value in asdict(options).items() if name != "group_tags"}
    return Data.model_validate({**given, "groups_as_tags": options.group_tags})


class WebhookDelivery:
    """Delivers Mailchimp's webhooks, and processes the events."""

    def __init__(self, world: World, *, sources: Mapping[str, bool] | None = None) -> None:
        self.world = world
        self.site = site_of(world)
        world.mailchimp.set_options(validate_webhooks=False)
        self._register(sources or {"user": True, "admin": True, "api": False})

    def _register(self, sources: Mapping[str, bool]) -> None:
        kinds = dict.fromkeys(("subscribe", "unsubscribe", "profile", "cleaned", "upemail"), True)
        body = {"url": f"http://us/webhook/audience?secret={SECRET}", "events": kinds, "sources": dict(sources)}
        for path, what in (
            (f"/lists/{LIST}/webhooks", body),
            ("/batch-webhooks", {"url": f"http://us/webhook/batch?secret={SECRET}"}),
        ):
            with httpx2.Client(transport=self.world.to_mailchimp, auth=("us", KEY)) as client:
                client.post(f"http://mc/3.0{path}", json=what).raise_for_status()

    def take(self) -> list[dict[str, Any]]:
        """Take the webhooks that Mailchimp has sent, without delivering them."""
        return list(self.world.mailchimp.take_webhooks())

    def deliver(self, letters: list[dict[str, Any]] | None = None) -> list[int]:
        """Deliver webhooks, by default all, and return the status of each answer."""
        return [self._hand_in(letter) for letter in (self.take() if letters is None else letters)]

    def _hand_in(self, letter: Mapping[str, Any]) -> int:
        url = urlsplit(letter["url"])
        secret = parse_qs(url.query).get("secret", [None])[0]
        body = letter["body"].encode()
        if url.path.endswith("/batch"):
            return receive_batch(self.site, secret=secret, body=body)
        return receive_audience(self.site, secret=secret, body=body, signature=None)

    def work(self) -> int:
        """Process what is due, and return how many events are finished."""
        return process_events(self.site)

    def deliver_and_process(self) -> int:
        """Deliver all webhooks, each accepted, and process them."""
        assert all(status in OK for status in self.deliver())
        return self.work()

    def events(self) -> list[RowMapping]:
        """Return all events."""
        with self.world.store.begin() as tx:
            return list(tx.execute(select(event).order_by(event.c.id)).mappings())

    def event_outcomes(self) -> list[tuple[str, str, str | None]]:
        """Return kind, state and outcome of all events."""
        return [(one["kind"], one["state"], one["outcome"]) for one in self.events()]
