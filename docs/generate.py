"""Writes the pages that are made from the program itself: `python docs/generate.py`.

A test makes sure that what is checked in is what this makes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import mailchimpsync.actions  # noqa: F401 (actions are known once their modules are loaded)
from mailchimpsync.actions.api.description import ACTIONS, Action
from mailchimpsync.actions.api.help_text import Parameter, explanation_of, parameters_of
from mailchimpsync.decide import table
from mailchimpsync.errors import PURPOSES, REGISTRY, SMALLEST, Code, Entry
from mailchimpsync.model import GroupStatus, MemberStatus

HERE = Path(__file__).parent
NOTE = "% Made by docs/generate.py. Do not edit.\n\n"

DECISION_INTRO = """# The decision table

Each row of an audience (one person) is decided by one function that knows both sides, what they agreed on last (the
*base*), and the policy of the connection. This page is generated from that function.

The first tables are for an ordinary person: one contact, one address, nothing that forbids mailing, a connection that
asks people back (`resubscribe: ask`). Look for Mailchimp's status on the left and CiviCRM's group status above. A cell
says what is done; its link says why.

| in a cell | means |
|---|---|
| · | nothing: both sides agree, or nothing may be done |
| add | CiviCRM: the contact is added to the group |
| remove | CiviCRM: the contact is removed from the group |
| subscribe (new) | Mailchimp: a new member, subscribed; whoever is there after all keeps their status |
| subscribe (again) | Mailchimp: `subscribed` is tried; if Mailchimp refuses, it asks the person |
| unsubscribe | Mailchimp: the member is unsubscribed |
| fails | nothing is done; the row says why, and what to do |

*Removed* and *Deleted* in CiviCRM are staff or the person leaving the group, or the membership being deleted. *none*
means that CiviCRM has never heard of the contact in this group; that is never a reason to unsubscribe anybody.
"""

WHOLE_INTRO = """## The whole table

Every combination the rules know, in as few lines as say it exactly: `*` is any value, `|` is *or*. The first line that
fits is the only line that fits.

- *contact*: `owned` by a contact; `none` in CiviCRM has the address; the contact is `gone` (deleted or in the trash).
- *other row*: the same contact has another address in the audience, which is `subscribed`; or is the one to be
  subscribed again (`preferred`); or `left` later than the contact was added to the group.
- *obstacle*: why the person may not be newly subscribed; all obstacles work like the two shown.
- *base after*: what counts as agreed once everything is confirmed.
"""

TRUST_INTRO = """## While a side is trusted

In the one full run that [trusts a side](../how-to/trust-one-side.md) with the subscription, which is looked at before.
`status=pending`: Mailchimp asks the person.
"""

ADDRESSES_INTRO = """## Changed addresses

A member whose contact has [another best address](../how-to/change-an-address.md) now, and had the member's before. The
new one is free, somebody else's, or another member's of the same contact, who is subscribed with it. *new member*: the
new address is decided about by itself, as below.
"""

ARRIVALS_INTRO = """## The new address

In the group, and not at Mailchimp: what it takes depends on what the contact's old address is there, and whether that
left later than the contact was added.
"""

RETURNS_INTRO = """## People whom we took off ourselves

The contact was removed from the group, so we took the member off (*made_by*: `us`; `us-unconfirmed`: before they had
confirmed). They never left by an act of their own, so an Added brings them back.
"""

NEW_MEMBERS_INTRO = """## New members

In the group, and not subscribed: whether Mailchimp asks them first ([`new_members`](configuration.md)). `pending`:
it does. *taken off*: whether it was us who took the member off, because the contact had been removed from the group;
who was subscribed before is not asked a second time.
"""

DEPARTURES_INTRO = """## Departures in CiviCRM

Who is [marked, deleted, merged](../how-to/choose-what-departures-mean.md), or leaves the group (*left*: `none`), and
what that means at Mailchimp for the connection. All marks work like `opt_out`, and `deleted` like `trashed`. *taken
off*: whether it was us who took the member off for such a departure; who was comes back when it is over.
"""

INTERESTS_INTRO = """## Interests

For somebody who is subscribed on both sides; each interest is looked at by itself. A new member brings the interests
of its contact along. While somebody is not subscribed, their interests and groups stay as they are.
*trust*: the side that is trusted with the interest. *other row*: another subscribed address of the same contact
`has it`.
"""

MOMENTS = (
    ("CiviCRM changed last, or both at the same second", ("CiviCRM", "tie")),
    ("Mailchimp changed last", ("Mailchimp",)),
)
BASES = (
    (table.NONE, "Nothing was ever agreed"),
    ("in", "Both sides agreed last that the person is subscribed"),
    ("out", "Both sides agreed last that the person is not subscribed"),
)
ORDINARY = {"contact": "owned", "other_row": table.NONE, "resubscribe": "ask", "obstacle": table.NONE}
COLUMNS = (table.NONE, *GroupStatus)
WORDS = {
    "Added": "add",
    "Removed": "remove",
    "status_if_new=subscribed": "subscribe (new)",
    "status=subscribed": "subscribe (again)",
    "status=unsubscribed": "unsubscribe",
}

CODES_INTRO = """# Reasons and errors

