"""The endpoint over HTTP: URL forms, credentials, form fields."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from werkzeug.wrappers import Request, Response

from mailchimpsync_sandbox.civicrm.access.permissions import SEE_ERRORS
from mailchimpsync_sandbox.civicrm.access.users import NOBODY, User
from mailchimpsync_sandbox.civicrm.api import Api
from mailchimpsync_sandbox.civicrm.errors import ApiError, PostOnlyError, UnknownActionError
from mailchimpsync_sandbox.civicrm.extension import Extension

ROUTE = "civicrm/ajax/api4"
JSON_TYPE = "application/json; charset=UTF-8"
FATAL_PAGE = (
    '<style media="screen">\n  body {\n    background-color: #ffffcc;\n  }\n</style>\n'
    '<div class="crm-fatal">Sorry, due to an error, we are unable to fulfill your request at the moment.</div>\n'
)
SITE_PAGE = "<!DOCTYPE html>\n<html><head><title>Our charity</title></head><body><h1>Welcome</h1></body></html>\n"
WEB_SERVER_PAGE = (
    "<html>\n<head><title>401 Authorization Required</title></head>\n"
    "<body>\n<center><h1>401 Authorization Required</h1></center>\n</body>\n</html>\n"
)
INVALID = "Invalid credential"
NOT_PERMITTED = "Login not permitted. Must satisfy guard (site_key, perm)."
NOT_BY_KEY = 'Authentication type "api_key" with flow "{flow}" is not allowed for this principal.'
KEY_FLOWS = ("header", "xheader")
REQUEST_BYTES_MAX = 64 * 1024 * 1024
CALLS_MAX = 1000

URL_FORMS = ("clean", "wordpress", "query", "joomla")


@dataclass(frozen=True)
class Target:
    """The entity and action in a URL; both are empty for several calls at once."""

    entity: str = ""
    action: str = ""


def target_of(request: Request, forms: tuple[str, ...]) -> Target | None:
    """Return what a URL asks for, or None if the site doesn't know its form."""
    path = path_of(request, forms)
    if path is None or not (path == ROUTE or path.startswith(f"{ROUTE}/")):
        return None
    parts = [part for part in path.removeprefix(ROUTE).split("/") if part]
    if not parts:
        return Target()
    return Target(parts[0], parts[1]) if len(parts) == 2 else None  # noqa: PLR2004 (entity and action)


def path_of(request: Request, forms: tuple[str, ...]) -> str | None:
    """Return the page of CiviCRM that a URL asks for, or None if the site doesn't know its form."""
    return next((path for form in forms if (path := _path(request, form)) is not None), None)


def answer_api3(extension: Extension, request: Request, user: User) -> Response:
    """Answer a call of APIv3: every answer has the status 200."""
    params = _form(request, "json")
    if not isinstance(params, dict):
        return _json({"is_error": 1, "0": "error_message", "1": "Unable to decode supplied JSON."})
    return _json(extension.answer(request.form.get("entity", ""), request.form.get("action", ""), params, user))


def _path(request: Request, form: str) -> str | None:
    at, args = request.path.strip("/"), request.args
    if form == "clean" and at:
        return at
    if form == "wordpress" and not at and "CiviCRM" in {args.get("civiwp"), args.get("page")}:
        return args.get("q", "").strip("/")
    if form == "query" and at in {"", "index.php"} and "option" not in args:
        return args.get("q", "").strip("/") or None
    if form == "joomla" and at in {"", "index.php"} and args.get("option") == "com_civicrm":
        return args.get("task", "").strip("/")
    return None


def credential(request: Request) -> str | None:
    """Return the key, an empty text for a credential of another kind, None if there is none."""
    for header in ("X-Civi-Auth", "Authorization"):
        if value := request.headers.get(header):
            scheme, _, key = value.partition(" ")
            return key.strip() if scheme.lower() == "bearer" else ""
    return None


def flow_of(request: Request) -> str:
    """Return AuthX's name for the flow of the credential."""
    return "xheader" if "X-Civi-Auth" in request.headers else "header"


def refused(why: str) -> Response:
    """Refuse a login as AuthX does: the cause in plain text."""
    return Response(f"HTTP 401 {why}", status=401, content_type="text/plain;charset=UTF-8")


def refused_by_web_server() -> Response:
    """Answer as a web server that asks for a user name and password in front of CiviCRM."""
    asks = {"WWW-Authenticate": 'Basic realm="Restricted"'}
    return Response(WEB_SERVER_PAGE, status=401, headers=asks, content_type="text/html")


def fatal_page() -> Response:
    """Answer a call for an unknown entity or action: a page, with status 200."""
    return Response(FATAL_PAGE, content_type="text/html; charset=UTF-8")


def answer(api: Api, request: Request, target: Target, user: User = NOBODY) -> Response:
    """Answer one call or several."""
    try:
        if not target.entity:
            answers = _answer_calls(api, request, user)
            return _json(answers, _status_of_many(answers))
        params, index = _form(request, "params") or {}, _form(request, "index")
        return _json(_answer_call(api, request, (target.entity, target.action, params, index), user))
    except UnknownActionError:
        return fatal_page()
    except ApiError as error:
        return _json(error.as_json(in_words=user.may(SEE_ERRORS)), error.status)


def _answer_calls(api: Api, request: Request, user: User) -> Any:
    calls = _form(request, "calls")
    if not isinstance(calls, (dict, list)):
        raise ApiError("Missing parameter: calls")
    if len(calls) > CALLS_MAX:
        raise ApiError(f"More than {CALLS_MAX} calls in one request")
    if isinstance(calls, list):
        return [_answer_one_of_many(api, request, call, user) for call in calls]
    answers = {name: _answer_one_of_many(api, request, call, user) for name, call in calls.items()}
    # PHP keeps both in one kind of array, and writes one that is numbered from 0 as a list.
    return list(answers.values()) if list(answers) == [str(number) for number in range(len(answers))] else answers


def _status_of_many(answers: Any) -> int:
    """Return 200 if one call succeeded, or there was none; else the status of the first refusal."""
    statuses = [one.get("status", 200) for one in (answers.values() if isinstance(answers, dict) else answers)]
    return 200 if 200 in statuses or not statuses else int(statuses[0])  # noqa: PLR2004 (success)


def _answer_one_of_many(api: Api, request: Request, call: list[Any], user: User) -> dict[str, Any]:
    entity, action, *rest = call
    padded = [*rest, None, None]
    try:
        return _answer_call(api, request, (entity, action, padded[0] or {}, padded[1]), user)
    except ApiError as error:
        return error.as_json(in_words=user.may(SEE_ERRORS))


def _answer_call(api: Api, request: Request, call: tuple[str, str, Any, Any], user: User) -> dict[str, Any]:
    entity, action, params, index = call
    if request.method != "POST" and not action.startswith(("get", "check")):
        raise PostOnlyError
    return api.call(entity, action, params, user).as_json(index)


def _form(request: Request, name: str) -> Any:
    """Return a form field (for GET: a part of the query) that holds JSON, or a plain text such as `id`."""
    text = request.form.get(name) if request.method == "POST" else None
    text = request.args.get(name) if text is None else text
    if text is None or text == "":
        return None
    try:
        return json.loads(text)
    except ValueError:
        if name == "index":
            return text
        raise ApiError(f"Invalid JSON in {name}") from None


def _json(value: object, status: int = 200) -> Response:
    return Response(json.dumps(value, separators=(",", ":")), status=status, content_type=JSON_TYPE)
