"""Reads the configuration of the PHP extension, for people who migrate from it.

See docs/reference/php-extension.md#configuration.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from mailchimpsync.config.document import unusable
from mailchimpsync.errors.validation import problem_at
from mailchimpsync.messages import say
from mailchimpsync.model import Trust

_FORM = ("lists", "accounts")
_TRUSTED = {"CiviCRM": Trust.CIVICRM.value, "Mailchimp": Trust.MAILCHIMP.value}


def is_extension_form(values: Mapping[str, Any]) -> bool:
    """Return whether values are in the PHP extension's form, `{lists, accounts}`."""
    return "lists" in values


def from_extension_form(values: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values in this package's form. Settings that the extension doesn't have are taken from `known`.

    Accounts are matched by `account_name`, connections by audience. PHP writes an empty mapping as a list.

    Args:
        values: `{"lists": {id: …}, "accounts": {API key: …}}`.
        known: the current configuration in this package's form, with or without masked secrets.

    Raises:
        ConfigurationError: the values don't fit together; the message lists all problems.
    """
    parts = {name: _mapping(values.get(name)) for name in _FORM}
    problems: list[str] = [
        say("%(place)s must be an object.", place=f"“{name}”")
        for name in _FORM
        if not isinstance(values.get(name) or {}, Mapping)
    ]
    problems += [say("“%(name)s” isn't part of a configuration.", name=name) for name in values if name not in _FORM]
    names: dict[str, Any] = {key: _mapping(one).get("account_name") for key, one in parts["accounts"].items()}
    problems += _problems_of_accounts(names)
    problems += [
        problem for audience, one in parts["lists"].items() for problem in _problems_of_list(audience, one, names)
    ]
    if problems:
        raise unusable(problems)
    accounts = {names[key]: _account(key, one, known, names[key]) for key, one in parts["accounts"].items()}
    links = [_link(audience, one, parts["accounts"], known) for audience, one in parts["lists"].items()]
    as_before = {name: known[name] for name in ("civicrm", "alerts") if name in known}
    return {**as_before, "accounts": accounts, "connections": links}


def _problems_of_accounts(names: Mapping[str, Any]) -> Iterator[str]:
    for number, name in enumerate(names.values(), 1):
        if not isinstance(name, str) or not name.strip():
            yield problem_at(say("account %(number)s", number=number), say("account_name is missing."))
    for name, number in Counter(name for name in names.values() if isinstance(name, str)).items():
        if number > 1:
            yield problem_at(
                say("account “%(name)s”", name=name),
                say("%(number)s accounts have this account_name; each needs a different one.", number=number),
            )


def _problems_of_list(audience: str, one: Any, names: Mapping[str, Any]) -> Iterator[str]:
    place = say("audience “%(id)s”", id=audience)
    if not isinstance(one, Mapping):
        yield say("%(place)s must be an object.", place=place)
        return
    if not isinstance(one.get("apiKey"), str) or one["apiKey"] not in names:
        yield problem_at(place, say("no account has its apiKey."))
    for what, side in _mapping(one.get("trustOverride")).items():
        if side and side not in _TRUSTED:
            yield problem_at(
                place,
                say(
                    "trustOverride of %(what)s is %(side)s; it must be CiviCRM, Mailchimp or empty.",
                    what=what,
                    side=repr(side),
                ),
            )


def _account(key: str, one: Mapping[str, Any], known: Mapping[str, Any], name: str) -> dict[str, Any]:
    secret = {"webhook_secret": one["batchWebhookSecret"]} if one.get("batchWebhookSecret") else {}
    return {**_mapping(_mapping(known.get("accounts")).get(name)), "api_key": one.get("apiKey") or key, **secret}


def _link(
    audience: str, one: Mapping[str, Any], accounts: Mapping[str, Any], known: Mapping[str, Any]
) -> dict[str, Any]:
    account = _mapping(accounts[one["apiKey"]])
    present: Mapping[str, Any] = next(
        (link for link in known.get("connections", ()) if link["audience_id"] == audience), {}
    )
    name = _mapping(_mapping(account.get("audiences")).get(audience)).get("name")
    return {
        **present,
        "account": account["account_name"],
        "audience_id": audience,
        **({"audience_name": name} if name else {}),
        "group_id": one.get("subscriptionGroup"),
        "interests": dict(_mapping(one.get("interests"))),
        **_trust(one),
    }


def _trust(one: Mapping[str, Any]) -> dict[str, Any]:
    """Return which side is trusted; a list without this setting keeps the current one."""
    if "trustOverride" not in one:
        return {}
    said = {what: _TRUSTED[side] for what, side in _mapping(one["trustOverride"]).items() if side}
    subscription = said.pop("subscription", Trust.NONE.value)
    return {"trust": subscription, "trust_interests": said}


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
