"""One description of each action, used for validation, help texts, the OpenAPI document and the docs.

An action is a plain function. Its first parameter is the site; the others are keyword-only, each with a type, a default
and a description. `@action` reads all of this from the signature and the docstring.
"""

from __future__ import annotations

import functools
import inspect
from collections import UserDict
from collections.abc import Callable, Collection, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from threading import RLock
from typing import Any, TypeVar, cast, get_args, get_type_hints

from pydantic import BaseModel, ConfigDict, ValidationError, create_model
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from mailchimpsync import actions
from mailchimpsync.actions.api.envelope import plain, success
from mailchimpsync.actions.site import Site
from mailchimpsync.errors import (
    EXIT_FAILED,
    EXIT_MORE_TO_DO,
    EXIT_NEEDS_A_PERSON,
    EXIT_USAGE,
    Code,
    MailchimpsyncError,
    UsageError,
)
from mailchimpsync.errors.validation import describe_problem
from mailchimpsync.messages import say

F = TypeVar("F", bound=Callable[..., Any])


class Scope(StrEnum):
    """What an HTTP caller must be allowed to do; each scope includes those before it."""

    READ = "read"
    RUN = "run"
    CONFIGURE = "configure"

    def includes(self, other: Scope) -> bool:
        """Say whether this scope includes another."""
        order = list(Scope)
        return order.index(self) >= order.index(other)


@dataclass(frozen=True, slots=True)
class Judgement:
    """The outcome of a call that raised nothing: its error, if what was asked for failed, and an exit code."""

    error: MailchimpsyncError | None = None
    exit_code: int = 0


SEVERITY = (0, EXIT_MORE_TO_DO, EXIT_USAGE, EXIT_FAILED, EXIT_NEEDS_A_PERSON)
"""Exit codes by increasing severity: what needs a person outweighs what is temporary."""


def outcome_of_entries(entries: Sequence[Judgement]) -> Judgement:
    """Judge a call by its entries: it failed if all of them did; the most severe error and exit code count."""
    exit_code = max((one.exit_code for one in entries), key=SEVERITY.index, default=0)
    errors = [one.error for one in entries if one.error is not None]
    failed = bool(errors) and len(errors) == len(entries)
    error = max(errors, key=lambda one: SEVERITY.index(one.exit_code)) if failed else None
    return Judgement(error, exit_code)


def always_succeeds(_found: Any) -> Judgement:
    """Judge a call that succeeded if it returned anything."""
    return Judgement()


@dataclass(frozen=True, slots=True)
class CallResult:
    """The result of a call, in values that JSON can hold, and its judgement."""

    values: Any
    judged: Judgement


@dataclass(frozen=True)
class Action:
    """An action as every interface sees it."""

    entity: str
    name: str
    scope: Scope
    summary: str
    description: str
    parameters: type[BaseModel]
    function: Callable[..., Any]
    present: Callable[[Any], Any]
    helpers: frozenset[str] = frozenset()
    judge: Callable[[Any], Judgement] = always_succeeds
    envelope: Callable[..., dict[str, Any]] = success

    @property
    def title(self) -> str:
        """The name callers use."""
        return f"{self.entity}.{self.name}"

    def call(self, site: Site, given: Mapping[str, Any], **helpers: Any) -> Any:
        """Do what `carry_out` does, and return only the values."""
        return self.carry_out(site, given, **helpers).values

    def carry_out(self, site: Site, given: Mapping[str, Any], **helpers: Any) -> CallResult:
        """Check the parameters, call the function, and return values that JSON can hold with their judgement.

        `helpers` are passed by interfaces, such as `stop`, or `by` (the caller); the action gets those it takes.

        Raises:
            UsageError: a parameter is missing, unknown, or can't be read; names every problem.
            MailchimpsyncError: the function failed.
        """
        checked = self.check(given)
        values = {name: getattr(checked, name) for name in checked.model_fields_set}
        extra = {name: value for name, value in helpers.items() if name in self.helpers}
        found = self.function(site, **values, **extra)
        return CallResult(self.present(found), self.judge(found))

    def check(self, given: Mapping[str, Any]) -> BaseModel:
        """Return the checked parameters.

        Raises:
            UsageError: names every problem without showing the given values.
        """
        try:
            return self.parameters.model_validate(given)
        except ValidationError as error:
            problems = error.errors(include_url=False, include_input=False)
            sentences = (
                f"{'.'.join(map(str, one['loc'])) or 'parameters'}: {describe_problem(one)}" for one in problems
            )
            raise UsageError(say("%(title)s: %(problems)s.", title=self.title, problems="; ".join(sentences))) from None


