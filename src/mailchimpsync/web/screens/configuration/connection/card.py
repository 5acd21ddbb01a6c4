"""A card on a connection's page: what one part of the connection says in words, and where it is changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from mailchimpsync.config import Link
from mailchimpsync.web.screens.screen import Visit


@dataclass(frozen=True)
class Card:
    """One part of a connection.

    Attributes:
        key: what the part is called in the page's address.
        lines: what is set, a sentence each.
        url: where it is changed; None: nowhere on the screens.
        act: what the button there says.
        scope: what somebody must be allowed, who sees the button.
        next_at: when the next sync is due, on the card that tells it.
    """

    key: str
    title: str
    lines: Sequence[str]
    url: str | None = None
    act: str = ""
    scope: str = "configure"
    next_at: datetime | None = None


CardMaker = Callable[[Visit, Link], Card]
