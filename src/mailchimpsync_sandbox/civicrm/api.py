"""The API: entities, actions, parameters, permissions, chains."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any, TypeVar

from mailchimpsync_sandbox.civicrm import catalogue
from mailchimpsync_sandbox.civicrm.access.rows import Access
from mailchimpsync_sandbox.civicrm.access.users import SYSTEM, User
from mailchimpsync_sandbox.civicrm.database import Database
from mailchimpsync_sandbox.civicrm.entities import merging
from mailchimpsync_sandbox.civicrm.entities.custom import records_entity
from mailchimpsync_sandbox.civicrm.entities.entities import ENTITIES
from mailchimpsync_sandbox.civicrm.entities.other_rules import RULES
from mailchimpsync_sandbox.civicrm.entities.schema import Entity
from mailchimpsync_sandbox.civicrm.errors import ApiError, UnknownActionError
from mailchimpsync_sandbox.civicrm.query.query import Query
from mailchimpsync_sandbox.civicrm.query.results import Result, arrange_rows
from mailchimpsync_sandbox.civicrm.query.writing import Writer
from mailchimpsync_sandbox.kit.faults import FaultKind, FaultPlan

_COMMON = frozenset({"checkPermissions", "chain", "debug", "language", "version"})
_FIND = frozenset({"where", "orderBy", "limit", "offset", "join"})
_PARAMS: dict[str, frozenset[str]] = {
    "get": _FIND | {"select", "groupBy", "having", "useCache"},
    "create": frozenset({"values", "reload"}),
    "save": frozenset({"records", "defaults", "match", "reload", "reindex"}),
    "update": _FIND | {"values", "reload"},
    "delete": _FIND | {"useTrash"},
    "getFields": frozenset(
        {"select", "where", "orderBy", "limit", "offset", "loadOptions", "action", "values", "type"}
    ),
    "getActions": frozenset({"select", "where", "orderBy", "limit", "offset"}),
    "checkAccess": frozenset({"action", "values"}),
    "getMergedTo": frozenset({"contactId", "isTest"}),
    "mergeDuplicates": frozenset({"contactId", "duplicateId", "mode"}),
    "refresh": _FIND | {"reload"},
    "revert": _FIND,
}
_ONLY_OF = {"getMergedTo": "Contact", "mergeDuplicates": "Contact", "refresh": "Group", "revert": "Afform"}
_CHAIN_DEPTH_MAX = 5
DATABASE_FAILED = "DB Error: unknown error"
_SMART_DEPTH_MAX = 5


T = TypeVar("T")


class Api:
    """Answers API calls on one database. Safe to use from several threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._smart: dict[int, tuple[str, list[int]]] = {}
        self.smart_cache_minutes = 0
        self.version = "6.17"
        self.missing: set[str] = set()
        """Entities of extensions that the site doesn't have."""
        self.database_faults = FaultPlan()
        self._lost = 0
        self._actions = {
            "get": self._get,
            "create": self._create,
            "save": self._save,
            "update": self._update,
            "delete": self._delete,
            "checkAccess": self._check_access,
            "getFields": self._get_fields,
            "getActions": self._get_actions,
            "getMergedTo": self._get_merged_to,
            "mergeDuplicates": self._merge_duplicates,
            "refresh": self._refresh,
            "revert": self._revert,
        }

    def call(self, entity: str, action: str, params: dict[str, Any], user: User, depth: int = 0) -> Result:
        """Answer one call. What was written before an error stays written, as in CiviCRM.

        Raises:
            UnknownActionError: there is no such entity or action.
            PermissionDeniedError: the user may not do this.
            ApiError: the call is wrong, or cannot be carried out.
        """
        if entity in catalogue.LISTS and action == "get":
            self._access(user).check(entity, action)
            return self._list(entity, params)
        known = self._entity(entity)
        if known is None or action not in self._actions or _ONLY_OF.get(action, entity) != entity:
            raise UnknownActionError(entity, action)
        own = known.action_params if action in {"get", "create", "save", "update"} else set()
        allowed = _PARAMS[action] | _COMMON | own
        for name in params:
            if name not in allowed:
                raise ApiError(f"Unknown api parameter: {self._as_told(name)}")
        fault = self.database_faults.take(entity, action)
        if fault and fault.kind is FaultKind.STATUS:
            raise ApiError(DATABASE_FAILED)
        with self._database.transaction():
            self._lost = fault.first if fault else 0
            access = self._access(user)
            if action != "checkAccess":
                access.check(entity, action)
            result = self._actions[action](known, params, access)
            if chain := params.get("chain"):
                self._chain(result, chain, user, depth)
        if fault and fault.kind is FaultKind.STATUS_AFTER:
            raise ApiError(DATABASE_FAILED)
        return result

    def _entity(self, name: str) -> Entity | None:
        if name in self.missing:
            return None
        return ENTITIES.get(name) or records_entity(self._database, name)

    def _as_told(self, name: str) -> str:
        """Return a parameter as an error names it: 6.13 names its setter."""
        return f"set{name[:1].upper()}{name[1:]}" if self.version == "6.13" else name

    def _access(self, user: User) -> Access:
        return Access(self._database, user, self._members_of)

    def _get(self, entity: Entity, params: dict[str, Any], access: Access) -> Result:
        found = Query(entity, params, access).run()
        for row in found.rows if entity.is_file else ():
            row.pop("id", None)
        counts = {} if found.matched is None else {"countMatched": found.matched}
        return Result(entity.name, "get", found.rows, found.matched, counts)

    def _members_of(self, group_ids: list[int], depth: int = 0) -> list[int]:
        """Return the contacts of the smart ones among the groups, without those removed by hand."""
        if depth > _SMART_DEPTH_MAX:
            raise ApiError("Smart groups nested too deep")
        members: list[int] = []
        for group_id in group_ids:
            found = self._database.rows(
                "SELECT s.api_params FROM civicrm_group g JOIN civicrm_saved_search s ON s.id = g.saved_search_id "
                "WHERE g.id = ? AND s.api_entity = 'Contact'",
                (group_id,),
            )
            for (text,) in found:
                members += self._cached(group_id, text, depth)
        return members

    def _cached(self, group_id: int, text: str, depth: int) -> list[int]:
        """Refresh only if the cache is older than the given minutes, as CiviCRM does."""
        if not self.smart_cache_minutes:
            return self._searched(group_id, text, depth)
        oldest = (self._database.now() - timedelta(minutes=self.smart_cache_minutes)).isoformat()
        if group_id not in self._smart or self._smart[group_id][0] <= oldest:
            self._smart[group_id] = (self._database.now().isoformat(), self._searched(group_id, text, depth))
        return self._smart[group_id][1]

    def _refresh(self, entity: Entity, params: dict[str, Any], access: Access) -> Result:
        ids = _ids(entity, params, access)
        for group_id in ids:
            self._smart.pop(group_id, None)
        return Result(entity.name, "refresh", [{"id": one} for one in ids])

    def _searched(self, group_id: int, text: str, depth: int) -> list[int]:
        where = (catalogue.parse_json(text) or {}).get("where") or []
        everybody = Access(self._database, SYSTEM, lambda ids: self._members_of(ids, depth + 1))
        query = Query(ENTITIES["Contact"], {"where": where}, everybody)
        removed = self._database.rows(
            "SELECT contact_id FROM civicrm_group_contact WHERE group_id = ? AND status = 'Removed'", (group_id,)
        )
        return sorted(set(query.ids()) - {row[0] for row in removed})

    def _writer(self, access: Access) -> Writer:
        return Writer(self._database, RULES, access.user.contact_id)

    def _create(self, entity: Entity, params: dict[str, Any], access: Access) -> Result:
        values = _dict(params, "values")
        access.check_record(entity, "create", values)
        row = self._writer(access).create(entity, values, _extra(entity, params))
        return Result(entity.name, "create", [row])

    def _save(self, entity: Entity, params: dict[str, Any], access: Access) -> Result:
        records, matched = _matched_records(entity, params, access)
        for record in records:
            access.check_record(entity, "update" if record.get("id") else "create", record)
        writer, extra = self._writer(access), _extra(entity, params)

        def write(record: dict[str, Any]) -> dict[str, Any]:
            row_id = record.pop("id", None)
            row = writer.update(entity, int(row_id), record, extra) if row_id else writer.create(entity, record, extra)
            return {**record, "id": row["id"]} if entity.name.startswith("Custom_") else row

        rows = self._written(records, write)
        for row, key in product(rows[:-1], entity.echo_of_last):
            row.pop(key, None)
        return _reloaded(Result(entity.name, "save", rows, None, {"countMatched": matched}), params, access)

    def _update(self, entity: Entity, params: dict[str, Any], access: Access) -> Result:
        writer, values = self._writer(access), _dict(params, "values")
        by_id = values.get("id") if not params.get("where") else None
        ids = [int(by_id)] if by_id else _ids(entity, params, _named_row(params, access))
        for one in ids:
            access.check_record(entity, "update", {**values, "id": one})
        extra = _extra(entity, params)
        rows = self._written(ids, lambda one: writer.update(entity, one, values, extra))
        return _reloaded(Result(entity.name, "update", rows), params, access)

    def _written(self, items: list[T], write: Callable[[T], dict[str, Any]]) -> list[dict[str, Any]]:
        """Write one after the other, and undo the first ones that a planted deadlock loses."""
        lost, self._lost, rows = items[: self._lost], 0, []
        if lost:
            with self._database.rolled_back():
                rows = [write(one) for one in lost]
        return rows + [write(one) for one in items[len(lost) :]]

    def _delete(self, entity: Entity, params: dict[str, Any], access: Access) -> Result:
        ids = _ids(entity, params, access)
        for one in ids:
            access.check_record(entity, "delete", {"id": one})
        self._writer(access).delete(entity, ids, params)
        # Recorded: some ids come as text, others as numbers, and those of records of custom fields without a name.
        as_text = entity.name in {"CustomGroup", "GroupContact", "Navigation", "SavedSearch"}
        rows: list[Any] = [{"id": str(one) if as_text else one} for one in ids]
        return Result(entity.name, "delete", ids if entity.name.startswith("Custom_") else rows)

    def _revert(self, entity: Entity, params: dict[str, Any], access: Access) -> Result:
        """Delete the site's own file of a form."""
        found = Query(entity, {"select": ["name"], "where": params.get("where")}, access).run().rows
        self._delete(entity, params, access)
        return Result(entity.name, "revert", [{"name": row["name"]} for row in found])

    def _check_access(self, entity: Entity, params: dict[str, Any], access: Access) -> Result:
        action, values = str(params.get("action") or ""), _dict(params, "values")
        if action not in self._actions:
            raise UnknownActionError(entity.name, action)
        row = {"access": access.grants(entity, action, values)}
        if self.version != "6.13" and "id" in values:
            row["id"] = values["id"]
        return Result(entity.name, "checkAccess", [row])

    def _get_fields(self, entity: Entity, params: dict[str, Any], access: Access) -> Result:
        with_options, custom = bool(params.get("loadOptions")), access.sees_custom_data
        rows = catalogue.fields_of(self._database, entity, load_options=with_options, with_custom_fields=custom)
        return Result(entity.name, "getFields", catalogue.select_rows(rows, params))

    def _get_actions(self, entity: Entity, params: dict[str, Any], _access: Access) -> Result:
        names = [name for name in self._actions if _ONLY_OF.get(name, entity.name) == entity.name]
        return Result(entity.name, "getActions", catalogue.select_rows([{"name": name} for name in names], params))

    def _get_merged_to(self, entity: Entity, params: dict[str, Any], access: Access) -> Result:
        """CiviCRM searches the activities of the merge, and answers an empty row where it finds or shows none."""
        access.check("ActivityContact", "get")
        target = merging.merged_to(access, int(params.get("contactId") or 0))
        return Result(entity.name, "getMergedTo", [[] if target is None else {"id": target}])

    def _merge_duplicates(self, entity: Entity, params: dict[str, Any], access: Access) -> Result:
        writer = self._writer(access)
        main, other = int(params.get("contactId") or 0), int(params.get("duplicateId") or 0)
        pair = {"main_id": main, "other_id": other}
        done = merging.merge(writer, main, other)
        return Result(entity.name, "mergeDuplicates", [{"merged": [pair] * done, "skipped": [pair] * (not done)}])

    def _list(self, entity: str, params: dict[str, Any]) -> Result:
        rows = [row for row in catalogue.LISTS[entity]() if row["name"] not in self.missing]
        shown = catalogue.select_rows(rows, params)
        return Result(entity, "get", shown, len(shown))

    def _chain(self, result: Result, chain: dict[str, Any], user: User, depth: int) -> None:
        if depth >= _CHAIN_DEPTH_MAX:
            raise ApiError("Chains nested too deep")
        for row in result.values:
            for key, (entity, action, *rest) in chain.items():
                params = _filled(rest[0] if rest else {}, row)
                index = rest[1] if len(rest) > 1 else None
                values = self.call(entity, action, params, user, depth + 1).values
                row[key] = values if index is None else arrange_rows(values, index)


