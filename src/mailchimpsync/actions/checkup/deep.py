"""What `doctor --deep` looks at besides: whether the CiviCRM site behaves as those that this program was made with."""

from __future__ import annotations

from collections.abc import Iterator

from mailchimpsync.actions.finding import Finding, Level, good
from mailchimpsync.actions.patience import within
from mailchimpsync.actions.said import say
from mailchimpsync.actions.site import Site
from mailchimpsync.civicrm import Standing, hidden_contacts, look_deep, prove_rights
from mailchimpsync.errors import Right

SECONDS = 600
_SUBJECT = say("CiviCRM in depth")
REPORT = say(
    "Run `mailchimpsync doctor --deep --json`, and send us what it prints; it holds no names and no addresses."
)


def check_rights_in_depth(site: Site) -> Iterator[Finding]:
    """Say of each right whether it is there."""
    if site.configuration.civicrm is None:
        return
    with within(site.civicrm(), SECONDS) as client:
        rights = prove_rights(client)
        hidden = hidden_contacts(client)
    for right, standing in rights.items():
        yield good(say("Permission “%(right)s”", right=right.value), say(_STANDINGS[standing]))
    if hidden and rights[Right.TRASH] is Standing.GRANTED:
        groups = ", ".join(f"{group}: {number}" for group, number in hidden.items())
        what = say("CiviCRM counts more contacts in groups than it shows, by group: %(groups)s.", groups=groups)
        remedy = say("An extension may hide contacts from the key's user. Find it, or give the user more rights.")
        yield Finding(Level.BAD, _SUBJECT, what, remedy)


_STANDINGS = {
    Standing.GRANTED: say("It is given."),
    Standing.LACKING: say("It is not given."),
    Standing.UNKNOWN: say("Nothing on this site shows whether it is given."),
}


def check_behaviour(site: Site) -> Iterator[Finding]:
    """Compare how the site behaves with what was recorded."""
    if site.configuration.civicrm is None:
        return
    with within(site.civicrm(), SECONDS) as client:
        for one in look_deep(client):
            subject = say("CiviCRM: %(what)s", what=one.subject)
            if one.differs:
                what = say("%(found)s. Recorded elsewhere: %(expected)s.", found=one.found, expected=one.expected)
                yield Finding(Level.WARNING, subject, what, REPORT)
            else:
                yield good(subject, f"{one.found}.")
