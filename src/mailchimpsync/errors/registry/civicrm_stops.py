"""Codes of runs and calls that failed because of CiviCRM."""

from __future__ import annotations

from mailchimpsync.errors.codes import Code, Entry, Retry, Who
from mailchimpsync.errors.rights import SMALLEST, Right, quoted

CIVICRM_STOPS: dict[Code, Entry] = {
    Code.CV_AUTH: Entry(
        "CiviCRM doesn't know the API key.",
        "The key is wrong, was changed or removed in CiviCRM, or belongs to a contact without a user account on "
        "the site.",
        "Check the API key of the user's contact in CiviCRM (Contact, tab “API key”), and enter the same one here.",
        Who.IMPLEMENTER,
    ),
    Code.CV_AUTH_GUARD: Entry(
        "The CiviCRM API key is right, but its user isn't allowed to sign in with a key.",
        f"AuthX only accepts users who have {quoted([Right.KEY])}, or requests with the site key.",
        f"Give the role of the API key's user the permission {quoted([Right.KEY])} in the CMS.",
        Who.IMPLEMENTER,
    ),
    Code.CV_AUTH_METHOD: Entry(
        "CiviCRM doesn't accept API keys in the X-Civi-Auth header.",
        "The AuthX settings don't allow API keys for this header.",
        "In CiviCRM, open Administer, System Settings, Authentication, and tick “API Key” for “X-Civi-Auth header”.",
        Who.IMPLEMENTER,
    ),
    Code.CV_WEB_SERVER: Entry(
        "The web server in front of CiviCRM asks for a user name and password of its own.",
        "The site is protected by HTTP Basic authentication. No API key opens it.",
        "Enter the web server's user name and password in addition to the API key: `mailchimpsync init "
        "--web-server-user NAME`.",
        Who.IMPLEMENTER,
    ),
    Code.CV_NO_PERMISSION: Entry(
        "The API key's user doesn't have a permission in CiviCRM that every sync needs.",
        "Without it, CiviCRM shows the user less than there is, or refuses changes. Acting on that would remove "
        "people.",
        f"Give the role of the API key's user the permissions {quoted(SMALLEST)} in the CMS.",
        Who.IMPLEMENTER,
    ),
    Code.CV_SEES_PART: Entry(
        "CiviCRM may be showing the API key's user only some of the contacts.",
        f"The user's role doesn't have {quoted([Right.EDIT])}. CiviCRM then shows only the contacts that its ACLs "
        "allow, without mentioning the others, and those would be taken for deleted. Nothing was changed on either "
        "side.",
        f"Give the role of the API key's user the permissions {quoted(SMALLEST)} in the CMS. ACLs inside CiviCRM "
        "aren't enough, not even one for all contacts.",
        Who.IMPLEMENTER,
    ),
    Code.CV_RIGHT_MISSING: Entry(
        "The API key's user doesn't have a permission in CiviCRM that one feature needs.",
        "The smallest set of permissions is enough to sync, but some features need more. Everything else continues.",
        "Give the role of the API key's user the named permission in the CMS, or turn the feature off.",
        Who.IMPLEMENTER,
    ),
    Code.CV_NOT_FOUND: Entry(
        "No CiviCRM API was found at this address.",
        "The address is wrong, or the site's URLs have another form.",
        "Enter the site's base URL, or a URL pattern with {entity} and {action}.",
        Who.IMPLEMENTER,
    ),
    Code.CV_API: Entry(
        "CiviCRM returned an error.",
        "The API refused the request.",
        "See the detail, and look up its error id in CiviCRM's log.",
        Who.IMPLEMENTER,
    ),
    Code.CV_DATABASE: Entry(
        "CiviCRM's database failed while saving a change.",
        "Tables were locked at that moment, or the database can't store a value.",
        "Nothing to do at first: the next sync tries again. If it happens again, look for the database's error in "
        "CiviCRM's log.",
        Who.IMPLEMENTER,
        Retry.NEXT_RUN,
    ),
    Code.CV_NOT_KEPT: Entry(
        "CiviCRM reported a change as saved, but it isn't there.",
        "Its database rolled the change back because others were writing at the same time, and CiviCRM didn't "
        "notice. The change was tried several times. Or someone changed the same thing in CiviCRM at that moment.",
        "Nothing to do at first: the next sync decides again. If it happens again, look for “deadlock” in "
        "CiviCRM's log, and sync when fewer people and jobs are active.",
        Who.IMPLEMENTER,
        Retry.NEXT_RUN,
    ),
    Code.CV_UNAVAILABLE: Entry(
        "CiviCRM can't be reached, or is failing.",
        "The site is down, overloaded or under maintenance, or something in between blocks the requests.",
        "Nothing to do if it passes: the next sync continues from here. If it lasts, open the site's address in a "
        "browser on this machine, and check the site's own log.",
        Who.NOBODY,
        Retry.NEXT_RUN,
    ),
    Code.CV_ODD_ANSWER: Entry(
        "CiviCRM's response can't be read.",
        "An error page or a proxy responded instead of the API.",
        "Check the site's log, and that the API entity exists there and is enabled.",
        Who.IMPLEMENTER,
        Retry.NEXT_RUN,
    ),
    Code.CV_CLOCK: Entry(
        "CiviCRM's clock is wrong.",
        "It differs from this machine's clock by more than any time zone can, or has shifted by a day.",
        "Set the clocks of both machines.",
        Who.IMPLEMENTER,
    ),
    Code.CV_TIME_ZONE: Entry(
        "CiviCRM's time zone isn't known, or isn't the configured one.",
        "CiviCRM reports today's time, not its time zone. On some dates, zones with the same time today are an "
        "hour apart.",
        "Run `mailchimpsync init --time-zone` with the site's time zone, such as `America/New_York`, or set "
        "`civicrm.time_zone` in the configuration.",
        Who.IMPLEMENTER,
        Retry.NEXT_RUN,
    ),
    Code.CV_GROUP_GONE: Entry(
        "One of the connection's groups can't be found.",
        "It was deleted in CiviCRM, or the API key's user isn't allowed to see it. Nothing was changed on either side.",
        "Restore the group, or choose another one with `mailchimpsync connect`.",
    ),
    Code.CV_GROUP_INACTIVE: Entry(
        "One of the connection's groups is disabled or hidden.",
        "It was disabled or hidden in CiviCRM. Nothing was changed on either side.",
        "Enable the group and show it, or choose another one with `mailchimpsync connect`.",
    ),
    Code.CV_GROUP_SMART: Entry(
        "One of the connection's groups is a smart group.",
        "Smart groups don't record who was added and removed when, so they can't be synced.",
        "Choose a regular mailing group.",
    ),
    Code.CV_GROUP_EMPTY: Entry(
        "Nobody is left in one of the connection's groups.",
        "All its contacts were removed at once, on purpose or by mistake, or CiviCRM didn't show them. Nothing was "
        "changed on either side.",
        "Check the group in CiviCRM. If it was a mistake, undo it there and sync again; everything is read then. "
        "If the group is meant to be empty, run `mailchimpsync sync --accept-empty`.",
    ),
    Code.CV_GROUP_OTHER: Entry(
        "CiviCRM's group has no trace of most people who were known to be in it.",
        "When people leave a group, an entry stays in its history, but these people have none. The group was "
        "recreated, its data was lost, or the API key's user isn't allowed to see them. Nothing was changed on "
        "either side.",
        "Check the group in CiviCRM, and that the connection uses the right one. If all is as it should be, run "
        "`mailchimpsync sync --accept-empty`.",
    ),
    Code.CV_CONTACTS_VANISHED: Entry(
        "Most known contacts can no longer be found in CiviCRM, not even in the trash.",
        "The API key's user may see only some contacts, the contacts were deleted for good, or CiviCRM's database "
        "is a different one. Nothing was changed on either side.",
        "Give the API key's user the permissions “view all contacts” and “access deleted contacts”. If the "
        "contacts really were deleted for good, run `mailchimpsync sync --accept-empty`.",
        Who.IMPLEMENTER,
    ),
    Code.CV_RESTORED: Entry(
        "CiviCRM's group history no longer has entries that it had before.",
        "Such entries are never deleted while the contact and the group exist. CiviCRM's database was restored "
        "from an older backup or is a different one, the group was recreated, or the API key's user can no longer "
        "see its history. Contact ids may now belong to other people. Nothing was changed on either side.",
        "If CiviCRM was restored, run `mailchimpsync sync --accept-restored`: it forgets what both sides agreed on "
        "and which contact belongs to which member, reads everything again, and the later date decides. Otherwise, "
        "fix the cause and sync again.",
        Who.IMPLEMENTER,
    ),
    Code.OWN_RESTORED: Entry(
        "This service's own database is older than its last changes: it was restored from a backup, or is a copy.",
        "CiviCRM's group history has a change that mailchimpsync made but that isn't in its database. What both "
        "sides agreed on is out of date, and acting on it would remove people who came back since. (If the PHP "
        "extension or a second site also works on this group, its changes look the same.) Nothing was changed on "
        "either side.",
        "Run `mailchimpsync sync --accept-restored`: it forgets what both sides agreed on, reads everything, and "
        "the later date decides, as in a first sync. Then erase again the people you erased after the backup. If "
        "another program works on the same group, stop it first.",
        Who.IMPLEMENTER,
    ),
    Code.CV_NO_CAMPAIGN_TYPES: Entry(
        "CiviCRM doesn't have the activity types or the custom field that imported campaigns need.",
        "The first import creates them, but the API key's user isn't allowed to. From a user without "
        f"{quoted([Right.CUSTOM_DATA])}, CiviCRM also hides a custom field that exists.",
        f"Give the API key's user {quoted([Right.CUSTOM_DATA])}, and "
        f"{quoted([Right.MAKE_FIELDS, Right.MAKE_TYPES])} for one import. Or create by hand the activity types "
        "`mailchimp_campaign_sent`, `mailchimp_campaign_opened` and `mailchimp_campaign_clicked`, and for "
        "activities the set of custom fields `Mailchimp_Campaign` with the text field `Mailchimp_Campaign_ID`.",
        Who.IMPLEMENTER,
    ),
    Code.CV_ACTIVITY_UNSEEN: Entry(
        "CiviCRM doesn't show the activities that were created from campaigns.",
        "The API key's user may create activities but not see them, or the custom field with the campaign's id "
        "wasn't saved. Without seeing them, a campaign could get a second activity, so the import stops.",
        f"Give the API key's user {quoted([Right.ACTIVITIES, Right.CUSTOM_DATA])}, and check that the custom field "
        "`Mailchimp_Campaign_ID` is active. The next import continues.",
        Who.IMPLEMENTER,
    ),
    Code.CV_ACTIVITY_GONE: Entry(
        "The activity of this campaign was deleted for good in CiviCRM, so the campaign is left alone.",
        "Staff deleted it. An activity that is only in CiviCRM's trash is still kept up to date there.",
        "Nothing to do.",
        Who.NOBODY,
        Retry.NEVER,
    ),
}
