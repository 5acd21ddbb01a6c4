"""Errors from one of the sides, shown beside the field that can fix them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from mailchimpsync.errors import REGISTRY, AccessError, Code, ConfigurationError, MailchimpsyncError, Right, quoted
from mailchimpsync.messages import Message, sentence
from mailchimpsync.web.screens.configuration.saving import lines_of
from mailchimpsync.web.templatetags.screens import translated

_REMEDIES: Mapping[Code, Promise] = {
    Code.MC_AUTH: gettext_lazy("Create a new key at Mailchimp (Account, Extras, API keys) and paste it here."),
    Code.MC_BAD_KEY: gettext_lazy("Copy the whole key from Mailchimp (Account, Extras, API keys) and paste it here."),
    Code.MC_UNAVAILABLE: gettext_lazy(
        "Try again in a minute. If it still fails, check that Mailchimp can be reached from this machine."
    ),
    Code.CV_UNAVAILABLE: gettext_lazy(
        "Check the address, and that the site can be reached from this machine. Then try again."
    ),
    Code.CV_WEB_SERVER: gettext_lazy("Enter the web server's user name and password below."),
    Code.CV_NOT_FOUND: gettext_lazy("Enter the address of the site's home page, for example https://crm.example.org."),
}
"""What to do on these screens, where the registry's remedy is about the command line or a sync."""

_AT_A_KEY = {
    Code.MC_AUTH,
    Code.MC_BAD_KEY,
    Code.MC_FORBIDDEN,
    Code.MC_DISABLED,
    Code.MC_PLAN,
    Code.CV_AUTH,
    Code.CV_AUTH_GUARD,
    Code.CV_AUTH_METHOD,
    Code.CV_NO_PERMISSION,
    Code.CV_SEES_PART,
    Code.CV_RIGHT_MISSING,
}


def add_error_beside_field(form: forms.Form, error: MailchimpsyncError, *, key: str, address: str) -> None:
    """Put an error beside the field for the key if the key is to blame, else beside that for the address."""
    entry = REGISTRY[error.code]
    if isinstance(error, ConfigurationError) and error.code is Code.CONFIG:
        _add_problems(form, error, key=key, address=address)
        return
    what = translated(sentence(error.what))
    lacking = error.lacking if isinstance(error, AccessError) else ()
    remedy = _to_give(lacking) or str(_REMEDIES.get(error.code) or translated(entry.remedy))
    said = [_(entry.sentence), what if sentence(error.what) != entry.sentence else "", remedy]
    form.add_error(_field_of(form, error.code, key, address), lines_of(said))


def _to_give(lacking: Sequence[Right]) -> str:
    """Say which permissions to give; nothing where it is not known which are missing."""
    if not lacking:
        return ""
    words = ngettext(
        "In the CMS, give the API key's user a role with the permission %(rights)s.",
        "In the CMS, give the API key's user a role with the permissions %(rights)s.",
        len(lacking),
    ) % {"rights": translated(quoted(lacking))}
    acls = _("ACLs inside CiviCRM aren't enough, not even an ACL for all contacts.")
    return f"{words} {acls}" if Right.EDIT in lacking else words


def _field_of(form: forms.Form, code: Code, key: str, address: str) -> str:
    """The field that can fix it; errors in collapsed fields open them."""
    if code is Code.CV_WEB_SERVER and "web_server_user" in form.fields:
        return "web_server_user"
    if code is Code.CV_TIME_ZONE and "time_zone" in form.fields:
        return "time_zone"
    return key if code in _AT_A_KEY else address


def _add_problems(form: forms.Form, error: ConfigurationError, *, key: str, address: str) -> None:
    """Put each problem, without its place, which the field shows, beside the field for what is to blame."""
    for problem in error.problems or (error.what,):
        values = problem.values if isinstance(problem, Message) else {}
        words = translated(values.get("problem", problem))
        is_about_key = values.get("field") == "api_key"
        form.add_error(key if is_about_key else address, lines_of([words[:1].upper() + words[1:]]))
