"""The configuration: the site, the accounts, and which audience is linked with which groups."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from typing import Any, Self, TypeVar

from pydantic import Field, SecretStr, ValidationError

from mailchimpsync.config.alerts import Alerts, problems_of_alerts
from mailchimpsync.config.parts import Account, CivicrmSite, Link, Part, Text
from mailchimpsync.config.problems import problems_of
from mailchimpsync.errors import ConfigurationError
from mailchimpsync.errors.validation import describe_problem, problem_at
from mailchimpsync.messages import join, say

WEBHOOK_SECRET_BYTES = 24

P = TypeVar("P", bound=Part)


class Configuration(Part):
    """The whole configuration of a site. Only this object holds plain keys, and they are never shown."""

    civicrm: CivicrmSite | None = None
    accounts: dict[Text, Account] = Field(default_factory=dict)
    connections: tuple[Link, ...] = ()
    alerts: Alerts = Alerts()

    @classmethod
    def checked(cls, values: Mapping[str, Any]) -> Self:
        """Return the configuration from plain values.

        Raises:
            ConfigurationError: it can't be used; the message lists all problems.
        """
        try:
            configuration = cls.model_validate(values)
        except ValidationError as error:
            raise unusable(_sentence(one) for one in error.errors(include_url=False, include_input=False)) from None
        problems = [
            *problems_of(configuration.civicrm, configuration.accounts, configuration.connections),
            *problems_of_alerts(configuration.alerts),
        ]
        if problems:
            raise unusable(problems)
        return configuration

    def with_link(self, link: Link, account: Account) -> Self:
        """Return the configuration with the given account and link added or changed.

        For an existing link or account, only the values that were set explicitly change:
        `Link(account="main", audience_id="a1", group_id=9)` changes the group and nothing else.

        Raises:
            ConfigurationError: the result can't be used.
        """
        place = next((n for n, one in enumerate(self.connections) if one.audience_id == link.audience_id), None)
        links = list(self.connections)
        if place is None:
            links.append(link)
        else:
            links[place] = _updated(links[place], link)
        known = self.accounts.get(link.account)
        accounts = {**self.accounts, link.account: _updated(known, account) if known else account}
        return self.checked({**self._parts(), "accounts": accounts, "connections": links})

    def keeping(self, known: Configuration) -> Self:
        """Return the configuration with essential parts taken from the known one where they are missing.

        These are the CiviCRM site, the alerts, and the accounts' webhook secrets: with new ones, the webhooks that are
        registered at Mailchimp would stop working. If CiviCRM has moved, its URL pattern is detected again.
        """
        civicrm = self.civicrm or known.civicrm
        if civicrm and known.civicrm and civicrm.url != known.civicrm.url and civicrm.pattern == known.civicrm.pattern:
            civicrm = civicrm.model_copy(update={"pattern": None})
        accounts = {
            name: account.model_copy(update={"webhook_secret": known.accounts[name].webhook_secret})
            if account.webhook_secret is None and name in known.accounts
            else account
            for name, account in self.accounts.items()
        }
        alerts = self.alerts if "alerts" in self.model_fields_set else known.alerts
        return self.model_copy(update={"accounts": accounts, "civicrm": civicrm, "alerts": alerts})

    def with_webhook_secrets(self) -> Self:
        """Return the configuration with a webhook secret for every account that has none."""
        accounts = {
            name: account
            if account.webhook_secret is not None
            else account.model_copy(update={"webhook_secret": SecretStr(secrets.token_urlsafe(WEBHOOK_SECRET_BYTES))})
            for name, account in self.accounts.items()
        }
        return self.model_copy(update={"accounts": accounts})

    def without_trust(self, audience_id: str) -> Self:
        """Return the configuration with no trusted side for an audience's connection."""
        links = tuple(one.without_trust() if one.audience_id == audience_id else one for one in self.connections)
        return self.model_copy(update={"connections": links})

    def with_civicrm(self, site: CivicrmSite) -> Self:
        """Return the configuration with another CiviCRM site.

        Raises:
            ConfigurationError: the result can't be used.
        """
        return self.replacing(civicrm=site)

    def replacing(self, **parts: Any) -> Self:
        """Return the configuration with some of its parts, such as `alerts`, replaced.

        Raises:
            ConfigurationError: the result can't be used.
        """
        return self.checked({**self._parts(), **parts})

    def replacing_link(self, link: Link, instead_of: str | None = None) -> Self:
        """Return the configuration with a link in place of the one of its audience or another one, or added at the end.

        Raises:
            ConfigurationError: the result can't be used.
        """
        replaced = instead_of or link.audience_id
        links = [link if one.audience_id == replaced else one for one in self.connections]
        return self.replacing(connections=links if link in links else [*links, link])

    def _parts(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in type(self).model_fields}


def unusable(problems: Iterable[str]) -> ConfigurationError:
    """Return an error that lists all problems, one on each line."""
    found = tuple(problems)
    return ConfigurationError(join("\n• ", [say("The configuration can't be used:"), *found]), problems=found)


def _updated(present: P, given: P) -> P:
    return present.model_copy(update={name: getattr(given, name) for name in given.model_fields_set})


def _sentence(problem: Mapping[str, Any]) -> str:
    place = ".".join(str(part + 1) if isinstance(part, int) else str(part) for part in problem["loc"])
    return problem_at(place, say("%(problem)s.", problem=describe_problem(problem)))
