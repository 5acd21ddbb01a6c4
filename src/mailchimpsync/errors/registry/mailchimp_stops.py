"""Why a run stopped because of Mailchimp."""

from __future__ import annotations

from mailchimpsync.errors.codes import Code, Entry, Retry, Who

MAILCHIMP_STOPS: dict[Code, Entry] = {
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
