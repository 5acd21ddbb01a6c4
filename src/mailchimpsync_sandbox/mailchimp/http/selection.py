"""`fields` and `exclude_fields`: which parts of an answer were asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

Tree = dict[str, "Tree"]  # an empty branch means everything below it


def _tree(text: str) -> Tree:
    root: Tree = {}
    for path in filter(None, (part.strip() for part in text.split(","))):
        _plant(root, path.split("."))
    return root


def _plant(tree: Tree, path: list[str]) -> None:
    known = path[0] in tree
    if len(path) == 1:
        tree[path[0]] = {}
    elif not known or tree[path[0]]:
        _plant(tree.setdefault(path[0], {}), path[1:])


@dataclass(frozen=True)
class Selection:
    """Dot paths from the top of the document; unknown names are ignored (docs/reference/mailchimp-behaviour.md#pages).

    `wanted` is None where nothing was asked for in particular; `fields` goes before `exclude_fields`.
    """

    wanted: Tree | None
    unwanted: Tree

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Selection:
        if not query:
            return EVERYTHING
        if fields := query.get("fields"):
            return cls(_tree(fields), {})
        return cls(None, _tree(query.get("exclude_fields", "")))

    def has(self, name: str) -> bool:
        """Tell whether any part of this name belongs into the answer."""
        if self.wanted is not None:
            return name in self.wanted
        return self.unwanted.get(name) != {}

    def below(self, name: str) -> Selection:
        """Return the selection for what is inside a name."""
        if self.wanted is not None:
            return Selection(self.wanted.get(name) or None, {})
        return Selection(None, self.unwanted.get(name, {}))

    def is_shallow(self) -> bool:
        """Tell whether whole fields are in or out, with no path reaching inside one."""
        return not any((self.wanted or {}).values()) and not any(self.unwanted.values())

    def apply(self, value: Any) -> Any:
        """Return the value with only what was asked for."""
        if self.wanted is None and not self.unwanted:
            return value
        if isinstance(value, list):
            return [self.apply(item) for item in value]
        if not isinstance(value, dict):
            return value
        return {name: self.below(name).apply(item) for name, item in value.items() if self.has(name)}


EVERYTHING = Selection(None, {})
