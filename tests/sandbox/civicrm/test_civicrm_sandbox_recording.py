"""Every request recorded with a real CiviCRM gets the same response from the stand-in of that version."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest

from mailchimpsync_sandbox.civicrm import CivicrmSandbox
from mailchimpsync_sandbox.civicrm.endpoint import KEY_FLOWS
from mailchimpsync_sandbox.kit.server import Served
from support.recording import DATA, Exchange, exchanges

KEYS = {
    "Bearer THE-KEY": "Bearer sandbox-civicrm-key",
    "Bearer KEY-OF-A-USER-WITH-FEW-PERMISSIONS": "Bearer key-few",
    "Bearer KEY-OF-A-CONTACT-WITHOUT-USER-ACCOUNT": "Bearer key-none",
}

# The entity whose ids a name in a request holds; `id` belongs to the requested entity.
POINTS_TO = {
    "contact_id": "Contact",
    "contactId": "Contact",
    "duplicateId": "Contact",
    "entity_id": "Contact",
    "target_contact_id": "Contact",
    "source_contact_id": "Contact",
    "group_id": "Group",
    "groups": "Group",
    "tag_id": "Tag",
    "activity_id": "Activity",
    "saved_search_id": "SavedSearch",
    "custom_group_id": "CustomGroup",
    "option_group_id": "OptionGroup",
}

# Values that differ between sites and runs: only their form is compared.
VOLATILE = re.compile(
    r"(^|_)(id|date|now|hash|invoice_id|last_id|date_time)$|^(now|error_id|last_date|value|weight|table_name|column_name)$"
)

# Columns that the stand-in doesn't have.
NOT_KEPT = frozenset(
    {
        "email_greeting_display",
        "postal_greeting_display",
        "addressee_display",
        "extends_entity_column_value",
        "max_multiple",
        "is_search_range",
        "in_selector",
        "fk_entity_on_delete",
        "option_type",
    }
)

# Accepted differences of the stand-in: the note up to a comma -> what isn't compared.
_ROWS = ("values", "count", "countFetched")
TOLERATED: dict[str, tuple[str, ...]] = {
    # A site has 267 permissions; the stand-in names some.
    "permissions of me": ("count",),
    # Without a requested order, the order varies.
    "what campaigns lack": ("types.values",),
    # Without "access CiviCRM", even the fields of phones and addresses are unknown.
    "contacts with fields": ("values",),
    # What CiviCRM adds to an entry or form that it saves isn't kept, and it counts each saved form as matched.
    "put entries": ("values", "countMatched"),
    "remove the entries": ("values",),
    "put fields for records": ("values", "countMatched"),
    # The site has other groups, and other people in them.
    "prove the rights": tuple(f"{name}.{key}" for name in ("counted", "shown") for key in _ROWS),
}

USUAL_STATE: dict[str, Any] = {"url_forms": ["clean"], "web_login": "", "key_flows": KEY_FLOWS}

EXCHANGES = {version: exchanges(version) for version in ("6.13", "6.17")}


class Replay:
    """Sends the recorded requests, with the ids of this site."""

    def __init__(self, url: str, http: httpx2.Client) -> None:
        self._url, self._http = url, http
        self._ids: dict[tuple[str, int], int] = {}

    def ask(self, exchange: Exchange) -> httpx2.Response:
        request = exchange["request"]
        entity = _entity(request["path"])
        form = {
            name: value if isinstance(value, str) else json.dumps(self._translated(value, "", entity))
            for name, value in (request["form"] or {}).items()
        }
        headers = {name: KEYS.get(value, value) for name, value in request.get("headers", {}).items()}
        if "user" in exchange:
            headers = {"X-Civi-Auth": f"Bearer {exchange['user']}"}
        url = f"{self._url}/{request['path']}"
        self._http.cookies.clear()
        if request["method"] == "GET":
            return self._http.get(url, params=form, headers=headers)
        return self._http.post(url, data=form, headers=headers)

    def ask_and_learn(self, exchange: Exchange) -> httpx2.Response:
        response = self.ask(exchange)
        if "json" in response.headers["content-type"]:
            self.learn(exchange, response.json())
        return response

    def learn(self, exchange: Exchange, answer: Any) -> None:
        """Record which of our ids corresponds to which recorded id."""
        recorded, calls = exchange["response"]["json"], exchange["request"]["form"].get("calls")
        if calls and isinstance(recorded, dict):
            for name, (entity, *_) in calls.items():
                self._learn_rows(entity, recorded.get(name), answer.get(name))
        elif not calls and exchange["request"]["path"].rpartition("/")[2] in {"create", "save", "get"}:
            self._learn_rows(_entity(exchange["request"]["path"]), recorded, answer)

    def _learn_rows(self, entity: str, recorded: Any, answer: Any) -> None:
        pairs = zip((recorded or {}).get("values", ()), (answer or {}).get("values", ()), strict=False)
        for theirs, ours in pairs:
            if isinstance(theirs, dict) and isinstance(ours, dict) and "id" in theirs and "id" in ours:
                self._ids.setdefault((entity, int(theirs["id"])), int(ours["id"]))

    def _translated(self, value: Any, name: str, entity: str) -> Any:
        if isinstance(value, dict):
            return {key: self._translated(one, key, entity) for key, one in value.items()}
        if isinstance(value, list):
            return self._translated_list(value, name, entity)
        if isinstance(value, int) and not isinstance(value, bool):
            target = entity if name == "id" else POINTS_TO.get(name, "")
            return self._ids.get((target, value), value)
        return value

    def _translated_list(self, value: list[Any], name: str, entity: str) -> list[Any]:
        is_call = len(value) == 3 and isinstance(value[2], dict)
        is_condition = len(value) == 3 and isinstance(value[0], str)
        entity = value[0] if is_call else entity
        return [self._translated(one, value[0] if is_condition else name, entity) for one in value]


def _entity(path: str) -> str:
    parts = path.split("/")
    return parts[3] if len(parts) > 3 else ""


def _content_type(value: str) -> str:
    return value.replace(" ", "").lower()


def _forget(answer: Any, path: str) -> None:
    """Remove from a response the value at a path such as `values.0.method`."""
    *steps, last = path.split(".")
    for step in steps:
        answer = answer[int(step)] if isinstance(answer, list) else answer[step]
    if isinstance(answer, dict):
        answer.pop(last, None)


def _form_of(value: Any, name: str = "") -> Any:
    """Return a value with variable parts masked: digits, letters of ids, names made of ids."""
    if isinstance(value, dict):
        return {key: _form_of(one, key) for key, one in value.items() if key not in NOT_KEPT}
    if isinstance(value, list):
        return [_form_of(one, name) for one in value]
    if isinstance(value, str):
        value = re.sub(r"Error ID: [\w-]+", "Error ID: ?", value)
        if VOLATILE.search(name.rsplit(".", maxsplit=1)[-1]):
            value = "digits" if value.isdigit() and len(value) < 8 else value
            return re.sub(r"[0-9a-fA-F]", "9", value) if name != "error_id" else re.sub(r"\w", "9", value)
        return re.sub(r"_\d+$", "_9", value) if name == "name" else value
    if isinstance(value, int) and not isinstance(value, bool) and VOLATILE.search(name.rsplit(".", maxsplit=1)[-1]):
        return "an integer"
    return value


def _types(answer: dict[str, Any]) -> dict[str, tuple[str, bool]]:
    """Return the type of each field, and whether it has choices; the stand-in has fewer fields."""
    return {row["name"]: (row["data_type"], bool(row["options"])) for row in answer["values"]}


def _seed_6_17(app: CivicrmSandbox) -> None:
    """Create what the site of the first recording had before the recording."""
    groups = ("Administrators", "Newsletter", "Volunteers", "Spring News", "Cycling", "Staff only", "Gone")
    for group_id, title in enumerate(groups, 1):
        values: dict[str, Any] = {"id": group_id, "title": title}
        if title in {"Newsletter", "Volunteers"}:
            values["name"] = title.lower()
        if title not in {"Administrators", "Staff only"}:
            values["group_type:name"] = ["Mailing List"]
        app.call("Group", "create", {"values": values})
    app.call("MembershipType", "create", {"values": {"name": "Friend"}})
    app.call("Group", "delete", {"where": [["title", "=", "Gone"]]})
    for name in ("Non-profit", "Company", "Government Entity", "Major Donor", "Volunteer"):
        tag = {"label": name, "name": re.sub(r"\W", "_", name), "used_for:name": ["Contact"]}
        app.call("Tag", "create", {"values": tag})
    numbered = [{"id": 1000 + number, "emails": [f"user{number}@example.org"]} for number in range(10)]
    good = {"id": 201406, "first_name": "Good", "emails": ["good@net.example.org"]}
    app.load_contacts([*numbered, good])
    app.add_user("key-few", "few")
    app.add_user("key-none", "none")


def _seed_6_13(app: CivicrmSandbox) -> None:
    """Create the users of the second recording, and what an ACL shows to one of them."""
    app.add_group(6, "Visible only", mailing=False)
    people = [{"id": 20 + number, "groups": {6: {}}} for number in range(1, 3)]
    app.load_contacts([*people, {"id": 52, "is_deleted": True}])
    for name in ("Individual", "Patron"):
        app.call("MembershipType", "create", {"values": {"name": name, "title": name}})
    app.call("Membership", "create", {"values": {"contact_id": 21, "membership_type_id": 1}})
    users = json.loads((DATA / "civicrm-6.13" / "users.json").read_text(encoding="utf-8"))
    for user, permissions in users.items():
        app.add_user(user, permissions, [6] if user == "acl" else [])


SEEDS = {"6.13": _seed_6_13, "6.17": _seed_6_17}


@pytest.fixture(scope="module")
def replayed() -> Iterator[dict[str, list[httpx2.Response]]]:
    answers = {}
    with ExitStack() as stack:
        http = stack.enter_context(httpx2.Client())
        for version, seed in SEEDS.items():
            app = CivicrmSandbox(version=version)
            stack.callback(app.close)
            app.clock.freeze(datetime(2026, 11, 20, 22, 58, 8, tzinfo=UTC))
            seed(app)
            replay = Replay(stack.enter_context(Served(app)).url, http)
            answers[version] = [_asked(app, replay, exchange) for exchange in EXCHANGES[version]]
        yield answers


def _asked(app: CivicrmSandbox, replay: Replay, exchange: Exchange) -> httpx2.Response:
    """Repeat the requests, with the site in its recorded state."""
    for action, values in exchange.get("state", {}).items():
        getattr(app, action)(**values)
    answer = replay.ask_and_learn(exchange)
    app.set_options(**USUAL_STATE)
    return answer


def test_the_recordings_are_whole() -> None:
    assert len(EXCHANGES["6.17"]) == 93
    assert len(EXCHANGES["6.13"]) > 300
    assert set(TOLERATED) <= {exchange["note"].split(",")[0] for version in EXCHANGES.values() for exchange in version}


@pytest.mark.parametrize(
    ("version", "place"),
    [
        pytest.param(version, place, id=f"{version}: {exchange['note']}")
        for version, recorded in EXCHANGES.items()
        for place, exchange in enumerate(recorded)
    ],
)
def test_the_stand_in_answers_as_civicrm_did(
    replayed: dict[str, list[httpx2.Response]], version: str, place: int
) -> None:
    exchange, response = EXCHANGES[version][place], replayed[version][place]
    recorded = exchange["response"]
    assert response.status_code == recorded["status"]
    assert _content_type(response.headers["content-type"]) == _content_type(recorded["content_type"])
    if "_not_json" in recorded["json"]:
        assert "www-authenticate" not in recorded.get("headers", {}) or "www-authenticate" in response.headers
        is_page = "HTML page" in recorded["json"]["_not_json"]
        assert "<" in response.text if is_page else response.text == recorded["json"]["_not_json"]
        return
    if exchange["request"]["path"].endswith("/Contact/getFields") and recorded["status"] == 200:
        assert _types(response.json()).items() <= _types(recorded["json"]).items()
        return
    expected, answered = _form_of(recorded["json"]), _form_of(response.json())
    for path in TOLERATED.get(exchange["note"].split(",")[0], ()):
        _forget(expected, path)
        _forget(answered, path)
    assert answered == expected