def _matched_records(entity: Entity, params: dict[str, Any], access: Access) -> tuple[list[dict[str, Any]], int]:
    """Return the records of a `save`, with the ids of those that match a row, and how many do."""
    records = params.get("records")
    if not isinstance(records, list):
        raise ApiError('Parameter "records" is required.')
    defaults, match = _dict(params, "defaults"), list(params.get("match") or entity.match)
    filled = [{**defaults, **given} for given in records]
    unmatched = [record for record in filled if match and not record.get("id")]
    for record in unmatched:
        record["id"] = _matching(entity, record, match, access)
    return filled, sum(bool(record.get("id")) for record in filled)


def _matching(entity: Entity, record: dict[str, Any], match: list[str], access: Access) -> int | None:
    if any(name not in record for name in match):
        return None
    where = [[name, "=", record[name]] if record[name] not in {None, ""} else [name, "IS EMPTY"] for name in match]
    found = Query(entity, {"select": ["id"], "where": where, "limit": 1}, access).ids()
    return found[0] if found else None


def _ids(entity: Entity, params: dict[str, Any], access: Access) -> list[int]:
    if not params.get("where"):
        raise ApiError('Parameter "where" is required.')
    return Query(entity, {key: params[key] for key in _FIND if key in params}, access).ids()


