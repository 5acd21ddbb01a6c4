"""The API: entities, actions, parameters, permissions, chains."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from mailchimpsync_sandbox.civicrm import catalogue, merging
from mailchimpsync_sandbox.civicrm.database import Database
from mailchimpsync_sandbox.civicrm.entities import ENTITIES
from mailchimpsync_sandbox.civicrm.errors import ApiError, PermissionDeniedError, UnknownActionError
from mailchimpsync_sandbox.civicrm.query import Query
from mailchimpsync_sandbox.civicrm.results import Result, arranged
from mailchimpsync_sandbox.civicrm.rules_other import RULES
from mailchimpsync_sandbox.civicrm.schema import Entity
from mailchimpsync_sandbox.civicrm.users import User
from mailchimpsync_sandbox.civicrm.writing import Writer

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
    "getMergedFrom": frozenset({"contactId", "isTest"}),
    "mergeDuplicates": frozenset({"contactId", "duplicateId", "mode"}),
    "refresh": _FIND | {"reload"},
}
_ONLY_OF = {"getMergedTo": "Contact", "getMergedFrom": "Contact", "mergeDuplicates": "Contact", "refresh": "Group"}
_CHAIN_DEPTH_MAX = 5
_SMART_DEPTH_MAX = 5


class Api:
    """Answers API calls on one database. Safe to be called from several threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._smart: dict[int, tuple[str, list[int]]] = {}
        self.smart_cache_minutes = 0
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
            "getMergedFrom": self._get_merged_from,
            "mergeDuplicates": self._merge_duplicates,
            "refresh": self._refresh,
        }

    def call(self, entity: str, action: str, params: dict[str, Any], user: User, depth: int = 0) -> Result:
        """Answer one call. What was written before an error stays written, as in CiviCRM.

        Raises:
            UnknownActionError: there is no such entity or action.
            PermissionDeniedError: the user may not do this.
            ApiError: the call is wrong, or cannot be carried out.
        """
        if entity in catalogue.LISTS and action == "get":
            return self._list(entity, params, user)
        known = ENTITIES.get(entity)
        if known is None or action not in self._actions or _ONLY_OF.get(action, entity) != entity:
            raise UnknownActionError(entity, action)
        allowed = _PARAMS[action] | _COMMON | (known.action_params if action in {"create", "save", "update"} else set())
        for name in params:
            if name not in allowed:
                raise ApiError(f"Unknown api parameter: {name}")
        with self._database.transaction():
            result = self._actions[action](known, params, user)
            if chain := params.get("chain"):
                self._chain(result, chain, user, depth)
        return result

    def _get(self, entity: Entity, params: dict[str, Any], user: User) -> Result:
        query = self._query(entity, params, user)
        if not user.sees_rows(entity):
            return Result(entity.name, "get", [])
        found = query.run()
        counts = {} if found.matched is None else {"countMatched": found.matched}
        return Result(entity.name, "get", found.rows, found.matched, counts)

    def _query(self, entity: Entity, params: dict[str, Any], user: User) -> Query:
        return Query(self._database, entity, params, self._members_of, user.contact_id)

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
        """As CiviCRM, look again only once the cache is older than so many minutes."""
        if not self.smart_cache_minutes:
            return self._searched(group_id, text, depth)
        oldest = (self._database.now() - timedelta(minutes=self.smart_cache_minutes)).isoformat()
        if group_id not in self._smart or self._smart[group_id][0] <= oldest:
            self._smart[group_id] = (self._database.now().isoformat(), self._searched(group_id, text, depth))
        return self._smart[group_id][1]

    def _refresh(self, entity: Entity, params: dict[str, Any], user: User) -> Result:
        self._writer(user)
        ids = self._ids(entity, params, user)
        for group_id in ids:
            self._smart.pop(group_id, None)
        return Result(entity.name, "refresh", [{"id": one} for one in ids])

    def _searched(self, group_id: int, text: str, depth: int) -> list[int]:
        where = (catalogue.parsed(text) or {}).get("where") or []
        query = Query(
            self._database, ENTITIES["Contact"], {"where": where}, lambda ids: self._members_of(ids, depth + 1)
        )
        removed = self._database.rows(
            "SELECT contact_id FROM civicrm_group_contact WHERE group_id = ? AND status = 'Removed'", (group_id,)
        )
        return sorted(set(query.ids()) - {row[0] for row in removed})

    def _writer(self, user: User) -> Writer:
        if not user.may_do_all:
            raise PermissionDeniedError
        return Writer(self._database, RULES, user.contact_id)

    def _create(self, entity: Entity, params: dict[str, Any], user: User) -> Result:
        writer = self._writer(user)
        row = writer.create(entity, _dict(params, "values"), _extra(entity, params))
        return Result(entity.name, "create", [row])

    def _save(self, entity: Entity, params: dict[str, Any], user: User) -> Result:
        writer = self._writer(user)
        records = params.get("records")
        if not isinstance(records, list):
            raise ApiError('Parameter "records" is required.')
        defaults, match, extra = _dict(params, "defaults"), list(params.get("match") or []), _extra(entity, params)
        rows, matched = [], 0
        for given in records:
            record = {**defaults, **given}
            row_id = record.get("id")
            if not row_id and match:
                row_id = self._matching(entity, record, match, user)
                matched += row_id is not None
            if row_id:
                rows.append(writer.update(entity, int(row_id), record, extra))
            else:
                rows.append(writer.create(entity, {k: v for k, v in record.items() if k != "id"}, extra))
        return self._reloaded(Result(entity.name, "save", rows, None, {"countMatched": matched}), params, user)

    def _matching(self, entity: Entity, record: dict[str, Any], match: list[str], user: User) -> int | None:
        if any(name not in record for name in match):
            return None
        where = [[name, "=", record[name]] if record[name] not in {None, ""} else [name, "IS EMPTY"] for name in match]
        found = self._query(entity, {"select": ["id"], "where": where, "limit": 1}, user).ids()
        return found[0] if found else None

    def _update(self, entity: Entity, params: dict[str, Any], user: User) -> Result:
        writer, values = self._writer(user), _dict(params, "values")
        by_id = values.get("id") if not params.get("where") else None
        ids = [int(by_id)] if by_id else self._ids(entity, params, user)
        extra = _extra(entity, params)
        rows = [writer.update(entity, one, values, extra) for one in ids]
        return self._reloaded(Result(entity.name, "update", rows), params, user)

    def _delete(self, entity: Entity, params: dict[str, Any], user: User) -> Result:
        writer = self._writer(user)
        ids = self._ids(entity, params, user)
        writer.delete(entity, ids, params)
        # Recorded: the ids of deleted memberships of groups come as text, those of contacts as numbers.
        return Result(
            entity.name, "delete", [{"id": str(one) if entity.name == "GroupContact" else one} for one in ids]
        )

    def _ids(self, entity: Entity, params: dict[str, Any], user: User) -> list[int]:
        if not params.get("where"):
            raise ApiError('Parameter "where" is required.')
        return self._query(entity, {key: params[key] for key in _FIND if key in params}, user).ids()

    def _reloaded(self, result: Result, params: dict[str, Any], user: User) -> Result:
        reload = params.get("reload")
        if not reload:
            return result
        ids = [row["id"] for row in result.values]
        select = reload if isinstance(reload, list) else ["*"]
        found = self._query(ENTITIES[result.entity], {"select": select, "where": [["id", "IN", ids]]}, user).run()
        by_id = {row["id"]: row for row in found.rows}
        result.values = [by_id[one] for one in ids]
        return result

    def _check_access(self, entity: Entity, params: dict[str, Any], user: User) -> Result:
        row = {"access": user.may_do_all, **({"id": params["values"]["id"]} if "id" in _dict(params, "values") else {})}
        return Result(entity.name, "checkAccess", [row])

    def _get_fields(self, entity: Entity, params: dict[str, Any], _user: User) -> Result:
        rows = catalogue.fields_of(self._database, entity, load_options=bool(params.get("loadOptions")))
        return Result(entity.name, "getFields", catalogue.picked(rows, params))

    def _get_actions(self, entity: Entity, params: dict[str, Any], _user: User) -> Result:
        names = [name for name in self._actions if _ONLY_OF.get(name, entity.name) == entity.name]
        return Result(entity.name, "getActions", catalogue.picked([{"name": name} for name in names], params))

    def _get_merged_to(self, entity: Entity, params: dict[str, Any], user: User) -> Result:
        target = merging.merged_to(self._writer(user), int(params.get("contactId") or 0))
        return Result(entity.name, "getMergedTo", [] if target is None else [{"id": target}])

    def _get_merged_from(self, entity: Entity, params: dict[str, Any], user: User) -> Result:
        self._writer(user)
        found = self._database.rows(
            "WITH RECURSIVE f(id) AS (SELECT other_id FROM sandbox_merge WHERE main_id = ? UNION "
            "SELECT m.other_id FROM sandbox_merge m JOIN f ON m.main_id = f.id) SELECT id FROM f",
            (int(params.get("contactId") or 0),),
        )
        return Result(entity.name, "getMergedFrom", [{"id": row[0]} for row in found])

    def _merge_duplicates(self, entity: Entity, params: dict[str, Any], user: User) -> Result:
        writer = self._writer(user)
        main, other = int(params.get("contactId") or 0), int(params.get("duplicateId") or 0)
        pair = {"main_id": main, "other_id": other}
        done = merging.merge(writer, main, other)
        return Result(entity.name, "mergeDuplicates", [{"merged": [pair] * done, "skipped": [pair] * (not done)}])

    def _list(self, entity: str, params: dict[str, Any], user: User) -> Result:
        if not user.may_do_all:
            raise PermissionDeniedError
        rows = catalogue.LISTS[entity]()
        shown = catalogue.picked(rows, params)
        return Result(entity, "get", shown, len(rows))

    def _chain(self, result: Result, chain: dict[str, Any], user: User, depth: int) -> None:
        if depth >= _CHAIN_DEPTH_MAX:
            raise ApiError("Chains nested too deep")
        for row in result.values:
            for key, (entity, action, *rest) in chain.items():
                params = _filled(rest[0] if rest else {}, row)
                index = rest[1] if len(rest) > 1 else None
                values = self.call(entity, action, params, user, depth + 1).values
                row[key] = values if index is None else arranged(values, index)


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
