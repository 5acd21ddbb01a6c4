"""A row as tables show it: its title, reason, interests by name, and its state on both sides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from mailchimpsync.actions import Names
from mailchimpsync.actions.entities.browse import BrowsedRows, InterestState
from mailchimpsync.actions.texts.codes import explain_code
from mailchimpsync.config import Link
from mailchimpsync.errors.codes import Code
from mailchimpsync.messages import say
from mailchimpsync.model import GroupStatus, MemberStatus
from mailchimpsync.store.queries.browse import BrowsedRow
from mailchimpsync.web.links import contact_url, member_url
from mailchimpsync.web.screens.names import known_names
from mailchimpsync.web.screens.screen import Visit
from mailchimpsync.web.templatetags.screens import ago

_LANGUAGES_MAX = 16


@dataclass(frozen=True, slots=True)
class Ticks:
    """The interests that a person has, or does not have, on one side; `mark` is the character and label for it."""

    kind: str
    mark: str
    titles: SafeString


def lines_of(visit: Visit, browsed: BrowsedRows, *, is_brief: bool = False) -> list[dict[str, Any]]:
    """Return rows with everything a template needs; brief ones list only the interests that a person has.

    For speed: an element for each interest made up most of the page, and translating the labels again for each row
    took most of the time.
    """
    words = _labels_in(get_language() or "")
    names = known_names(visit.site, browsed.link) or Names()
    return [
        {
            **_facts(visit, browsed.link, row, words),
            **_interests(browsed.interests.get(row.id, ()), names, words, is_brief),
        }
        for row in browsed.found.rows
    ]


def _facts(visit: Visit, link: Link, row: BrowsedRow, words: Mapping[str, str]) -> dict[str, Any]:
    contact_id = row.civicrm_contact_id
    contact = words["contact"] % {"id": contact_id} if contact_id else ""
    title = row.name or row.address or contact or words["row"] % {"id": row.id}
    return {
        "row": row,
        "id": str(row.id),  # a number would be written as readers of the language do, which takes longer
        "words": words,
        "title": title,
        "choose": words["choose"] % {"who": title},
        "name": row.name,
        "address": row.address,
        "mail": row.address if row.name else "",
        "why": _why(row),
        "contact": contact,
        "contact_url": contact_url(visit.site, contact_id),
        "member_url": member_url(visit.site, link, row.mailchimp_contact_id),
        "set_at_mailchimp": _when(words["set"], row.mailchimp_status_date),
        "edited_at_mailchimp": _when(words["edited"], row.mailchimp_updated),
        "set_in_civicrm": _when(words["set"], row.civicrm_updated),
    }


def _why(row: BrowsedRow) -> str:
    if row.reason == Code.IN_SYNC and row.mailchimp_status == MemberStatus.PENDING:
        return say("In the group, and subscribed at Mailchimp as soon as they confirm.")
    return explain_code(row.reason).sentence if row.reason else ""


def _when(sentence: str, at: Any) -> SafeString | str:
    return mark_safe(conditional_escape(sentence) % {"when": ago(at)}) if at else ""  # noqa: S308 (both are escaped)


def _is_in_group(state: InterestState) -> bool:
    return state.group_status == GroupStatus.ADDED


def _interests(
    states: Sequence[InterestState], names: Names, words: Mapping[str, str], is_brief: bool
) -> dict[str, Sequence[Ticks]]:
    ticks = [(one.is_ticked, names.interests.get(one.interest) or one.interest) for one in states]
    places = [
        (_is_in_group(one), names.groups.get(one.group_id) or words["group"] % {"id": str(one.group_id)})
        for one in states
    ]
    wanted = [True] if is_brief else [True, False]
    return {
        "ticks": [_labels_where(ticks, words, "ticked", is_so) for is_so in wanted],
        "places": [_labels_where(places, words, "in_group", is_so) for is_so in wanted],
    }


def _labels_where(titled: Sequence[tuple[bool, str]], words: Mapping[str, str], what: str, is_so: bool) -> Ticks:
    titles = format_html_join(" · ", "<bdi>{}</bdi>", ((title,) for has_it, title in titled if has_it is is_so))
    return Ticks("yes", words[what], titles) if is_so else Ticks("no", words[f"not_{what}"], titles)


@lru_cache(maxsize=_LANGUAGES_MAX)
def _labels_in(language: str) -> Mapping[str, str]:
    """Return the labels that every row uses, in a language."""
    with override(language):
        return {
            "contact": _("Contact %(id)s"),
            "row": _("Row %(id)s"),
            "choose": _("Select %(who)s"),
            "group": _("group %(id)s"),
            "set": _("Status set %(when)s"),
            "edited": _("Last edited %(when)s"),
            "not_there": _("not there"),
            "never": _("never in the group"),
            "no_contact": _("no contact has the address"),
            "ticked": _yes(_("ticked:")),
            "not_ticked": _no(_("not ticked:")),
            "in_group": _yes(_("in the group:")),
            "not_in_group": _no(_("not in the group:")),
        }


def _yes(text: str) -> SafeString:
    """Mark with a character: hundreds of icons would take a browser longer than the rest of the page."""
    return format_html('<span aria-hidden="true">\u2713</span><span class="unseen">{}</span>', text)


def _no(text: str) -> SafeString:
    return format_html('<span aria-hidden="true">\u2013</span><span class="unseen">{}</span>', text)
