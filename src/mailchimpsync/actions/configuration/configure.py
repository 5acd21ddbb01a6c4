"""Checks new connections live on both sides, and saves them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from mailchimpsync.actions.configuration.change import SavedConfiguration, change_configuration, read_configuration
from mailchimpsync.actions.site import Site
from mailchimpsync.civicrm import Group, Rights, check_rights, mailing_groups
from mailchimpsync.civicrm import site as check_site
from mailchimpsync.config import Account, CivicrmSite, Configuration, Link, Seal, mask, to_json, to_stored, to_toml
from mailchimpsync.errors import Code, RefusedError, UsageError
from mailchimpsync.http import Remote
from mailchimpsync.mailchimp import Audience, Interest, account, audiences, interests
from mailchimpsync.messages import say
from mailchimpsync.runtime import Deadline

PROBE_SECONDS = 5
"""How long requests to a side are retried while a person waits."""


@dataclass(frozen=True, slots=True)
class ProbedAccount:
    """The account of a Mailchimp key: its name and its audiences."""

    name: str
    audiences: tuple[Audience, ...]


@dataclass(frozen=True, slots=True)
class ProbedSite:
    """A CiviCRM site with its URL pattern, the groups that can be linked, and the key's rights."""

    civicrm: CivicrmSite
    groups: list[Group]
    rights: Rights


def probe_site(site: Site, civicrm: CivicrmSite) -> ProbedSite:
    """Return what a CiviCRM site offers.

    Raises:
        ConfigurationError, AccessError, TransientError: it can't be used; names the reason.
    """
    with site.clients.civicrm(civicrm, site.runtime) as client:
        _limit_waiting(client)
        found = civicrm.model_copy(update={"pattern": client.pattern})
        rights = check_rights(client)
        groups = mailing_groups(client)
        if groups:
            check_site(client, [groups[0].id])  # the site's clock, and that the key sees people
        return ProbedSite(found, groups, rights)


def probe_account(site: Site, mailchimp: Account) -> ProbedAccount:
    """Return the account of a Mailchimp key.

    Raises:
        ConfigurationError, AccessError, TransientError: the key can't be used; names the reason.
    """
    with site.mailchimp_client(mailchimp) as client:
        _limit_waiting(client)
        return ProbedAccount(account(client).name, tuple(audiences(client)))


def _limit_waiting(client: Remote) -> None:
    if client.patience is None:
        client.patience = Deadline.after(client.runtime, PROBE_SECONDS)


def probe_interests(site: Site, mailchimp: Account, audience_id: str) -> list[Interest]:
    """Return the interests of an audience, category by category."""
    with site.mailchimp_client(mailchimp) as client:
        return interests(client, audience_id)


def connect_audience(site: Site, link: Link, mailchimp: Account, *, by: str) -> Link:
    """Check a link live on both sides, then save it in place of the audience's current one; return it with names.

    Raises:
        ConfigurationError: the configuration would not be usable.
        UsageError: the account's name belongs to another account, whose audiences this key doesn't have.
        EvidenceError: a group is missing, disabled, or smart.
        RefusedError: the audience, or one of its interests, is gone.
        AccessError: CiviCRM's API key doesn't have a right that every sync needs.
    """
    wanted = site.configuration.with_link(link, mailchimp)
    linked = next(one for one in wanted.connections if one.audience_id == link.audience_id)
    check_rights(site.civicrm())
    groups = check_site(site.civicrm(), linked.connection.group_ids).groups
    with site.mailchimp_client(wanted.accounts[link.account]) as client:
        names = {one.id: one.name for one in audiences(client)}
        _check_same_account(site.configuration, link.account, names)
        if linked.audience_id not in names:
            raise RefusedError(
                Code.MC_AUDIENCE_GONE, say("The account doesn't have the audience %(id)s", id=linked.audience_id)
            )
        if gone := linked.interests.keys() - {one.id for one in interests(client, linked.audience_id)}:
            what = say(
                "Audience %(id)s doesn't have the interest %(interests)s",
                id=linked.audience_id,
                interests=", ".join(sorted(gone)),
            )
            raise RefusedError(Code.MC_MAPPING_GONE, what)
    named = linked.model_copy(
        update={"audience_name": names[linked.audience_id], "group_title": groups[linked.group_id].title}
    )
    change_configuration(site, wanted.with_link(named, mailchimp), by=by, check=False)
    return named


def _check_same_account(configuration: Configuration, name: str, audiences: Collection[str]) -> None:
    """A new key replaces the account's stored key, so it must give access to the same audiences."""
    used = {link.audience_id for link in configuration.connections if link.account == name}
    if lost := sorted(used - set(audiences)):
        raise UsageError(
            say(
                "The account “%(name)s” is already configured, and this key has no access to its audience "
                "%(audience)s. If this is another account, give it another name with --account.",
                name=name,
                audience=", ".join(lost),
            )
        )


def export_configuration(
    site: Site, *, keys: Literal["masked", "encrypted", "plain"] = "masked", form: Literal["toml", "json"] = "toml"
) -> str:
    """Return the configuration as text, with its keys masked, encrypted with this site's secret key, or plain."""
    seals: dict[str, Seal] = {"masked": mask, "encrypted": site.keyring.encrypt, "plain": str}
    values = to_stored(site.configuration, seals[keys])
    return to_json(values) if form == "json" else to_toml(values)


def import_configuration(
    site: Site, text: str, *, by: str, confirm: bool = False, check: bool = True
) -> SavedConfiguration:
    """Save a text in TOML or JSON as the configuration; see `updateconfig`.

    Raises:
        ConfigurationError, ConfirmationError, BusyError, TransientError: as `change_configuration`.
    """
    return change_configuration(site, read_configuration(site, text), by=by, confirm=confirm, check=check)
