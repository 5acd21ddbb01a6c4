"""Codes say why a row is as it is, or why a run stopped; `registry.py` explains each of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Who(StrEnum):
    """Who can mend it."""

    NOBODY = "nobody"
    PERSON = "the person"
    DATA_OWNER = "whoever looks after the contact in CiviCRM"
    ADMINISTRATOR = "the CRM administrator"
    IMPLEMENTER = "the implementer"


class Retry(StrEnum):
    """Whether the product tries again by itself."""

    NEVER = "never by itself"
    ON_CHANGE = "when the contact or the member changes"
    LATER = "by itself, after some days"
    AT_ONCE = "at once, in another way"
    NEXT_RUN = "in the next run"


class Code(StrEnum):
    """Every reason and error, by code. Stable: codes are stored and shown, they are never renamed."""

    # what a decision says of a row that is or will be in sync
    IN_SYNC = "IN_SYNC"
    NOT_SUBSCRIBED = "NOT_SUBSCRIBED"
    CIVICRM_ADDED = "CIVICRM_ADDED"
    CIVICRM_REMOVED = "CIVICRM_REMOVED"
    MAILCHIMP_SUBSCRIBED = "MAILCHIMP_SUBSCRIBED"
    MAILCHIMP_LEFT = "MAILCHIMP_LEFT"
    MAILCHIMP_NEW_PERSON = "MAILCHIMP_NEW_PERSON"
    INTERESTS_CHANGED = "INTERESTS_CHANGED"
    CIVICRM_LEFT_ALONE = "CIVICRM_LEFT_ALONE"
    CIVICRM_BACK = "CIVICRM_BACK"
    CIVICRM_READDRESSED = "CIVICRM_READDRESSED"
    DEPARTED_DECEASED = "DEPARTED_DECEASED"
    DEPARTED_OPT_OUT = "DEPARTED_OPT_OUT"
    DEPARTED_DO_NOT_EMAIL = "DEPARTED_DO_NOT_EMAIL"
    DEPARTED_ON_HOLD = "DEPARTED_ON_HOLD"
    DEPARTED_TRASHED = "DEPARTED_TRASHED"
    DEPARTED_DELETED = "DEPARTED_DELETED"
    DEPARTED_MERGED = "DEPARTED_MERGED"
    TRUSTED_CIVICRM = "TRUSTED_CIVICRM"
    TRUSTED_MAILCHIMP = "TRUSTED_MAILCHIMP"
    DATA_CHANGED = "DATA_CHANGED"
    UNDONE = "UNDONE"
    # what an undo leaves as it is
    UNDO_CHANGED = "UNDO_CHANGED"
    UNDO_CONTACT_STAYS = "UNDO_CONTACT_STAYS"
    UNDO_BY_HAND = "UNDO_BY_HAND"
    # what a webhook brought about besides
    MAILCHIMP_BOUNCED = "MAILCHIMP_BOUNCED"
    MAILCHIMP_COMPLAINED = "MAILCHIMP_COMPLAINED"
    MAILCHIMP_PROFILE = "MAILCHIMP_PROFILE"
    MAILCHIMP_RENAMED = "MAILCHIMP_RENAMED"
    # what became of a webhook's event
    EVENT_HANDLED = "EVENT_HANDLED"
    EVENT_OVERTAKEN = "EVENT_OVERTAKEN"
    EVENT_UNCONNECTED = "EVENT_UNCONNECTED"
    EVENT_GIVEN_UP = "EVENT_GIVEN_UP"
    # what keeps a row from being synced, on CiviCRM's side
    CV_NO_ADDRESS = "CV_NO_ADDRESS"
    CV_BAD_ADDRESS = "CV_BAD_ADDRESS"
    CV_ON_HOLD = "CV_ON_HOLD"
    CV_DO_NOT_EMAIL = "CV_DO_NOT_EMAIL"
    CV_OPTED_OUT = "CV_OPTED_OUT"
    CV_DECEASED = "CV_DECEASED"
    CV_SHARED_ADDRESS = "CV_SHARED_ADDRESS"
    CV_OTHER_ADDRESS = "CV_OTHER_ADDRESS"
    CV_CONTACT_GONE = "CV_CONTACT_GONE"
    CV_CHANGE_REFUSED = "CV_CHANGE_REFUSED"
    ADDRESS_TAKEN = "ADDRESS_TAKEN"
    ERASED = "ERASED"
    # what keeps a row from being synced, on Mailchimp's side
    MC_COMPLIANCE = "MC_COMPLIANCE"
    MC_OPTED_OUT = "MC_OPTED_OUT"
    MC_MUST_REJOIN = "MC_MUST_REJOIN"
    MC_FORGOTTEN = "MC_FORGOTTEN"
    MC_BOUNCED = "MC_BOUNCED"
    MC_DUPLICATE = "MC_DUPLICATE"
    MC_BAD_EMAIL = "MC_BAD_EMAIL"
    MC_FAKE_EMAIL = "MC_FAKE_EMAIL"
    MC_TOO_MANY_SIGNUPS = "MC_TOO_MANY_SIGNUPS"
    MC_FIELD = "MC_FIELD"
    MC_MAPPING_GONE = "MC_MAPPING_GONE"
    MC_MEMBER_GONE = "MC_MEMBER_GONE"
    MC_REFUSED = "MC_REFUSED"
    # what stops a run or a call: Mailchimp
    MC_AUTH = "MC_AUTH"
    MC_FORBIDDEN = "MC_FORBIDDEN"
    MC_AUDIENCE_GONE = "MC_AUDIENCE_GONE"
    MC_NOT_FOUND = "MC_NOT_FOUND"
    MC_BAD_KEY = "MC_BAD_KEY"
    MC_THROTTLED = "MC_THROTTLED"
    MC_UNAVAILABLE = "MC_UNAVAILABLE"
    MC_ODD_ANSWER = "MC_ODD_ANSWER"
    MC_INCOMPLETE = "MC_INCOMPLETE"
    MC_REPORT_INCOMPLETE = "MC_REPORT_INCOMPLETE"
    MC_REPORT_GIVEN_UP = "MC_REPORT_GIVEN_UP"
    MC_AUDIENCE_EMPTY = "MC_AUDIENCE_EMPTY"
    MC_MEMBERS_VANISHED = "MC_MEMBERS_VANISHED"
    # what stops a run or a call: CiviCRM
    CV_AUTH = "CV_AUTH"
    CV_AUTH_GUARD = "CV_AUTH_GUARD"
    CV_AUTH_METHOD = "CV_AUTH_METHOD"
    CV_WEB_SERVER = "CV_WEB_SERVER"
    CV_NO_PERMISSION = "CV_NO_PERMISSION"
    CV_SEES_PART = "CV_SEES_PART"
    CV_RIGHT_MISSING = "CV_RIGHT_MISSING"
    CV_NOT_FOUND = "CV_NOT_FOUND"
    CV_API = "CV_API"
    CV_DATABASE = "CV_DATABASE"
    CV_UNAVAILABLE = "CV_UNAVAILABLE"
    CV_ODD_ANSWER = "CV_ODD_ANSWER"
    CV_CLOCK = "CV_CLOCK"
    CV_GROUP_GONE = "CV_GROUP_GONE"
    CV_GROUP_INACTIVE = "CV_GROUP_INACTIVE"
    CV_GROUP_SMART = "CV_GROUP_SMART"
    CV_GROUP_EMPTY = "CV_GROUP_EMPTY"
    CV_GROUP_OTHER = "CV_GROUP_OTHER"
    CV_CONTACTS_VANISHED = "CV_CONTACTS_VANISHED"
    CV_RESTORED = "CV_RESTORED"
    CV_NO_CAMPAIGN_TYPES = "CV_NO_CAMPAIGN_TYPES"
    CV_ACTIVITY_UNSEEN = "CV_ACTIVITY_UNSEEN"
    CV_ACTIVITY_GONE = "CV_ACTIVITY_GONE"
    # what stops a run or a call: here
    BUSY = "BUSY"
    LEASE_LOST = "LEASE_LOST"
    STORE_UNAVAILABLE = "STORE_UNAVAILABLE"
    STORE_LOCKED = "STORE_LOCKED"
    STORE_FULL = "STORE_FULL"
    STORE_OLD = "STORE_OLD"
    CONFIG = "CONFIG"
    SECRET = "SECRET"  # noqa: S105 (a code, not a password)
    USAGE = "USAGE"
    HELD = "HELD"
    OUT_OF_TIME = "OUT_OF_TIME"
    CONFIRM = "CONFIRM"
    UNKNOWN = "UNKNOWN"
    TOKEN = "TOKEN"  # noqa: S105 (a code, not a password)
    SCOPE = "SCOPE"
    TOO_MANY_CALLS = "TOO_MANY_CALLS"
    WEBHOOK_MISSING = "WEBHOOK_MISSING"
    WEBHOOK_WRONG = "WEBHOOK_WRONG"
    WEBHOOK_UNREACHABLE = "WEBHOOK_UNREACHABLE"
    DISK_LOW = "DISK_LOW"
    CLOCK = "CLOCK"
    PLUGIN = "PLUGIN"
    DATA_UNFIT = "DATA_UNFIT"
    INTERNAL = "INTERNAL"
    ABORTED = "ABORTED"
    BATCH_LOST = "BATCH_LOST"
    BATCH_UNPROVED = "BATCH_UNPROVED"
    BATCH_STORAGE = "BATCH_STORAGE"
    BATCH_DAMAGED = "BATCH_DAMAGED"
    BATCH_SLOW = "BATCH_SLOW"


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known about a code: a sentence for a person, cause, remedy, who can mend it, whether it is retried."""

    sentence: str
    cause: str
    remedy: str
    who: Who = Who.ADMINISTRATOR
    retry: Retry = Retry.NEVER
