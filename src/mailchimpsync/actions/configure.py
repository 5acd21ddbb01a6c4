"""Checks what is to be connected at both sides, live, and saves it."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import SecretStr

from mailchimpsync.actions.site import Site
from mailchimpsync.civicrm import Group, check_write_access, mailing_groups
from mailchimpsync.civicrm import site as check_site
from mailchimpsync.config import Account, CivicrmSite, Configuration, Link, from_stored, from_toml, to_stored, to_toml
from mailchimpsync.errors import Code, RefusedError
from mailchimpsync.mailchimp import Audience, Interest, account, audiences, interests


@dataclass(frozen=True, slots=True)
class Choice:
    """What a Mailchimp key opens: the account's name, its audiences, and each audience's interests."""

    name: str
    audiences: tuple[Audience, ...]
    interests: dict[str, tuple[Interest, ...]]


def probe_site(site: Site, civicrm: CivicrmSite) -> tuple[CivicrmSite, list[Group]]:
    """Return the CiviCRM site with the form of its URLs found, and the groups that can be linked.

    Raises:
        ConfigurationError, AccessError, TransientError: it can't be used; says why.
    """
    with site.clients.civicrm(civicrm, site.runtime) as client:
        found = civicrm.model_copy(update={"pattern": client.pattern})
        check_write_access(client)
        groups = mailing_groups(client)
        if groups:
            check_site(client, [groups[0].id])  # the site's clock, and that the key sees people
        return found, groups


def probe_account(site: Site, mailchimp: Account) -> Choice:
    """Return what a Mailchimp key opens; asks for the interests of every audience.

    Raises:
        ConfigurationError, AccessError, TransientError: the key can't be used; says why.
    """
    with site.clients.mailchimp(mailchimp, site.runtime) as client:
        name = account(client).name
        found = audiences(client)
        return Choice(name, tuple(found), {one.id: tuple(interests(client, one.id)) for one in found})


def connect_audience(site: Site, link: Link, mailchimp: Account, *, by: str) -> Link:
    """Check a link at both sides, live, then save it in place of the audience's present one; return it with names.

    Raises:
        ConfigurationError: the configuration would not be usable.
        EvidenceError: a group is missing, disabled, or smart.
        RefusedError: the audience, or one of its interests, is gone.
    """
    configuration = site.configuration.with_link(link, mailchimp)
    groups = check_site(site.civicrm(), link.connection.group_ids).groups
    with site.clients.mailchimp(mailchimp, site.runtime) as client:
        names = {one.id: one.name for one in audiences(client)}
        if link.audience_id not in names:
            raise RefusedError(Code.MC_AUDIENCE_GONE, f"The account has no audience {link.audience_id}")
        if gone := link.interests.keys() - {one.id for one in interests(client, link.audience_id)}:
            what = f"Audience {link.audience_id} has no interest {', '.join(sorted(gone))}"
            raise RefusedError(Code.MC_MAPPING_GONE, what)
    named = link.model_copy(
        update={"audience_name": names[link.audience_id], "group_title": groups[link.group_id].title}
    )
    configuration = configuration.with_link(named, mailchimp)
    site.save(configuration, by)
    return named


def export_configuration(site: Site, *, keys: str = "masked") -> str:
    """Return the configuration as TOML, its keys `masked`, `encrypted` (for this site's own secret key) or `plain`."""
    seals = {"masked": None, "encrypted": site.keyring.encrypt, "plain": str}
    seal = seals[keys]
    return to_toml(to_stored(site.configuration, seal) if seal else to_stored(site.configuration))


def import_configuration(site: Site, text: str, *, by: str) -> Configuration:
    """Save a TOML text as the configuration, checked as a whole; a masked key stands for the stored one.

    Raises:
        ConfigurationError: it can't be used; every problem is named, and nothing is saved.
    """
    configuration = from_stored(from_toml(text), site.keyring, site.configuration)
    site.save(configuration, by)
    return configuration


def new_account(key: str, base_url: str | None) -> Account:
    """Return an account from what a person typed."""
    return Account(api_key=SecretStr(key.strip()), base_url=base_url)
