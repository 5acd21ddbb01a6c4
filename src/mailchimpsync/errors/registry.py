"""What every code means: the one place that docs, screens and commands take their explanations from.

The refusals of Mailchimp and their meaning are collected in peers.md B9 and mailchimp-api.md 3.5.
"""

from __future__ import annotations

from mailchimpsync.errors.codes import Code, Entry, Retry, Who
from mailchimpsync.errors.rights import SMALLEST, Right, quoted


def _departed(how: str, remedy: str) -> Entry:
    return Entry(
        f"The contact {how}, so the member is taken off at Mailchimp.",
        "The connection's departure table says what this means at Mailchimp.",
        remedy,
        Who.DATA_OWNER,
        Retry.ON_CHANGE,
    )


def _unreachable(name: str, what_is_there: str) -> tuple[Entry, Entry, Entry, Entry]:
    """Explain why no connection comes about: unknown name, nobody listens, certificate, protocol."""
    return (
        Entry(
            f"The name of {name}'s server could not be found.",
            "The address is misspelt, or this machine's name service (DNS) or network fails.",
            f"{what_is_there} See that this machine finds other names. If it passes, the next run goes on from here.",
            Who.IMPLEMENTER,
            Retry.NEXT_RUN,
        ),
        Entry(
            f"Nothing listens at {name}'s address and port.",
            "The server is not running, the port is another one, or a firewall refuses the connection.",
            f"{what_is_there} See that the server runs. If it passes, the next run goes on from here.",
            Who.IMPLEMENTER,
            Retry.NEXT_RUN,
        ),
        Entry(
            f"The certificate of {name}'s server is not trusted.",
            "It has expired, is for another name, comes from an authority that this machine does not know, or a proxy "
            "between the two opens the connection; or this machine's clock is wrong. It does not pass.",
            f"{what_is_there} Renew the certificate, or let this machine know its authority: SSL_CERT_FILE names the "
            "file with the certificates to be trusted.",
            Who.IMPLEMENTER,
        ),
        Entry(
            f"{name}'s server speaks another protocol at this address and port.",
            "An address with https:// leads to a port that speaks http, or the other way round. It does not pass.",
            f"{what_is_there} Change https:// into http:// or the port, or the other way round.",
            Who.IMPLEMENTER,
        ),
    )


_NO_CONNECTION = {
    **dict(
        zip(
            (Code.MC_UNKNOWN_NAME, Code.MC_NOBODY_LISTENS, Code.MC_CERTIFICATE, Code.MC_WRONG_PROTOCOL),
            _unreachable("Mailchimp", "See that this machine reaches the internet, and the base URL if one is set."),
            strict=True,
        )
    ),
    **dict(
        zip(
            (Code.CV_UNKNOWN_NAME, Code.CV_NOBODY_LISTENS, Code.CV_CERTIFICATE, Code.CV_WRONG_PROTOCOL),
            _unreachable("CiviCRM", "Open CiviCRM's address in a browser on this machine, and compare it."),
            strict=True,
        )
    ),
}

