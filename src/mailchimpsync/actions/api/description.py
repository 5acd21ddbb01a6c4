"""One description of each action: it validates, and help texts, the OpenAPI document and the docs are made from it.

An action is a plain function whose first parameter is the site and whose others are keyword-only, with types, defaults
and a description each; `@action` reads all of it from the signature and the docstring.
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
from typing import Any, TypeVar, cast, get_type_hints

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from mailchimpsync.actions import MODULES
from mailchimpsync.actions.api.envelope import success
from mailchimpsync.actions.site import Site
from mailchimpsync.errors import EXIT_MORE_TO_DO, EXIT_NEEDS_A_PERSON, Code, MailchimpsyncError, UsageError
from mailchimpsync.errors.validation import describe_problem

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


@dataclass(frozen=True, slots=True)
class Judgement:
    """How a call went that raised nothing: the error of what was asked for, if that failed, and an exit code."""

    error: MailchimpsyncError | None = None
    exit_code: int = 0


GRAVITY = (0, EXIT_MORE_TO_DO, 2, 1, EXIT_NEEDS_A_PERSON)
"""Exit codes, from the lightest to the gravest: what a person has to look at outweighs what passes."""


def outcome_of_entries(entries: Sequence[Judgement]) -> Judgement:
    """Judge a call by its entries: it failed if all of them did, by the gravest error; the gravest exit code counts."""
    exit_code = max((one.exit_code for one in entries), key=GRAVITY.index, default=0)
    errors = [one.error for one in entries if one.error is not None]
    failed = bool(errors) and len(errors) == len(entries)
    error = max(errors, key=lambda one: GRAVITY.index(one.exit_code)) if failed else None
    return Judgement(error, exit_code)


def always_succeeds(_found: Any) -> Judgement:
    """Judge a result whose being there means that all went well."""
    return Judgement()


@dataclass(frozen=True, slots=True)
class CallResult:
    """What came of a call, as JSON can hold it, and how it went."""

    values: Any
    judged: Judgement


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
    judge: Callable[[Any], Judgement] = always_succeeds
    envelope: Callable[..., dict[str, Any]] = success

    @property
    def title(self) -> str:
        """How callers name it."""
        return f"{self.entity}.{self.name}"

    def call(self, site: Site, given: Mapping[str, Any], **helpers: Any) -> Any:
        """Do what `carry_out` does, and return the values alone."""
        return self.carry_out(site, given, **helpers).values

    def carry_out(self, site: Site, given: Mapping[str, Any], **helpers: Any) -> CallResult:
        """Check the parameters, call the function, and return values that JSON can hold, and how it went.

        `helpers` are what doors give besides, such as `stop`, or `by`: who calls; those it does not take are left out.

        Raises:
            UsageError: a parameter is missing, unknown, or can't be read; every problem is named.
            MailchimpsyncError: what the function raises.
        """
        checked = self.check(given)
        values = {name: getattr(checked, name) for name in checked.model_fields_set}
        given_besides = {name: value for name, value in helpers.items() if name in self.helpers}
        found = self.function(site, **values, **given_besides)
        return CallResult(self.present(found), self.judge(found))

    def check(self, given: Mapping[str, Any]) -> BaseModel:
        """Return the parameters, checked.

        Raises:
            UsageError: every problem is named, what was given is not shown.
        """
        try:
            return self.parameters.model_validate(given)
        except ValidationError as error:
            problems = error.errors(include_url=False, include_input=False, include_context=False)
            sentences = (
                f"{'.'.join(map(str, one['loc'])) or 'parameters'}: {describe_problem(one)}" for one in problems
            )
            raise UsageError(f"{self.title}: {'; '.join(sentences)}.") from None


class _Registry(UserDict[str, Action]):
    """Every action. To look is to load all modules that have some, since each is known once its module is loaded."""

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
            for module in MODULES:
                import_module(f"mailchimpsync.actions.{module}")


ACTIONS: MutableMapping[str, Action] = _Registry()
"""Every action by its title, `Entity.action`."""


def unchanged(values: Any) -> Any:
    """Present values that are plain already."""
    return values


def action(
    entity: str,
    scope: Scope,
    *,
    name: str | None = None,
    present: Callable[[Any], Any] = unchanged,
    helpers: Collection[str] = (),
    judge: Callable[[Any], Judgement] = always_succeeds,
) -> Callable[[F], F]:
    """Register a function as an action of an entity; `present` turns its result into plain values.

    `judge` says of a result that tells of failures in its entries whether the call as a whole failed.
    `helpers` are parameters for Python callers only. What the function is called with is checked as at every other
    door: a number may be text, and what can't be read is refused with our error.
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
    """Return an action's function for Python callers, which checks and converts its parameters first."""
    known = one.parameters.model_fields

    @functools.wraps(one.function)
    def checked(site: Site, *others: Any, **given: Any) -> Any:
        model = one.check({name: value for name, value in given.items() if name in known})
        values = {name: getattr(model, name) for name in model.model_fields_set}
        besides = {name: value for name, value in given.items() if name not in known}
        return one.function(site, *others, **values, **besides)

    return checked


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
