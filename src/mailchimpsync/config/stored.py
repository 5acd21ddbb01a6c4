"""The configuration as plain values, its keys encrypted, masked or plain."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from typing import Any, TypeAlias

from pydantic import SecretStr

from mailchimpsync.config.document import Configuration, Schedule
from mailchimpsync.config.secrets import ENCRYPTED, MASKED, Keyring, mask
from mailchimpsync.errors import ConfigurationError

Seal: TypeAlias = Callable[[str], str]
"""What is done to a key before it is written down."""

_SECRET_NAMES = {"api_key": "API key", "webhook_secret": "webhook secret", "signing_secret": "signing secret"}
_SECRETS = _SECRET_NAMES.keys()


def to_stored(configuration: Configuration, seal: Seal = mask) -> dict[str, Any]:
    """Return plain values with every key sealed: by default masked, else with `keyring.encrypt` encrypted."""
    values = configuration.model_dump(mode="python", exclude_none=True)
    for _, place in _named_places(values):
        for field in _SECRETS & place.keys():
            place[field] = seal(place[field].get_secret_value())
    values["connections"] = [_plain_link(link) for link in values["connections"]]
    return values


def _plain_link(link: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out a schedule that is the usual one, so that what is written shows what was chosen."""
    usual = Schedule().model_dump(exclude_none=True)
    chosen = {key: value for key, value in link["schedule"].items() if usual.get(key) != value}
    others = {key: value for key, value in link.items() if key != "schedule"}
    return {**others, "resubscribe": link["resubscribe"].value, **({"schedule": chosen} if chosen else {})}


def from_stored(values: Mapping[str, Any], keyring: Keyring, known: Configuration | None = None) -> Configuration:
    """Return the configuration from plain values; a masked key stands for the one that `known` has in its place.

    Raises:
        ConfigurationError: it can't be used, or a masked key has none behind it.
    """
    opened = copy.deepcopy(dict(values))
    behind = _known_secrets(known) if known else {}
    for name, place in _named_places(opened):
        for field in _SECRETS & place.keys():
            if isinstance(secret := place[field], str):
                place[field] = SecretStr(_open(name, field, secret, keyring, behind))
    return Configuration.checked(opened)


def _open(name: str, field: str, secret: str, keyring: Keyring, behind: Mapping[tuple[str, str], str]) -> str:
    if secret.startswith(ENCRYPTED):
        return keyring.decrypt(secret)
    if not secret.startswith(MASKED):
        return secret
    if (name, field) not in behind or mask(behind[name, field]) != secret:
        what = _SECRET_NAMES[field]
        raise ConfigurationError(f"The {what} of {name} is masked, and no stored one is the one behind the mask.")
    return behind[name, field]


def _known_secrets(known: Configuration) -> dict[tuple[str, str], str]:
    values = known.model_dump(mode="python", exclude_none=True)
    return {
        (name, field): place[field].get_secret_value()
        for name, place in _named_places(values)
        for field in _SECRETS & place.keys()
    }


def _named_places(values: Mapping[str, Any]) -> Iterator[tuple[str, MutableMapping[str, Any]]]:
    """Yield the parts that may hold secrets, each with what an error calls it."""
    if isinstance(civicrm := values.get("civicrm"), MutableMapping):
        yield "civicrm", civicrm
    if isinstance(accounts := values.get("accounts"), Mapping):
        for name, account in accounts.items():
            if isinstance(account, MutableMapping):
                yield f"account “{name}”", account
    if isinstance(links := values.get("connections"), Sequence) and not isinstance(links, str):
        for link in links:
            if isinstance(link, MutableMapping):
                yield f"connection of audience “{link.get('audience_id')}”", link
