"""The week in figures, connection by connection."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from mailchimpsync.actions.alerts.descriptions import describe, subject_of
from mailchimpsync.actions.alerts.messages import bullet
from mailchimpsync.actions.alerts.problems import may_resolve_itself
from mailchimpsync.actions.site import Site
from mailchimpsync.actions.status.connection_state import ConnectionState, state_of
from mailchimpsync.actions.status.state_texts import badge_text, headline
from mailchimpsync.config import Link
from mailchimpsync.messages import as_message, join, moment, say, sentence
from mailchimpsync.store import Transaction
from mailchimpsync.store.cache import rows
from mailchimpsync.store.changes import kept_plans
from mailchimpsync.store.queries.failures import count_failed
from mailchimpsync.store.runs import runs
from mailchimpsync.store.site import alerts
from mailchimpsync.store.verify import verifications
from mailchimpsync.sync import Outcome


def summary_lines(tx: Transaction, site: Site, since: datetime) -> list[str]:
    """Return what was synced and changed since a time, who can't be synced, what is held, and when it was verified."""
    lines: list[str] = []
    for link in site.configuration.connections:
        lines.append(f"{subject_of(site.configuration, link.audience_id)}:")
        lines += map(bullet, _summary_of_link(tx, site, link, since))
    noted = [one for one in alerts.open_alerts(tx) if not may_resolve_itself(one, site.runtime.now())]
    lines.append(say("Open problems: %(number)s.", number=len(noted) or say("none")))
    return [*lines, *(bullet(join("", [f"{one.id}: ", describe(site.configuration, one).title])) for one in noted)]


def _summary_of_link(tx: Transaction, site: Site, link: Link, since: datetime) -> Iterator[str]:
    list_id = link.audience_id
    yield say("Syncs: %(counts)s.", counts=_counted(alerts.runs_since(tx, list_id, since)))
    yield say("Changes: %(counts)s.", counts=_counted(alerts.changes_since(tx, list_id, since)))
    yield _failures(tx, list_id)
    hold = kept_plans.open_hold(tx, list_id)
    if hold is not None and hold.expires_at > site.runtime.now():
        yield say("Held: plan %(plan)s waits for someone to approve or drop it.", plan=hold.id)
    state = state_of(tx, link, site.runtime.now())
    yield say("Status: %(state)s: %(words)s", state=badge_text(state), words=sentence(as_message(headline(state))))
    yield say("Last complete sync: %(time)s.", time=moment(runs.stored_status(tx, list_id).last_sync_time))
    verified = verifications.newest_verification(tx, list_id)
    if verified is None:
        yield say("Last verified: never.")
    else:
        values = {"time": moment(verified.finished_at), "differences": _differences(state)}
        yield say("Last verified: %(time)s; differences: %(differences)s.", **values)


def _failures(tx: Transaction, list_id: str) -> str:
    failed, everyone = count_failed(tx, [list_id]), sum(rows.count_by_status(tx, list_id).values())
    values = {"number": f"{failed.need_attention:,}", "everyone": f"{everyone:,}", "others": f"{failed.others:,}"}
    if failed.others:
        return say(
            "People who can't be synced and need attention: %(number)s of %(everyone)s; %(others)s others are fine or "
            "accepted.",
            **values,
        )
    return say("People who can't be synced and need attention: %(number)s of %(everyone)s.", **values)


def _differences(state: ConnectionState) -> str:
    if state.unexplained:
        return say("%(number)s unexplained", number=f"{state.unexplained:,}")
    if state.explained:
        return say("%(number)s, all with a known reason", number=f"{state.explained:,}")
    return say("none")


def _counted(numbers: Mapping[str, int]) -> str:
    counts = [
        say("%(number)s %(what)s", number=f"{number:,}", what=_OUTCOMES.get(name, name))
        for name, number in sorted(numbers.items())
    ]
    return join(", ", counts) if counts else say("none")


_OUTCOMES: Mapping[str, str] = {
    Outcome.DONE: say("done"),
    Outcome.INCOMPLETE: say("incomplete"),
    Outcome.WAITING: say("waiting"),
    Outcome.OUT_OF_TIME: say("out of time"),
    Outcome.STOPPED: say("stopped"),
    Outcome.ABORTED: say("aborted"),
    Outcome.UNCHANGED: say("unchanged"),
    Outcome.PAUSED: say("paused"),
    Outcome.HELD: say("held"),
    "failed": say("failed"),
    "open": say("interrupted"),
}
"""How syncs ended."""
