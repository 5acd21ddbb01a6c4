"""The configuration as plain values, its keys encrypted, masked or plain."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import Any, TypeAlias

from pydantic import SecretStr

from mailchimpsync.config.document import Configuration
from mailchimpsync.config.secrets import ENCRYPTED, MASKED, Keyring, mask
from mailchimpsync.errors import ConfigurationError

Seal: TypeAlias = Callable[[str], str]
"""What is done to a key before it is written down."""


def to_stored(configuration: Configuration, seal: Seal = mask) -> dict[str, Any]:
    """Return plain values with every key sealed: by default masked, else with `keyring.encrypt` encrypted."""
    values = configuration.model_dump(mode="python", exclude_none=True)
    for place in _places(values):
        place["api_key"] = seal(place["api_key"].get_secret_value())
    values["connections"] = [{**link, "resubscribe": link["resubscribe"].value} for link in values["connections"]]
    return values


def from_stored(values: Mapping[str, Any], keyring: Keyring, known: Configuration | None = None) -> Configuration:
    """Return the configuration from plain values; a masked key stands for the one that `known` has in its place.

    Raises:
        ConfigurationError: it can't be used, or a masked key has none behind it.
    """
    opened = copy.deepcopy(dict(values))
    behind = _known_keys(known) if known else {}
    for name, place in _named_places(opened):
        if isinstance(key := place.get("api_key"), str):
            place["api_key"] = SecretStr(_open(name, key, keyring, behind))
    return Configuration.checked(opened)


def _open(name: str, key: str, keyring: Keyring, behind: Mapping[str, str]) -> str:
    if key.startswith(ENCRYPTED):
        return keyring.decrypt(key)
    if not key.startswith(MASKED):
        return key
    if name not in behind or mask(behind[name]) != key:
        raise ConfigurationError(f"The API key of {name} is masked, and no stored key is the one behind the mask.")
    return behind[name]


def _known_keys(known: Configuration) -> dict[str, str]:
    keys = {f"account “{name}”": account.api_key.get_secret_value() for name, account in known.accounts.items()}
    if known.civicrm is not None:
        keys["civicrm"] = known.civicrm.api_key.get_secret_value()
    return keys


def _named_places(values: Mapping[str, Any]) -> Iterator[tuple[str, MutableMapping[str, Any]]]:
    if isinstance(civicrm := values.get("civicrm"), MutableMapping):
        yield "civicrm", civicrm
    if isinstance(accounts := values.get("accounts"), Mapping):
        for name, account in accounts.items():
            if isinstance(account, MutableMapping):
                yield f"account “{name}”", account


def _places(values: Mapping[str, Any]) -> Iterator[MutableMapping[str, Any]]:
    return (place for _, place in _named_places(values))
