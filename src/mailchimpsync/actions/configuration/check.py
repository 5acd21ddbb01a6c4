"""Checks a whole configuration live on both sides before it is saved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mailchimpsync.actions.site import Site
from mailchimpsync.civicrm import CivicrmClient, Group
from mailchimpsync.civicrm import site as check_site
from mailchimpsync.config import CivicrmSite, Configuration, Link, unusable
from mailchimpsync.errors import AccessError, ConfigurationError, EvidenceError, RefusedError
from mailchimpsync.mailchimp import audiences, interests
from mailchimpsync.messages import say

_CONFIGURATION_FAULTS = (AccessError, ConfigurationError, RefusedError)
"""Errors caused by the configuration, not by a temporary problem."""


def check_live(site: Site, wanted: Configuration) -> Configuration:
    """Return the configuration with the names that its audiences and groups have at Mailchimp and in CiviCRM.

    Raises:
        ConfigurationError: a key doesn't work, or an audience, interest or group is missing or can't be connected;
            names every problem.
        TransientError, EvidenceError: a side can't be reached now.
    """
    problems: list[str] = []
    names: dict[str, str] = {}
    for account in wanted.accounts:
        links = [link for link in wanted.connections if link.account == account]
        names |= _check_account(site, wanted, account, links, problems) if links else {}
    civicrm, groups = wanted.civicrm, dict[int, Group]()
    if wanted.connections and civicrm is None:
        problems.append(say("No CiviCRM site is configured. Run `mailchimpsync init`."))
    elif civicrm is not None:
        civicrm, groups = _check_civicrm(site, civicrm, wanted.connections, problems)
    if problems:
        raise unusable(problems)
    links = [_named(link, names, groups) for link in wanted.connections]
    return wanted.model_copy(update={"civicrm": civicrm, "connections": tuple(links)})


def _check_account(
    site: Site, wanted: Configuration, account: str, links: Sequence[Link], problems: list[str]
) -> dict[str, str]:
    try:
        with site.mailchimp_client(wanted.accounts[account]) as client:
            names = {one.id: one.name for one in audiences(client)}
            for link in links:
                if link.audience_id not in names:
                    problems.append(
                        say("Account “%(name)s” has no audience “%(id)s”.", name=account, id=link.audience_id)
                    )
                elif link.interests:
                    known = {one.id for one in interests(client, link.audience_id)}
                    problems.extend(_missing_groups(link, known))
            return names
    except _CONFIGURATION_FAULTS as error:
        problems.append(say("Account “%(name)s”: %(what)s.", name=account, what=error.what))
        return {}


def _missing_groups(link: Link, known: set[str]) -> Iterator[str]:
    for interest in link.interests:
        if interest not in known:
            yield say(
                "Audience “%(id)s” doesn't have the interest “%(interest)s”.", id=link.audience_id, interest=interest
            )


def _check_civicrm(
    site: Site, civicrm: CivicrmSite, links: Sequence[Link], problems: list[str]
) -> tuple[CivicrmSite, dict[int, Group]]:
    ids = list(dict.fromkeys(group for link in links for group in link.connection.group_ids))
    try:
        with site.clients.civicrm(civicrm, site.runtime) as client:
            found = civicrm.model_copy(update={"pattern": client.pattern})
            try:
                return found, dict(check_site(client, ids).groups) if ids else {}
            except EvidenceError:
                problems.extend(_bad_groups(client, ids))
            return found, {}
    except _CONFIGURATION_FAULTS as error:
        problems.append(say("CiviCRM: %(what)s.", what=error.what))
        return civicrm, {}


def _bad_groups(client: CivicrmClient, ids: Sequence[int]) -> Iterator[str]:
    """Check one group at a time, since a check of all stops at the first problem."""
    for group in ids:
        try:
            check_site(client, [group])
        except EvidenceError as error:
            yield say("CiviCRM: %(what)s.", what=error.what)


def _named(link: Link, names: Mapping[str, str], groups: Mapping[int, Group]) -> Link:
    return link.model_copy(
        update={"audience_name": names[link.audience_id], "group_title": groups[link.group_id].title}
    )