Every row, every change and every error has a code. `mailchimpsync explain-code CODE` says the same on the command line.
"""

CODE_GROUPS: Sequence[tuple[str, str, Callable[[Code], bool]]] = (
    (
        "In order, or being brought into order",
        "A row with one of these is in sync, or its change is on the way.",
        lambda code: _place(code) < _place(Code.CV_NO_ADDRESS),
    ),
    (
        "Cannot be synced, because of CiviCRM",
        "A row with one of these fails alone; nothing else waits for it.",
        lambda code: _place(Code.CV_NO_ADDRESS) <= _place(code) < _place(Code.MC_COMPLIANCE),
    ),
    (
        "Cannot be synced, because of Mailchimp",
        "A row with one of these fails alone; nothing else waits for it.",
        lambda code: _place(Code.MC_COMPLIANCE) <= _place(code) < _place(Code.MC_AUTH),
    ),
    (
        "What stops a run",
        "The run stops, what is done is kept, and the next run goes on.",
        lambda code: _place(code) >= _place(Code.MC_AUTH),
    ),
)


ACTIONS_INTRO = """# Actions

What can be done from outside: [from the command line](../how-to/call-the-api.md),
[over HTTP](../how-to/call-over-http.md), and [from Python](../how-to/use-from-python.md). Every door calls the same
functions; this page is made from them.

The answer is CiviCRM's envelope: `is_error`, `version`, `count`, `values`; or `is_error` 1 with an `error_message`, and
an `error_code` that is explained [here](codes.md). Times are in UTC, as in `2026-11-20T12:00:00Z`. Parameters that
CiviCRM's callers may add to any call (`version`, `debug`, `check_permissions`) are passed over; with `sequential` 0,
rows are keyed by their `id`; what `options` holds counts like any other parameter.

A *filter* is a value, or an object of operators with values: `=`, `!=`, `<`, `<=`, `>`, `>=`, `LIKE`, `NOT LIKE`, `IN`,
`NOT IN`, `IS NULL`, `IS NOT NULL`. Several must all be met. `LIKE` takes `%` for any letters and does not mind case; a
pattern without `%` is looked for anywhere.

The *scope* is what a token must have to call the action over HTTP: `read`, `run` (which includes it) or `configure`
(which includes both).
"""


def decision_page() -> str:
    """Return the page with the decision table."""
    cells = table.subscriptions()
    parts = [NOTE, DECISION_INTRO]
    for base, title in BASES:
        parts.append(f"\n## {title}\n")
        grids = {heading: _grid(cells, base, newer) for heading, newer in MOMENTS}
        if len(set(grids.values())) == 1:
            grids = {"Whatever the dates": next(iter(grids.values()))}
        parts += [f"\n### {heading}\n\n{grid}" for heading, grid in grids.items()]
    parts += ["\n", WHOLE_INTRO, "\n", _lines(table.DIMENSIONS, table.collapse(cells))]
    parts += ["\n", TRUST_INTRO, "\n", _lines(table.TRUST_DIMENSIONS, table.collapse(table.trusting()))]
    parts += ["\n", NEW_MEMBERS_INTRO, "\n"]
    parts += [_lines(table.NEW_MEMBER_DIMENSIONS, table.collapse(table.new_members()))]
    parts += ["\n", ADDRESSES_INTRO, "\n"]
    parts += [_lines(table.ADDRESS_DIMENSIONS, table.collapse(table.addresses()))]
    parts += ["\n", ARRIVALS_INTRO, "\n"]
    parts += [_lines(table.ARRIVAL_DIMENSIONS, table.collapse(table.arrivals()))]
    parts += ["\n", RETURNS_INTRO, "\n"]
    parts += [_lines(table.RETURN_DIMENSIONS, table.collapse(table.returns()))]
    parts += ["\n", DEPARTURES_INTRO, "\n"]
    parts += [_lines(table.DEPARTURE_DIMENSIONS, table.collapse(table.departures()))]
    parts += ["\n", INTERESTS_INTRO, "\n", _lines(table.INTEREST_DIMENSIONS, table.collapse(table.interests()))]
    return "".join(parts)


def _grid(cells: table.Cells, base: str, newer: Sequence[str]) -> str:
    """One cross table; statuses at Mailchimp that are treated alike share a row."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for status in (table.NONE, *MemberStatus, table.UNKNOWN_STATUS):
        found = tuple(_cell(cells, base, newer, status, in_civicrm) for in_civicrm in COLUMNS)
        alike.setdefault(found, []).append("not there" if status == table.NONE else status.strip("()"))
    rows = [(", ".join(statuses), *found) for found, statuses in alike.items()]
    return _markdown(("at Mailchimp ↓, in CiviCRM →", *COLUMNS), rows)


