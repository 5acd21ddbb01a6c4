"""`verify`: compares both sides in full, through their APIs, and reports where they differ and why.

It uses what both sides say, not our own rows, so that it finds errors in those. It writes to neither side and takes no
lease: it may run beside a run, and people who seem to differ are read once more before they are reported.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from mailchimpsync.civicrm import site
from mailchimpsync.mailchimp import audience, interests
from mailchimpsync.model import Connection
from mailchimpsync.runtime import Deadline, NoProgress, Progress
from mailchimpsync.store.runs import runs
from mailchimpsync.store.site import tombstones
from mailchimpsync.store.verify import comparison, verifications
from mailchimpsync.sync.options import Systems
from mailchimpsync.sync.read_only import read_only
from mailchimpsync.sync.verify.causes import Causes
from mailchimpsync.sync.verify.difference import Cause, Difference, Verdict, VerificationResult, not_compared, people_of
from mailchimpsync.sync.verify.finding import find_differences
from mailchimpsync.sync.verify.reading import Comparing, read_both
from mailchimpsync.sync.verify.reread import reread_differences

__all__ = ["Cause", "Difference", "Verdict", "VerificationResult", "people_of", "verify"]

KEPT_MAX = 500
"""How many differences of each sort are stored: unexplained, and explained."""

REREADS_MAX = 1_000
"""How many people are read once more; beyond that, differences don't come from changes of the last minutes."""

_DIFFERENCES_PER_STEP = 500

Tell = Callable[[Difference], None]


def verify(
    systems: Systems,
    connection: Connection,
    deadline: Deadline,
    *,
    by: str,
    progress: Progress | None = None,
    tell: Tell | None = None,
) -> VerificationResult:
    """Compare both sides in full, store the findings, and return them; `tell` is called with every difference.

    Raises:
        EvidenceError, AccessError: there is no proof that everything was read.
        TransientError: a side can't be reached, or time is over.
    """
    started = systems.runtime.now()
    with systems.store.begin() as tx:
        key = verifications.begin_verification(tx, connection.list_id, started, by)
    with systems.until(deadline), read_only(systems), comparison.comparison() as scratch:
        checked = site(systems.civicrm, connection.group_ids)
        audience(systems.mailchimp, connection.list_id)
        gone = _deleted_interests(systems, connection)
        with systems.store.reading() as tx:
            erased = tombstones.erased(tx, systems.erasure_key)
        told = progress or NoProgress()
        work = Comparing(systems, connection, scratch, checked.clock, deadline, told, erased)
        read_both(work)
        with scratch.begin() as tx:
            members, subscribed, in_group = comparison.totals(tx, connection.group_id)
        tally = _Tally(tell, gone)
        for difference in _confirm_differences(work):
            tally.add(difference)
    found: dict[str, Any] = {
        "finished_at": systems.runtime.now(),
        "members": members,
        "subscribed": subscribed,
        "in_group": in_group,
        **tally.result(),
    }
    with systems.store.begin() as tx:
        verifications.finish_verification(tx, key, connection.list_id, **found)
        if connection.interests:
            runs.record_deleted_interests(tx, connection.list_id, gone)
    return VerificationResult(key, connection.list_id, started, **found, made_by=by)


def _deleted_interests(systems: Systems, connection: Connection) -> Sequence[str]:
    """Return the linked interests that Mailchimp does not have: members don't say whether they are ticked."""
    if not connection.interests:
        return ()
    known = {one.id for one in interests(systems.mailchimp, connection.list_id)}
    return sorted(connection.interests.keys() - known)


def _confirm_differences(work: Comparing) -> Iterator[Difference]:
    """Yield differences with their causes, doubtful ones only after a second reading."""
    causes, looks = Causes(work), REREADS_MAX
    found = (one for some in find_differences(work.scratch, work.connection) for one in some)
    for some in _chunks(found):
        work.check_time()
        explained = causes.explain(some)
        doubtful = [one for one in explained if one.cause in (Cause.UNKNOWN, Cause.CHANGED)][:looks]
        looks -= len(doubtful)
        again = set(doubtful)
        yield from (one for one in explained if one not in again)
        if doubtful:
            yield from Causes(work).explain(reread_differences(work, doubtful))


def _chunks(found: Iterable[Difference]) -> Iterator[Sequence[Difference]]:
    found = iter(found)
    while some := list(islice(found, _DIFFERENCES_PER_STEP)):
        yield some


@dataclass
class _Tally:
    """Counts differences and the people affected, and stores the first of them."""

    tell: Tell | None
    gone_interests: Sequence[str] = ()
    _counts: Counter[tuple[str, str, str | None]] = field(default_factory=Counter)
    _people: Counter[tuple[str, str, str | None]] = field(default_factory=Counter)
    _seen: set[tuple[str | None, str]] = field(default_factory=set)
    _numbers: Counter[bool] = field(default_factory=Counter)
    _kept: dict[bool, list[dict[str, Any]]] = field(default_factory=lambda: {False: [], True: []})

    def add(self, one: Difference) -> None:
        """Add one."""
        self._counts[one.kind.value, one.cause.value, one.code] += 1
        self._people[one.kind.value, one.cause.value, one.code] += self._is_another_person(one)
        self._numbers[one.is_explained] += 1
        kept = self._kept[one.is_explained]
        if len(kept) < KEPT_MAX:
            kept.append(one.plain())
        if self.tell is not None:
            self.tell(one)

    def _is_another_person(self, one: Difference) -> bool:
        """Return whether the person isn't counted yet for the same cause: only interests may differ more than once."""
        if one.interest is None:
            return True
        person = one.member_id, one.cause.value
        is_new = person not in self._seen
        self._seen.add(person)
        return is_new

    def result(self) -> dict[str, Any]:
        """Return the stored ones; unexplained ones come first."""
        counts = sorted(self._counts.items(), key=lambda pair: (-pair[1], pair[0][:2], pair[0][2] or ""))
        gone = self.gone_interests
        return {
            "explained": self._numbers[True] + len(gone),
            "unexplained": self._numbers[False],
            "counts": [not_compared(gone)] * bool(gone)
            + [
                {"kind": kind, "cause": cause, "code": code, "count": number, "people": self._people[kind, cause, code]}
                for (kind, cause, code), number in counts
            ],
            "differences": self._kept[False] + self._kept[True],
        }
