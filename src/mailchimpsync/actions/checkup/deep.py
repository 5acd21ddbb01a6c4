"""The additional checks of `doctor --deep`: whether the CiviCRM site behaves as the sites this was made with."""

from __future__ import annotations

from collections.abc import Iterator

from mailchimpsync.actions.finding import Finding, Level, ok
from mailchimpsync.actions.site import Site
from mailchimpsync.actions.time_limit import within
from mailchimpsync.civicrm import RightState, SessionZone, hidden_contacts, observe_behaviour, prove_rights
from mailchimpsync.errors import Right
from mailchimpsync.messages import say
from mailchimpsync.store.runs import runs

SECONDS = 600
_SUBJECT = say("CiviCRM in depth")
REPORT = say("Run `mailchimpsync doctor --deep --json`, and send us the output. It contains no names and no addresses.")


def check_rights_in_depth(site: Site) -> Iterator[Finding]:
    """Say for each permission whether the API key's user has it."""
    if site.configuration.civicrm is None:
        return
    with within(site.civicrm(), SECONDS) as client:
        rights = prove_rights(client)
        hidden = hidden_contacts(client)
    for right, stored in rights.items():
        yield ok(say("Permission “%(right)s”", right=right.value), say(_STANDINGS[stored]))
    if hidden and rights[Right.TRASH] is RightState.GRANTED:
        groups = ", ".join(f"{group}: {number}" for group, number in hidden.items())
        what = say("CiviCRM counts more contacts in groups than it shows. By group: %(groups)s.", groups=groups)
        remedy = say(
            "An extension may hide contacts from the API key's user. Find that extension, or "
            "give the user more permissions."
        )
        yield Finding(Level.BAD, _SUBJECT, what, remedy)


_STANDINGS = {
    RightState.GRANTED: say("Granted."),
    RightState.LACKING: say("Not granted."),
    RightState.UNKNOWN: say("Nothing on this site shows whether it is granted."),
}


def check_time_zone(site: Site) -> Iterator[Finding]:
    """Say what is known about the time zone in which the site's times are read."""
    civicrm = site.configuration.civicrm
    if civicrm is None:
        return
    with site.store.reading() as tx:
        seen = [runs.stored_status(tx, link.audience_id).seen or {} for link in site.configuration.connections]
    sessions = {SessionZone(one.get("session", SessionZone.UNKNOWN)) for one in seen} - {SessionZone.UNKNOWN}
    session = sessions.pop() if len(sessions) == 1 else SessionZone.UNKNOWN
    yield ok(say("CiviCRM's database session"), say(_SESSIONS[session]))
    zone = civicrm.time_zone
    configured = say("%(zone)s is configured.", zone=zone) if zone else say("None is configured.")
    yield ok(say("CiviCRM's time zone"), configured)


_SESSIONS = {
    SessionZone.NUMERIC: say("It shows all times with today's UTC offset."),
    SessionZone.NAMED: say("It shows each time with the UTC offset of its own day."),
    SessionZone.UNKNOWN: say("Which offset it uses for times is not known until the site's clocks change."),
}


def check_behaviour(site: Site) -> Iterator[Finding]:
    """Compare the site's behaviour with recordings of other sites."""
    if site.configuration.civicrm is None:
        return
    with within(site.civicrm(), SECONDS) as client:
        for one in observe_behaviour(client):
            subject = say("CiviCRM: %(what)s", what=one.subject)
            if one.differs:
                what = say("%(found)s. Recorded elsewhere: %(expected)s.", found=one.found, expected=one.expected)
                yield Finding(Level.WARNING, subject, what, REPORT)
            else:
                yield ok(subject, f"{one.found}.")