def _named_row(params: dict[str, Any], access: Access) -> Access:
    """CiviCRM doesn't check that a row named only by its id is visible."""
    where = params.get("where") or []
    by_id = len(where) == 1 and isinstance(where[0], list) and where[0][:2] == ["id", "="]
    return replace(access, user=SYSTEM) if by_id and where[0][2] != "user_contact_id" else access


def _reloaded(result: Result, params: dict[str, Any], access: Access) -> Result:
    reload = params.get("reload")
    if not reload:
        return result
    ids = [row["id"] for row in result.values]
    select = reload if isinstance(reload, list) else ["*"]
    found = Query(ENTITIES[result.entity], {"select": select, "where": [["id", "IN", ids]]}, access).run()
    by_id = {row["id"]: row for row in found.rows}
    result.values = [by_id[one] for one in ids]
    return result


def _dict(params: dict[str, Any], name: str) -> dict[str, Any]:
    value = params.get(name) or {}
    if not isinstance(value, dict):
        raise ApiError(f'Parameter "{name}" is not of the correct type.')
    return value


def _extra(entity: Entity, params: dict[str, Any]) -> dict[str, Any]:
    return {name: params[name] for name in entity.action_params if name in params}


def _filled(value: Any, row: dict[str, Any]) -> Any:
    """Return the parameters of a chained call with `$field` replaced by the row's value."""
    if isinstance(value, str) and value.startswith("$"):
        return row.get(value[1:], value)
    if isinstance(value, list):
        return [_filled(one, row) for one in value]
    if isinstance(value, dict):
        return {key: _filled(one, row) for key, one in value.items()}
    return value
