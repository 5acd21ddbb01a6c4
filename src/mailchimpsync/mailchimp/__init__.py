"""What the engine needs of Mailchimp: transport, audiences, members, batches and their results."""

from mailchimpsync.mailchimp.archive import OperationResult
from mailchimpsync.mailchimp.audiences import Account, Audience, Interest, account, audience, audiences, interests
from mailchimpsync.mailchimp.batches import (
    OPERATIONS_MAX,
    BatchInfo,
    Operation,
    batch,
    delete_batch,
    recent_batches,
    submit_batch,
)
from mailchimpsync.mailchimp.campaigns import (
    Campaign,
    Recipient,
    RecipientPage,
    activity_page,
    recipient_page,
    sent_campaigns,
)
from mailchimpsync.mailchimp.client import MailchimpClient, data_center
from mailchimpsync.mailchimp.members import (
    Member,
    MemberPage,
    delete_for_good,
    member,
    member_page,
    member_path,
)
from mailchimpsync.mailchimp.merge_fields import (
    MERGE_FIELD_TYPES,
    TAG_LENGTH_MAX,
    MergeField,
    create_merge_field,
    merge_fields,
    tags_beginning_with,
)
from mailchimpsync.mailchimp.refusals import classify_refusal, refusal_detail, refused_fields
from mailchimpsync.mailchimp.results import batch_results
from mailchimpsync.mailchimp.webhooks import (
    BatchWebhook,
    Webhook,
    batch_webhooks,
    create_batch_webhook,
    create_webhook,
    delete_batch_webhook,
    delete_webhook,
    update_batch_webhook,
    update_webhook,
    webhooks,
)

__all__ = [
    "MERGE_FIELD_TYPES",
    "OPERATIONS_MAX",
    "TAG_LENGTH_MAX",
    "Account",
    "Audience",
    "BatchInfo",
    "BatchWebhook",
    "Campaign",
    "Interest",
    "MailchimpClient",
    "Member",
    "MemberPage",
    "MergeField",
    "Operation",
    "OperationResult",
    "Recipient",
    "RecipientPage",
    "Webhook",
    "account",
    "activity_page",
    "audience",
    "audiences",
    "batch",
    "batch_results",
    "batch_webhooks",
    "classify_refusal",
    "create_batch_webhook",
    "create_merge_field",
    "create_webhook",
    "data_center",
    "delete_batch",
    "delete_batch_webhook",
    "delete_for_good",
    "delete_webhook",
    "interests",
    "member",
    "member_page",
    "member_path",
    "merge_fields",
    "recent_batches",
    "recipient_page",
    "refusal_detail",
    "refused_fields",
    "sent_campaigns",
    "submit_batch",
    "tags_beginning_with",
    "update_batch_webhook",
    "update_webhook",
    "webhooks",
]
