"""Checks Mailchimp: every key and its role, every linked audience and interest."""

from __future__ import annotations

from collections.abc import Iterator

from mailchimpsync.actions.configuration.new_members import new_members_sentence
from mailchimpsync.actions.configuration.other_sites import STOP_ONE, other_sites_sentences
from mailchimpsync.actions.finding import Finding, Level, failed, ok, trouble
from mailchimpsync.actions.site import Site
from mailchimpsync.actions.time_limit import within
from mailchimpsync.config import Link
from mailchimpsync.errors import Code, MailchimpsyncError, RefusedError
from mailchimpsync.mailchimp import MailchimpClient, account, audience, interests
from mailchimpsync.messages import say
from mailchimpsync.model import NewMembers

SECONDS = 60
"""How long one account may take."""

_ASK_OR_CHANGE = say(
    "Make sure that CiviCRM has each person's consent, or let Mailchimp ask: "
    "`mailchimpsync connect --new-members confirm`."
)
_MAY_NOT_CHANGE = {"author", "viewer"}


def check_accounts(site: Site) -> Iterator[Finding]:
    """Check for each account that its key works, and that its linked audiences and interests exist."""
    for name in site.configuration.accounts:
        try:
            with within(site.mailchimp(name), SECONDS) as client:
                yield _key(name, client)
                for link in (one for one in site.configuration.connections if one.account == name):
                    yield from _audience(client, link)
                    yield from _other_sites(site, client, link)
        except MailchimpsyncError as error:
            yield failed(_account(name), error)


def _account(name: str) -> str:
    return say("Mailchimp account “%(name)s”", name=name)


def _key(name: str, client: MailchimpClient) -> Finding:
    found = account(client)
    if found.role.lower() in _MAY_NOT_CHANGE:
        what = say("The API key's user has the role %(role)s, which can't change members.", role=found.role)
        return trouble(_account(name), what, Code.MC_FORBIDDEN)
    role = say("; its user has the role %(role)s", role=found.role) if found.role else ""
    return ok(_account(name), say("The key of “%(name)s” works%(role)s.", name=found.name, role=role))


def _audience(client: MailchimpClient, link: Link) -> Iterator[Finding]:
    subject = _name_of(link)
    try:
        found = audience(client, link.audience_id)
        gone = sorted(link.interests.keys() - {one.id for one in interests(client, link.audience_id)})
    except MailchimpsyncError as error:
        yield failed(subject, error)
        return
    if gone:
        yield trouble(subject, say("It doesn't have the interest %(ids)s.", ids=", ".join(gone)), Code.MC_MAPPING_GONE)
    else:
        yield ok(subject, say("It exists; linked interests: %(number)s, all exist.", number=len(link.interests)))
    yield _new_members(subject, link, double_optin=found.double_optin)


def _name_of(link: Link) -> str:
    return say("Audience “%(name)s”", name=link.audience_name or link.audience_id)


def _other_sites(site: Site, client: MailchimpClient, link: Link) -> Iterator[Finding]:
    try:
        sentences = other_sites_sentences(site, client, link)
    except RefusedError:
        return  # a missing audience has its own finding
    for one in sentences:
        yield Finding(Level.WARNING, _name_of(link), one, STOP_ONE)


def _new_members(subject: str, link: Link, *, double_optin: bool) -> Finding:
    """Warn only if people are subscribed whom the audience's forms would ask first; asking more harms no one."""
    what = new_members_sentence(link, double_optin=double_optin)
    if link.new_members is NewMembers.SUBSCRIBE and double_optin:
        return Finding(Level.WARNING, subject, what, _ASK_OR_CHANGE)
    return ok(subject, what)
