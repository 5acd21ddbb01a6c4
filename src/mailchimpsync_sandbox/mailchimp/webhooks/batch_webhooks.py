"""What batch webhooks receive when a batch has finished.

See docs/reference/mailchimp-behaviour.md#webhooks-of-batches.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mailchimpsync_sandbox.mailchimp.batches.storage import result_url
from mailchimpsync_sandbox.mailchimp.webhooks.webhooks import encode

if TYPE_CHECKING:
    import sqlite3

    from mailchimpsync_sandbox.mailchimp.world import World


def announce(world: World, number: int) -> None:
    """Notify every batch webhook of the account that a batch has finished."""
    row = world.db.one("SELECT * FROM batch WHERE number = ?", number)
    account = world.account(row["api_key"]) if row else None
    if row is None or account is None:
        return
    for webhook in world.documents.all("batch_webhook", account.account_id):
        if webhook["enabled"]:
            data = shown(
                world, row, [{"rel": "self", "href": f"{row['base_url']}/batches/{row['id']}", "method": "GET"}]
            )
            body = encode("batch_operation_completed", world.now(), data)
            world.outbox.post(f"batch/{account.account_id}/{webhook['id']}", webhook["url"], [body])


def shown(world: World, row: sqlite3.Row, links: list[dict[str, str]]) -> dict[str, Any]:
    """Return a batch as the API shows it, its result's URL fresh each time."""
    finished = row["status"] == "finished"
    host = row["base_url"].removesuffix("/3.0")
    return {
        "id": row["id"],
        "status": row["status"],
        "total_operations": row["total"],
        "finished_operations": row["finished"],
        "errored_operations": row["errored"],
        "submitted_at": row["submitted_at"],
        "completed_at": row["completed_at"],
        "response_body_url": result_url(host, row["id"], int(world.clock.now().timestamp())) if finished else "",
        "_links": links,
    }
