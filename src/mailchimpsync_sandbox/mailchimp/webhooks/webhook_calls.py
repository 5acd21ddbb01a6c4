"""The API of webhooks: of audiences, and for batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mailchimpsync_sandbox.mailchimp.http.call import check_types
from mailchimpsync_sandbox.mailchimp.http.problems import bad_request, not_validated
from mailchimpsync_sandbox.mailchimp.ids import short_id
from mailchimpsync_sandbox.mailchimp.webhooks.webhooks import EVENTS, SOURCES

if TYPE_CHECKING:
    from mailchimpsync_sandbox.mailchimp.documents import Document
    from mailchimpsync_sandbox.mailchimp.http.call import Call
    from mailchimpsync_sandbox.mailchimp.world import World

BATCH_WEBHOOKS_MAX = 20
WEBHOOKS_MAX = 100
_UNSHOWN = ("secret", "disabled")


def _shown(call: Call, webhook: Document, *, with_secret: bool = False) -> dict[str, Any]:
    answer = {name: value for name, value in webhook.items() if name not in _UNSHOWN}
    answer["signing_enabled"] = bool(webhook["secret"])
    if with_secret and webhook["secret"]:
        answer["signing_secret"] = webhook["secret"]
    path = f"/lists/{webhook['list_id']}/webhooks/{webhook['id']}"
    return answer | {"_links": call.links(path, ("update", "PATCH"), ("delete", "DELETE"))}


def list_webhooks(call: Call) -> dict[str, Any]:
    """`GET .../webhooks`, all of them."""
    list_id = call.audience.list_id
    shown = [_shown(call, webhook) for webhook in call.world.documents.all("webhook", list_id)]
    links = call.links(f"/lists/{list_id}/webhooks", ("create", "POST"))
    return {"webhooks": shown, "list_id": list_id, "total_items": len(shown), "_links": links}


def _named(call: Call) -> Document:
    return call.world.documents.get("webhook", call.audience.list_id, call.ids["webhook_id"])


def get_webhook(call: Call) -> dict[str, Any]:
    """`GET .../webhooks/{webhook_id}`; the signing secret is never shown again."""
    return _shown(call, _named(call))


def create_webhook(call: Call) -> dict[str, Any]:
    """`POST .../webhooks`: saved once its URL has answered a GET; events and sources not named are off."""
    list_id, body, world = call.audience.list_id, call.required("url"), call.world
    _check(body)
    others = world.documents.all("webhook", list_id)
    if any(other["url"] == body["url"] for other in others):
        raise not_validated(("url", "Sorry, you can't set up multiple WebHooks for one URL"))
    if len(others) >= WEBHOOKS_MAX:
        raise bad_request("This list has too many webhooks.")
    _validate(call, body["url"])
    key = short_id("webhook", world.db.next("webhook"))
    webhook = {
        "id": key,
        "url": body["url"],
        "events": _switches(EVENTS, body.get("events"), {}),
        "sources": _switches(SOURCES, body.get("sources"), {}),
        "list_id": list_id,
        "secret": short_id("secret", key) * 4 if body.get("signing_enabled") else "",
        "disabled": False,
    }
    world.documents.put("webhook", list_id, key, webhook)
    world.changed(list_id)
    return _shown(call, webhook, with_secret=True)


def change_webhook(call: Call) -> dict[str, Any]:
    """`PATCH .../webhooks/{webhook_id}`; its URL is asked again, and a disabled one works again."""
    webhook, body = _named(call), call.object()
    _check(body)
    webhook["url"] = body.get("url") or webhook["url"]
    _validate(call, webhook["url"])
    webhook["events"] = _switches(EVENTS, body.get("events"), webhook["events"])
    webhook["sources"] = _switches(SOURCES, body.get("sources"), webhook["sources"])
    webhook["disabled"] = False
    call.world.documents.put("webhook", webhook["list_id"], webhook["id"], webhook)
    call.world.changed(webhook["list_id"])
    return _shown(call, webhook)


def delete_webhook(call: Call) -> None:
    """`DELETE .../webhooks/{webhook_id}`."""
    list_id = call.audience.list_id
    call.world.documents.remove("webhook", list_id, call.ids["webhook_id"])
    call.world.outbox.forget(f"{list_id}/{call.ids['webhook_id']}")
    call.world.changed(list_id)


def _check(body: dict[str, Any]) -> None:
    check_types(body, {"url": str, "events": dict, "sources": dict, "enabled": bool, "signing_enabled": bool})


def _switches(names: tuple[str, ...], given: dict[str, Any] | None, before: dict[str, bool]) -> dict[str, bool]:
    return {name: bool((given or {}).get(name, before.get(name, False))) for name in names}


def _validate(call: Call, url: str) -> None:
    if call.world.options.validate_webhooks and not call.world.outbox.validate(url):
        raise not_validated(("url", "We couldn't verify the URL: it has to answer a GET request with status 200."))


def disable(world: World, key: str) -> None:
    """Switch off a webhook that answered 410; `key` as in deliveries."""
    kind, parent, webhook_id = _place(key)
    with world.db.transaction():
        webhook = world.documents.get(kind, parent, webhook_id)
        webhook |= {"disabled": True} if kind == "webhook" else {"enabled": False}
        world.documents.put(kind, parent, webhook_id, webhook)
        world.changed(parent)


def _place(key: str) -> tuple[str, str, str]:
    parent, _, webhook_id = key.rpartition("/")
    if parent.startswith("batch/"):
        return "batch_webhook", parent.removeprefix("batch/"), webhook_id
    return "webhook", parent, webhook_id


def _batch_shown(call: Call, webhook: Document) -> dict[str, Any]:
    return webhook | {
        "_links": call.links(f"/batch-webhooks/{webhook['id']}", ("update", "PATCH"), ("delete", "DELETE"))
    }


def list_batch_webhooks(call: Call) -> dict[str, Any]:
    """`GET /batch-webhooks`."""
    webhooks = call.world.documents.all("batch_webhook", call.account.account_id)
    return call.collection("webhooks", [_batch_shown(call, webhook) for webhook in webhooks], "/batch-webhooks")


def _batch_named(call: Call) -> Document:
    return call.world.documents.get("batch_webhook", call.account.account_id, call.ids["batch_webhook_id"])


def get_batch_webhook(call: Call) -> dict[str, Any]:
    """`GET /batch-webhooks/{batch_webhook_id}`."""
    return _batch_shown(call, _batch_named(call))


def create_batch_webhook(call: Call) -> dict[str, Any]:
    """`POST /batch-webhooks`, twenty at most."""
    body, world, account_id = call.required("url"), call.world, call.account.account_id
    _check(body)
    others = world.documents.all("batch_webhook", account_id)
    if len(others) >= BATCH_WEBHOOKS_MAX:
        raise bad_request(f"You may have at most {BATCH_WEBHOOKS_MAX} batch webhooks.")
    if any(other["url"] == body["url"] for other in others):
        raise not_validated(("url", "Sorry, you can't set up multiple WebHooks for one URL"))
    _validate(call, body["url"])
    key = short_id("batch_webhook", world.db.next("batch_webhook"))
    webhook = {"id": key, "url": body["url"], "enabled": body.get("enabled") is not False}
    return _batch_shown(call, world.documents.put("batch_webhook", account_id, key, webhook))


def change_batch_webhook(call: Call) -> dict[str, Any]:
    """`PATCH /batch-webhooks/{batch_webhook_id}`."""
    webhook, body = _batch_named(call), call.object()
    _check(body)
    if body.get("url"):
        _validate(call, body["url"])
    webhook |= {name: body[name] for name in ("url", "enabled") if body.get(name) is not None}
    return _batch_shown(
        call, call.world.documents.put("batch_webhook", call.account.account_id, webhook["id"], webhook)
    )


def delete_batch_webhook(call: Call) -> None:
    """`DELETE /batch-webhooks/{batch_webhook_id}`."""
    account_id, key = call.account.account_id, call.ids["batch_webhook_id"]
    call.world.documents.remove("batch_webhook", account_id, key)
    call.world.outbox.forget(f"batch/{account_id}/{key}")