_IN_ORDER = {
    Code.IN_SYNC: Entry(
        "Subscribed on both sides.", "Both sides agree.", "Nothing to do.", Who.NOBODY, Retry.ON_CHANGE
    ),
    Code.NOT_SUBSCRIBED: Entry(
        "Subscribed on neither side.", "Both sides agree.", "Nothing to do.", Who.NOBODY, Retry.ON_CHANGE
    ),
    Code.CIVICRM_ADDED: Entry(
        "Added to the group in CiviCRM, so subscribed at Mailchimp.",
        "CiviCRM is the side that changed, or the side with the later date.",
        "Nothing to do.",
        Who.NOBODY,
    ),
    Code.CIVICRM_REMOVED: Entry(
        "Removed from the group in CiviCRM, so unsubscribed at Mailchimp.",
        "CiviCRM is the side that changed, or the side with the later date.",
        "Nothing to do.",
        Who.NOBODY,
    ),
    Code.MAILCHIMP_SUBSCRIBED: Entry(
        "Subscribed at Mailchimp, so added to the group in CiviCRM.",
        "Mailchimp is the side that changed, or the side with the later date.",
        "Nothing to do.",
        Who.NOBODY,
    ),
    Code.MAILCHIMP_LEFT: Entry(
        "No longer subscribed at Mailchimp, so removed from the group in CiviCRM.",
        "Mailchimp is the side that changed, or the side with the later date.",
        "Nothing to do.",
        Who.NOBODY,
    ),
    Code.MAILCHIMP_NEW_PERSON: Entry(
        "Subscribed at Mailchimp and unknown in CiviCRM, so a contact is created and added to the group.",
        "Nobody in CiviCRM has this address.",
        "Nothing to do.",
        Who.NOBODY,
    ),
    Code.INTERESTS_CHANGED: Entry(
        "Subscribed on both sides; interests or their groups are brought into line.",
        "An interest and its group differed.",
        "Nothing to do.",
        Who.NOBODY,
    ),
    Code.CIVICRM_LEFT_ALONE: Entry(
        "Left the group in CiviCRM, and stays subscribed at Mailchimp.",
        "The connection's departure table leaves whom the group loses alone at Mailchimp.",
        "Nothing to do, if that is what you want; else change `departures.removed`.",
        Who.NOBODY,
        Retry.ON_CHANGE,
    ),
    Code.CIVICRM_BACK: Entry(
        "What had taken the member off is over, so they are subscribed again.",
        "The contact is in the group, and is no longer marked, in the trash, or on hold.",
        "Nothing to do.",
        Who.NOBODY,
    ),
    Code.CIVICRM_READDRESSED: Entry(
        "The contact's best address is another one now, so it takes the place of the old one at Mailchimp.",
        "The address was changed in CiviCRM, another one is for bulk mail or primary now, or the old one is on hold.",
        "Nothing to do.",
        Who.NOBODY,
    ),
    Code.CIVICRM_HANDED_OVER: Entry(
        "The address belongs to another contact now, who is not in the group, so it is taken off at Mailchimp.",
        "In CiviCRM the address was taken from the contact that had subscribed with it, and given to another one.",
        "Add the other contact to the group if they want the mailings.",
        Who.DATA_OWNER,
    ),
    Code.DEPARTED_DECEASED: _departed("is marked deceased in CiviCRM", "Correct the contact if the mark is wrong."),
    Code.DEPARTED_OPT_OUT: _departed(
        "is marked “no bulk emails” in CiviCRM, or has opted out with this address",
        "Take the mark off, or the address off hold, if the person wants mail again.",
    ),
    Code.DEPARTED_DO_NOT_EMAIL: _departed(
        "is marked “do not email” in CiviCRM", "Take the mark off if the person wants mail again."
    ),
    Code.DEPARTED_ON_HOLD: _departed(
        "has this address on hold in CiviCRM", "Take the address off hold, or correct it."
    ),
    Code.DEPARTED_TRASHED: _departed("is in CiviCRM's trash", "Restore the contact if it does not belong there."),
    Code.DEPARTED_DELETED: _departed(
        "was deleted for good in CiviCRM", "Subscribe the person anew, if they want that, with a new contact."
    ),
    Code.DEPARTED_MERGED: _departed(
        "was merged into one that is subscribed with another address", "Archive the other address if this one is right."
    ),
    Code.TRUSTED_CIVICRM: Entry(
        "The two sides differed, and CiviCRM is trusted, so Mailchimp is brought into line.",
        "The connection trusts CiviCRM with the subscription until one full run is complete.",
        "Nothing to do. Whoever left at Mailchimp is asked by Mailchimp, and not subscribed unasked.",
        Who.NOBODY,
    ),
    Code.TRUSTED_MAILCHIMP: Entry(
        "The two sides differed, and Mailchimp is trusted, so CiviCRM is brought into line.",
        "The connection trusts Mailchimp with the subscription until one full run is complete.",
        "Nothing to do.",
        Who.NOBODY,
    ),
    Code.DATA_CHANGED: Entry(
        "What CiviCRM knows of the person is another than Mailchimp was last sent.",
        "A plugin gave another value, or other tags.",
        "Nothing to do.",
        Who.NOBODY,
    ),
    Code.UNDONE: Entry(
        "Put back on both sides as it was before a run.",
        "Somebody approved a plan that undoes the run.",
        "Nothing to do.",
        Who.NOBODY,
    ),
    Code.UNDO_CHANGED: Entry(
        "No longer as the run left it, so an undo leaves it alone.",
        "The person, staff or a later run have changed it since, or an update is on its way.",
        "Correct it by hand in CiviCRM if it is still wrong.",
    ),
    Code.UNDO_CONTACT_STAYS: Entry(
        "A contact that a run created is taken out of its groups, but not deleted.",
        "Staff may have worked with the contact since.",
        "Delete the contact in CiviCRM if nobody needs it.",
        Who.DATA_OWNER,
    ),
    Code.UNDO_BY_HAND: Entry(
        "Names, addresses and holds that a webhook changed are not undone.",
        "What the person told Mailchimp about themselves is most likely true.",
        "Correct the contact in CiviCRM if it is wrong.",
        Who.DATA_OWNER,
    ),
}

