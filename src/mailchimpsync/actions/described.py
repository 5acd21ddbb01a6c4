"""One description of each action: it validates, and help texts, the OpenAPI document and the docs are made from it.

An action is a plain function whose first parameter is the site and whose others are keyword-only, with types, defaults
and a description each; `@action` reads all of it from the signature and the docstring.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar, get_type_hints

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from mailchimpsync.actions.site import Site
from mailchimpsync.errors import Code, UsageError

F = TypeVar("F", bound=Callable[..., Any])


class Scope(StrEnum):
    """What a caller over HTTP must be allowed: each includes those before it."""

    READ = "read"
    RUN = "run"
    CONFIGURE = "configure"

    def includes(self, other: Scope) -> bool:
        """Say whether whoever may do this may do the other."""
        order = list(Scope)
        return order.index(self) >= order.index(other)


@dataclass(frozen=True)
class Action:
    """An action as every door sees it."""

    entity: str
    name: str
    scope: Scope
    summary: str
    description: str
    parameters: type[BaseModel]
    function: Callable[..., Any]
    present: Callable[[Any], Any]
    helpers: frozenset[str] = frozenset()

    @property
    def title(self) -> str:
        """How callers name it."""
        return f"{self.entity}.{self.name}"

    def call(self, site: Site, given: Mapping[str, Any], **helpers: Any) -> Any:
        """Check the parameters, call the function, and return values that JSON can hold.

        `helpers` are what doors give besides, such as `stop`, or `by`: who calls; those it does not take are left out.

        Raises:
            UsageError: a parameter is missing, unknown, or can't be read; every problem is named.
            MailchimpsyncError: what the function raises.
        """
        checked = self.check(given)
        values = {name: getattr(checked, name) for name in checked.model_fields_set}
        given_besides = {name: value for name, value in helpers.items() if name in self.helpers}
        return self.present(self.function(site, **values, **given_besides))

    def check(self, given: Mapping[str, Any]) -> BaseModel:
        """Return the parameters, checked.

        Raises:
            UsageError: every problem is named, what was given is not shown.
        """
        try:
            return self.parameters.model_validate(given)
        except ValidationError as error:
            problems = error.errors(include_url=False, include_input=False, include_context=False)
            sentences = (f"{'.'.join(map(str, one['loc'])) or 'parameters'}: {one['msg']}" for one in problems)
            raise UsageError(f"{self.title}: {'; '.join(sentences)}.") from None


ACTIONS: dict[str, Action] = {}
"""Every action by its title, `Entity.action`."""


def as_is(values: Any) -> Any:
    """Present values that are plain already."""
    return values


def action(
    entity: str,
    scope: Scope,
    *,
    name: str | None = None,
    present: Callable[[Any], Any] = as_is,
    helpers: Collection[str] = (),
) -> Callable[[F], F]:
    """Register a function as an action of an entity; `present` turns its result into plain values.

    `helpers` are parameters for Python callers only. The function itself stays as it is.
    """

    def register(function: F) -> F:
        summary, _, rest = inspect.cleandoc(function.__doc__ or "").partition("\n")
        one = Action(
            entity=entity,
            name=name or function.__name__,
            scope=scope,
            summary=summary,
            description=rest.strip(),
            parameters=_parameters(function, helpers),
            function=function,
            present=present,
            helpers=frozenset(helpers),
        )
        ACTIONS[one.title] = one
        return function

    return register


def find_action(entity: str, name: str) -> Action:
    """Return an action; the case of letters does not matter, as in CiviCRM.

    Raises:
        UsageError: `UNKNOWN`; names those there are.
    """
    by_title = {title.lower(): one for title, one in ACTIONS.items()}
    found = by_title.get(f"{entity}.{name}".lower())
    if found is None:
        raise UsageError(f"There is no such action. There are: {', '.join(sorted(ACTIONS))}.", code=Code.UNKNOWN)
    return found


def _parameters(function: Callable[..., Any], helpers: Collection[str]) -> type[BaseModel]:
    hints = get_type_hints(function, include_extras=True)
    fields: dict[str, Any] = {
        parameter.name: (hints[parameter.name], ... if parameter.default is parameter.empty else parameter.default)
        for parameter in inspect.signature(function).parameters.values()
        if parameter.kind is parameter.KEYWORD_ONLY and parameter.name not in helpers
    }
    config = ConfigDict(extra="forbid", hide_input_in_errors=True, populate_by_name=True)
    return create_model(function.__name__, __config__=config, **fields)
