"""The only way to change the configuration: losses are shown first, and happen only if confirmed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from mailchimpsync.actions.configuration.check import check_live
from mailchimpsync.actions.site import Site
from mailchimpsync.config import (
    Configuration,
    from_extension_form,
    from_stored,
    from_text,
    is_extension_form,
    to_stored,
)
from mailchimpsync.errors import ConfigurationError, ConfirmationError
from mailchimpsync.store.privacy import removed_audiences
from mailchimpsync.store.privacy.removed_audiences import AudienceData
from mailchimpsync.store.runs import runs
from mailchimpsync.sync.lease.lease import acquired_lease

DELETED_PER_STEP = 1_000


@dataclass(frozen=True, slots=True)
class SavedConfiguration:
    """The saved configuration, its version, and what was deleted with audiences that are no longer connected."""

    version: int
    configuration: Configuration
    deleted: tuple[AudienceData, ...] = ()


def read_configuration(site: Site, given: Mapping[str, Any] | str) -> Configuration:
    """Read a configuration from values or text (TOML or JSON), in our form or the PHP extension's.

    A masked key stands for the stored key, and an encrypted key is decrypted.

    Raises:
        ConfigurationError: it can't be used; names every problem.
    """
    values = from_text(given) if isinstance(given, str) else dict(given)
    if not values:
        raise ConfigurationError("The configuration is empty. Get the current one with `mailchimpsync config export`.")
    if is_extension_form(values):
        values = from_extension_form(values, to_stored(site.configuration))
    return from_stored(values, site.keyring, site.configuration).keeping(site.configuration)


def data_to_be_deleted(site: Site, wanted: Configuration) -> list[AudienceData]:
    """Return the data that would be deleted with audiences that a configuration no longer has."""
    kept = {link.audience_id for link in wanted.connections}
    gone = [link.audience_id for link in site.configuration.connections if link.audience_id not in kept]
    with site.store.begin() as tx:
        return [removed_audiences.count_audience_data(tx, audience) for audience in gone]


def change_configuration(
    site: Site, wanted: Configuration, *, by: str, confirm: bool = False, check: bool = True
) -> SavedConfiguration:
    """Save a configuration; with `check`, first check on both sides that everything it names exists.

    Data of audiences that it no longer connects is deleted if that is confirmed, with the leases held. If the deletion
    is interrupted, the configuration is already saved, and repeating the call, confirmed again, deletes the rest.

    Raises:
        ConfigurationError: it can't be used, or someone else has saved one meanwhile; nothing is done.
        ConfirmationError: audiences would be removed; names them and the data to be deleted; nothing is done.
        BusyError: one of these audiences is being synced; nothing is done.
    """
    if check:
        wanted = check_live(site, wanted)
    removed = data_to_be_deleted(site, wanted)
    if removed and not confirm:
        raise ConfirmationError(_losses(site.configuration, removed))
    if confirm:
        removed = [*removed, *_unfinished_deletions(site, wanted, removed)]
    with ExitStack() as stack:
        leases = [stack.enter_context(acquired_lease(site.store, one.list_id)) for one in removed]
        if wanted != site.configuration:
            site.save(wanted, by)
        for lease in leases:
            _forget(site, lease)
    return SavedConfiguration(site.version, site.configuration, tuple(removed))


def describe_losses(configuration: Configuration, removed: Sequence[AudienceData]) -> list[str]:
    """Return what would be deleted, one line per audience."""
    titles = {link.audience_id: link.title for link in configuration.connections}
    return [f"{titles.get(one.list_id, 'audience')} ({one.list_id}): {figures(one)}" for one in removed]


def figures(one: AudienceData) -> str:
    """Return the amount of an audience's data in words."""
    at_work = f" ({one.open_batches:,} still in progress at Mailchimp)" if one.open_batches else ""
    return ", ".join(
        (
            _number(one.rows, "row"),
            _number(one.updates, "update"),
            _number(one.batches, "batch", "batches") + at_work,
            _number(one.events, "event"),
        )
    )


def _number(count: int, singular: str, plural: str = "") -> str:
    return f"{count:,} {singular if count == 1 else plural or singular + 's'}"


def _losses(configuration: Configuration, removed: Sequence[AudienceData]) -> str:
    lines = (f"• {line}" for line in describe_losses(configuration, removed))
    return "\n".join(
        (
            "This would end connections and delete the data of their audiences:",
            *lines,
            "No one is removed or unsubscribed. Updates already sent to Mailchimp will still be applied.",
        )
    )


def _unfinished_deletions(site: Site, wanted: Configuration, removed: Sequence[AudienceData]) -> list[AudienceData]:
    """Return the data that an interrupted deletion has left."""
    expected = {link.audience_id for link in wanted.connections} | {one.list_id for one in removed}
    with site.store.begin() as tx:
        return [
            removed_audiences.count_audience_data(tx, one)
            for one in sorted(removed_audiences.known_audiences(tx) - expected)
        ]


def _forget(site: Site, lease: runs.Lease) -> None:
    with site.store.begin() as tx:
        runs.renew_lease(tx, lease)
        removed_audiences.begin_removal(tx, lease.list_id, site.runtime.now())
    more = True
    while more:
        with site.store.begin() as tx:
            runs.renew_lease(tx, lease)
            more = removed_audiences.remove_some(tx, lease.list_id, DELETED_PER_STEP)
    with site.store.begin() as tx:
        runs.renew_lease(tx, lease)
        removed_audiences.finish_removal(tx, lease.list_id)
