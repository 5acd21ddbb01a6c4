"""Labels of the vocabulary, and the level of each term (docs/reference/php-extension.md#screens)."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

WORDS: Mapping[str, str | Promise] = {
    # sync status
    "ok": _("in sync"),
    "todo": _("to do"),
    "live": _("in progress"),
    "redo": _("being tried another way"),
    "fail": _("can't be synced"),
    "needs attention": _("needs attention"),
    "fine as it is": _("fine as it is"),
    "accepted": _("accepted"),
    # at Mailchimp
    "subscribed": _("subscribed"),
    "pending": _("asked to confirm"),
    "unsubscribed": _("unsubscribed"),
    "transactional": _("transactional"),
    "archived": _("archived"),
    "cleaned": _("cleaned (bounced)"),
    # in CiviCRM
    "Added": _("in the group"),
    "Removed": _("removed"),
    "Pending": _("pending"),
    # how a run or a call ended
    "done": _("done"),
    "unchanged": _("nothing to do"),
    "incomplete": _("people still due"),
    "failed": _("failed"),
    "waiting": _("waiting for Mailchimp"),
    "out of time": _("to be continued"),
    "stopped": _("stopped"),
    "aborted": _("aborted"),
    "held": _("held"),
    "dropped": _("dropped"),
    # plans
    "open": _("waiting for review"),
    "approved": _("approved"),
    "applied": _("done"),
    "expired": _("expired"),
    "plan": _("requested"),
    "undo": _("undo"),
    "left out": _("left out"),
    "refused": _("refused"),
    "unknown": _("not known yet"),
    # kinds of change, behind a number of people
    "unsubscribe": _("unsubscribed or archived at Mailchimp"),
    "add": _("subscribed at Mailchimp"),
    "ask": _("asked by Mailchimp to confirm"),
    "data": _("with changed data at Mailchimp"),
    "interests": _("with changed interests at Mailchimp"),
    "join": _("added to groups in CiviCRM"),
    "remove": _("removed from groups in CiviCRM"),
    "create": _("created in CiviCRM"),
    "correct": _("corrected in CiviCRM (name, address, hold)"),
    # before and after a change
    "not there": _("not there"),
    "not in it": _("not in the group"),
    "Deleted": _("deleted from the group"),
    "yes": _("yes"),
    "no": _("no"),
    "subscribed, or asked to confirm": _("subscribed, or asked to confirm"),
    # tokens
    "valid": _("valid"),
    "revoked": _("revoked"),
    "read": _("view everything"),
    "run": _("also sync"),
    "configure": _("also change the configuration"),
    # stages
    "readyToFetch": _("Reading the audience from Mailchimp"),
    "readyToFixContactIds": _("Matching members with contacts"),
    "readyToCreateNewContactsFromMailchimp": _("Creating contacts"),
    "readyToCleanUpDuplicates": _("Cleaning up duplicates"),
    "readyToAddCiviOnly": _("Reading the groups from CiviCRM"),
    "readyToCheckForGroupChanges": _("Checking for group changes"),
    "readyToCheckForDataUpdates": _("Checking for data changes"),
    "readyToReconcileQueue": _("Deciding"),
    "readyToChangeGroups": _("Changing groups in CiviCRM"),
    "readyToSubmitUpdates": _("Sending updates to Mailchimp"),
}

LEVELS: Mapping[str, str] = {
    **dict.fromkeys(
        ("ok", "subscribed", "pending", "Added", "done", "unchanged", "applied", "valid", "approved"), "good"
    ),
    **dict.fromkeys(
        (
            "live",
            "redo",
            "todo",
            "unsubscribed",
            "transactional",
            "archived",
            "Removed",
            "waiting",
            "incomplete",
            "out of time",
        ),
        "middle",
    ),
    **dict.fromkeys(("fail", "failed", "cleaned", "held", "aborted", "revoked", "refused", "needs attention"), "bad"),
    "open": "middle",
}
