"""Asks the plugins of a connection; one that fails is set aside and doesn't affect the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from mailchimpsync.data.manager import FoundPlugin, active_names, find_plugins, manager_of
from mailchimpsync.data.plugin_api import Audience, CannotTellError, Lookup, Outgoing, Person, PluginAnswers, Summary
from mailchimpsync.errors import LeaseLostError, MailchimpsyncError
from mailchimpsync.mailchimp import MergeField
from mailchimpsync.messages import Message, reason_of, say

ERRORS_MAX = 100
"""After failing for this many people, a plugin is set aside."""

_MESSAGE_LENGTH_MAX = 300


@dataclass
class PluginRunner:
    """The plugins that a connection's configuration turns on.

    `set_aside` has, for plugins that are no longer asked, what went wrong, in words without people's data.
    """

    audience: Audience
    civicrm: Lookup
    names: Sequence[str]
    set_aside: dict[str, str] = field(default_factory=dict)
    warnings: dict[str, dict[str, None]] = field(default_factory=dict)
    errors: Counter[str] = field(default_factory=Counter)
    people: Counter[str] = field(default_factory=Counter)
    _hooks: dict[str, dict[str, Any]] = field(default_factory=dict)
    _begun: dict[str, Any] = field(default_factory=dict)
    _prepared: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, audience: Audience, civicrm: Lookup, found: Sequence[FoundPlugin] | None = None) -> PluginRunner:
        """Return the runner of a connection; `found` are the available plugins, searched for if not given."""
        runner = cls(audience, civicrm, active_names(audience.data))
        there = {one.name: one for one in (find_plugins() if found is None else found)}
        usable = {}
        for name in runner.names:
            one = there.get(name)
            if one is None or one.plugin is None:
                runner.set_aside[name] = say("it is not installed") if one is None else one.problem
            else:
                usable[name] = one.plugin
        runner._wire(usable)
        return runner

    def _wire(self, plugins: Mapping[str, object]) -> None:
        manager = manager_of(plugins)
        for name in plugins:
            others = [plugin for other, plugin in plugins.items() if other != name]
            self._hooks[name] = {
                hook: manager.subset_hook_caller(hook, others)
                for hook in ("begin_run", "prepare", "compute", "validate", "after_run")
            }

    @property
    def active(self) -> list[str]:
        """The plugins that aren't set aside, in order of precedence."""
        return [name for name in self.names if name not in self.set_aside]

    def begin(self) -> None:
        """Have each look up what doesn't depend on people."""
        for name in self.active:
            done, answer = self._call(name, "begin_run", audience=self._audience(name), civicrm=self.civicrm)
            if done:
                self._begun[name] = answer

    def prepare(self, contact_ids: Sequence[int]) -> None:
        """Have each look up these contacts."""
        for name in self.active:
            done, answer = self._call(
                name,
                "prepare",
                audience=self._audience(name),
                civicrm=self.civicrm,
                begun=self._begun.get(name),
                contact_ids=contact_ids,
            )
            if done:
                self._prepared[name] = answer

    def ask(self, person: Person) -> PluginAnswers:
        """Ask each what a person should have."""
        said: dict[str, Outgoing] = {}
        failed = set(self.set_aside)
        for name in self.names:
            if name in failed:
                continue
            self.people[name] += 1
            try:
                answers = self._hooks[name]["compute"](person=person, prepared=self._prepared.get(name))
                if answers:
                    said[name] = _checked(name, answers[0])
            except CannotTellError as error:
                failed.add(name)
                self._set_aside_plugin(name, reason_of(error))
            except Exception as error:  # noqa: BLE001 (someone else's code; it fails for this person only)
                failed.add(name)
                self._set_aside_plugin(name, _crash(error, "compute"))
        return PluginAnswers(said, frozenset(failed))

    def validate(self, merge_fields: Sequence[MergeField]) -> dict[str, list[str]]:
        """Return what is wrong with the options of each, in sentences."""
        problems: dict[str, list[str]] = {
            name: [say("The plugin can't be used: %(why)s.", why=why)] for name, why in self.set_aside.items()
        }
        for name in self.active:
            done, answer = self._call(
                name,
                "validate",
                audience=self._audience(name),
                civicrm=self.civicrm,
                merge_fields=merge_fields,
            )
            found: list[str] = _as_texts(answer) if done else [say("It failed: %(why)s.", why=self.set_aside[name])]
            if found:
                problems[name] = found
        return problems

    def end(self, changed: Mapping[str, int]) -> None:
        """Report to each that the stage is complete; `changed` counts the people with changes."""
        for name in self.active:
            summary = Summary(self.people[name], changed.get(name, 0))
            self._call(name, "after_run", audience=self._audience(name), begun=self._begun.get(name), summary=summary)

    def _audience(self, name: str) -> Audience:
        def warn(words: str) -> None:
            self.warnings.setdefault(name, {})[_shorten(words)] = None

        return replace(self.audience, options=self.audience.data.plugins.get(name, {}), warn=warn)

    def _call(self, name: str, hook: str, **arguments: Any) -> tuple[bool, Any]:
        try:
            answers = self._hooks[name][hook](**arguments)
        except LeaseLostError:
            raise
        except CannotTellError as error:
            self.set_aside[name] = _shorten(reason_of(error))
        except MailchimpsyncError as error:
            self.set_aside[name] = _shorten(error.what)
        except Exception as error:  # noqa: BLE001 (someone else's code)
            self.set_aside[name] = _shorten(say("%(error)s: %(why)s", error=_crash(error, hook), why=str(error)))
        else:
            return True, answers[0] if answers else None
        return False, None

    def _set_aside_plugin(self, name: str, what: str) -> None:
        self.errors[name] += 1
        if self.errors[name] >= ERRORS_MAX:
            self.set_aside[name] = say(
                "it failed for %(number)s people (%(why)s)", number=ERRORS_MAX, why=_shorten(what)
            )


def _checked(name: str, answer: Any) -> Outgoing:
    """Return the answer if it is valid.

    Raises:
        CannotTellError: it has another type, or wants something plugins may not set.
    """
    if not isinstance(answer, Outgoing):
        also = say(" A member's status can't be set by a plugin.") if _names_status(answer) else ""
        raise CannotTellError(
            say(
                "plugin %(name)s answered with %(type)s instead of Outgoing.%(also)s",
                name=name,
                type=type(answer).__name__,
                also=also,
            )
        )
    for reserved in ("EMAIL", "status"):
        if reserved in answer.merge_fields:
            raise CannotTellError(
                say("plugin %(name)s wants to set %(field)s, which no plugin can", name=name, field=reserved)
            )
    return answer


def _as_texts(answer: Iterable[object] | None) -> list[str]:
    """Return what a plugin returned as texts; someone else's plugin can return anything."""
    return [one if isinstance(one, str) else str(one) for one in answer or ()]


def _names_status(answer: Any) -> bool:
    return (isinstance(answer, Mapping) and "status" in answer) or hasattr(answer, "status")


def _crash(error: Exception, hook: str) -> Message:
    return say("%(error)s in %(hook)s", error=type(error).__name__, hook=hook)


def _shorten(words: str) -> str:
    """Return words on one line and not too long; a message that is already so keeps its values."""
    short = " ".join(words.split())[:_MESSAGE_LENGTH_MAX]
    return words if words == short else short
