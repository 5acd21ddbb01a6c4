"""Earlier versions of the configuration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mailchimpsync.actions.site import Site
from mailchimpsync.config import Configuration, changes, from_stored
from mailchimpsync.errors import Code, ConfigurationError, UsageError
from mailchimpsync.messages import say
from mailchimpsync.store.site import configurations
from mailchimpsync.store.site.configurations import StoredVersion


@dataclass(frozen=True, slots=True)
class Version:
    """A version: when it was saved, by whom, and its changes in words."""

    number: int
    saved_at: datetime
    saved_by: str
    changes: tuple[str, ...]


def versions(site: Site, limit: int) -> list[Version]:
    """Return the newest versions, newest first."""
    with site.store.begin() as tx:
        found = configurations.versions(tx, limit + 1)
    return [
        Version(one.version, one.saved_at, one.saved_by, _changes_since(site, one, found[number : number + 1]))
        for number, one in enumerate(found[:limit], 1)
    ]


def version_of(site: Site, number: int) -> Configuration:
    """Return a version's configuration.

    Raises:
        UsageError: `UNKNOWN`, there is no such version, or it is no longer kept.
        ConfigurationError: it can't be read by this version of the program.
    """
    with site.store.begin() as tx:
        found = configurations.version(tx, number)
    if found is None:
        kept = configurations.VERSIONS_MAX
        raise UsageError(
            say(
                "There is no version %(number)s of the configuration; the newest %(kept)s are kept. See "
                "`mailchimpsync config history`.",
                number=number,
                kept=kept,
            ),
            code=Code.UNKNOWN,
        )
    return from_stored(found.document, site.keyring)


def _changes_since(site: Site, one: StoredVersion, before: Sequence[StoredVersion]) -> tuple[str, ...]:
    """Return the changes of a version; one that this program can't read doesn't hide the others."""
    try:
        previous = from_stored(before[0].document, site.keyring) if before else Configuration()
        if not before and one.version > 1:
            return (say("the previous version is no longer kept."),)
        return tuple(changes(previous, from_stored(one.document, site.keyring))) or (say("no change."),)
    except ConfigurationError:
        return (say("can't be compared: this program can't read this version."),)
