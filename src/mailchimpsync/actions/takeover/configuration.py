"""Makes a configuration of the PHP extension's setting, beside what is configured already."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from mailchimpsync.config import Configuration, Link, from_extension_form
from mailchimpsync.errors import ConfigurationError
from mailchimpsync.messages import say

_WHOLE_KEY = re.compile(r"[^*•…\s]{8,}-[a-z]{2,4}\d{1,4}")


@dataclass(frozen=True, slots=True)
class FoundConfiguration:
    """The whole configuration that a takeover would save, and what the setting says besides.

    Attributes:
        configuration: with the extension's accounts and connections; the new ones have their schedule off.
        links: the extension's connections, new or known.
        notes: what is not taken over, in sentences.
        interest_names: what the extension calls interests, such as “Topics: Walks”, by id.
        secrets: the secret in the extension's webhooks, by account.
    """

    configuration: Configuration
    links: tuple[Link, ...]
    notes: tuple[str, ...]
    interest_names: Mapping[str, str]
    secrets: Mapping[str, str] = field(repr=False)


class HiddenKeyError(ConfigurationError):
    """The setting doesn't show the whole API keys of the accounts named in `accounts`: ask for them."""

    def __init__(self, accounts: tuple[str, ...]) -> None:
        super().__init__(
            say("The PHP extension doesn't show the whole API key of account “%(names)s”.", names=", ".join(accounts))
        )
        self.accounts = accounts


def configuration_from(
    setting: Mapping[str, Any],
    known: Configuration,
    *,
    keys: Mapping[str, str],
    base_url: str | None,
    leave_out: Collection[str],
) -> FoundConfiguration:
    """Return the configuration that the setting stands for.

    Args:
        setting: the extension's, in its own form.
        known: what is configured already, which stays.
        keys: API keys by account name, in place of those in the setting.
        base_url: the address of a stand-in for Mailchimp.
        leave_out: audiences to leave out.

    Raises:
        HiddenKeyError: API keys have to be given.
        ConfigurationError: nothing is connected there, or it doesn't fit together; names every problem.
    """
    lists = {key: one for key, one in _mapping(setting.get("lists")).items() if key not in leave_out}
    if not lists:
        raise ConfigurationError(say("The PHP extension has no audience connected, so nothing can be taken over."))
    form = {"lists": {key: _cleaned(one) for key, one in lists.items()}, "accounts": _used(setting, lists)}
    found = from_extension_form(form, {})
    given = {name: {**one, "api_key": keys.get(name, one["api_key"])} for name, one in found["accounts"].items()}
    if hidden := tuple(name for name, one in given.items() if not _WHOLE_KEY.fullmatch(one["api_key"])):
        raise HiddenKeyError(hidden)
    names = _names(given, known)
    address = {"base_url": base_url} if base_url else {}
    accounts = {names[name]: {"api_key": one["api_key"], **address} for name, one in given.items()}
    present = {link.audience_id for link in known.connections}
    new = [
        {**link, "account": names[link["account"]], "schedule": {"enabled": False}}
        for link in found["connections"]
        if link["audience_id"] not in present
    ]
    wanted = known.replacing(accounts={**accounts, **known.accounts}, connections=[*known.connections, *new])
    links = tuple(link for link in wanted.connections if link.audience_id in lists)
    secrets = {names[name]: one["webhook_secret"] for name, one in given.items() if "webhook_secret" in one}
    return FoundConfiguration(wanted, links, tuple(_notes(lists)), _interest_names(form["accounts"]), secrets)


def _names(accounts: Mapping[str, Any], known: Configuration) -> dict[str, str]:
    """Return the name here of each account: that of the same key, else its own.

    Raises:
        ConfigurationError: its name is another account's here.
    """
    by_key = {one.api_key.get_secret_value(): name for name, one in known.accounts.items()}
    names = {name: by_key.get(one["api_key"], name) for name, one in accounts.items()}
    for name, here in names.items():
        if here == name and name in known.accounts and accounts[name]["api_key"] not in by_key:
            raise ConfigurationError(
                say("There is an account “%(name)s” here already, with another API key.", name=name)
            )
    return names


def _used(setting: Mapping[str, Any], lists: Mapping[str, Any]) -> dict[str, Any]:
    """Return the accounts of the audiences; one that has none isn't needed here."""
    keys = {one.get("apiKey") for one in lists.values() if isinstance(one, Mapping)}
    return {key: one for key, one in _mapping(setting.get("accounts")).items() if key in keys}


def _interest_names(accounts: Mapping[str, Any]) -> dict[str, str]:
    audiences = [one for account in accounts.values() for one in _mapping(_mapping(account).get("audiences")).values()]
    return {key: str(name) for one in audiences for key, name in _mapping(_mapping(one).get("interests")).items()}


def _cleaned(one: Any) -> Any:
    """Leave out interests without a group, which a screen of the extension may leave behind, and trust in one side."""
    if not isinstance(one, Mapping):
        return one
    interests = {key: group for key, group in _mapping(one.get("interests")).items() if group}
    kept = {name: value for name, value in one.items() if name in ("apiKey", "subscriptionGroup")}
    return {**kept, "interests": interests}


def _notes(lists: Mapping[str, Any]) -> Iterator[str]:
    for key, one in lists.items():
        trusted = sorted({side for side in _mapping(_mapping(one).get("trustOverride")).values() if side})
        if trusted:
            yield say(
                "Audience %(id)s: the trust in %(sides)s is not taken over, since the extension would have ended it "
                "after one sync.",
                id=key,
                sides=", ".join(map(str, trusted)),
            )
        without = [interest for interest, group in _mapping(_mapping(one).get("interests")).items() if not group]
        if without:
            yield say(
                "Audience %(id)s: interests without a group are left out: %(interests)s.",
                id=key,
                interests=", ".join(sorted(without)),
            )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
