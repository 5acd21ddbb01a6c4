"""Problems in words: numbers, codes, and the names of connections and accounts; never anyone's address."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mailchimpsync.actions.alerts.problems import Kind
from mailchimpsync.actions.texts.codes import explain_code
from mailchimpsync.config import Configuration
from mailchimpsync.errors import Code, remedy_when_lasting
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
    return Description(f"{about}: {title}" if about else title[0].upper() + title[1:], what, remedy)


def subject_of(configuration: Configuration, list_id: str | None) -> str:
    """Return what people call the connection of an audience, on one line."""
    titles = {link.audience_id: link.title for link in configuration.connections}
    return " ".join(titles.get(list_id, f"audience {list_id}").split()) if list_id else ""


_Data = Mapping[str, Any]
_Three = tuple[str, str, str]


def _failed(code: str | None, data: _Data) -> _Three:
    entry, since = explain_code(code), data.get("since")
    if since is None or code is None or code not in Code.__members__:
        return f"the sync failed ({code})", entry.sentence, entry.remedy
    what = f"{entry.sentence} Every sync since {since} has failed this way."
    return f"the sync failed ({code})", what, remedy_when_lasting(Code(code))


def _leaving(_code: str | None, data: _Data) -> _Three:
    what = (
        f"{data['people']:,} people who should be off the list are still on it, because Mailchimp refuses the change."
    )
    return (
        "people who unsubscribed or left still get mail",
        what,
        "`mailchimpsync status` shows the cause and what to do.",
    )


def _refused(code: str | None, data: _Data) -> _Three:
    entry = explain_code(code)
    what = f"Mailchimp keeps refusing the changes to {data['people']:,} people. {entry.sentence}"
    return f"Mailchimp refuses changes ({code})", what, remedy_when_lasting(Code(code)) if code else entry.remedy


def _key(code: str | None, data: _Data) -> _Three:
    entry = explain_code(code)
    whose = f"Mailchimp account “{' '.join(data['account'].split())}”" if data.get("account") else "CiviCRM"
    return f"{whose} refused the API key ({code})", entry.sentence, entry.remedy


def _held(_code: str | None, data: _Data) -> _Three:
    plan = data["plan"]
    what = (
        f"The next sync changes nothing until someone has reviewed plan {plan}. "
        "Usually it would change more people than your limit allows without review."
    )
    remedy = (
        f"Review it with `mailchimpsync plan show {plan}`, then run `mailchimpsync approve {plan}` or "
        f"`mailchimpsync drop {plan}`."
    )
    return "a sync is held for review (HELD)", what, remedy


def _late(_code: str | None, data: _Data) -> _Three:
    synced = data.get("synced")
    what = f"The last complete sync started at {synced}." if synced else "No sync has been completed yet."
    remedy = "Check that `mailchimpsync serve` is running or cron calls `mailchimpsync sync`, and check its output."
    return "no complete sync for a long time", what, remedy


def _failures(_code: str | None, data: _Data) -> _Three:
    what = f"{data['failing']:,} of {data['rows']:,} people can't be synced and need attention."
    return "many people can't be synced", what, "`mailchimpsync status` shows the reasons and who can fix them."


def _differences(_code: str | None, data: _Data) -> _Three:
    what = f"The last verification found {data['differences']:,} unexplained differences."
    remedy = (
        "Run `mailchimpsync sync --since ever`, then verify again. Only a full sync finds data that was loaded "
        "into CiviCRM with old dates."
    )
    return "both sides differ", what, remedy


def _events(code: str | None, data: _Data) -> _Three:
    what = f"{data['events']:,} changes reported by webhook could not be handled. The next sync makes up for them."
    return f"webhook events were given up ({code})", what, explain_code(code).remedy


def _webhook(code: str | None, _data: _Data) -> _Three:
    entry = explain_code(code)
    return f"Mailchimp's webhooks don't work ({code})", entry.sentence, entry.remedy


def _campaigns(code: str | None, data: _Data) -> _Three:
    entry = explain_code(code)
    failing = data.get("failing")
    what = f"{failing:,} campaigns could not be imported. {entry.sentence}" if failing else entry.sentence
    return f"campaigns are not imported ({code})", what, entry.remedy


def _disk(code: str | None, _data: _Data) -> _Three:
    entry = explain_code(code)
    return f"the disk is almost full ({code})", entry.sentence, entry.remedy


def _plugins(code: str | None, data: _Data) -> _Three:
    entry = explain_code(code)
    return f"data is not sent because plugins failed ({code}): {data['plugins']}", entry.sentence, entry.remedy


def _unfit(code: str | None, data: _Data) -> _Three:
    entry, where = explain_code(code), f"merge field {data['field']}" if data["field"] else "their data"
    what = f"{data['people']:,} people: {where}. {entry.sentence} It is not sent, or Mailchimp has refused it."
    remedy = f"`mailchimpsync data findings` shows them. {entry.remedy}"
    return f"many people have data that doesn't fit ({code})", what, remedy


def _batches(code: str | None, data: _Data) -> _Three:
    entry, number = explain_code(code), data["batches"]
    title = f"{number:,} batches have no results" if number > 1 else "a batch has no results"
    return f"{title} ({code})", entry.sentence, entry.remedy


def _interests(code: str | None, data: _Data) -> _Three:
    entry, number = explain_code(code), data["interests"]
    title = f"{number:,} linked interests are gone" if number > 1 else "a linked interest is gone"
    return f"{title} ({code})", f"{entry.sentence} People are subscribed without it.", entry.remedy


def _paused(code: str | None, data: _Data) -> _Three:
    what = f"{data['by']} paused it at {data['since']}. Until it is resumed, changes wait on both sides."
    return "a connection has been paused for a long time", what, explain_code(code).remedy


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
