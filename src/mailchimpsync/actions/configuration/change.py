"""The one way in which the configuration changes: what would be lost is told first, and deleted only if confirmed."""

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
from mailchimpsync.sync.lease.lease import holding_lease

DELETED_PER_STEP = 1_000


@dataclass(frozen=True, slots=True)
class Saved:
    """The configuration as it is saved, its version, and what was deleted with audiences that are connected no more."""

    version: int
    configuration: Configuration
    deleted: tuple[AudienceData, ...] = ()


def read_configuration(site: Site, given: Mapping[str, Any] | str) -> Configuration:
    """Return the configuration that values or a text (TOML or JSON) mean, in our form or the PHP extension's.

    A masked key stands for the stored one, an encrypted one is opened.

    Raises:
        ConfigurationError: it can't be used; every problem is named.
    """
    values = from_text(given) if isinstance(given, str) else dict(given)
    if not values:
        raise ConfigurationError("The configuration is empty; get the present one by `mailchimpsync config export`.")
    if is_extension_form(values):
        values = from_extension_form(values, to_stored(site.configuration))
    return from_stored(values, site.keyring, site.configuration).keeping(site.configuration)


def data_to_be_deleted(site: Site, wanted: Configuration) -> list[AudienceData]:
    """Return what would be deleted with the audiences that a configuration no longer has."""
    kept = {link.audience_id for link in wanted.connections}
    gone = [link.audience_id for link in site.configuration.connections if link.audience_id not in kept]
    with site.store.begin() as tx:
        return [removed_audiences.count_audience_data(tx, audience) for audience in gone]


def change_configuration(
    site: Site, wanted: Configuration, *, by: str, confirm: bool = False, check: bool = True
) -> Saved:
    """Save a configuration; with `check`, after both sides were asked for everything it names.

    What is known of audiences that it no longer connects is deleted if that is confirmed, with the leases held. If that
    is interrupted, the configuration is saved already, and the same call, confirmed again, deletes the rest.

    Raises:
        ConfigurationError: it can't be used, or somebody else has saved one meanwhile; nothing is done.
        ConfirmationError: audiences would go; names them with all that would be deleted; nothing is done.
        BusyError: one of them is being synced; nothing is done.
    """
    if check:
        wanted = check_live(site, wanted)
    going = data_to_be_deleted(site, wanted)
    if going and not confirm:
        raise ConfirmationError(_losses(site.configuration, going))
    if confirm:
        going = [*going, *_unfinished_deletions(site, wanted, going)]
    with ExitStack() as stack:
        leases = [stack.enter_context(holding_lease(site.store, one.list_id)) for one in going]
        if wanted != site.configuration:
            site.save(wanted, by)
        for lease in leases:
            _forget(site, lease)
    return Saved(site.version, site.configuration, tuple(going))


def describe_losses(configuration: Configuration, going: Sequence[AudienceData]) -> list[str]:
    """Return what would be deleted, a line for each audience."""
    titles = {link.audience_id: link.title for link in configuration.connections}
    return [f"{titles.get(one.list_id, 'audience')} ({one.list_id}): {figures(one)}" for one in going]


def figures(one: AudienceData) -> str:
    """Return what belongs to an audience, in words."""
    at_work = f" ({one.open_batches:,} still at work at Mailchimp)" if one.open_batches else ""
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


def _losses(configuration: Configuration, going: Sequence[AudienceData]) -> str:
    lines = (f"• {line}" for line in describe_losses(configuration, going))
    return "\n".join(
        (
            "This would end connections, and delete what is known of their audiences:",
            *lines,
            "Nobody is removed or unsubscribed by it, and what was sent to Mailchimp still happens.",
        )
    )


def _unfinished_deletions(site: Site, wanted: Configuration, going: Sequence[AudienceData]) -> list[AudienceData]:
    """Return what a deletion that was confirmed and interrupted has left."""
    expected = {link.audience_id for link in wanted.connections} | {one.list_id for one in going}
    with site.store.begin() as tx:
        return [
            removed_audiences.count_audience_data(tx, one)
            for one in sorted(removed_audiences.known_audiences(tx) - expected)
        ]


def _forget(site: Site, lease: runs.Lease) -> None:
    with site.store.begin() as tx:
        runs.hold_lease(tx, lease)
        removed_audiences.begin_removal(tx, lease.list_id, site.runtime.now())
    more = True
    while more:
        with site.store.begin() as tx:
            runs.hold_lease(tx, lease)
            more = removed_audiences.remove_some(tx, lease.list_id, DELETED_PER_STEP)
    with site.store.begin() as tx:
        runs.hold_lease(tx, lease)
        removed_audiences.finish_removal(tx, lease.list_id)
