"""Problems in words: numbers, codes, and the names of connections and accounts; never anyone's address."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mailchimpsync.actions.alerts.problems import Kind
from mailchimpsync.actions.texts.codes import explain_code
from mailchimpsync.config import Configuration
from mailchimpsync.errors import Code, remedy_when_lasting
from mailchimpsync.messages import as_message, join, say
from mailchimpsync.store.site.alerts import StoredAlert


@dataclass(frozen=True, slots=True)
class Description:
    """What is wrong, in a line; what that means; what to do about it."""

    title: str
    what: str
    remedy: str


def describe(configuration: Configuration, alert: StoredAlert) -> Description:
    """Return a noted problem in words."""
    title, what, remedy = _WORDS[Kind(alert.kind)](alert.code, alert.data)
    about = subject_of(configuration, alert.list_id)
    return Description(say("%(about)s: %(title)s", about=about, title=title) if about else title, what, remedy)


def subject_of(configuration: Configuration, list_id: str | None) -> str:
    """Return what people call the connection of an audience, on one line."""
    titles = {link.audience_id: link.title for link in configuration.connections}
    return " ".join(titles.get(list_id, f"audience {list_id}").split()) if list_id else ""


_Data = Mapping[str, Any]
_Three = tuple[str, str, str]


def _failed(code: str | None, data: _Data) -> _Three:
    entry, since = explain_code(code), data.get("since")
    title = say("the sync failed (%(code)s)", code=code)
    if since is None or code is None or code not in Code.__members__:
        return title, entry.sentence, entry.remedy
    lasts = say("Every sync since %(since)s has failed this way.", since=since)
    return title, join(" ", [as_message(entry.sentence), lasts]), remedy_when_lasting(Code(code))


def _leaving(_code: str | None, data: _Data) -> _Three:
    what = say(
        "%(people)s people who should be off the list are still on it, because Mailchimp refuses the change.",
        people=f"{data['people']:,}",
    )
    remedy = say("`mailchimpsync status` shows the cause and what to do.")
    return say("people who unsubscribed or left still get mail"), what, remedy


def _refused(code: str | None, data: _Data) -> _Three:
    entry = explain_code(code)
    refused = say("Mailchimp keeps refusing the changes to %(people)s people.", people=f"{data['people']:,}")
    remedy = remedy_when_lasting(Code(code)) if code else entry.remedy
    return (
        say("Mailchimp refuses changes (%(code)s)", code=code),
        join(" ", [refused, as_message(entry.sentence)]),
        remedy,
    )


def _key(code: str | None, data: _Data) -> _Three:
    entry, account = explain_code(code), " ".join(data.get("account", "").split())
    if not account:
        return say("CiviCRM refused the API key (%(code)s)", code=code), entry.sentence, entry.remedy
    title = say("Mailchimp account “%(account)s” refused the API key (%(code)s)", account=account, code=code)
    return title, entry.sentence, entry.remedy


def _held(_code: str | None, data: _Data) -> _Three:
    what = say(
        "The next sync changes nothing until someone has reviewed plan %(plan)s. Usually it would change more people "
        "than your limit allows without review.",
        plan=data["plan"],
    )
    remedy = say(
        "Review it with `mailchimpsync plan show %(plan)s`, then run `mailchimpsync approve %(plan)s` or "
        "`mailchimpsync drop %(plan)s`.",
        plan=data["plan"],
    )
    return say("a sync is held for review (HELD)"), what, remedy


def _late(_code: str | None, data: _Data) -> _Three:
    synced = data.get("synced")
    what = say("No sync has been completed yet.")
    if synced:
        what = say("The last complete sync started at %(synced)s.", synced=synced)
    remedy = say(
        "Check that `mailchimpsync serve` is running or cron calls `mailchimpsync sync`, and check its output."
    )
    return say("no complete sync for a long time"), what, remedy


def _failures(_code: str | None, data: _Data) -> _Three:
    what = say(
        "%(failing)s of %(rows)s people can't be synced and need attention.",
        failing=f"{data['failing']:,}",
        rows=f"{data['rows']:,}",
    )
    remedy = say("`mailchimpsync status` shows the reasons and who can fix them.")
    return say("many people can't be synced"), what, remedy


def _differences(_code: str | None, data: _Data) -> _Three:
    number = f"{data['differences']:,}"
    what = say("The last verification found %(number)s unexplained differences.", number=number)
    remedy = say(
        "Run `mailchimpsync sync --since ever`, then verify again. Only a full sync finds data that was loaded "
        "into CiviCRM with old dates."
    )
    return say("both sides differ"), what, remedy


def _events(code: str | None, data: _Data) -> _Three:
    what = say(
        "%(number)s changes reported by webhook could not be handled. The next sync makes up for them.",
        number=f"{data['events']:,}",
    )
    return say("webhook events were given up (%(code)s)", code=code), what, explain_code(code).remedy


def _webhook(code: str | None, _data: _Data) -> _Three:
    entry = explain_code(code)
    return say("Mailchimp's webhooks don't work (%(code)s)", code=code), entry.sentence, entry.remedy


def _campaigns(code: str | None, data: _Data) -> _Three:
    entry, failing = explain_code(code), data.get("failing")
    title, what = say("campaigns are not imported (%(code)s)", code=code), as_message(entry.sentence)
    if failing:
        what = join(" ", [say("%(number)s campaigns could not be imported.", number=f"{failing:,}"), what])
    return title, what, entry.remedy


def _disk(code: str | None, _data: _Data) -> _Three:
    entry = explain_code(code)
    return say("The disk is almost full (%(code)s)", code=code), entry.sentence, entry.remedy


def _plugins(code: str | None, data: _Data) -> _Three:
    entry = explain_code(code)
    title = say("data is not sent because plugins failed (%(code)s): %(plugins)s", code=code, plugins=data["plugins"])
    return title, entry.sentence, entry.remedy


def _unfit(code: str | None, data: _Data) -> _Three:
    entry = explain_code(code)
    where = say("merge field %(field)s", field=data["field"]) if data["field"] else say("their data")
    what = say(
        "%(people)s people: %(where)s. %(cause)s It is not sent, or Mailchimp has refused it.",
        people=f"{data['people']:,}",
        where=where,
        cause=as_message(entry.sentence),
    )
    remedy = join(" ", [say("`mailchimpsync data findings` shows them."), as_message(entry.remedy)])
    return say("many people have data that doesn't fit (%(code)s)", code=code), what, remedy


def _batches(code: str | None, data: _Data) -> _Three:
    entry, number = explain_code(code), data["batches"]
    title = say("a batch has no results (%(code)s)", code=code)
    if number > 1:
        title = say("%(number)s batches have no results (%(code)s)", number=f"{number:,}", code=code)
    return title, entry.sentence, entry.remedy


def _interests(code: str | None, data: _Data) -> _Three:
    entry, number = explain_code(code), data["interests"]
    title = say("a linked interest is gone (%(code)s)", code=code)
    if number > 1:
        title = say("%(number)s linked interests are gone (%(code)s)", number=f"{number:,}", code=code)
    return title, join(" ", [as_message(entry.sentence), say("People are subscribed without it.")]), entry.remedy


def _paused(code: str | None, data: _Data) -> _Three:
    what = say(
        "%(by)s paused it at %(since)s. Until it is resumed, changes wait on both sides.",
        by=data["by"],
        since=data["since"],
    )
    return say("a connection has been paused for a long time"), what, explain_code(code).remedy


_WORDS: Mapping[Kind, Callable[[str | None, _Data], _Three]] = {
    Kind.FAILED: _failed,
    Kind.KEY: _key,
    Kind.HELD: _held,
    Kind.LATE: _late,
    Kind.LEAVING: _leaving,
    Kind.REFUSED: _refused,
    Kind.FAILURES: _failures,
    Kind.DIFFERENCES: _differences,
    Kind.EVENTS: _events,
    Kind.WEBHOOK: _webhook,
    Kind.CAMPAIGNS: _campaigns,
    Kind.DISK: _disk,
    Kind.DATA: _plugins,
    Kind.UNFIT: _unfit,
    Kind.BATCHES: _batches,
    Kind.INTERESTS: _interests,
    Kind.PAUSED: _paused,
}
