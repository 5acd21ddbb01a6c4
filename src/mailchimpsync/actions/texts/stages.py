"""What each stage of a run does, in words."""

from __future__ import annotations

from collections.abc import Mapping

from mailchimpsync.messages import Message, say
from mailchimpsync.model import Stage

STAGE_WORDS: Mapping[Stage, Message] = {
    Stage.FETCH: say("Read the audience from Mailchimp"),
    Stage.FIX_CONTACT_IDS: say("Match members with contacts"),
    Stage.CLEAN_UP_DUPLICATES: say("Clean up duplicates"),
    Stage.ADD_CIVI_ONLY: say("Read the group from CiviCRM"),
    Stage.CHECK_GROUP_CHANGES: say("Read group additions and removals"),
    Stage.CHECK_DATA: say("Check for new data about people"),
    Stage.RECONCILE: say("Decide what to change"),
    Stage.CREATE_CONTACTS: say("Create contacts in CiviCRM"),
    Stage.CHANGE_GROUPS: say("Change groups in CiviCRM"),
    Stage.SUBMIT: say("Send updates to Mailchimp"),
}
