"""What is looked at of the data that connections send, where that is switched on: whether all of it can be read."""

from __future__ import annotations

from collections.abc import Iterator

from mailchimpsync.actions.data.fields import audience_of, data_options
from mailchimpsync.actions.finding import Finding, Level, ok
from mailchimpsync.actions.site import Site
from mailchimpsync.actions.time_limit import within
from mailchimpsync.config import Link
from mailchimpsync.data import PluginRunner
from mailchimpsync.mailchimp import merge_fields
from mailchimpsync.messages import say
from mailchimpsync.sync.read_only import read_only

SECONDS = 60
"""How long each side may take to say what it has."""

_REMEDY = say("Until this is corrected, the values concerned are not sent; all others are.")


def check_data(site: Site) -> Iterator[Finding]:
    """See that both sides have the fields that are mapped, and show them to the keys' users."""
    for link in (one for one in site.configuration.connections if one.data.options is not None):
        problems = list(_problems(site, link))
        yield from (Finding(Level.WARNING, _subject(link), what, _REMEDY) for what in problems)
        if not problems:
            yield ok(_subject(link), say("Both sides have the fields that are mapped."))


def _subject(link: Link) -> str:
    return say("Data of %(title)s", title=link.title)


def _problems(site: Site, link: Link) -> Iterator[str]:
    systems = site.systems(link, someone_waits=True)
    with within(systems.mailchimp, SECONDS), within(systems.civicrm, SECONDS), read_only(systems):
        team = PluginRunner.of(audience_of(site, link, data_options(link, None)), systems.civicrm)
        found = team.validate(merge_fields(systems.mailchimp, link.audience_id))
    for plugin, words in found.items():
        yield from (say("%(plugin)s: %(what)s", plugin=plugin, what=one) for one in words)
