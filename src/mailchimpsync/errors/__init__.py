"""Errors and reason codes: what happened, to what, and what to do about it."""

from mailchimpsync.errors.codes import Code, Entry, Retry, Who
from mailchimpsync.errors.exceptions import (
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
