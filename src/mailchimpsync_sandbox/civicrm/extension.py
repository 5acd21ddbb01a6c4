"""The PHP extension's part of APIv3, from what is known of it: its setting, job and tables, with rows made up by tests.

See docs/reference/php-extension.md#actions. Errors are as recorded from CiviCRM 6.13.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from mailchimpsync_sandbox.civicrm.access.users import User

ROUTE = "civicrm/ajax/rest"
SETTING = "mailchimpsync_config"
RIGHT = "administer CiviCRM"
LIMIT = 25

Row = dict[str, Any]


class Api3Error(Exception):
    """An error of APIv3, which comes with the HTTP status 200."""

    def __init__(self, message: str, code: int | str = 0) -> None:
        super().__init__(message)
        self.code = code


@dataclass
class Extension:
    """What the extension keeps; `setting` is a text of JSON. Without it, it isn't installed.

    Rows have their columns as texts, by the names of the tables. `status`: what `getstatus` says, by audience.
    """

    setting: str | None = None
    cache: list[Row] = field(default_factory=list)
    updates: list[Row] = field(default_factory=list)
    batches: list[Row] = field(default_factory=list)
    status: dict[str, Any] = field(default_factory=dict)
    jobs: list[Row] = field(default_factory=list)

    def answer(self, entity: str, action: str, params: Row, user: User) -> Row:
        """Return the answer to a call."""
        about = {"entity": entity, "action": action, "is_error": 1}
        try:
            act = self._action(entity, action)
            _check(entity, action, user)
            values = act(params)
        except Api3Error as error:
            return {"error_code": error.code, **about, "error_message": str(error)}
        return {"is_error": 0, "version": 3, "count": len(values), "values": values}

    def _action(self, entity: str, action: str) -> Callable[[Row], Any]:
        known: dict[tuple[str, str], Callable[[Row], Any]] = {
            ("Setting", "get"): self._get_setting,
            ("Job", "get"): lambda params: _found(self.jobs, params),
            ("Job", "create"): self._save_job,
        }
        if self.setting is not None:
            known |= {
                ("Mailchimpsync", "getstatus"): lambda _params: self.status,
                ("MailchimpsyncCache", "get"): self._get_cache,
                ("MailchimpsyncUpdate", "get"): lambda params: _found(self.updates, params),
                ("MailchimpsyncBatch", "get"): lambda params: _found(self.batches, params),
            }
        if (entity, action) not in known:
            raise Api3Error(
                f"API ({entity}, {action}) does not exist (join the API team and implement it!)", "not-found"
            )
        return known[entity, action]

    def _get_setting(self, params: Row) -> Any:
        """A setting that nobody knows is left out; PHP writes what is left as a list."""
        wanted = params.get("return", [])
        return {"1": {SETTING: self.setting} if SETTING in wanted and self.setting is not None else []}

    def _get_cache(self, params: Row) -> Any:
        list_id = params.get("mailchimp_list_id")
        if not list_id:
            raise Api3Error("Mandatory key(s) missing from params array: mailchimp_list_id", "mandatory_missing")
        return _found([row for row in self.cache if row.get("civicrm_groups")], params)

    def _save_job(self, params: Row) -> Any:
        [job] = [job for job in self.jobs if job["id"] == str(params["id"])]
        job["is_active"] = str(params["is_active"])
        return {job["id"]: {"id": job["id"], "is_active": job["is_active"]}}


def _check(entity: str, action: str, user: User) -> None:
    """No action of the extension says which permission it needs, so it is the one that CiviCRM asks for by default."""
    if not user.may(RIGHT):
        raise Api3Error(
            f"API permission check failed for {entity}/{action} call; insufficient permission: require {RIGHT}",
            "unauthorized",
        )


def _found(rows: Iterable[Row], params: Row) -> Any:
    """Return the rows that match, by id; a column that is null is left out."""
    options = params.get("options") or {}
    wanted = {name: value for name, value in params.items() if name not in ("options", "return", "sequential")}
    backwards = options.get("sort") == "id DESC"
    found = sorted((row for row in rows if _matches(row, wanted)), key=lambda row: int(row["id"]), reverse=backwards)
    start, limit = int(options.get("offset") or 0), int(options.get("limit", LIMIT))
    shown = found[start : start + limit if limit else None]
    return {row["id"]: {name: one for name, one in row.items() if one is not None} for row in shown} or []


def _matches(row: Row, wanted: Row) -> bool:
    return all(_is(row.get(name), value) for name, value in wanted.items())


def _is(found: Any, wanted: Any) -> bool:
    if not isinstance(wanted, dict):
        return str(found or 0) == str(wanted)
    [(operator, value)] = wanted.items()
    if operator == "IN":
        return str(found) in map(str, value)
    return int(found or 0) < int(value)