class _Registry(UserDict[str, Action]):
    """Every action. The first access loads all modules with actions, which registers them."""

    def __init__(self) -> None:
        super().__init__()
        self._lock, self._has_begun = RLock(), False

    def __getitem__(self, title: str) -> Action:
        self._load()
        return super().__getitem__(title)

    def __contains__(self, title: object) -> bool:
        self._load()
        return super().__contains__(title)

    def __iter__(self) -> Iterator[str]:
        self._load()
        return super().__iter__()

    def __len__(self) -> int:
        self._load()
        return super().__len__()

    def _load(self) -> None:
        with self._lock:
            if self._has_begun:  # a module that looks while it is loaded sees those before it
                return
            self._has_begun = True
            for name in dir(actions):
                getattr(actions, name)
            import_module("mailchimpsync.actions.entities.derived")


ACTIONS: MutableMapping[str, Action] = _Registry()
"""Every action by its title, `Entity.action`."""


def action(
    entity: str,
    scope: Scope,
    *,
    name: str | None = None,
    present: Callable[[Any], Any] = plain,
    helpers: Collection[str] = (),
    judge: Callable[[Any], Judgement] = always_succeeds,
) -> Callable[[F], F]:
    """Register a function as an action of an entity; `present` turns its result into plain values.

    `judge` decides from a result with failures in its entries whether the call as a whole failed. `helpers` are
    parameters for Python callers only. Parameters are checked as in every other interface: a number may be text, and a
    value that can't be read is refused with our error.
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
            judge=judge,
        )
        ACTIONS[one.title] = one
        return cast("F", _checked(one))

    return register


def _checked(one: Action) -> Callable[..., Any]:
    """Return an action's function for Python callers, with its parameters checked and converted first."""
    known = one.parameters.model_fields

    @functools.wraps(one.function)
    def checked(site: Site, *others: Any, **given: Any) -> Any:
        model = one.check({name: value for name, value in given.items() if name in known})
        values = {name: getattr(model, name) for name in model.model_fields_set}
        extra = {name: value for name, value in given.items() if name not in known}
        return one.function(site, *others, **values, **extra)

    return checked


def find_action(entity: str, name: str) -> Action:
    """Return an action; case doesn't matter, as in CiviCRM.

    Raises:
        UsageError: `UNKNOWN`; names the existing actions.
    """
    by_title = {title.lower(): one for title, one in ACTIONS.items()}
    found = by_title.get(f"{entity}.{name}".lower())
    if found is None:
        raise UsageError(
            say("There is no such action. Actions: %(known)s.", known=", ".join(sorted(ACTIONS))), code=Code.UNKNOWN
        )
    return found


def _parameters(function: Callable[..., Any], helpers: Collection[str]) -> type[BaseModel]:
    hints = get_type_hints(function, include_extras=True)
    parameters = inspect.signature(function).parameters.values()
    fields: dict[str, Any] = {
        parameter.name: (hints[parameter.name], ... if parameter.default is parameter.empty else parameter.default)
        for parameter in parameters
        if parameter.kind is parameter.KEYWORD_ONLY and parameter.name not in helpers
    }
    for declared in (hints[one.name] for one in parameters if one.kind is one.VAR_KEYWORD):
        fields |= _declared(get_args(declared)[0])
    config = ConfigDict(extra="forbid", hide_input_in_errors=True, populate_by_name=True)
    return create_model(function.__name__, __config__=config, **fields)


def _declared(parameters: type) -> dict[str, Any]:
    """Return the parameters that a typed dictionary declares; without a default of its own, the default is None."""
    found = {}
    for name, hint in get_type_hints(parameters, include_extras=True).items():
        defaults = [one.default for one in get_args(hint) if isinstance(one, FieldInfo)]
        found[name] = (hint, None if defaults[0] is PydanticUndefined else defaults[0])
    return found
