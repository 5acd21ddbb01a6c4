"""The API of batches: `/batches`."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from mailchimpsync_sandbox.mailchimp.http.problems import (
    not_found,
    not_validated,
    too_many_batches,
    too_many_webhook_events,
)
from mailchimpsync_sandbox.mailchimp.ids import short_id
from mailchimpsync_sandbox.mailchimp.times import stamp
from mailchimpsync_sandbox.mailchimp.webhooks.batch_webhooks import shown

if TYPE_CHECKING:
    import sqlite3

    from mailchimpsync_sandbox.mailchimp.http.call import Call

KEPT = timedelta(days=7)
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def _shown(call: Call, row: sqlite3.Row) -> dict[str, Any]:
    return shown(call.world, row, call.links(f"/batches/{row['id']}", ("delete", "DELETE")))


def _oldest(call: Call) -> str:
    return stamp(call.world.clock.now() - KEPT)


def list_batches(call: Call) -> dict[str, Any]:
    """`GET /batches`: those of the last seven days."""
    call.world.batches.on_read()
    sql = "SELECT * FROM batch WHERE api_key = ? AND submitted_at > ? ORDER BY number DESC"
    rows = call.world.db.all(sql, call.account.api_key, _oldest(call))
    return call.collection("batches", [_shown(call, row) for row in rows], "/batches")


def get_batch(call: Call) -> dict[str, Any]:
    """`GET /batches/{batch_id}`; 404 once its results are gone."""
    call.world.batches.on_read()
    return _shown(call, _named(call))


def _named(call: Call) -> sqlite3.Row:
    sql = "SELECT * FROM batch WHERE id = ? AND api_key = ? AND submitted_at > ?"
    row = call.world.db.one(sql, call.ids["batch_id"], call.account.api_key, _oldest(call))
    if row is None:
        raise not_found()
    return row


def create_batch(call: Call) -> dict[str, Any]:
    """`POST /batches`: noted, and answered at once."""
    operations, world = _operations(call), call.world
    sql = "SELECT count(*) FROM batch WHERE status <> 'finished' AND api_key = ?"
    if world.db.value(sql, call.account.api_key) >= world.options.batches_pending_max:
        raise too_many_batches(world.options.batches_pending_max)
    if world.outbox.waiting(f"batch/{call.account.account_id}/") >= world.options.batch_webhook_events_max:
        raise too_many_webhook_events(world.options.batch_webhook_events_max)
    world.db.run("DELETE FROM batch WHERE submitted_at <= ? AND status = 'finished'", _oldest(call))
    batch_id = short_id("batch", world.db.next("batch"))
    sql = (
        "INSERT INTO batch (id, api_key, status, since, submitted_at, base_url, ip, operations)"
        " VALUES (?, ?, 'pending', ?, ?, ?, ?, ?)"
    )
    values = (call.account.api_key, world.ticks(), world.now(), call.base_url, call.ip, json.dumps(operations))
    world.db.run(sql, batch_id, *values)
    world.batches.on_submit()
    call.ids["batch_id"] = batch_id
    return _shown(call, _named(call))


def _operations(call: Call) -> list[dict[str, Any]]:
    operations = call.object().get("operations")
    if not isinstance(operations, list) or not operations:
        raise not_validated(("operations", "This value should be an array of operations."))
    for number, operation in enumerate(operations):
        known = isinstance(operation, dict) and operation.get("method") in METHODS
        if not known or not isinstance(operation.get("path"), str) or not operation["path"]:
            raise not_validated(
                (f"operations.item:{number}", "Data did not match any of the schemas described in anyOf.")
            )
    return operations


def delete_batch(call: Call) -> None:
    """`DELETE /batches/{batch_id}`: remaining operations are dropped, and the results are lost."""
    call.world.db.run("DELETE FROM batch WHERE number = ?", _named(call)["number"])
