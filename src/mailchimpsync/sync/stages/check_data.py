"""Stage `readyToCheckForDataUpdates`: what plugins know of people, compared with what Mailchimp has confirmed.

Only runs `with_data`, and syncs of single members, do this. Nothing is sent: changes wait at their row, which becomes
due.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from mailchimpsync.data import NOTHING_CONFIRMED, Audience, DataComparison, Person, PluginRunner, compare
from mailchimpsync.mailchimp import MailchimpClient, MergeField, merge_fields, tags_beginning_with
from mailchimpsync.model import DataOptions
from mailchimpsync.store import Transaction
from mailchimpsync.store.cache import data, members
from mailchimpsync.store.cache.data import RowWithData
from mailchimpsync.store.runs import runs
from mailchimpsync.store.schema import cache
from mailchimpsync.sync.context import Run
from mailchimpsync.sync.deciding.data_findings import Findings

ROWS_PER_STEP = 10_000


class AudienceData:
    """The audience's fields and tags, requested only when something has to be sent."""

    def __init__(self, mailchimp: MailchimpClient, list_id: str, prefix: str) -> None:
        self._mailchimp, self._list_id, self._prefix = mailchimp, list_id, prefix

    @cached_property
    def merge_fields(self) -> Mapping[str, MergeField]:
        """The merge fields by tag."""
        return {one.tag: one for one in merge_fields(self._mailchimp, self._list_id)}

    @cached_property
    def tags(self) -> frozenset[str]:
        """The tags with our prefix, case-folded."""
        found = tags_beginning_with(self._mailchimp, self._list_id, self._prefix)
        return frozenset(name.casefold() for name in found)


def includes_data(run: Run) -> bool:
    """Return whether this stage has anything to do in a run."""
    return run.with_data and run.connection.data is not None


def check_data(run: Run) -> bool:
    """Ask the plugins about all members, a few thousand at a time."""
    if run.connection.data is None or not run.with_data:
        return True
    progress = run.read_progress()
    after, findings = progress.get("data_to", 0), Findings.from_json(progress.get("found"))
    check = _Check(run, run.connection.data, findings)
    while True:
        with run.transaction() as tx:
            some = data.rows_to_check(tx, run.list_id, run.connection.group_id, after, ROWS_PER_STEP)
        if not some:
            break
        compared = check.compare(some)
        if run.deadline.reached:  # running out of time isn't a failure of the plugins
            return False
        after = some[-1].id
        with run.transaction() as tx:
            check.write(tx, some, compared)
            run.note_progress(tx, {"data_to": after, "found": findings.as_json()})
        run.progress.advance(len(some))
    check.finish()
    return True


def check_data_for(run: Run, row_ids: Sequence[int]) -> None:
    """Ask the plugins about a few rows."""
    if run.connection.data is None or not row_ids:
        return
    with run.transaction() as tx:
        some = data.rows_with_data(tx, row_ids)
    if not some:
        return
    check = _Check(run, run.connection.data, Findings())
    compared = check.compare(some)
    with run.transaction() as tx:
        check.write(tx, some, compared)
    check.log_problems()


class _Check:
    """The plugins in one call on one connection."""

    def __init__(self, run: Run, options: DataOptions, findings: Findings) -> None:
        self._run, self._findings = run, findings
        audience = Audience(run.list_id, run.connection.group_id, run.started_at, data=options)
        self._team = PluginRunner.of(audience, run.civicrm)
        self._known = AudienceData(run.mailchimp, run.list_id, options.tag_prefix)
        self._team.begin()

    def compare(self, some: Sequence[RowWithData]) -> list[DataComparison]:
        self._team.prepare(sorted({row.civicrm_contact_id for row in some}))
        return [self._compare_one(row) for row in some]

    def _compare_one(self, row: RowWithData) -> DataComparison:
        person = _person(self._run.list_id, row)
        said = self._team.ask(person)
        return compare(person, said, row.confirmed or NOTHING_CONFIRMED, row.refused, self._known)

    def write(self, tx: Transaction, some: Sequence[RowWithData], compared: Sequence[DataComparison]) -> None:
        """Store changes at their rows, and record what was found."""
        due, written, changed = [], [], Counter[str]()
        for row, one in zip(some, compared, strict=True):
            self._findings.add_problems(row.civicrm_contact_id, one.problems)
            if one.change is not None:
                due.append(row.id)
                written.append({"cache_id": row.id, "wanted": one.change})
                changed.update(_plugins_of(one.change))
            elif row.wanted is not None:
                written.append({"cache_id": row.id, "wanted": None})
            if one.note is not None:
                written.append({"cache_id": row.id, "confirmed": one.note})
        data.write_data(tx, written)
        members.make_due(tx, cache.c.id.in_(due))
        self._findings.add(len(some), len(due), changed)
        self._findings.add_plugin_findings(self._team)

    def finish(self) -> None:
        """Report to the plugins, and record what was found."""
        self._team.end(self._findings.changed_by)
        self._findings.add_plugin_findings(self._team)
        with self._run.transaction() as tx:
            runs.add_counts(tx, self._run.id, data=self._findings.as_json())
        self._run.log(self._findings.sentence)
        self.log_problems()

    def log_problems(self) -> None:
        """Log what went wrong."""
        for words in self._findings.failure_sentences:
            self._run.log(words)


def _person(list_id: str, row: RowWithData) -> Person:
    names = row.mailchimp_data or {}
    known = {tag: names[key] for tag, key in (("FNAME", "first_name"), ("LNAME", "last_name")) if key in names}
    return Person(row.civicrm_contact_id, list_id, row.mailchimp_email, row.mailchimp_status, known)


def _plugins_of(change: Mapping[str, Any]) -> set[str]:
    entries = [*change["fields"].values(), *change["tags"].values()]
    entries += [change["language"]] if change["language"] else []
    return {plugin for _, plugin in entries}
