"""A journal entry as a sentence: when, on which side, what, why, and by whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mailchimpsync.actions.texts.codes import explain_code
from mailchimpsync.actions.texts.effects import NO_NAMES, effect_sentence
from mailchimpsync.actions.texts.names import Names, with_names
from mailchimpsync.config import Link
from mailchimpsync.messages import say
from mailchimpsync.store.journal.journal import BY_RUN, BY_WEBHOOK, Entry

BY_ERASURE = "erasure"
"""The actor of entries that an erasure writes; no run is behind them."""


@dataclass(frozen=True, slots=True)
class EntrySentence:
    """One change in words: `sentence` is the whole, the other fields are its parts."""

    time: datetime
    list_id: str
    title: str
    side: str
    what: str
    why: str
    by: str
    run_id: int | None
    answer: str | None
    sentence: str


def entry_sentence(entry: Entry, link: Link | None, names: Names = NO_NAMES) -> EntrySentence:
    """Return an entry in words; `link` is its connection, or None if that no longer exists."""
    what, why, by = (
        with_names(_change_words(entry, link), names),
        explain_code(entry.reason).sentence,
        _actor_words(entry),
    )
    title = link.title if link is not None else f"audience {entry.list_id}, no longer connected"
    answer = f" {entry.side} responded with {entry.answer}." if entry.answer else ""
    sentence = f"{entry.side}: {what}, {by}. {why}{answer}"
    about = (entry.time, entry.list_id, title, entry.side)
    return EntrySentence(*about, what, why, by, entry.run_id, entry.answer, sentence)


def _change_words(entry: Entry, link: Link | None) -> str:
    effect = entry.effect
    if entry.minimised_at is not None and effect.is_personal:
        hidden = say("(no longer kept)")
        effect = effect._replace(old=hidden, new=hidden)
    return effect_sentence(effect, entry.contact_id, link)


def _actor_words(entry: Entry) -> str:
    if entry.actor == BY_ERASURE:
        return say("by an erasure")
    sync = say("sync %(id)s", id=entry.run_id) if entry.run_id is not None else say("a sync")
    if entry.actor in (None, BY_RUN):
        return say("by %(sync)s", sync=sync)
    if entry.actor == BY_WEBHOOK:
        return say("by %(sync)s, because of a webhook", sync=sync)
    return say("by %(sync)s, requested by %(who)s", sync=sync, who=entry.actor)