_EVENTS = {
    Code.MAILCHIMP_BOUNCED: Entry(
        "Mail to the address bounced for good, so it is on hold in CiviCRM.",
        "Mailchimp cleaned the member after hard or too many soft bounces, and told us by webhook.",
        "Correct the address in CiviCRM, or take it off hold if the person can be reached there again.",
        Who.DATA_OWNER,
        Retry.ON_CHANGE,
    ),
    Code.MAILCHIMP_COMPLAINED: Entry(
        "The person reported a mail as spam, so the address is on hold in CiviCRM.",
        "Mailchimp took the member off the audience after a complaint, and told us by webhook.",
        "Respect it: do not add the person again without their asking.",
        Who.PERSON,
        Retry.ON_CHANGE,
    ),
    Code.MAILCHIMP_PROFILE: Entry(
        "The name was changed at Mailchimp, so it is changed in CiviCRM.",
        "The person edited their profile at Mailchimp, which told us by webhook.",
        "Nothing to do.",
        Who.NOBODY,
    ),
    Code.MAILCHIMP_RENAMED: Entry(
        "The address was changed at Mailchimp, so the new one is added to the contact as bulk mail address.",
        "The person gave Mailchimp another address, which told us by webhook.",
        "Nothing to do.",
        Who.NOBODY,
    ),
    Code.EVENT_HANDLED: Entry(
        "What a webhook told us was carried out.",
        "The member was read again, and both sides were brought into line.",
        "Nothing to do.",
        Who.NOBODY,
    ),
    Code.EVENT_OVERTAKEN: Entry(
        "What a webhook told us no longer holds, so nothing was done.",
        "The member was read again, and is not as the webhook said.",
        "Nothing to do.",
        Who.NOBODY,
    ),
    Code.EVENT_UNCONNECTED: Entry(
        "A webhook told us of an audience that is not connected any more.",
        "The connection was removed after the webhook came in.",
        "Remove the webhook at Mailchimp: run `mailchimpsync webhooks repair`.",
        Who.IMPLEMENTER,
    ),
    Code.EVENT_GIVEN_UP: Entry(
        "What a webhook told us could not be carried out, although it was tried many times.",
        "Mailchimp or CiviCRM failed every time; the note of the event says how.",
        "Nothing is lost: the next run reads the member again. See that runs succeed: `mailchimpsync status`.",
        Who.ADMINISTRATOR,
        Retry.NEXT_RUN,
    ),
}

