"""Errors and reason codes: what happened, to what, and what to do about it."""

from mailchimpsync.errors.codes import Code, Entry, Retry, Who
from mailchimpsync.errors.exceptions import (
    EXIT_MORE_TO_DO,
    EXIT_NEEDS_A_PERSON,
    AccessError,
    BusyError,
    ConfigurationError,
    ConfirmationError,
    DeniedError,
    EvidenceError,
    LeaseLostError,
    MailchimpsyncError,
    RefusedError,
    RemoteError,
    StoreError,
    SuspicionError,
    TransientError,
    UsageError,
)
from mailchimpsync.errors.lasting import ACCESS_CODES, LASTING_AFTER, TRANSIENT_CODES, remedy_when_lasting
from mailchimpsync.errors.registry import REGISTRY
from mailchimpsync.errors.rights import PURPOSES, SMALLEST, Purpose, Right, quoted, right_for

__all__ = [
    "ACCESS_CODES",
    "EXIT_MORE_TO_DO",
    "EXIT_NEEDS_A_PERSON",
    "LASTING_AFTER",
    "PURPOSES",
    "REGISTRY",
    "SMALLEST",
    "TRANSIENT_CODES",
    "AccessError",
    "BusyError",
    "Code",
    "ConfigurationError",
    "ConfirmationError",
    "DeniedError",
    "Entry",
    "EvidenceError",
    "LeaseLostError",
    "MailchimpsyncError",
    "Purpose",
    "RefusedError",
    "RemoteError",
    "Retry",
    "Right",
    "StoreError",
    "SuspicionError",
    "TransientError",
    "UsageError",
    "Who",
    "quoted",
    "remedy_when_lasting",
    "right_for",
]
