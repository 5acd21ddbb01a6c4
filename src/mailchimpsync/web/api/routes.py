"""The API over HTTP: `POST /api/{Entity}/{action}`, one route an action, made from the actions' own descriptions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.security.base import AuthBase
from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import models_json_schema
from pydantic_core import from_json

from mailchimpsync import __version__
from mailchimpsync.actions.api.description import ACTIONS, Action, Scope, find_action
from mailchimpsync.web.api.calls import call_action
from mailchimpsync.web.api.examples import FAILURE, SUCCESS, example_of
from mailchimpsync.web.authentication import authenticate_token_or_user
from mailchimpsync.web.responses import BAD_REQUEST, MEDIA_TYPE, OK, STATUSES, RequestError, json_answer, status_of
from mailchimpsync.web.service import service_of

JSON_TYPE = "application/json"
_DOCUMENTS_KEPT = 8
_REFERENCE = "#/components/schemas/{model}"


class Success(BaseModel):
    """CiviCRM's envelope around the result of a call."""

    model_config = ConfigDict(json_schema_extra={"example": SUCCESS})

    is_error: int = Field(description="0")
    version: int = Field(description="3, that of CiviCRM's API whose form this is")
    count: int = Field(description="how many rows `values` has; 1 for anything but rows")
    values: Any = Field(description="the result; rows are keyed by their `id` if the call says `sequential: 0`")


class Failure(BaseModel):
    """CiviCRM's envelope around an error."""

    model_config = ConfigDict(json_schema_extra={"example": FAILURE})

    is_error: int = Field(description="1")
    version: int = Field(description="3")
    error_code: str = Field(description="what happened, as a code; `mailchimpsync explain-code` explains it")
    error_message: str = Field(description="what happened, to what, and what to do about it")
    error_detail: str = Field(default="", description="the other system's own words for it, where it said something")


class Token(AuthBase):
    """A token with the scope an action needs, or a signed-in user with it."""

    openapi_type = "http"
    openapi_scheme = "bearer"
    openapi_description = "A token, created with `mailchimpsync token create`."

    def __init__(self, needed: Scope) -> None:
        """Take the scope."""
        self.needed = needed
        super().__init__()

    def __call__(self, request: HttpRequest) -> str:
        """Return who calls."""
        return authenticate_token_or_user(request, self.needed)


def read_parameters(request: HttpRequest) -> dict[str, Any]:
    """Return the parameters in a request's body; an empty body has none.

    Raises:
        RequestError: the body is not a JSON object.
    """
    if not (body := request.body):
        return {}
    if request.content_type != JSON_TYPE:
        raise RequestError(f"Send parameters as {JSON_TYPE}.", MEDIA_TYPE)
    try:
        given = from_json(body, allow_inf_nan=False)
    except ValueError:
        raise RequestError("The parameters are not valid JSON.", BAD_REQUEST) from None
    if not isinstance(given, dict):
        raise RequestError("The parameters are not a JSON object.", BAD_REQUEST)
    return given


def make_api() -> NinjaAPI:
    """Return the API with a route for every action."""
    api = NinjaAPI(
        title="mailchimpsync",
        version=__version__,
        description="Keeps CiviCRM mailing groups and Mailchimp audiences telling the same truth, both ways.",
        openapi_url=None,
        docs_url=None,
    )
    for title in sorted(ACTIONS):
        _add_route(api, ACTIONS[title])
    return api


def unknown_action(request: HttpRequest, entity: str, action: str) -> HttpResponse:
    """Refuse an address that is no action; callers with a token learn which actions there are.

    Raises:
        UsageError: always; `UNKNOWN` unless only upper and lower case differ.
    """
    authenticate_token_or_user(request, Scope.READ)
    found = find_action(entity, action)
    raise RequestError(f"Call it by POST to /api/{found.entity}/{found.name}.", BAD_REQUEST)


@cache
def parameter_schemas() -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    """Return the JSON schema of each action's parameters by title, and the definitions these refer to."""
    models = {title: one.parameters for title, one in ACTIONS.items()}
    found, definitions = models_json_schema(
        [(model, "validation") for model in models.values()], ref_template=_REFERENCE
    )
    return {title: found[model, "validation"] for title, model in models.items()}, definitions.get("$defs", {})


@lru_cache(maxsize=_DOCUMENTS_KEPT)
def openapi_document(prefix: str) -> Mapping[str, Any]:
    """Return the OpenAPI document; `prefix` is the path below which callers find the actions."""
    document = api.get_openapi_schema(path_prefix=prefix)
    document["components"]["schemas"].update(parameter_schemas()[1])
    return document


def _add_route(api: NinjaAPI, action: Action) -> None:
    responses: dict[int, type[BaseModel]] = {OK: Success} | dict.fromkeys(STATUSES, Failure)
    body = {"schema": parameter_schemas()[0][action.title], "example": example_of(action)}
    api.post(
        f"/{action.entity}/{action.name}",
        auth=Token(action.scope),
        response=responses,
        operation_id=f"{action.entity}_{action.name}",
        summary=action.summary,
        description=f"{action.description}\n\nNeeds a token with the scope `{action.scope}`.".strip(),
        tags=[action.entity],
        openapi_extra={"requestBody": {"required": False, "content": {JSON_TYPE: body}}},
    )(_view(action))


def _view(action: Action) -> Callable[[HttpRequest], HttpResponse]:
    def view(request: HttpRequest) -> HttpResponse:
        by: str = request.auth  # type: ignore[attr-defined]  # ninja puts it there
        given = read_parameters(request)
        outcome = call_action(service_of(request), by, action.entity, action.name, given)
        return json_answer(outcome.envelope, status_of(outcome.error) if outcome.error else OK)

    return view


api = make_api()
