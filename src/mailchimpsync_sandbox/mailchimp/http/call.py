"""One call of the API, over HTTP or as an operation of a batch, and what handlers make of its parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mailchimpsync_sandbox.mailchimp.http.problems import bad_request, not_validated
from mailchimpsync_sandbox.mailchimp.http.selection import Selection

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mailchimpsync_sandbox.mailchimp.world import Account, Audience, World

COUNT_DEFAULT = 10
COUNT_MAX = 1000
TRUE_WORDS = ("true", "1")

Link = dict[str, str]
_JSON_NAMES = {
    dict: "object",
    list: "array",
    str: "string",
    bool: "boolean",
    int: "number",
    float: "number",
    type(None): "NULL",
}


@dataclass(slots=True)
class Call:
    """The caller, path and parameters; `base_url` ends in `/3.0`."""

    world: World
    account: Account
    ids: dict[str, str]
    query: Mapping[str, str]
    body: Any
    base_url: str
    ip: str

    @property
    def audience(self) -> Audience:
        """The audience named in the path; 404 if the account has no such audience."""
        return self.world.audience(self.ids["list_id"], self.account.account_id)

    @property
    def selection(self) -> Selection:
        return Selection.of(self.query)

    def flag(self, name: str) -> bool:
        """Read a boolean parameter: `true` or `1`, anything else is false.

        See docs/reference/mailchimp-behaviour.md#pages.
        """
        return self.query.get(name, "").lower() in TRUE_WORDS

    def number(self, name: str, default: int) -> int:
        text = self.query.get(name, "")
        return int(text) if text.isascii() and text.isdigit() else default

    def page(self) -> tuple[int, int]:
        """Return count and offset; a count of 0 is no count (docs/reference/mailchimp-behaviour.md#pages)."""
        count = self.number("count", 0) or COUNT_DEFAULT
        if count > COUNT_MAX and self.world.options.count_above_max == "refuse":
            raise bad_request(f"The count may not be greater than {COUNT_MAX}.")
        return min(count, COUNT_MAX), self.number("offset", 0)

    def object(self) -> dict[str, Any]:
        """Return the body.

        Raises:
            Problem: 400, it is no JSON object.
        """
        if isinstance(self.body, dict):
            return self.body
        found = _JSON_NAMES[type(self.body)]
        raise not_validated(
            ("", f"Schema describes object, {found} found{' instead' if self.body is not None else ''}")
        )

    def required(self, *names: str) -> dict[str, Any]:
        """Return the body, having made sure that these fields are there and not empty."""
        body = self.object()
        missing = [(name, "This value should not be blank.") for name in names if body.get(name) in (None, "")]
        if missing:
            raise not_validated(*missing)
        return body

    def links(self, path: str, *relations: tuple[str, str]) -> list[Link]:
        """Return `_links` of what is at `path` (with a leading slash): self, parent, and (relation, method) pairs."""
        own, parent = f"{self.base_url}{path}", f"{self.base_url}{path.rpartition('/')[0]}"
        return [
            {"rel": relation, "href": parent if relation == "parent" else own, "method": method}
            for relation, method in (("self", "GET"), ("parent", "GET"), *relations)
        ]

    def collection(self, key: str, items: Sequence[Any], path: str, **ids: str) -> dict[str, Any]:
        """Return one page of a collection that is all in memory."""
        count, offset = self.page()
        return {
            key: list(items[offset : offset + count]),
            **ids,
            "total_items": len(items),
            "_links": self.links(path, ("create", "POST")),
        }


def check_types(body: dict[str, Any], types: Mapping[str, type | tuple[type, ...]]) -> None:
    """Refuse fields whose JSON type is not the one the schema describes; null counts as absent.

    Raises:
        Problem: 400, naming every such field.
    """
    wrong = []
    for name, kinds in types.items():
        value = body.get(name)
        if value is None or (isinstance(value, kinds) and not (isinstance(value, bool) and kinds is not bool)):
            continue
        wanted = _JSON_NAMES[kinds if isinstance(kinds, type) else kinds[0]]
        wrong.append((name, f"Schema describes {wanted}, {_JSON_NAMES[type(value)]} found instead"))
    if wrong:
        raise not_validated(*wrong)
