"""Texts with values in them about data that doesn't fit; texts without values stand where they are used."""

from __future__ import annotations

UNKNOWN_TYPE = "fields of type %(type)s are not known here"
ADDRESS_LACKS = "the address has no %(parts)s, which Mailchimp wants"
LANGUAGE_UNKNOWN = "Mailchimp does not know the language %(code)s"
TAG_TOO_LONG = "a tag's name has more than %(number)s characters"
GROUP_GONE = "group %(group)s does not exist in CiviCRM"
GROUP_INACTIVE = "group %(group)s is not active in CiviCRM"
GROUP_UNREADABLE = "group %(group)s can't be read in CiviCRM"
GROUP_EMPTY = "group %(group)s is empty in CiviCRM"
TAG_KEPT = "%(why)s, so its tag is left as it is"
NO_TAG = "CiviCRM has no tag “%(name)s” that is for contacts."
NO_FIELD = (
    "%(field)s: CiviCRM shows no contact field “%(source)s”. Custom fields are shown only to users with “access all "
    "custom data”."
)
FAILED = "It failed: %(why)s."
UNUSABLE = "The plugin can't be used: %(why)s."

OF_GROUPS = (GROUP_GONE, GROUP_INACTIVE, GROUP_UNREADABLE, GROUP_EMPTY)
_OF_VALUES = (UNKNOWN_TYPE, ADDRESS_LACKS, LANGUAGE_UNKNOWN, TAG_TOO_LONG)
TEXTS = (*OF_GROUPS, *_OF_VALUES, TAG_KEPT, NO_TAG, NO_FIELD, FAILED, UNUSABLE)
