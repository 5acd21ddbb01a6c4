"""What a check of data found: totals, values that don't fit, and failed plugins. Stored with the run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from mailchimpsync.data import PluginRunner

EXAMPLES_MAX = 5
KINDS_MAX = 200
"""Each problem has its number of people and a few example contacts."""


@dataclass
class Findings:
    """Problems counted by plugin, merge field and text; people appear by contact id only."""

    people: int = 0
    changed: int = 0
    changed_by: Counter[str] = field(default_factory=Counter)
    problems: dict[tuple[str, str, str], list[int]] = field(default_factory=dict)
    numbers: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    failures: dict[str, str] = field(default_factory=dict)
    warnings: dict[str, list[str]] = field(default_factory=dict)
    errors: Counter[str] = field(default_factory=Counter)

    @classmethod
    def from_json(cls, found: Mapping[str, Any] | None) -> Self:
        """Return the findings of earlier calls."""
        if found is None:
            return cls()
        keyed = [((one["plugin"], one["field"], one["what"]), one) for one in found["problems"]]
        return cls(
            found["people"],
            found["changed"],
            Counter(found["changed_by"]),
            {key: list(one["contact_ids"]) for key, one in keyed},
            Counter({key: one["count"] for key, one in keyed}),
            dict(found["failures"]),
            dict(found["warnings"]),
            Counter(found["errors"]),
        )

    def as_json(self) -> dict[str, Any]:
        """Return them in stored form."""
        return {
            "people": self.people,
            "changed": self.changed,
            "changed_by": dict(self.changed_by),
            "problems": [
                {"plugin": key[0], "field": key[1], "what": key[2], "count": self.numbers[key], "contact_ids": ids}
                for key, ids in self.problems.items()
            ],
            "failures": self.failures,
            "warnings": self.warnings,
            "errors": dict(self.errors),
        }

    def add(self, people: int, changed: int, changed_by: Mapping[str, int]) -> None:
        """Count people who were checked, and those with changes."""
        self.people += people
        self.changed += changed
        self.changed_by.update(changed_by)

    def add_problems(self, contact_id: int, problems: Iterable[tuple[str, str, str]]) -> None:
        """Count the problems of one person."""
        for key in problems:
            if key not in self.problems and len(self.problems) >= KINDS_MAX:
                continue
            examples = self.problems.setdefault(key, [])
            self.numbers[key] += 1
            if len(examples) < EXAMPLES_MAX:
                examples.append(contact_id)

    def add_plugin_findings(self, runner: PluginRunner) -> None:
        """Take over failures and warnings of the plugins."""
        self.failures |= runner.set_aside
        for name, words in runner.warnings.items():
            self.warnings[name] = list(words)
        self.errors |= runner.errors

    @property
    def sentence(self) -> str:
        """The totals in a sentence."""
        unfit = sum(self.numbers.values())
        besides = f"; {unfit:,} values don't fit and aren't sent" if unfit else ""
        new = f"{self.changed:,} have changes, which are sent for those who are subscribed"
        return f"Checked the data of {self.people:,} people: {new if self.changed else 'no changes'}{besides}."

    @property
    def failure_sentences(self) -> Iterator[str]:
        """What went wrong with plugins, one sentence each."""
        for name, why in self.failures.items():
            yield f"Plugin {name} was set aside: {why}. Its earlier values stay; everything else continued."
        for name, warnings in self.warnings.items():
            yield from (f"Plugin {name}: {words}." for words in warnings)
        for name, number in self.errors.items():
            if name not in self.failures:
                yield f"Plugin {name} failed for {number} people; their data stays as it is."