_CIVICRM_ROWS = {
    Code.CV_NO_ADDRESS: Entry(
        "In the group, but without an e-mail address.",
        "The contact has no e-mail address in CiviCRM.",
        "Add an address to the contact, or remove it from the group.",
        Who.DATA_OWNER,
        Retry.ON_CHANGE,
    ),
    Code.CV_BAD_ADDRESS: Entry(
        "In the group, but the e-mail address cannot be one.",
        "The address in CiviCRM is not a valid e-mail address, so it is not sent to Mailchimp.",
        "Correct the address.",
        Who.DATA_OWNER,
        Retry.ON_CHANGE,
    ),
    Code.CV_ON_HOLD: Entry(
        "In the group, but the address is on hold in CiviCRM.",
        "Mail to the address came back, or the person opted out with it. Addresses on hold are not newly subscribed.",
        "If mail came back, correct the address, or take it off hold if it works again. If the person opted out, "
        "remove the contact from the group.",
        Who.DATA_OWNER,
        Retry.ON_CHANGE,
    ),
    Code.CV_DO_NOT_EMAIL: Entry(
        "In the group, but marked “do not email” in CiviCRM.",
        "Contacts marked “do not email” are not newly subscribed.",
        "Remove the mark if the person agrees, or remove the contact from the group.",
        Who.DATA_OWNER,
        Retry.ON_CHANGE,
    ),
    Code.CV_OPTED_OUT: Entry(
        "In the group, but opted out of bulk mail in CiviCRM.",
        "Contacts with “no bulk emails (user opt out)” are not newly subscribed.",
        "Leave it, unless the person asks to get mailings again.",
        Who.PERSON,
        Retry.ON_CHANGE,
    ),
    Code.CV_DECEASED: Entry(
        "In the group, but marked deceased in CiviCRM.",
        "Deceased contacts are not newly subscribed.",
        "Remove the contact from the group.",
        Who.DATA_OWNER,
        Retry.ON_CHANGE,
    ),
    Code.CV_SHARED_ADDRESS: Entry(
        "In the group, but another contact with the same address is the one that is synced.",
        "Mailchimp knows one member per address; two contacts share this one.",
        "Nothing, if both people read the same mailbox: this contact takes over when the other one leaves the group. "
        "Otherwise give this contact its own address.",
        Who.DATA_OWNER,
        Retry.ON_CHANGE,
    ),
    Code.CV_OTHER_ADDRESS: Entry(
        "This address left the audience, but the contact is there with another address, or about to be.",
        "One contact has several members at Mailchimp; the contact stays in the group for the other one.",
        "Nothing: this is harmless.",
        Who.NOBODY,
        Retry.ON_CHANGE,
    ),
    Code.CV_CONTACT_GONE: Entry(
        "Still subscribed at Mailchimp, but the contact was deleted in CiviCRM.",
        "The contact went to the trash, or was deleted for good, and no other contact has the address.",
        "Unsubscribe or archive the member at Mailchimp, or restore the contact; or choose what departures mean.",
        Who.ADMINISTRATOR,
        Retry.ON_CHANGE,
    ),
    Code.ADDRESS_TAKEN: Entry(
        "The contact has a new address, which another member has already; this one keeps the old address.",
        "Two contacts share the address, or somebody signed up with it at Mailchimp, or it is archived there.",
        "See who has the address. Merge the two contacts, or archive one of the two members at Mailchimp.",
        Who.DATA_OWNER,
        Retry.ON_CHANGE,
    ),
    Code.ERASED: Entry(
        "The address was erased, so nothing is done with it.",
        "Somebody asked for erasure; the address is known by a digest only, and one of the two sides has it again.",
        "Erase it in CiviCRM too. If Mailchimp has it again, the person may have signed up anew: ask, or erase again.",
        Who.ADMINISTRATOR,
        Retry.ON_CHANGE,
    ),
    Code.CV_CHANGE_REFUSED: Entry(
        "CiviCRM refused the change.",
        "CiviCRM answered with an error for this one contact, or said that the change was saved and it is not there.",
        "Look at the detail; often the contact was deleted meanwhile.",
        Who.IMPLEMENTER,
        Retry.NEXT_RUN,
    ),
    Code.CV_UNREADABLE: Entry(
        "CiviCRM's record of this person can't be read, so nothing is changed for them.",
        "The contact, an address, or an entry of a group's history has a missing value, or one of a wrong type.",
        "The run's log names the record by its number. Open it in CiviCRM and save it again.",
        Who.IMPLEMENTER,
        Retry.NEXT_RUN,
    ),
    Code.MC_UNREADABLE: Entry(
        "Mailchimp's entry of this member can't be read, so nothing is changed for them.",
        "A value of the member is missing, or of a wrong type. The run's log names the member's id and the field.",
        "Look the member up at Mailchimp and save it again. If that doesn't help, tell Mailchimp's support.",
        Who.IMPLEMENTER,
        Retry.NEXT_RUN,
    ),
    Code.CV_NOT_VISIBLE: Entry(
        "CiviCRM doesn't show this contact any more, so nothing is changed for them.",
        "It is in the trash, was merged into another contact, or was deleted for good. The key's user has no right to "
        "see which.",
        "Give the key's user “access deleted contacts”; the next run then decides. Otherwise "
        "look for the contact in CiviCRM, and unsubscribe or archive the member at Mailchimp.",
        Who.ADMINISTRATOR,
        Retry.NEXT_RUN,
    ),
}

