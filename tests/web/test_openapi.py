"""The OpenAPI document is valid and true: whatever it allows, and much that it does not, is answered as it says."""

from __future__ import annotations

import os
from typing import Any

import pytest
import requests
import schemathesis
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.files.storage import storages
from django.utils.functional import empty
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from schemathesis import Case, GenerationMode
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

import mailchimpsync.actions  # noqa: F401 (registers the actions)
from mailchimpsync.actions.api.description import ACTIONS, Scope
from mailchimpsync.web.limits import Limit, Limits
from web.conftest import ApiService, Serve

EXAMPLES = int(os.environ.get("MAILCHIMPSYNC_FUZZ_EXAMPLES", "40"))
AWAY = ("MC_", "CV_", "OUT_OF_TIME")
MANY = Limit("calls", 1_000_000)
UNLIMITED = Limits(token=MANY, address=MANY, failures=MANY)
CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture
def document(api_service: ApiService) -> dict[str, Any]:
    content: dict[str, Any] = api_service.get("/api/openapi.json", scope=Scope.READ).json()
    return content


def schemas(document: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of each action's parameters."""
    found = {}
    for path, operations in document["paths"].items():
        body = operations["post"]["requestBody"]["content"]["application/json"]["schema"]
        while "$ref" in body:
            body = document["components"]["schemas"][body["$ref"].rpartition("/")[2]]
        found[path.removeprefix("/api/").replace("/", ".")] = body
    return found


def test_every_action_is_described_with_its_parameters_and_its_scope(document: dict[str, Any]) -> None:
    found = schemas(document)

    assert sorted(found) == sorted(ACTIONS)
    for title, schema in found.items():
        described = schema.get("properties", {})
        assert len(described) == len(ACTIONS[title].parameters.model_fields), title
        assert all(one.get("description") for one in described.values()), title
        operation = document["paths"][f"/api/{title.replace('.', '/')}"]["post"]
        assert operation["summary"] == ACTIONS[title].summary
        assert f"scope `{ACTIONS[title].scope}`" in operation["description"]
        assert operation["security"] == [{"Token": []}]


def test_every_action_has_an_example_that_can_be_sent(document: dict[str, Any]) -> None:
    for title, action in ACTIONS.items():
        example = document["paths"][f"/api/{title.replace('.', '/')}"]["post"]["requestBody"]["content"]
        action.check(example["application/json"]["example"])


def test_every_reference_in_the_document_leads_somewhere(document: dict[str, Any]) -> None:
    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}

    assert set(_references(document)) <= known


def test_every_schema_in_the_document_is_valid(document: dict[str, Any]) -> None:
    for name, schema in document["components"]["schemas"].items():
        try:
            Draft202012Validator.check_schema(schema)
        except SchemaError as error:
            pytest.fail(f"{name}: {error.message}")
    assert document["openapi"].startswith("3.1")
    assert document["components"]["securitySchemes"]["Token"]["scheme"] == "bearer"


def _references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [found for one in value.values() for found in _references(one)]
    return [found for one in value for found in _references(one)] if isinstance(value, list) else []


def test_the_document_needs_a_token_and_the_page_to_try_it_does_not(api_service: ApiService) -> None:
    page = api_service.get("/api/docs")

    assert api_service.get("/api/openapi.json").status_code == 401
    assert page.status_code == 200
    assert "http" not in page.text.replace("http-equiv", ""), "nothing is loaded from elsewhere"
    assert "<script>" not in page.text
    assert "style=" not in page.text
    for path in ("ninja/swagger-ui.css", "ninja/swagger-ui-bundle.js", "mailchimpsync/api.css", "mailchimpsync/api.js"):
        assert f'"/static/{path}"' in page.text
        assert api_service.get(f"/static/{path}").status_code == 200


def test_behind_a_proxy_that_has_a_path_for_us_links_lead_there(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    serve()
    monkeypatch.setattr(staticfiles_storage, "_wrapped", empty)  # a process serves one site, but for tests
    monkeypatch.setattr(storages, "_storages", {})
    api_service = serve(environment={"PUBLIC_URL": "https://charity.example.org/sync/"})

    page = api_service.get("/api/docs").text
    content = api_service.get("/api/openapi.json", scope=Scope.READ).json()
    paths = content["paths"]

    assert '"/sync/api/openapi.json"' in page
    assert '"/sync/static/mailchimpsync/api.js"' in page
    assert api_service.get("/static/mailchimpsync/api.js").status_code == 200
    assert all(path.startswith("/sync/api/") for path in paths)
    assert content["servers"] == [{"url": "https://charity.example.org"}]
    assert api_service.get("/health", headers={"Host": "10.0.0.7"}).status_code == 200


@pytest.mark.thorough
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("title", sorted(ACTIONS))
def test_whatever_is_sent_to_an_action_is_answered_as_the_document_says(serve: Serve, title: str) -> None:
    api_service = serve(limits=UNLIMITED)
    assert api_service.post("/api/Mailchimpsync/fetchandreconcile").status_code == 200
    content = api_service.get("/api/openapi.json", scope=Scope.READ).json()
    content["paths"] = {
        path: one for path, one in content["paths"].items() if path == f"/api/{title.replace('.', '/')}"
    }
    [result] = schemathesis.openapi.from_dict(content).get_all_operations()
    assert isinstance(result, Ok)
    fitting, unfitting = (result.ok().as_strategy(mode) for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE))
    session = requests.Session()

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(st.one_of(fitting, unfitting))
    def fuzz(case: Case[Any]) -> None:
        answer = case.call(
            base_url=api_service.url, session=session, headers=api_service.bearer(Scope.CONFIGURE), timeout=60
        )

        if answer.status_code >= 500:
            assert answer.json()["error_code"].startswith(AWAY), answer.text
        case.validate_response(answer, checks=CHECKS)

    fuzz()
    session.close()
