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
from mailchimpsync.mailchimp.client import MailchimpClient
from mailchimpsync.mailchimp.members import Member, MemberPage, member, member_page, member_path
from mailchimpsync.mailchimp.refusals import classify_refusal, refusal_detail
from mailchimpsync.mailchimp.results import batch_results

__all__ = [
    "OPERATIONS_MAX",
    "Account",
    "Audience",
    "BatchInfo",
    "Interest",
    "MailchimpClient",
    "Member",
    "MemberPage",
    "Operation",
    "OperationResult",
    "account",
    "audience",
    "audiences",
    "batch",
    "batch_results",
    "classify_refusal",
    "delete_batch",
    "interests",
    "member",
    "member_page",
    "member_path",
    "recent_batches",
    "refusal_detail",
    "submit_batch",
]
