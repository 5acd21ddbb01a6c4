"""The CiviCRM stand-in as a WSGI application, with its control interface."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from werkzeug.wrappers import Request, Response

from mailchimpsync_sandbox.civicrm import endpoint, extension
from mailchimpsync_sandbox.civicrm.access import keys
from mailchimpsync_sandbox.civicrm.access.permissions import LOG_IN, named
from mailchimpsync_sandbox.civicrm.access.sessions import Sessions
from mailchimpsync_sandbox.civicrm.access.users import NOBODY, SYSTEM, User
from mailchimpsync_sandbox.civicrm.api import Api
from mailchimpsync_sandbox.civicrm.database import ADMIN_CONTACT_ID, Database
from mailchimpsync_sandbox.civicrm.entities.custom import keep_custom_values
from mailchimpsync_sandbox.civicrm.entities.loading import load_contacts
from mailchimpsync_sandbox.civicrm.errors import ApiError
from mailchimpsync_sandbox.civicrm.settings import VERSIONS, Settings
from mailchimpsync_sandbox.kit.app import SandboxApp
from mailchimpsync_sandbox.kit.faults import Fault, FaultKind

DEFAULT_KEY = "sandbox-civicrm-key"


class CivicrmSandbox(SandboxApp):
    """A local CiviCRM: APIv4 over HTTP on an embedded database, in memory unless a file is given.

    `api_key` is the key of a user with these `permissions`; `options` are those of `settings.Settings`. Every public
    method but `close` and `handle` is a control action too: `POST /_control/<name>`, its parameters as a JSON object.
    """

    def __init__(
        self,
        path: Path | None = None,
        *,
        api_key: str = DEFAULT_KEY,
        permissions: str | Sequence[str] = "all",
        **options: Any,
    ) -> None:
        super().__init__()
        self._database = Database(path, self.clock.now)
        self._api = Api(self._database)
        self._sessions = Sessions()
        self._settings = Settings()
        self.extension = extension.Extension()
        self.set_options(**options)
        keys.keep(self._database, api_key, named(permissions), ADMIN_CONTACT_ID)
        for action in (
            self.add_group,
            self.load_contacts,
            self.call,
            self.dump,
            self.set_options,
            self.fail_database,
            self.lose_writes,
            self.add_user,
            self.grant,
            self.install_extension,
        ):
            self.control[action.__name__] = partial(_reporting, action)

    def handle(self, request: Request) -> Response:
        """Answer one request as CiviCRM would."""
        request.max_content_length = request.max_form_memory_size = endpoint.REQUEST_BYTES_MAX
        if self._settings.web_login and not _is_web_login(request, self._settings.web_login):
            return endpoint.refused_by_web_server()
        with self._sessions.of(request) as new_session:
            if self._settings.page_cost_seconds:
                time.sleep(self._settings.page_cost_seconds)
            response = self._answer_page(request)
        if new_session:
            response.headers.add("Set-Cookie", f"{new_session}; path=/")
        return response

    def _answer_page(self, request: Request) -> Response:
        settings = self._settings
        target = endpoint.target_of(request, settings.url_forms)
        is_api3 = endpoint.path_of(request, settings.url_forms) == extension.ROUTE
        if target is None and not is_api3:
            return Response(endpoint.SITE_PAGE, status=settings.html_status, content_type="text/html; charset=UTF-8")
        key = endpoint.credential(request)
        if key is None:
            return self._answer_as(request, target, NOBODY)
        user, flow = keys.owner(self._database, key), endpoint.flow_of(request)
        if key and flow not in settings.key_flows:
            return endpoint.refused(endpoint.NOT_BY_KEY.format(flow=flow))
        if user is None:
            return endpoint.refused(endpoint.INVALID)
        if not user.may(LOG_IN):
            return endpoint.refused(endpoint.NOT_PERMITTED)
        return self._answer_as(request, target, user)

    def _answer_as(self, request: Request, target: endpoint.Target | None, user: User) -> Response:
        if target is None:
            return endpoint.answer_api3(self.extension, request, user)
        return endpoint.answer(self._api, request, target, user)

    def install_extension(self, **kept: Any) -> None:
        """Let the PHP extension be installed, with what it keeps; see `extension.Extension`."""
        self.extension = extension.Extension(**kept)

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def call(self, entity: str, action: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
        """Call the API with full rights, as the administrator, and return its envelope.

        Raises:
            ApiError: as CiviCRM would answer.
        """
        admin = replace(SYSTEM, contact_id=ADMIN_CONTACT_ID)
        return self._api.call(entity, action, params or {}, admin).as_json()

    def set_custom(self, contact_id: int, name: str, value: Any) -> None:
        """Give a contact a value in the custom field `Group.Field`."""
        with self._database.transaction():
            keep_custom_values(self._database, "Contact", contact_id, {name: value})

    def cache_smart_groups(self, minutes: int) -> None:
        """Let smart groups show their contacts of up to so long ago (minutes), unless they are refreshed."""
        self._api.smart_cache_minutes = minutes

    def dump(self, entity: str) -> list[dict[str, Any]]:
        """Return all rows of an entity, trash included, ordered by id."""
        where = [["is_deleted", "IN", [True, False]]] if entity == "Contact" else []
        params = {"select": ["*"], "where": where, "orderBy": {"id": "ASC"}}
        return self._api.call(entity, "get", params, SYSTEM).values

    def add_group(
        self, group_id: int, title: str, *, mailing: bool = True, active: bool = True, smart: bool = False
    ) -> dict[str, Any]:
        """Add a group with a given id, and return it. A smart one is made over a saved search.

        Raises:
            ApiError: the id or the title is taken.
        """
        values: dict[str, Any] = {"id": group_id, "title": title, "is_active": active}
        if mailing:
            values["group_type:name"] = ["Mailing List"]
        if smart:
            search = {"label": f"{title} (search)", "api_entity": "Contact"}
            search["api_params"] = {"version": 4, "select": ["id"], "where": [["last_name", "=", title]]}  # type: ignore[assignment]
            values["saved_search_id"] = self.call("SavedSearch", "create", {"values": search})["values"][0]["id"]
        made: dict[str, Any] = self.call("Group", "create", {"values": values})["values"][0]
        return made

    def load_contacts(self, contacts: list[dict[str, Any]]) -> list[int]:
        """Insert contacts quickly and return their ids; see `loading.load_contacts`.

        Raises:
            ApiError: an id is taken (1 and 2 are the organisation and the administrator), or a group is unknown.
        """
        return self._database.load(lambda: load_contacts(self._database, contacts))

    def set_options(self, **changes: Any) -> dict[str, Any]:
        """Change the named settings and return all of them; see `settings.Settings`.

        Raises:
            ValueError: a value is out of bounds.
            TypeError: there is no such setting.
        """
        self._settings = self._settings.changed(**changes)
        self._database.zones, self._api.version = self._settings.zones, self._settings.version
        with self._database.transaction():
            self._database.execute("UPDATE civicrm_domain SET version = ?", (VERSIONS[self._settings.version],))
        return self._settings.as_dict()

    def fail_database(self, pattern: str = "", *, after: bool = False, times: int = 1, skip: int = 0) -> None:
        """Let calls fail as if CiviCRM's database failed briefly: before or `after` their work.

        `pattern` is searched in `Entity action`, also of calls within several; `skip` and `times` as in `Fault`.
        """
        kind = FaultKind.STATUS_AFTER if after else FaultKind.STATUS
        self._api.database_faults.plant(Fault(kind, pattern, skip, times))

    def lose_writes(self, pattern: str, first: int, *, times: int = 1, skip: int = 0) -> None:
        """Let writing calls report success although the first records are lost.

        As seen on CiviCRM 6.13 under load: a deadlock rolls everything back, and only the statement that met it is
        repeated. `pattern`, `skip` and `times` as in `fail_database`.
        """
        self._api.database_faults.plant(Fault(FaultKind.LOSE_FIRST, pattern, skip, times, first=first))

    def add_user(
        self, key: str, permissions: str | Sequence[str] = "all", groups: Sequence[int] = ()
    ) -> dict[str, Any]:
        """Give a key to a new contact who holds a word of `permissions.WORDS` or the named permissions.

        `groups` are those whose contacts an ACL lets the user see and edit.

        Raises:
            ValueError: there are no such permissions.
        """
        granted = named(permissions)
        name = {"first_name": "User", "last_name": permissions if isinstance(permissions, str) else key}
        contact: dict[str, Any] = self.call("Contact", "create", {"values": name})["values"][0]
        keys.keep(self._database, key, granted, contact["id"], groups)
        return {"key": key, "permissions": sorted(granted), "contact_id": contact["id"]}

    def grant(self, key: str, permissions: str | Sequence[str], groups: Sequence[int] = ()) -> None:
        """Give the user of a key these permissions and ACL groups instead of those it has.

        Raises:
            ValueError: there are no such permissions, or nobody has the key.
        """
        granted, user = named(permissions), keys.owner(self._database, key)
        if user is None or user.contact_id is None:
            raise ValueError("nobody has this key")
        keys.keep(self._database, key, granted, user.contact_id, groups)


def _is_web_login(request: Request, login: str) -> bool:
    given = request.authorization
    return given is not None and given.type == "basic" and f"{given.username}:{given.password}" == login


def _reporting(action: Any, values: dict[str, Any]) -> Any:
    try:
        return action(**values)
    except ApiError as error:
        raise ValueError(error.message) from error