def _cell(cells: table.Cells, base: str, newer: Sequence[str], status: str, in_civicrm: str) -> str:
    case = {**ORDINARY, "at_mailchimp": status, "in_civicrm": in_civicrm, "base": base}
    outcomes = {cells[tuple({**case, "newer": one}[name] for name in table.DIMENSIONS)] for one in newer}
    (outcome,) = outcomes
    return _link(_word(outcome), outcome.reason)


def _word(outcome: table.Outcome) -> str:
    if outcome.row == "fail":
        return "fails"
    return WORDS.get(outcome.civicrm or outcome.mailchimp, "·")


def _lines(dimensions: Mapping[str, object], lines: table.Lines) -> str:
    header = [name.replace("_", " ") for name in (*dimensions, *table.Outcome._fields)]
    rows = [
        [_plain(word) for word in (*key, *outcome._replace(reason=""))[: len(key) + 3]]
        + [_link(outcome.reason, outcome.reason), outcome.base_after]
        for key, outcome in lines
    ]
    return _markdown(header, rows)


def _plain(word: str) -> str:
    return word.replace("*", r"\*").replace(" | ", " or ") or "·"


def codes_page() -> str:
    """Return the page with every code."""
    parts = [
        NOTE,
        CODES_INTRO,
    ]
    for title, meaning, belongs in CODE_GROUPS:
        parts.append(f"\n## {title}\n\n{meaning}\n")
        parts += [_code(code, REGISTRY[code]) for code in Code if belongs(code)]
    return "".join(parts)


def _code(code: Code, entry: Entry) -> str:
    return f"""
### {code}

**{entry.sentence}**

{entry.cause}

What to do: {entry.remedy} \\
Who can mend it: {entry.who}. \\
Tried again: {entry.retry}.
"""


def _place(code: Code) -> int:
    return list(Code).index(code)


def actions_page() -> str:
    """Return the page with every action."""
    parts = [NOTE, ACTIONS_INTRO]
    for entity in dict.fromkeys(one.entity for _, one in sorted(ACTIONS.items())):
        parts.append(f"\n## {entity}\n")
        parts += [_action(one) for _, one in sorted(ACTIONS.items()) if one.entity == entity]
    return "".join(parts)


def _action(one: Action) -> str:
    text, errors = explanation_of(one)
    rows = [(f"`{it.name}`", it.kind, _must(it), it.description) for it in parameters_of(one)]
    table_of_parameters = _markdown(("parameter", "type", "default", "meaning"), rows) if rows else "No parameters.\n"
    failures = "".join(f"- {error}\n" for error in errors)
    return (
        f"\n### {one.title}\n\n{one.summary}\n"
        + (f"\n{text}\n" if text else "")
        + f"\nScope: `{one.scope}`. In Python: `{one.function.__name__}`.\n\n{table_of_parameters}"
        + (f"\nIt fails if:\n\n{failures}" if failures else "")
    )


def _must(it: Parameter) -> str:
    also = f" (also called {', '.join(f'`{name}`' for name in it.aliases)})" if it.aliases else ""
    return ("**required**" if it.is_required else f"`{it.default}`" if it.default else "") + also


def _link(word: str, code: str) -> str:
    return f"[{word}](codes.md#{code.lower()})"


def _markdown(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


RIGHTS_INTRO = """# Permissions in CiviCRM

The API key belongs to a user of CiviCRM. What the product may do there is what that user's role may do. Make a user and
a role of its own for it, and give the role these permissions and no others.

`mailchimpsync init`, `mailchimpsync connect`, `mailchimpsync doctor` and the screens prove each of them, change nothing
by that, and name what is missing. A feature whose permission is missing is off; everything else goes on.
"""


def rights_page() -> str:
    """Return the page about permissions."""
    always = [[right.value, PURPOSES[right].why] for right in SMALLEST]
    more = [[right.value, one.why, one.without] for right, one in PURPOSES.items() if right not in SMALLEST]
    parts = [
        NOTE + RIGHTS_INTRO,
        "## Enough to sync",
        _markdown(("permission", "what for"), always),
        (
            "ACLs inside CiviCRM do not replace them: "
            "[what is not visible is not gone](../decisions/what-is-not-visible-is-not-gone.md)."
        ),
        "## More, where a feature needs it",
        _markdown(("permission", "what for", "without it"), more),
    ]
    return "\n\n".join(part.strip() for part in parts) + "\n"


PAGES: Mapping[str, Callable[[], str]] = {
    "reference/permissions.md": rights_page,
    "reference/decision-table.md": decision_page,
    "reference/codes.md": codes_page,
    "reference/api.md": actions_page,
}


def main() -> None:
    """Write all pages."""
    for name, page in PAGES.items():
        (HERE / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