_MAILCHIMP_ROWS = {
    Code.MC_COMPLIANCE: Entry(
        "Mailchimp will not let us add this person again.",
        "The person unsubscribed, bounced or is under review, and has not confirmed the request Mailchimp sent.",
        "The person can sign up again by a Mailchimp form. Otherwise remove the contact from the group.",
        Who.PERSON,
        Retry.ON_CHANGE,
    ),
    Code.MC_OPTED_OUT: Entry(
        "The person left at Mailchimp; only the person can come back.",
        "An opt-out at Mailchimp is kept: the connection does not resubscribe, or Mailchimp asks for a new opt-in.",
        "The person can sign up again by a Mailchimp form. Otherwise remove the contact from the group.",
        Who.PERSON,
        Retry.ON_CHANGE,
    ),
    Code.MC_MUST_REJOIN: Entry(
        "The person was removed from the audience and must use a sign-up form to come back.",
        "Mailchimp does not let integrations add somebody who was removed.",
        "The person can sign up again by a Mailchimp form. Otherwise remove the contact from the group.",
        Who.PERSON,
        Retry.ON_CHANGE,
    ),
    Code.MC_FORGOTTEN: Entry(
        "The address was permanently deleted at Mailchimp and cannot be added again.",
        "Somebody asked for erasure, or the member was permanently deleted by hand.",
        "Remove the contact from the group; only the person can sign up again, by a Mailchimp form.",
        Who.NOBODY,
    ),
    Code.MC_BOUNCED: Entry(
        "Mailchimp has cleaned this address: mail to it bounced.",
        "Cleaned addresses cannot be subscribed again.",
        "Correct the address in CiviCRM: the new one is then subscribed, unless the connection lets nobody back.",
        Who.DATA_OWNER,
        Retry.ON_CHANGE,
    ),
    Code.MC_DUPLICATE: Entry(
        "Mailchimp already has this address under another member.",
        "An address change collided, or the member has an old kind of id.",
        "It is read again in the next run. If it stays, look for the address at Mailchimp and archive one of the two.",
        Who.ADMINISTRATOR,
        Retry.NEXT_RUN,
    ),
    Code.MC_BAD_EMAIL: Entry(
        "Mailchimp says that this is not a valid address.",
        "The address has a form Mailchimp does not accept.",
        "Correct the address in CiviCRM.",
        Who.DATA_OWNER,
        Retry.ON_CHANGE,
    ),
    Code.MC_FAKE_EMAIL: Entry(
        "Mailchimp takes this address for fake or mistyped.",
        "It is a test address, an address of a role, or its domain looks mistyped.",
        "Check the part behind the @, and correct the address in CiviCRM.",
        Who.DATA_OWNER,
        Retry.ON_CHANGE,
    ),
    Code.MC_TOO_MANY_SIGNUPS: Entry(
        "Mailchimp does not take more sign-ups for this address at the moment.",
        "The address has signed up to many lists very recently, anywhere at Mailchimp.",
        "Nothing: it is tried again after some days.",
        Who.NOBODY,
        Retry.LATER,
    ),
    Code.MC_FIELD: Entry(
        "Mailchimp refused a merge field.",
        "A merge field is required there and empty here, or has a value of the wrong kind.",
        "Make the field optional in the audience's settings, or correct the value.",
        Who.ADMINISTRATOR,
        Retry.ON_CHANGE,
    ),
    Code.MC_ADDRESS_FIXED: Entry(
        "Mailchimp changes the addresses of subscribed members only.",
        "The member is not subscribed at Mailchimp any more, so the address can't follow CiviCRM's.",
        "Nothing has to be done, unless the member is to be subscribed: then add the contact to the group again.",
        Who.DATA_OWNER,
        Retry.ON_CHANGE,
    ),
    Code.MC_MAPPING_GONE: Entry(
        "An interest that the connection uses no longer exists at Mailchimp.",
        "It was deleted or replaced at Mailchimp.",
        "Choose the interest again in the connection, then sync everything.",
        Who.ADMINISTRATOR,
        Retry.ON_CHANGE,
    ),
    Code.MC_MEMBER_GONE: Entry(
        "The member is no longer at Mailchimp.",
        "It was deleted there, or its address was changed, after we last read it.",
        "Nothing: it is read again in the next run.",
        Who.NOBODY,
        Retry.NEXT_RUN,
    ),
    Code.MC_REFUSED: Entry(
        "Mailchimp refused the change.",
        "Mailchimp answered with an error that is not known here.",
        "Look at the detail.",
        Who.IMPLEMENTER,
        Retry.ON_CHANGE,
    ),
}

