"""The state of a connection in words: the one badge and the one sentence that every interface shows."""

from __future__ import annotations

from collections.abc import Sequence

from mailchimpsync.actions.status.connection_state import CAUSES_NAMED, ConnectionState, StateName
from mailchimpsync.actions.texts.codes import explain_code
from mailchimpsync.errors import Code, Entry
from mailchimpsync.messages import moment, say
from mailchimpsync.store.changes.batches import BatchDelay
from mailchimpsync.store.queries.due import NEXT_RUN, Due


def badge_text(state: ConnectionState) -> str:
    """Return the state as the text of a badge: a word, and how many are due; its colour is `state.level`."""
    if state.name is StateName.WAITING and state.due.number:
        return say("Waiting (%(number)s due)", number=f"{state.due.number:,}")
    return state_word(state)


def state_word(state: ConnectionState) -> str:
    """Return the state in one word."""
    return {
        StateName.OK: say("OK"),
        StateName.RUNNING: say("Running"),
        StateName.WAITING: say("Waiting"),
        StateName.HELD: say("Held"),
        StateName.PAUSED: say("Paused"),
        StateName.FAILING: say("Failing"),
        StateName.NOT_SET_UP: say("Not set up"),
    }[state.name]


def headline(state: ConnectionState) -> str:  # noqa: PLR0911 (one sentence each)
    """Return the sentence beside the badge, without a full stop."""
    match state.name:
        case StateName.RUNNING:
            return say("a sync is running")
        case StateName.HELD:
            return say("held for review: plan %(plan)s", plan=state.held_plan_id)
        case StateName.FAILING:
            return _failing(state)
        case StateName.NOT_SET_UP:
            return say("never synced")
        case StateName.PAUSED:
            return _paused(state)
        case StateName.WAITING:
            return _waiting(state)
    return _in_sync(state)


def _paused(state: ConnectionState) -> str:
    if state.paused_at is None:
        return say("no schedule, and no sync for a day")
    if not state.pause_reason:
        return say("paused by %(who)s", who=state.paused_by)
    return say("paused by %(who)s: %(reason)s", who=state.paused_by, reason=state.pause_reason)


def _in_sync(state: ConnectionState) -> str:
    if state.gone_interests:
        return say("in sync, except for %(interests)s", interests=interests_in_words(state.gone_interests))
    if state.failed.need_attention:
        return say("in sync, but %(people)s can't be synced", people=people_in_words(state.failed.need_attention))
    return say("in sync")


def _failing(state: ConnectionState) -> str:
    if state.failing_code is None:
        return say(
            "the last full comparison found unexplained differences (%(number)s)", number=f"{state.unexplained:,}"
        )
    why = explain_code(state.failing_code).sentence
    if state.failing_since is not None:
        return why
    people = people_in_words(state.due.put_off or state.due.leaving)
    return say("Mailchimp refuses changes for %(people)s: %(why)s", people=people, why=say(why))


def times_of(state: ConnectionState) -> str:
    """Return since when a connection is paused, or fails, how often, and when the next try is; else nothing."""
    if state.name is StateName.PAUSED and state.paused_at is not None:
        return say("since %(since)s", since=moment(state.paused_at))
    if state.name is not StateName.FAILING or state.failing_since is None:
        return ""
    since, times = moment(state.failing_since), state.failing_times
    words = say("failing since %(since)s, %(times)s times in a row", since=since, times=times)
    if state.next_run_at is None:
        return words
    return say("%(since)s; next try: %(time)s", since=words, time=moment(state.next_run_at))


def _waiting(state: ConnectionState) -> str:
    if state.interrupted:
        return say("a sync was interrupted; the next one resumes it")
    if state.due.number:
        return say("not in sync: %(people)s still due", people=people_in_words(state.due.number))
    if state.under_way:
        return say("not in sync: %(number)s updates under way", number=f"{state.under_way:,}")
    return say("not in sync: the last sync did not finish")


def deleted_interests_sentence(gone: Sequence[str]) -> str:
    """Return which linked interests are gone, and what that means, in sentences."""
    return say(
        "Mailchimp no longer has the interest %(ids)s, so people are subscribed without it (%(code)s).",
        ids=", ".join(gone),
        code=Code.MC_MAPPING_GONE.value,
    )


def interests_in_words(gone: Sequence[str]) -> str:
    """Return a number of deleted interests in words."""
    number = len(gone)
    return (
        say("1 linked interest that no longer exists")
        if number == 1
        else say("%(number)s linked interests that no longer exist", number=f"{number:,}")
    )


def batch_sentences(trouble: BatchDelay) -> str:
    """Return why batches have no results, in sentences."""
    number = (
        say("1 batch has been waiting")
        if trouble.number == 1
        else say("%(number)s batches have been waiting", number=f"{trouble.number:,}")
    )
    message = say(
        "%(batches)s for results since %(since)s: %(why)s (%(code)s)",
        batches=number,
        since=moment(trouble.since),
        why=explain_code(trouble.code).sentence,
        code=trouble.code,
    )
    return f"{message} {trouble.detail}".rstrip()


def people_in_words(number: int) -> str:
    """Return a number of people in words."""
    return say("1 person") if number == 1 else say("%(number)s people", number=f"{number:,}")


def due_sentence(found: Due) -> str:
    """Return how many people are due, and why, as a sentence."""
    causes = [_cause(code, number) for code, number in list(found.by_cause.items())[:CAUSES_NAMED]]
    people = "1 person is" if found.number == 1 else f"{found.number:,} people are"
    leaving = f" {found.leaving:,} of them are to be removed from the audience at Mailchimp." if found.leaving else ""
    return f"{people} still due: {'; '.join(causes)}.{leaving}"


def _cause(code: str, number: int) -> str:
    if code == NEXT_RUN:
        return f"{number:,} for the next sync to decide"
    entry: Entry = explain_code(code)
    return f"{number:,}: {entry.sentence.rstrip('.')} ({code})"
