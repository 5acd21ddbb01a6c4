"""The badge and the sentence that say how a connection is, the same on every page."""

from __future__ import annotations

from dataclasses import dataclass

from mailchimpsync.actions import Site
from mailchimpsync.actions.status.connection_state import ConnectionState, Level, StateName, state_of
from mailchimpsync.actions.status.state_texts import badge_text, headline, state_word
from mailchimpsync.config import Link
from mailchimpsync.messages import say
from mailchimpsync.store.queries.due import NOBODY_DUE
from mailchimpsync.web.service import Service


@dataclass(frozen=True)
class StateBadge:
    """A connection's state in words: `text` is the badge, in the colour of `level`; `sentence` stands beside it.

    `word` is the badge without a number.
    """

    word: str
    text: str
    level: str
    sentence: str
    state: ConnectionState


def badge_of(state: ConnectionState, *, is_counted: bool) -> StateBadge:
    """Return the badge of a state; before people are counted, a connection that seems well may not be."""
    if not is_counted and state.name in (StateName.WAITING, StateName.OK):
        return StateBadge(say("Counting…"), say("Counting…"), Level.MIDDLE.value, say("counting people"), state)
    return StateBadge(state_word(state), badge_text(state), state.level.value, headline(state), state)


def current_badge(site: Site, service: Service, link: Link) -> StateBadge:
    """Return the badge of a connection as it is now."""
    counted = service.counts.of(site, link).counted
    with site.store.reading() as tx:
        state = state_of(tx, link, site.runtime.now(), counted.due if counted is not None else NOBODY_DUE)
    return badge_of(state, is_counted=counted is not None)