_MAILCHIMP_STOPS = {
    Code.MC_AUTH: Entry(
        "Mailchimp does not accept the API key.",
        "The key is wrong, was revoked, belongs to another data centre, or its user was removed.",
        "Make a new key at Mailchimp (Account, Extras, API keys) and run `mailchimpsync connect` with it.",
    ),
    Code.MC_FORBIDDEN: Entry(
        "Mailchimp accepts the key but forbids the request.",
        "The role of the key's user, or the plan of the account, does not allow it.",
        "Use a key of a user with the role Manager, Admin or Owner.",
    ),
    Code.MC_DISABLED: Entry(
        "The Mailchimp account is deactivated.",
        "Mailchimp, or the account's owner, has disabled the account or the key's user: for example because of an "
        "unpaid bill, a compliance review, or at the owner's wish.",
        "Sign in to Mailchimp as the account's owner, and follow what it says there, or ask Mailchimp's "
        "support. The key needs no change.",
    ),
    Code.MC_PLAN: Entry(
        "The Mailchimp account's plan does not allow this.",
        "The plan has no access to what was asked for, or its limit is reached.",
        "Compare the account's plan with what Mailchimp says, and change the plan or do without.",
    ),
    Code.MC_AUDIENCE_GONE: Entry(
        "The audience is not there.",
        "It was deleted at Mailchimp, or the key belongs to another account.",
        "Choose the audience again with `mailchimpsync connect`.",
    ),
    Code.MC_NOT_FOUND: Entry(
        "Mailchimp does not know what was asked for.",
        "It was deleted there meanwhile.",
        "Run again; if it stays, look at the detail.",
        Who.IMPLEMENTER,
    ),
    Code.MC_BAD_KEY: Entry(
        "This is not a Mailchimp API key.",
        "A key ends with a hyphen and its data centre, such as -us6.",
        "Copy the whole key from Mailchimp (Account, Extras, API keys).",
    ),
    Code.MC_THROTTLED: Entry(
        "Mailchimp is asked too much at once.",
        "Other programs use the same account's 10 connections, or Mailchimp limits us.",
        "Nothing: the next run goes on from here.",
        Who.NOBODY,
        Retry.NEXT_RUN,
    ),
    Code.MC_BATCHES_FULL: Entry(
        "Mailchimp has more than 500 batches of this account waiting, and takes no more.",
        "Other programs, or earlier runs, have sent more batches than Mailchimp has worked on.",
        "Nothing: what waits here is sent by a later run. If it lasts, find the program that sends so many batches.",
        Who.IMPLEMENTER,
        Retry.NEXT_RUN,
    ),
    Code.MC_UNAVAILABLE: Entry(
        "Mailchimp cannot be reached, or fails.",
        "The network or Mailchimp has a fault.",
        "If it passes, nothing: the next run goes on from here. If it lasts, look at Mailchimp's status page, and "
        "whether this machine reaches the internet.",
        Who.NOBODY,
        Retry.NEXT_RUN,
    ),
    Code.MC_ODD_ANSWER: Entry(
        "Mailchimp answered something that cannot be read.",
        "A proxy or a fault on the way replaced or cut the answer.",
        "Nothing: the next run goes on from here. If it lasts, look for a proxy between here and Mailchimp.",
        Who.IMPLEMENTER,
        Retry.NEXT_RUN,
    ),
    Code.MC_INCOMPLETE: Entry(
        "The audience could not be read completely.",
        "It kept changing while it was read, or Mailchimp left something out. Nothing was changed on either side.",
        "Run again at a quieter time.",
        Who.ADMINISTRATOR,
        Retry.NEXT_RUN,
    ),
    Code.MC_REPORT_INCOMPLETE: Entry(
        "A campaign's report at Mailchimp could not be read completely.",
        "It changed while it was read, or Mailchimp left something out.",
        "Nothing: the next import tries again.",
        Who.NOBODY,
        Retry.NEXT_RUN,
    ),
    Code.MC_REPORT_GIVEN_UP: Entry(
        "A campaign's report at Mailchimp never came complete, so the campaign is left as it is.",
        "In five imports the pages of the report did not fit together.",
        "Ask for it again when Mailchimp has settled: `mailchimpsync campaigns pull --since ever`, or *Import all "
        "there ever were* on the page of campaigns.",
        Who.ADMINISTRATOR,
    ),
    Code.MC_AUDIENCE_EMPTY: Entry(
        "Nobody is subscribed in the audience any more.",
        "All members were archived, deleted or unsubscribed at once, on purpose or by mistake; or Mailchimp did not "
        "show them. Nothing was changed on either side.",
        "Look at the audience at Mailchimp. If a mistake was made there, undo it and sync again; everything is read "
        "then. If it is really meant to be empty, run `mailchimpsync sync --accept-empty`.",
    ),
    Code.MC_MEMBERS_VANISHED: Entry(
        "Most members we knew are not in the audience any more, not even as archived.",
        "They were permanently deleted at Mailchimp, or the audience is another one than before, or Mailchimp did not "
        "show them. Nothing was changed on either side.",
        "Look at the audience at Mailchimp, and that the connection is with the right one. If they were really "
        "deleted, run `mailchimpsync sync --accept-empty`.",
    ),
}

