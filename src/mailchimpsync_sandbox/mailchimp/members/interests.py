"""Interest categories and their interests (docs/reference/mailchimp-behaviour.md#interests)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mailchimpsync_sandbox.mailchimp.http.call import check_types
from mailchimpsync_sandbox.mailchimp.http.problems import not_validated
from mailchimpsync_sandbox.mailchimp.ids import short_id

if TYPE_CHECKING:
    from mailchimpsync_sandbox.mailchimp.documents import Document
    from mailchimpsync_sandbox.mailchimp.http.call import Call
    from mailchimpsync_sandbox.mailchimp.world import World

CATEGORY_TYPES = ("checkboxes", "dropdown", "radio", "hidden")


def _category_shown(call: Call, category: Document) -> dict[str, Any]:
    path = f"/lists/{category['list_id']}/interest-categories/{category['id']}"
    return category | {"_links": call.links(path, ("update", "PATCH"), ("delete", "DELETE"))}


def list_categories(call: Call) -> dict[str, Any]:
    """`GET .../interest-categories`."""
    list_id, kind = call.audience.list_id, call.query.get("type")
    categories = call.world.documents.all("category", list_id)
    shown = [_category_shown(call, category) for category in categories if kind in (None, "", category["type"])]
    return call.collection("categories", shown, f"/lists/{list_id}/interest-categories", list_id=list_id)


def _category(call: Call) -> Document:
    return call.world.documents.get("category", call.audience.list_id, call.ids["interest_category_id"])


def get_category(call: Call) -> dict[str, Any]:
    """`GET .../interest-categories/{interest_category_id}`."""
    return _category_shown(call, _category(call))


def create_category(call: Call) -> dict[str, Any]:
    """`POST .../interest-categories`."""
    body = _checked_category(call, call.required("title", "type"))
    category = add_category(
        call.world, call.audience.list_id, body["title"], body["type"], body.get("display_order", 0)
    )
    return _category_shown(call, category)


def change_category(call: Call) -> dict[str, Any]:
    """`PATCH .../interest-categories/{interest_category_id}`."""
    category, body = _category(call), _checked_category(call, call.object())
    category |= {name: body[name] for name in ("title", "type", "display_order") if name in body}
    call.world.documents.put("category", category["list_id"], category["id"], category)
    call.world.changed(category["list_id"])
    return _category_shown(call, category)


def _checked_category(call: Call, body: Document) -> Document:
    check_types(body, {"title": str, "type": str, "display_order": int})
    if body.get("type") not in (None, *CATEGORY_TYPES):
        raise not_validated(("type", "Data did not match any of the schemas described in anyOf."))
    title, own = body.get("title"), call.ids.get("interest_category_id")
    for other in call.world.documents.all("category", call.audience.list_id):
        if other["title"] == title and other["id"] != own:
            raise not_validated(("title", f'Cannot add "{title}" because it already exists on the list.'))
    return body


def delete_category(call: Call) -> None:
    """`DELETE .../interest-categories/{interest_category_id}`, with its interests."""
    category = _category(call)
    for interest in call.world.documents.all("interest", category["id"]):
        _remove_interest(call.world, category, interest["id"])
    call.world.documents.remove("category", category["list_id"], category["id"])
    call.world.changed(category["list_id"])


def _interest_shown(call: Call, interest: Document, counts: dict[str, int]) -> dict[str, Any]:
    path = f"/lists/{interest['list_id']}/interest-categories/{interest['category_id']}/interests/{interest['id']}"
    count = {"subscriber_count": str(counts.get(interest["id"], 0))}
    return interest | count | {"_links": call.links(path, ("update", "PATCH"), ("delete", "DELETE"))}


def _counts(call: Call) -> dict[str, int]:
    sql = (
        "SELECT j.key, count(*) FROM member m, json_each(m.interests) j"
        " WHERE m.list_id = ? AND m.status = 'subscribed' AND j.value GROUP BY j.key"
    )
    return {row[0]: row[1] for row in call.world.db.all(sql, call.audience.list_id)}


def list_interests(call: Call) -> dict[str, Any]:
    """`GET .../interests`; subscriber_count is a string."""
    category, counts = _category(call), _counts(call)
    interests = call.world.documents.all("interest", category["id"])
    shown = [_interest_shown(call, interest, counts) for interest in interests]
    ids = {"list_id": category["list_id"], "category_id": category["id"]}
    path = f"/lists/{category['list_id']}/interest-categories/{category['id']}/interests"
    return call.collection("interests", shown, path, **ids)


def _interest(call: Call) -> Document:
    return call.world.documents.get("interest", _category(call)["id"], call.ids["interest_id"])


def get_interest(call: Call) -> dict[str, Any]:
    """`GET .../interests/{interest_id}`."""
    return _interest_shown(call, _interest(call), _counts(call))


def create_interest(call: Call) -> dict[str, Any]:
    """`POST .../interests`; every member has it unticked from now on."""
    category, body = _category(call), call.required("name")
    _check_interest(call, category, body)
    key = short_id("interest", call.world.db.next("interest"))
    interest = add_interest(call.world, category, key, body["name"], body.get("display_order", 0))
    return _interest_shown(call, interest, {})


def change_interest(call: Call) -> dict[str, Any]:
    """`PATCH .../interests/{interest_id}`; nobody's last_changed moves."""
    interest, body = _interest(call), call.object()
    _check_interest(call, _category(call), body)
    interest |= {name: body[name] for name in ("name", "display_order") if name in body}
    call.world.documents.put("interest", interest["category_id"], interest["id"], interest)
    call.world.changed(interest["list_id"])
    return _interest_shown(call, interest, _counts(call))


def _check_interest(call: Call, category: Document, body: Document) -> None:
    check_types(body, {"name": str, "display_order": int})
    for other in call.world.documents.all("interest", category["id"]):
        if other["name"] == body.get("name") and other["id"] != call.ids.get("interest_id"):
            raise not_validated(("name", f'Cannot add "{body["name"]}" because it already exists on the list.'))


def delete_interest(call: Call) -> None:
    """`DELETE .../interests/{interest_id}`."""
    interest = _interest(call)
    _remove_interest(call.world, _category(call), interest["id"])


def add_category(world: World, list_id: str, title: str, kind: str = "checkboxes", order: int = 0) -> Document:
    """Give an audience a category."""
    key = short_id("category", world.db.next("category"))
    category = {"list_id": list_id, "id": key, "title": title, "display_order": order, "type": kind}
    world.changed(list_id)
    return world.documents.put("category", list_id, key, category)


def add_interest(world: World, category: Document, key: str, name: str, order: int = 0) -> Document:
    """Give a category an interest, and all members one more box that is not ticked."""
    list_id = category["list_id"]
    interest = {"category_id": category["id"], "list_id": list_id, "id": key, "name": name, "display_order": order}
    sql = "UPDATE member SET interests = json_set(interests, ?, json('false')) WHERE list_id = ?"
    world.db.run(sql, f'$."{key}"', list_id)
    world.changed(list_id)
    return world.documents.put("interest", category["id"], key, interest)


def _remove_interest(world: World, category: Document, key: str) -> None:
    world.documents.remove("interest", category["id"], key)
    sql = "UPDATE member SET interests = json_remove(interests, ?) WHERE list_id = ?"
    world.db.run(sql, f'$."{key}"', category["list_id"])
    world.changed(category["list_id"])
