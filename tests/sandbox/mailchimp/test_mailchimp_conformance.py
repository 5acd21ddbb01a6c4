"""The stand-in conforms to Mailchimp's description of its API."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from support.recording import MAILCHIMP

if TYPE_CHECKING:
    from sandbox.mailchimp.conftest import Charity

KEY = "0123456789abcdef0123456789abcdef-us6"
ALICE, GINA = "alice@example.org", "gina@example.org"
METHODS = ("get", "post", "put", "patch", "delete")


@pytest.fixture(scope="module")
def description() -> dict[str, Any]:
    described: dict[str, Any] = json.loads(MAILCHIMP.read_text(encoding="utf-8"))
    return described


def _strict(schema: Any) -> Any:
    """The same schema without additional properties, so that misspelt names are found."""
    if isinstance(schema, list):
        return [_strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    strict = {name: _strict(item) for name, item in schema.items()}
    if isinstance(schema.get("properties"), dict):
        strict.setdefault("additionalProperties", False)
    return strict


def _validate(description: dict[str, Any], path: str, method: str, answer: Any) -> None:
    schema = description["paths"][path][method]["responses"]["200"]["schema"]
    whole = _strict(schema) | {"definitions": _strict(description["definitions"])}
    found = [
        f"{'.'.join(map(str, error.path))}: {error.message}"[:200]
        for error in jsonschema.Draft4Validator(whole).iter_errors(answer)
    ]
    assert found == []


def _prepare(charity: Charity) -> dict[str, str]:
    """Create one of everything, and return the ids for the path parameters."""
    charity.app.set_options(validate_webhooks=False)
    category = charity.api.get("/lists/news/interest-categories").json()["categories"][0]["id"]
    note = charity.api.post(charity.path(ALICE, "/notes"), json={"note": "Rang up."})
    charity.api.post(charity.path(ALICE, "/events"), json={"name": "came_by"})
    segment = charity.api.post("/lists/news/segments", json={"name": "Board", "static_segment": [ALICE]}).json()
    webhook = charity.api.post("/lists/news/webhooks", json={"url": "http://site.test/hook"}).json()
    batch_webhook = charity.api.post("/batch-webhooks", json={"url": "http://site.test/hook"}).json()
    batch = charity.api.post("/batches", json={"operations": [{"method": "GET", "path": "/ping"}]}).json()
    charity.app.load_campaign(
        KEY, {"id": "spring", "recipients": {"list_id": "news"}}, [{"email_address": ALICE}], [{"email_address": ALICE}]
    )
    assert note.status_code == 200
    return {
        "list_id": "news",
        "subscriber_hash": charity.get(ALICE)["id"],
        "merge_id": "1",
        "interest_category_id": category,
        "interest_id": "aaaa000001",
        "segment_id": str(segment["id"]),
        "webhook_id": webhook["id"],
        "batch_id": batch["id"],
        "batch_webhook_id": batch_webhook["id"],
        "campaign_id": "spring",
    }


def _filled(path: str, ids: dict[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: ids[found[1]], path)


def test_every_described_path_and_method_is_served(charity: Charity, description: dict[str, Any]) -> None:
    ids = _prepare(charity)
    # Alice is permanently deleted last, since all other requests use her.
    for path, operations in sorted(description["paths"].items(), key=lambda item: "delete-permanent" in item[0]):
        for method in sorted(set(operations).intersection(METHODS) - {"delete"}):
            answer = charity.api.request(method.upper(), _filled(path, ids), json={} if method != "get" else None)
            assert answer.status_code not in (404, 405, 500), f"{method} {path}: {answer.text}"
        if "delete" in operations:
            nobody = dict.fromkeys(ids, "0")
            answer = charity.api.delete(_filled(path, nobody))
            assert answer.json().get("detail") == "The requested resource could not be found.", f"delete {path}"


def test_nothing_is_served_that_is_not_described(charity: Charity, description: dict[str, Any]) -> None:
    ids = _prepare(charity)
    for path, operations in description["paths"].items():
        missing = sorted(set(METHODS) - set(operations))
        for method in missing:
            answer = charity.api.request(method.upper(), _filled(path, ids))
            assert answer.status_code == 405, f"{method} {path}"
            allowed = set(answer.headers["Allow"].lower().split(", "))
            assert allowed == set(operations).intersection(METHODS), path


def test_every_reading_answer_is_as_described(charity: Charity, description: dict[str, Any]) -> None:
    ids = _prepare(charity)
    charity.app.run_batches()
    query = {"/search-members": {"query": "alice"}}
    reads = [path for path, operations in description["paths"].items() if "get" in operations]
    assert len(reads) == 29
    for path in reads:
        answer = charity.api.get(_filled(path, ids), params=query.get(path))
        assert answer.status_code == 200, path
        _validate(description, path, "get", _without_news(answer.json()))


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("post", "/lists/{list_id}/members", {"email_address": GINA, "status": "subscribed", "tags": ["a"]}),
        ("put", "/lists/{list_id}/members/{subscriber_hash}", {"email_address": ALICE, "status": "unsubscribed"}),
        ("patch", "/lists/{list_id}/members/{subscriber_hash}", {"vip": True}),
        ("post", "/lists/{list_id}/members/{subscriber_hash}/notes", {"note": "x"}),
        ("post", "/lists/{list_id}/merge-fields", {"name": "Town", "type": "text"}),
        ("patch", "/lists/{list_id}/merge-fields/{merge_id}", {"name": "Town"}),
        ("post", "/lists/{list_id}/interest-categories", {"title": "Areas", "type": "radio"}),
        ("post", "/lists/{list_id}/interest-categories/{interest_category_id}/interests", {"name": "North"}),
        ("post", "/lists/{list_id}/segments", {"name": "All", "options": {"match": "any", "conditions": []}}),
        ("patch", "/lists/{list_id}/segments/{segment_id}", {"name": "Board"}),
        ("post", "/lists/{list_id}/webhooks", {"url": "http://site.test/other", "events": {"subscribe": True}}),
        ("post", "/batches", {"operations": [{"method": "GET", "path": "/ping"}]}),
        ("post", "/batch-webhooks", {"url": "http://site.test/other"}),
        ("patch", "/lists/{list_id}", {"name": "Renamed"}),
    ],
)
def test_every_writing_answer_is_as_described(
    charity: Charity, description: dict[str, Any], method: str, path: str, body: dict[str, Any]
) -> None:
    ids = _prepare(charity)
    answer = charity.api.request(method, _filled(path, ids), json=body)
    assert answer.status_code == 200, answer.text
    _validate(description, path, method, _without_news(answer.json()))


def test_bulk_answers_are_as_described_but_for_what_members_have_gained_since(
    charity: Charity, description: dict[str, Any]
) -> None:
    rows = [{"email_address": email, "status": "subscribed"} for email in (GINA, ALICE, "nothing")]
    answer = charity.api.post("/lists/news", json={"members": rows, "update_existing": True}).json()
    described = description["definitions"]["ListMembers"]["properties"]
    for key in ("new_members", "updated_members"):
        assert len(answer[key]) == 1
        answer[key] = [{name: one[name] for name in one if name in described} for one in answer[key]]
    _validate(description, "/lists/{list_id}", "post", answer)


def test_refusals_are_problem_documents(charity: Charity, description: dict[str, Any]) -> None:
    schema = description["definitions"]["ProblemDetailDocument"]
    for answer in (
        charity.api.get("/lists/none"),
        charity.put("nothing", status="subscribed"),
        charity.api.put("/ping"),
    ):
        jsonschema.Draft4Validator(schema).validate(answer.json())
        assert answer.headers["X-Request-Id"] == answer.json()["instance"]


def _without_news(answer: Any) -> Any:
    """Leave out what was added to the real service after the description was written.

    See docs/reference/mailchimp-behaviour.md#the-description-of-the-api.
    """
    if isinstance(answer, list):
        return [_without_news(item) for item in answer]
    if isinstance(answer, dict):
        gained = ("signing_enabled", "signing_secret")
        return {name: _without_news(item) for name, item in answer.items() if name not in gained}
    return answer
