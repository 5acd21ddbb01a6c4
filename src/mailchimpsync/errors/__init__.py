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
from mailchimpsync.errors.registry import REGISTRY

__all__ = [
    "EXIT_MORE_TO_DO",
    "EXIT_NEEDS_A_PERSON",
    "REGISTRY",
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
    "RefusedError",
    "RemoteError",
    "Retry",
    "StoreError",
    "SuspicionError",
    "TransientError",
    "UsageError",
    "Who",
]
