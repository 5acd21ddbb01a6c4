"""Why a run stopped because of CiviCRM."""

from __future__ import annotations

from mailchimpsync.errors.codes import Code, Entry, Retry, Who
from mailchimpsync.errors.rights import SMALLEST, Right, quoted

CIVICRM_STOPS: dict[Code, Entry] = {
    Code.CV_AUTH: Entry(
        "CiviCRM does not know the API key.",
        "The key is wrong, was changed or removed in CiviCRM, or belongs to a contact without a user of the site.",
        "Look at the API key of the user's contact in CiviCRM (Contact, tab “API key”), and give the same one here.",
        Who.IMPLEMENTER,
    ),
    Code.CV_AUTH_GUARD: Entry(
        "The CiviCRM key is right, but its user may not sign in with a key.",
        f"AuthX lets only users in who have {quoted([Right.KEY])}, or who send the site key.",
        f"Give the role of the key's user the permission {quoted([Right.KEY])} in the CMS.",
        Who.IMPLEMENTER,
    ),
    Code.CV_AUTH_METHOD: Entry(
        "CiviCRM does not take API keys from the header X-Civi-Auth.",
        "The settings of AuthX leave out API keys for this header.",
        "In CiviCRM, open Administer, System Settings, Authentication, and tick “API Key” for “X-Civi-Auth header”.",
        Who.IMPLEMENTER,
    ),
    Code.CV_WEB_SERVER: Entry(
        "The web server in front of CiviCRM wants a user and password of its own.",
        "The site is protected by HTTP Basic authentication. No API key opens it.",
        "Give the web server's user and password beside the API key: `mailchimpsync init --web-server-user NAME`.",
        Who.IMPLEMENTER,
    ),
    Code.CV_NO_PERMISSION: Entry(
        "The CiviCRM key's user lacks a permission that every sync needs.",
        "To a user without it, CiviCRM shows less than there is, or refuses changes. Acting on that would remove "
        "people.",
        f"Give the role of the key's user the permissions {quoted(SMALLEST)} in the CMS.",
        Who.IMPLEMENTER,
    ),
    Code.CV_SEES_PART: Entry(
        "CiviCRM may show the key's user only some of the contacts.",
        f"The user's role lacks {quoted([Right.EDIT])}. CiviCRM then shows only the contacts that its ACLs allow, and "
        "says nothing of the others; they would be taken for deleted. Nothing was changed on either side.",
        f"Give the role of the key's user the permissions {quoted(SMALLEST)} in the CMS. ACLs inside CiviCRM are not "
        "enough, not even one for all contacts.",
        Who.IMPLEMENTER,
    ),
    Code.CV_RIGHT_MISSING: Entry(
        "The CiviCRM key's user lacks a permission that one feature needs.",
        "The smallest set of permissions is enough to sync; some features need more. Everything else goes on.",
        "Give the role of the key's user the permission that is named, in the CMS; or switch the feature off.",
        Who.IMPLEMENTER,
    ),
    Code.CV_NOT_FOUND: Entry(
        "No CiviCRM API was found at this address.",
        "The address is wrong, or the site has another form of URL.",
        "Give the site's base address, or a URL pattern with {entity} and {action}.",
        Who.IMPLEMENTER,
    ),
    Code.CV_API: Entry(
        "CiviCRM answered with an error.",
        "The API refused the request.",
        "Look at the detail, and at CiviCRM's log by its error id.",
        Who.IMPLEMENTER,
    ),
    Code.CV_DATABASE: Entry(
        "CiviCRM's database failed at a change.",
        "Tables were locked at that moment, or a value is one that the database cannot store.",
        "Nothing at first: the next run tries again. If it comes back, look at CiviCRM's log for the database's error.",
        Who.IMPLEMENTER,
        Retry.NEXT_RUN,
    ),
    Code.CV_NOT_KEPT: Entry(
        "CiviCRM said that a change was saved, and it is not there.",
        "Its database gave the change up because others wrote at the same time, and CiviCRM did not notice. It was "
        "written several times. Or somebody changed the same in CiviCRM at that moment.",
        "Nothing at first: the next run decides again. If it comes back, look in CiviCRM's log for “deadlock”, and "
        "let syncs run when fewer people and jobs are at work.",
        Who.IMPLEMENTER,
        Retry.NEXT_RUN,
    ),
    Code.CV_UNAVAILABLE: Entry(
        "CiviCRM cannot be reached, or fails.",
        "The site is down, overloaded or under maintenance, or something between the two does not let requests "
        "through.",
        "If it passes, nothing: the next run goes on from here. If it lasts, open the site's address in a browser on "
        "this machine, and look at the site's own log.",
        Who.NOBODY,
        Retry.NEXT_RUN,
    ),
    Code.CV_ODD_ANSWER: Entry(
        "CiviCRM answered something that cannot be read.",
        "An error page or a proxy answered instead of the API.",
        "Open the site's log; check that the API entity exists there and is enabled.",
        Who.IMPLEMENTER,
        Retry.NEXT_RUN,
    ),
    Code.CV_CLOCK: Entry(
        "CiviCRM's clock is wrong.",
        "It differs from ours by more than any time zone can, or by a day from what it was.",
        "Set the clocks of both machines.",
        Who.IMPLEMENTER,
    ),
    Code.CV_TIME_ZONE: Entry(
        "CiviCRM's time zone is not known, or is not the one that is configured.",
        "CiviCRM tells today's time, not its zone. On some dates, zones with today's time are an hour apart.",
        "Run `mailchimpsync init --time-zone` with the zone of the site, such as `America/New_York`, or set "
        "`civicrm.time_zone` in the configuration.",
        Who.IMPLEMENTER,
        Retry.NEXT_RUN,
    ),
    Code.CV_GROUP_GONE: Entry(
        "A group of the connection is not there.",
        "It was deleted in CiviCRM, or the key's user may not see it. Nothing was changed on either side.",
        "Restore the group, or choose another one with `mailchimpsync connect`.",
    ),
    Code.CV_GROUP_INACTIVE: Entry(
        "A group of the connection is disabled or hidden.",
        "It was disabled or hidden in CiviCRM. Nothing was changed on either side.",
        "Enable and show the group, or choose another one with `mailchimpsync connect`.",
    ),
    Code.CV_GROUP_SMART: Entry(
        "A group of the connection is a smart group.",
        "Smart groups have no history of who was added and removed when, so they cannot be synced.",
        "Choose an ordinary mailing group.",
    ),
    Code.CV_GROUP_EMPTY: Entry(
        "Nobody is in a group of the connection any more.",
        "All its contacts were removed at once, on purpose or by mistake; or CiviCRM did not show them. Nothing was "
        "changed on either side.",
        "Look at the group in CiviCRM. If a mistake was made there, undo it and sync again; everything is read then. "
        "If it is really meant to be empty, run `mailchimpsync sync --accept-empty`.",
    ),
    Code.CV_GROUP_OTHER: Entry(
        "CiviCRM shows no trace in the group of most people we knew in it.",
        "Whoever leaves a group leaves an entry in its history; these have none. The group was made anew or its data "
        "was lost, or the key's user may not see them. Nothing was changed on either side.",
        "Look at the group in CiviCRM, and that the connection is with the right one. If it is as it should be, run "
        "`mailchimpsync sync --accept-empty`.",
    ),
    Code.CV_CONTACTS_VANISHED: Entry(
        "Most contacts we knew are not there any more, not even in the trash.",
        "The key's user may see only some contacts, or the contacts were deleted for good, or CiviCRM's database is "
        "another one than before. Nothing was changed on either side.",
        "Give the key's user the permissions “view all contacts” and “access deleted contacts”. If the contacts were "
        "really deleted for good, run `mailchimpsync sync --accept-empty`.",
        Who.IMPLEMENTER,
    ),
    Code.CV_RESTORED: Entry(
        "CiviCRM no longer has entries in its group history that it had before.",
        "Such entries are never deleted as long as contact and group exist: CiviCRM's database was restored from an "
        "older backup or is another one, the group was made anew, or the key's user may not see its history any more. "
        "Contact ids may now belong to other people. Nothing was changed on either side.",
        "If it was restored, run `mailchimpsync sync --accept-restored`: what both sides agreed on and which contact "
        "is whose is forgotten, everything is read anew, and the later date decides. Else mend the cause, and sync "
        "again.",
        Who.IMPLEMENTER,
    ),
    Code.OWN_RESTORED: Entry(
        "Our own database is older than what we did: it was restored from a backup, or is a copy.",
        "CiviCRM's group history has a change that this program made and that its database knows nothing of. What both "
        "sides agreed on is out of date, and people who came back since would be removed because of it. (If the "
        "PHP extension or a second site works on this group too, its changes look the same.) Nothing was changed on "
        "either side.",
        "Run `mailchimpsync sync --accept-restored`: what both sides agreed on is forgotten, everything is read, and "
        "the later date decides, as in a first sync. Then erase again the people whom you erased after the backup. If "
        "another program works on the same group, stop it first.",
        Who.IMPLEMENTER,
    ),
    Code.CV_NO_CAMPAIGN_TYPES: Entry(
        "CiviCRM lacks the activity types or the custom field that imported campaigns need.",
        f"The first import makes them, and the key's user may not. To a user without {quoted([Right.CUSTOM_DATA])}, "
        "CiviCRM does not show a custom field that is there.",
        f"Give the key's user {quoted([Right.CUSTOM_DATA])}, and {quoted([Right.MAKE_FIELDS, Right.MAKE_TYPES])} for "
        "one import. Or make by hand the "
        "activity types `mailchimp_campaign_sent`, `mailchimp_campaign_opened` and `mailchimp_campaign_clicked`, and "
        "for activities the set of custom fields `Mailchimp_Campaign` with the text field `Mailchimp_Campaign_ID`.",
        Who.IMPLEMENTER,
    ),
    Code.CV_ACTIVITY_UNSEEN: Entry(
        "CiviCRM does not show the activities that were made of campaigns.",
        "The key's user may make activities and not see them, or the custom field with the campaign's id was not kept. "
        "Without seeing them, a campaign could get a second activity, so the import stops.",
        f"Give the key's user {quoted([Right.ACTIVITIES, Right.CUSTOM_DATA])}, and see that the custom field "
        "`Mailchimp_Campaign_ID` is active. The next import goes on.",
        Who.IMPLEMENTER,
    ),
    Code.CV_ACTIVITY_GONE: Entry(
        "The activity of this campaign was deleted in CiviCRM for good, so the campaign is left alone.",
        "Staff deleted it. One that is only in CiviCRM's trash goes on being kept up to date there.",
        "Nothing to do.",
        Who.NOBODY,
        Retry.NEVER,
    ),
}