_CIVICRM_STOPS = {
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

_OURS = {
    Code.BUSY: Entry(
        "Another run of this connection is at work.",
        "Two runs of one connection never work at the same time.",
        "Wait for it to end; or stop it with `mailchimpsync abort`.",
        Who.NOBODY,
        Retry.NEXT_RUN,
    ),
    Code.LEASE_LOST: Entry(
        "Another run has taken over.",
        "This run stood still for longer than its lease, or somebody stopped it: by an abort, or a restart said twice.",
        "Nothing: this run has written nothing since. The next call goes on.",
        Who.NOBODY,
        Retry.NEXT_RUN,
    ),
    Code.STORE_UNAVAILABLE: Entry(
        "The database cannot be used.",
        "It cannot be reached, or answered with an error.",
        "Check the database's URL and that the server runs.",
        Who.IMPLEMENTER,
    ),
    Code.STORE_LOCKED: Entry(
        "The database is locked.",
        "Another program holds it.",
        "Run again; if it lasts, look for a program that keeps the file open.",
        Who.IMPLEMENTER,
        Retry.NEXT_RUN,
    ),
    Code.STORE_FULL: Entry(
        "The disk is full.",
        "The database could not be written.",
        "Make room on the disk of the database, and on that of temporary files, then run again.",
        Who.IMPLEMENTER,
    ),
    Code.TEMPORARY_FILES: Entry(
        "Temporary files can't be written.",
        "The disk with the directory for temporary files (/tmp, or what TMPDIR names) is full, or the directory can't "
        "be written to. Plans, comparisons and the results of large batches need it for a while.",
        "Make room there, or set TMPDIR to another directory and start the service again; then run again. What was "
        "sent is not lost.",
        Who.IMPLEMENTER,
    ),
    Code.STORE_DAMAGED: Entry(
        "The database file is damaged.",
        "The disk has a fault, or something else wrote to the file or replaced a part of it.",
        "Stop the service and every sync. Put the newest backup in the file's place, then sync: a restored database is "
        "noticed, and nobody is removed by that sync. Look for the disk's fault.",
        Who.IMPLEMENTER,
    ),
    Code.STORE_OLD: Entry(
        "The database has the schema of another version.",
        "The program was updated, the database was not, or the other way round.",
        "Run `mailchimpsync migrate`.",
        Who.IMPLEMENTER,
    ),
    Code.CONFIG: Entry(
        "The configuration cannot be used.", "See the message.", "Correct it, then run again.", Who.ADMINISTRATOR
    ),
    Code.SECRET: Entry(
        "A secret cannot be read.",
        "The key file is missing, is open to others, or is not the one the secret was encrypted with.",
        "Restore the key file, or enter the API key again.",
        Who.IMPLEMENTER,
    ),
    Code.USAGE: Entry("The call cannot be understood.", "See the message.", "See --help.", Who.ADMINISTRATOR),
    Code.HELD: Entry(
        "The run would change more people than the limits allow, so it waits for a person.",
        "Many people really changed, or something is wrong on one side; nothing was written.",
        "Look at the plan by `mailchimpsync plan show`; then `mailchimpsync approve` or `mailchimpsync drop` it.",
        Who.ADMINISTRATOR,
    ),
    Code.OUT_OF_TIME: Entry(
        "There was not enough time.",
        "The call had a limit of time, or one of the two sides was slow.",
        "Call again, with more time.",
        Who.ADMINISTRATOR,
        Retry.NEVER,
    ),
    Code.CONFIRM: Entry(
        "What would be lost has to be confirmed first.",
        "The call would delete what is known of some audiences, or do something else that can't be undone.",
        "Read what it would do; call again and confirm it if that is what you want.",
        Who.ADMINISTRATOR,
    ),
    Code.UNKNOWN: Entry(
        "There is no such thing.",
        "No row, token, event or action has this name or number.",
        "See the message for what there is.",
        Who.ADMINISTRATOR,
    ),
    Code.TOKEN: Entry(
        "The call names no token, or one that is not valid.",
        "The token is missing, mistyped, expired or revoked.",
        "Make one by `mailchimpsync token create`, and send it as `Authorization: Bearer …`.",
        Who.IMPLEMENTER,
    ),
    Code.SCOPE: Entry(
        "The token may not do this.",
        "Its scope is `read` or `run`, and the action needs more.",
        "Use a token with the scope the message names.",
        Who.IMPLEMENTER,
    ),
    Code.TOO_MANY_CALLS: Entry(
        "Too many calls in a short time.",
        "Calls over HTTP are limited, so that a caller's mistake doesn't keep the sync from working.",
        "Wait as long as the answer's Retry-After says.",
        Who.IMPLEMENTER,
        Retry.LATER,
    ),
    Code.WEBHOOK_MISSING: Entry(
        "Mailchimp does not tell us about changes: a webhook is missing.",
        "It was never made, was deleted, or was switched off by Mailchimp after many failures.",
        "Run `mailchimpsync webhooks repair`; until then, changes arrive when the connection is next synced.",
        Who.IMPLEMENTER,
    ),
    Code.WEBHOOK_WRONG: Entry(
        "A webhook at Mailchimp is not as it should be.",
        "Its address, events or sources are others than this version needs.",
        "Run `mailchimpsync webhooks repair`.",
        Who.IMPLEMENTER,
    ),
    Code.WEBHOOK_UNVERIFIED: Entry(
        "Mailchimp could not verify the webhook's address.",
        "Mailchimp asks the address with a GET, from the internet, and wants status 200. It got something else, or no "
        "answer: the service is not running, the address is not public, or a firewall, proxy or certificate is in the "
        "way.",
        "Open the address from outside the network, for example with a phone: it has to answer 200. See that "
        "`mailchimpsync serve` runs, that `public_url` is right, and that the certificate is complete.",
        Who.IMPLEMENTER,
    ),
    Code.WEBHOOK_TWICE: Entry(
        "Mailchimp has a webhook with this address already.",
        "Mailchimp takes an address once for each audience, and once for the batches of the account.",
        "List the webhooks with `mailchimpsync webhooks list`, and delete or change the one that is there.",
        Who.IMPLEMENTER,
    ),
    Code.WEBHOOK_UNREACHABLE: Entry(
        "The address at which Mailchimp is to reach us does not answer.",
        "The service is not running, or the address, the proxy in front of it or its certificate is wrong.",
        "Open the address from outside; see that `mailchimpsync serve` runs and `public_url` is right.",
        Who.IMPLEMENTER,
    ),
    Code.DISK_LOW: Entry(
        "The disk with the database is almost full.",
        "Less than 500 MB are left.",
        "Make room, before syncing stops.",
        Who.IMPLEMENTER,
    ),
    Code.CLOCK: Entry(
        "This machine's clock is wrong.",
        "It differs from Mailchimp's by more than half an hour, so that changes would be missed and dates compared "
        "wrongly. Nothing was changed on either side.",
        "Set the clock, and let it be kept right by a time service (NTP).",
        Who.IMPLEMENTER,
    ),
    Code.PLUGIN: Entry(
        "A plugin that provides data for Mailchimp failed.",
        "It raised an error, answered with something else than it may, or CiviCRM did not tell it what it needs. "
        "What it gave earlier stays at Mailchimp; subscriptions and the other plugins go on.",
        "See what it says with `mailchimpsync data plugins`, and in the run's log; mend it, or switch it off.",
        Who.IMPLEMENTER,
        Retry.NEXT_RUN,
    ),
    Code.DATA_UNFIT: Entry(
        "A value from CiviCRM does not fit its merge field.",
        "Mailchimp would refuse it, or has: a date that is none, an incomplete address, a choice the field does not "
        "have. It is not sent; the person's subscription does not hang on it.",
        "Correct the value in CiviCRM, or the field at Mailchimp; `mailchimpsync data preview` shows whom it concerns.",
        Who.DATA_OWNER,
        Retry.NEXT_RUN,
    ),
    Code.INTERNAL: Entry(
        "A mistake of the program.",
        "Something happened that the program was not written for.",
        "Report it with the log's lines around it; nothing is lost, and the next call goes on.",
        Who.IMPLEMENTER,
    ),
    Code.ABORTED: Entry(
        "The update was dropped before it was confirmed.",
        "A run was aborted or restarted by force.",
        "Nothing: the next run decides again.",
        Who.NOBODY,
        Retry.NEXT_RUN,
    ),
    Code.BATCH_LOST: Entry(
        "Mailchimp no longer has the results of the batch.",
        "Results are kept for seven days.",
        "Nothing: the next run decides again.",
        Who.NOBODY,
        Retry.NEXT_RUN,
    ),
    Code.BATCH_UNPROVED: Entry(
        "The answer to a batch was lost, and it is not known yet which batch of the account it is.",
        "The connection failed while it was sent. Mailchimp's list of batches does not show what is in them, so a "
        "batch is taken for ours only when its results prove it, once Mailchimp has finished it.",
        "Nothing: each run looks again. Its updates wait; those of other people go on.",
        Who.NOBODY,
        Retry.NEXT_RUN,
    ),
    Code.BATCH_STORAGE: Entry(
        "The results of a batch cannot be fetched from the place where Mailchimp keeps them.",
        "Mailchimp keeps results on another host than its API, such as `storage.googleapis.com` or "
        "`mailchimp-api-batch.s3.amazonaws.com`; a firewall or a proxy may not let this machine reach it.",
        "Allow HTTPS to the host that the detail names. It is tried again with growing pauses; after about a day the "
        "people in the batch are read from Mailchimp and decided again.",
        Who.IMPLEMENTER,
        Retry.NEXT_RUN,
    ),
    Code.BATCH_DAMAGED: Entry(
        "The results of a batch arrive damaged.",
        "The archive was cut or changed on its way, for example by a proxy, or Mailchimp made a bad one.",
        "Nothing at first: it is tried again with growing pauses; after about a day the people in the batch are read "
        "from Mailchimp and decided again. If it happens to every batch, look at proxies between here and Mailchimp.",
        Who.IMPLEMENTER,
        Retry.NEXT_RUN,
    ),
    Code.BATCH_SLOW: Entry(
        "Mailchimp has had a batch for more than an hour and has not finished it.",
        "Mailchimp works on batches when it has time, one after the other; some have hung for many hours.",
        "Nothing as a rule: its results are read when it is done. Members who are to be taken off the list do not wait "
        "for it: each sync sends a request of its own for those who are known to have left since, and for those whose "
        "removal is in the batch itself. Everything else in the batch waits: additions, interests, names. If it does "
        "not end, `mailchimpsync abort` deletes it at Mailchimp, and the next sync decides again.",
        Who.NOBODY,
        Retry.NEXT_RUN,
    ),
}

REGISTRY: dict[Code, Entry] = {
    **_IN_ORDER,
    **_EVENTS,
    **_CIVICRM_ROWS,
    **_MAILCHIMP_ROWS,
    **_MAILCHIMP_STOPS,
    **_CIVICRM_STOPS,
    **_NO_CONNECTION,
    **_OURS,
}
"""Every code, explained; a test checks that none is missing."""
