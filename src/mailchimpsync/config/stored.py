"""Converts the configuration to and from plain values, with encrypted, masked or plain secrets."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from enum import Enum
from typing import Any, TypeAlias

from pydantic import SecretStr

from mailchimpsync.config.alerts import Alerts
from mailchimpsync.config.document import Configuration, unusable
from mailchimpsync.config.parts import Departures, Guard, Part, Schedule
from mailchimpsync.config.secrets import ENCRYPTED, MASKED, Keyring, mask
from mailchimpsync.model import LaneChoice, Trust

Seal: TypeAlias = Callable[[str], str]
"""A function that encrypts, masks or passes on a secret before it is written."""

_SECRET_NAMES = {
    "api_key": "API key",
    "webhook_secret": "webhook secret",
    "signing_secret": "signing secret",
    "password": "password",
    "web_server_password": "web server's password",
    "webhook_url": "webhook's address",
    "ping_url": "ping's address",
}
_SECRETS = _SECRET_NAMES.keys()
_ADDRESS = ("url", "pattern", "base_url", "host", "port", "security")
"""Fields with the destination of a part's secrets."""

_ADDRESSES_THEMSELVES = frozenset({"webhook_url", "ping_url"})
_EMAIL_DEFAULTS = {"port": 587, "security": "starttls"}
_DEFAULTS: Mapping[str, Part] = {"departures": Departures(), "schedule": Schedule(), "guard": Guard()}
_WRITTEN_IF_CHOSEN = (*_DEFAULTS, "trust", "trust_interests", "lane", "contact_records")


def to_stored(configuration: Configuration, seal: Seal = mask) -> dict[str, Any]:
    """Return plain values. Secrets are masked by default, or encrypted with `keyring.encrypt`."""
    values = configuration.model_dump(mode="python", exclude_none=True)
    for _, place in _named_places(values):
        for field in _SECRETS & place.keys():
            place[field] = seal(place[field].get_secret_value())
    values["connections"] = [_plain_link(link) for link in values["connections"]]
    values["alerts"] = _plain_alerts(values["alerts"])
    return {name: value for name, value in values.items() if name != "alerts" or value}


