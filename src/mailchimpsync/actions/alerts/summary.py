"""The week in figures, connection by connection."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from mailchimpsync.actions.alerts.descriptions import describe, subject_of
from mailchimpsync.actions.alerts.problems import may_resolve_itself
from mailchimpsync.actions.site import Site
from mailchimpsync.actions.status.connection_state import ConnectionState, state_of
from mailchimpsync.actions.status.state_texts import badge_text, headline
from mailchimpsync.config import Link
from mailchimpsync.messages import moment, sentence
from mailchimpsync.store import Transaction
from mailchimpsync.store.cache import rows
from mailchimpsync.store.changes import kept_plans
from mailchimpsync.store.queries.failures import count_failed
from mailchimpsync.store.runs import runs
from mailchimpsync.store.site import alerts
from mailchimpsync.store.verify import verifications


def summary_lines(tx: Transaction, site: Site, since: datetime) -> list[str]:
    """Return what was synced and changed since a time, who can't be synced, what is held, and when it was verified."""
    lines = []
    for link in site.configuration.connections:
        lines += [f"{subject_of(site.configuration, link.audience_id)}:", *_summary_of_link(tx, site, link, since)]
    noted = [one for one in alerts.open_alerts(tx) if not may_resolve_itself(one, site.runtime.now())]
    lines.append(f"Open problems: {len(noted) or 'none'}.")
    return [*lines, *(f"• {one.id}: {describe(site.configuration, one).title}" for one in noted)]


def _summary_of_link(tx: Transaction, site: Site, link: Link, since: datetime) -> Iterator[str]:
    list_id = link.audience_id
    yield f"• Syncs: {_counted(alerts.runs_since(tx, list_id, since))}."
    yield f"• Changes: {_counted(alerts.changes_since(tx, list_id, since))}."
    failed, everyone = count_failed(tx, [list_id]), sum(rows.count_by_status(tx, list_id).values())
    beside = f"; {failed.others:,} others are fine or accepted" if failed.others else ""
    yield f"• People who can't be synced and need attention: {failed.need_attention:,} of {everyone:,}{beside}."
    hold = kept_plans.open_hold(tx, list_id)
    if hold is not None and hold.expires_at > site.runtime.now():
        yield f"• Held: plan {hold.id} waits for someone to approve or drop it."
    state = state_of(tx, link, site.runtime.now())
    yield f"• Status: {badge_text(state)}: {sentence(headline(state))}"
    yield f"• Last complete sync: {moment(runs.stored_status(tx, list_id).last_sync_time)}."
    verified = verifications.newest_verification(tx, list_id)
    if verified is None:
        yield "• Last verified: never."
    else:
        yield f"• Last verified: {moment(verified.finished_at)}; differences: {_differences(state)}."


def _differences(state: ConnectionState) -> str:
    if state.unexplained:
        return f"{state.unexplained:,} unexplained"
    return f"{state.explained:,}, all with a known reason" if state.explained else "none"


def _counted(numbers: Mapping[str, int]) -> str:
    return ", ".join(f"{number:,} {name}" for name, number in sorted(numbers.items())) or "none"
