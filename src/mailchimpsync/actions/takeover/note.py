"""The note about the way back: what a takeover is about to change, as it was. It is encrypted, and kept for a week."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from mailchimpsync.actions.site import Site
from mailchimpsync.actions.takeover.webhooks import OldWebhook
from mailchimpsync.store.site import secrets

KEPT_FOR = timedelta(days=7)
_NAME = "takeover"


@dataclass(frozen=True, slots=True)
class Note:
    """What to restore.

    Attributes:
        began_at: when the takeover began.
        by: who began it.
        jobs: the scheduled jobs that were on.
        audiences: those that were connected by it.
        webhooks: the extension's, as they were.
    """

    began_at: datetime
    by: str
    jobs: tuple[int, ...] = ()
    audiences: tuple[str, ...] = ()
    webhooks: tuple[OldWebhook, ...] = ()

    @property
    def ends_at(self) -> datetime:
        """Until when it can be gone back."""
        return self.began_at + KEPT_FOR

    def with_jobs(self, jobs: Iterable[int]) -> Note:
        """Return it with more jobs."""
        return replace(self, jobs=tuple(dict.fromkeys((*self.jobs, *jobs))))

    def with_audiences(self, audiences: Iterable[str]) -> Note:
        """Return it with more audiences."""
        return replace(self, audiences=tuple(dict.fromkeys((*self.audiences, *audiences))))

    def with_webhooks(self, webhooks: Iterable[OldWebhook]) -> Note:
        """Return it with more webhooks."""
        known = {one.place: one for one in (*webhooks, *self.webhooks)}
        return replace(self, webhooks=tuple(known.values()))


def read_note(site: Site) -> Note | None:
    """Return the note, however old; None: there is none."""
    with site.store.reading() as tx:
        token = secrets.secret_of(tx, _NAME)
    if token is None:
        return None
    values = json.loads(site.keyring.decrypt(token))
    return Note(
        datetime.fromisoformat(values["began_at"]),
        values["by"],
        tuple(values["jobs"]),
        tuple(values["audiences"]),
        tuple(OldWebhook.from_json(one) for one in values["webhooks"]),
    )


def save_note(site: Site, note: Note) -> Note:
    """Save the note, if there is anything to restore, and return it."""
    if not (note.jobs or note.audiences or note.webhooks):
        return note
    values = {
        "began_at": note.began_at.isoformat(),
        "by": note.by,
        "jobs": note.jobs,
        "audiences": note.audiences,
        "webhooks": [one.to_json() for one in note.webhooks],
    }
    with site.store.begin() as tx:
        secrets.replace_secret(tx, _NAME, site.keyring.encrypt(json.dumps(values)))
    return note


def forget_note(site: Site) -> None:
    """Delete the note."""
    with site.store.begin() as tx:
        secrets.forget_secret(tx, _NAME)


def forget_outdated_note(site: Site) -> bool:
    """Delete the note if its week is over; return whether it was."""
    note = read_note(site)
    is_over = note is not None and site.runtime.now() >= note.ends_at
    if is_over:
        forget_note(site)
    return is_over