def _plain_alerts(alerts: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out default values, as in a link."""
    chosen = _without_defaults(Alerts().model_dump(exclude_none=True), alerts)
    if "email" in chosen:
        chosen["email"] = {**chosen["email"], "to": list(chosen["email"]["to"])}
    return chosen


def _plain_link(link: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out default values, so that the text shows only what was chosen."""
    chosen = {
        name: _without_defaults(part.model_dump(exclude_none=True), link[name]) for name, part in _DEFAULTS.items()
    }
    others = {key: value for key, value in link.items() if key not in _WRITTEN_IF_CHOSEN}
    trust = {"trust": link["trust"].value} if link["trust"] is not Trust.NONE else {}
    new_members = {"new_members": link["new_members"].value} if link.get("new_members") else {}
    interests = {key: side.value for key, side in link["trust_interests"].items() if side is not Trust.NONE}
    return {
        **others,
        "resubscribe": link["resubscribe"].value,
        **new_members,
        **({"lane": link["lane"].value} if link["lane"] is not LaneChoice.AUTO else {}),
        **({"contact_records": True} if link["contact_records"] else {}),
        **trust,
        **({"trust_interests": interests} if interests else {}),
        **{name: part for name, part in chosen.items() if part},
    }


def _without_defaults(defaults: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: value.value if isinstance(value, Enum) else value
        for key, value in values.items()
        if defaults.get(key) != value
    }


def from_stored(values: Mapping[str, Any], keyring: Keyring, known: Configuration | None = None) -> Configuration:
    """Return the configuration from plain values. A masked secret stands for the one that `known` has in its place.

    Raises:
        ConfigurationError: it can't be used, or a masked secret isn't stored, or was stored for another address.
    """
    opened = copy.deepcopy(dict(values))
    behind = _known_secrets(known) if known else {}
    addresses = _known_addresses(known) if known else {}
    problems: list[str] = []
    for name, place in _named_places(opened):
        if name in addresses and not _is_same_address(place, addresses[name]):
            place.pop("webhook_secret", None)  # a new one is created, since the new address doesn't know the old one
            problems += _problems_of_address(name, place)
        for field in _SECRETS & place.keys():
            if not isinstance(secret := place[field], str):
                continue
            if secret.startswith(MASKED) and not _is_behind(secret, behind.get((name, field))):
                problems.append(f"The {_SECRET_NAMES[field]} of {name} is masked, and no stored one matches it.")
            else:
                place[field] = SecretStr(_open(secret, keyring, behind.get((name, field), "")))
    if problems:
        raise unusable(problems)
    return Configuration.checked(opened)


def reencrypted(values: Mapping[str, Any], keyring: Keyring) -> dict[str, Any]:
    """Return stored values with every secret encrypted again, with the first key of the keyring.

    Raises:
        ConfigurationError: `SECRET`, a secret can't be decrypted.
    """
    again = copy.deepcopy(dict(values))
    for _, place in _named_places(again):
        for field in _SECRETS & place.keys():
            place[field] = keyring.encrypt(keyring.decrypt(place[field]))
    return again


def _problems_of_address(name: str, place: Mapping[str, Any]) -> Iterator[str]:
    """Yield problems of stored secrets, which may only be sent to the address for which they were given."""
    for field in sorted(_SECRETS & place.keys() - _ADDRESSES_THEMSELVES):
        if isinstance(place[field], str) and place[field].startswith((MASKED, ENCRYPTED)):
            yield (
                f"The {_SECRET_NAMES[field]} of {name} was stored for a different address. Enter the "
                f"{_SECRET_NAMES[field]} itself, not masked or encrypted."
            )


def _is_same_address(place: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    """Compare addresses. A missing pattern doesn't count, since it is detected again at the same address."""
    return {"pattern": before.get("pattern"), **_address(place)} == {"pattern": None, **before}


def _address(place: Mapping[str, Any]) -> dict[str, Any]:
    """Return where and how the secrets of a part of the configuration are sent."""
    given = {field: place[field] for field in _ADDRESS if place.get(field) not in (None, "")}
    return {**_EMAIL_DEFAULTS, **given} if "host" in given else given


def _known_addresses(known: Configuration) -> dict[str, dict[str, Any]]:
    values = known.model_dump(mode="python", exclude_none=True)
    return {name: _address(place) for name, place in _named_places(values) if _SECRETS & place.keys()}


def _is_behind(masked: str, secret: str | None) -> bool:
    return secret is not None and mask(secret) == masked


def _open(secret: str, keyring: Keyring, behind: str) -> str:
    if secret.startswith(ENCRYPTED):
        return keyring.decrypt(secret)
    return behind if secret.startswith(MASKED) else secret


def _known_secrets(known: Configuration) -> dict[tuple[str, str], str]:
    values = known.model_dump(mode="python", exclude_none=True)
    return {
        (name, field): place[field].get_secret_value()
        for name, place in _named_places(values)
        for field in _SECRETS & place.keys()
    }


def _named_places(values: Mapping[str, Any]) -> Iterator[tuple[str, MutableMapping[str, Any]]]:
    """Yield the parts that may contain secrets, each with its name for error messages."""
    if isinstance(civicrm := values.get("civicrm"), MutableMapping):
        yield "civicrm", civicrm
    if isinstance(accounts := values.get("accounts"), Mapping):
        for name, account in accounts.items():
            if isinstance(account, MutableMapping):
                yield f"account “{name}”", account
    yield from _places_of_alerts(values.get("alerts"))
    if isinstance(links := values.get("connections"), Sequence) and not isinstance(links, str):
        for link in links:
            if isinstance(link, MutableMapping):
                yield f"connection of audience “{link.get('audience_id')}”", link


def _places_of_alerts(alerts: Any) -> Iterator[tuple[str, MutableMapping[str, Any]]]:
    if not isinstance(alerts, MutableMapping):
        return
    yield "alerts", alerts
    for name, channel in alerts.items():
        if isinstance(channel, MutableMapping):
            yield f"alerts.{name}", channel
