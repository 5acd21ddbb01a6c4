"""Members that Mailchimp shows otherwise than they are, such as without a date, so that they can't be read."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx2

from support.world import World

Change = Callable[[dict[str, Any]], object]


def show(world: World, beginning: str, change: Change) -> None:
    """Let Mailchimp show members, by the beginning of their addresses, otherwise than they are."""

    def answer(_request: httpx2.Request, response: httpx2.Response) -> httpx2.Response:
        if "json" not in response.headers.get("content-type", ""):
            return response
        response.read()
        body = json.loads(response.content)
        for one in [body, *body.get("members", [])]:
            if one.get("email_address", "").startswith(beginning):
                change(one)
        return httpx2.Response(response.status_code, json=body)

    world.to_mailchimp.answer = answer


def show_as_they_are(world: World) -> None:
    """Let Mailchimp show members as they are again."""
    world.to_mailchimp.answer = lambda _request, response: response


def without_date(one: dict[str, Any]) -> None:
    """Take away the date that a member must have."""
    one["last_changed"] = ""
