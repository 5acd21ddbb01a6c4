"""The paths that are served, and their handlers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from werkzeug.routing import Map, Rule

from mailchimpsync_sandbox.mailchimp import accounts, audiences, campaigns
from mailchimpsync_sandbox.mailchimp.batches import batch_calls, bulk
from mailchimpsync_sandbox.mailchimp.http.call import Call
from mailchimpsync_sandbox.mailchimp.members import interests, members, merge_fields, notes, search, segments
from mailchimpsync_sandbox.mailchimp.webhooks import webhook_calls

# Returns the answer as an object or as JSON text; None is 204.
Handler = Callable[[Call], dict[str, Any] | str | None]

LIST = "/lists/<list_id>"
MEMBER = f"{LIST}/members/<subscriber_hash>"
CATEGORY = f"{LIST}/interest-categories/<interest_category_id>"
SEGMENT = f"{LIST}/segments/<segment_id>"

ROUTES: tuple[tuple[str, dict[str, Handler]], ...] = (
    ("/", {"GET": accounts.get_root}),
    ("/ping", {"GET": accounts.get_ping}),
    ("/lists", {"GET": audiences.list_audiences, "POST": audiences.create_audience}),
    (
        LIST,
        {
            "GET": audiences.get_audience,
            "POST": bulk.write_members,
            "PATCH": audiences.change_audience,
            "DELETE": audiences.delete_audience,
        },
    ),
    (f"{LIST}/members", {"GET": members.list_members, "POST": members.create_member}),
    (
        MEMBER,
        {
            "GET": members.get_member,
            "PUT": members.put_member,
            "PATCH": members.patch_member,
            "DELETE": members.archive_member,
        },
    ),
    (f"{MEMBER}/actions/delete-permanent", {"POST": members.delete_member}),
    (f"{MEMBER}/tags", {"GET": members.list_tags, "POST": members.post_tags}),
    (f"{MEMBER}/notes", {"GET": notes.list_notes, "POST": notes.create_note}),
    (f"{MEMBER}/events", {"GET": notes.list_events, "POST": notes.create_event}),
    (f"{LIST}/merge-fields", {"GET": merge_fields.list_fields, "POST": merge_fields.create_field}),
    (
        f"{LIST}/merge-fields/<merge_id>",
        {"GET": merge_fields.get_field, "PATCH": merge_fields.change_field, "DELETE": merge_fields.delete_field},
    ),
    (f"{LIST}/interest-categories", {"GET": interests.list_categories, "POST": interests.create_category}),
    (
        CATEGORY,
        {"GET": interests.get_category, "PATCH": interests.change_category, "DELETE": interests.delete_category},
    ),
    (f"{CATEGORY}/interests", {"GET": interests.list_interests, "POST": interests.create_interest}),
    (
        f"{CATEGORY}/interests/<interest_id>",
        {"GET": interests.get_interest, "PATCH": interests.change_interest, "DELETE": interests.delete_interest},
    ),
    (f"{LIST}/segments", {"GET": segments.list_segments, "POST": segments.create_segment}),
    (
        SEGMENT,
        {
            "GET": segments.get_segment,
            "POST": segments.write_members,
            "PATCH": segments.change_segment,
            "DELETE": segments.delete_segment,
        },
    ),
    (f"{SEGMENT}/members", {"GET": segments.list_members, "POST": segments.add_member}),
    (f"{SEGMENT}/members/<subscriber_hash>", {"DELETE": segments.remove_member}),
    (f"{LIST}/tag-search", {"GET": segments.search_tags}),
    (f"{LIST}/webhooks", {"GET": webhook_calls.list_webhooks, "POST": webhook_calls.create_webhook}),
    (
        f"{LIST}/webhooks/<webhook_id>",
        {
            "GET": webhook_calls.get_webhook,
            "PATCH": webhook_calls.change_webhook,
            "DELETE": webhook_calls.delete_webhook,
        },
    ),
    ("/batches", {"GET": batch_calls.list_batches, "POST": batch_calls.create_batch}),
    ("/batches/<batch_id>", {"GET": batch_calls.get_batch, "DELETE": batch_calls.delete_batch}),
    ("/batch-webhooks", {"GET": webhook_calls.list_batch_webhooks, "POST": webhook_calls.create_batch_webhook}),
    (
        "/batch-webhooks/<batch_webhook_id>",
        {
            "GET": webhook_calls.get_batch_webhook,
            "PATCH": webhook_calls.change_batch_webhook,
            "DELETE": webhook_calls.delete_batch_webhook,
        },
    ),
    ("/campaigns", {"GET": campaigns.list_campaigns}),
    ("/reports/<campaign_id>/sent-to", {"GET": campaigns.list_sent_to}),
    ("/reports/<campaign_id>/email-activity", {"GET": campaigns.list_email_activity}),
    ("/search-members", {"GET": search.search_members}),
)

MAP = Map(
    [
        Rule(path, endpoint=handler, methods=[method])
        for path, handlers in ROUTES
        for method, handler in handlers.items()
    ],
    strict_slashes=False,
    merge_slashes=False,
)
