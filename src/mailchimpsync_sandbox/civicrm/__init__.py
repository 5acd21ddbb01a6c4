"""A local CiviCRM that speaks APIv4 as CiviCRM 6.17 was recorded to."""

from mailchimpsync_sandbox.civicrm.app import CivicrmSandbox
from mailchimpsync_sandbox.civicrm.errors import ApiError

__all__ = ["ApiError", "CivicrmSandbox"]
