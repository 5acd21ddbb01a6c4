"""A card on a connection's page: one part of the connection in words, and a link to change it."""

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
        key: the part's name in the page's URL.
        lines: what is set, a sentence each.
        url: where it is changed; None: not on the screens.
        act: the label of the button there; "View" for people without the permission `scope`.
        next_at: when the next sync is due, on the schedule's card.
    """

    key: str
    title: str
    lines: Sequence[str]
    url: str | None = None
    act: str = ""
    scope: str = "configure"
    next_at: datetime | None = None


CardMaker = Callable[[Visit, Link], Card]
