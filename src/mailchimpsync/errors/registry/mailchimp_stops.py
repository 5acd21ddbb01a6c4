"""Codes of runs and calls that failed because of Mailchimp."""

from __future__ import annotations

from mailchimpsync.errors.codes import Code, Entry, Retry, Who

MAILCHIMP_STOPS: dict[Code, Entry] = {
    Code.MC_AUTH: Entry(
        "Mailchimp doesn't accept the API key.",
        "The key is wrong, was revoked or belongs to another server, or its user was removed.",
        "Create a new key at Mailchimp (Account, Extras, API keys) and run `mailchimpsync connect` with it.",
    ),
    Code.MC_FORBIDDEN: Entry(
        "Mailchimp accepts the API key but refuses the request.",
        "The role of the key's user, or the account's plan, doesn't allow it.",
        "Use the key of a user with the role Manager, Admin or Owner.",
    ),
    Code.MC_DISABLED: Entry(
        "The Mailchimp account is deactivated.",
        "Mailchimp or the account's owner has disabled the account or the key's user: for example because of an "
        "unpaid bill or a compliance review, or at the owner's request.",
        "Sign in to Mailchimp as the account's owner and follow the instructions there, or ask Mailchimp's "
        "support. The key doesn't need to change.",
    ),
    Code.MC_PLAN: Entry(
        "The Mailchimp account's plan doesn't allow this.",
        "The plan doesn't include what was requested, or its limit is reached.",
        "Compare the account's plan with Mailchimp's message. Change the plan, or do without.",
    ),
    Code.MC_AUDIENCE_GONE: Entry(
        "The audience can't be found.",
        "It was deleted at Mailchimp, or the key belongs to another account.",
        "Choose the audience again with `mailchimpsync connect`.",
    ),
    Code.MC_NOT_FOUND: Entry(
        "Mailchimp can't find what was requested.",
        "It was deleted there in the meantime.",
        "Run again. If it happens again, see the detail.",
        Who.IMPLEMENTER,
    ),
    Code.MC_BAD_KEY: Entry(
        "That doesn't look like a Mailchimp API key.",
        "A key ends in a hyphen and its server prefix, such as -us6.",
        "Copy the whole key from Mailchimp (Account, Extras, API keys).",
    ),
    Code.MC_THROTTLED: Entry(
        "Mailchimp is receiving too many requests at once.",
        "Other programs use the account's 10 connections, or Mailchimp is throttling this service.",
        "Nothing to do: the next sync continues from here.",
        Who.NOBODY,
        Retry.NEXT_RUN,
    ),
    Code.MC_BATCHES_FULL: Entry(
        "Mailchimp has more than 500 of this account's batches waiting, and accepts no more.",
        "Other programs or earlier syncs have sent more batches than Mailchimp has processed.",
        "Nothing to do: updates that wait here are sent by a later sync. If it lasts, find the program that sends "
        "the batches.",
        Who.IMPLEMENTER,
        Retry.NEXT_RUN,
    ),
    Code.MC_UNAVAILABLE: Entry(
        "Mailchimp can't be reached, or is failing.",
        "The network or Mailchimp has a fault.",
        "Nothing to do if it passes: the next sync continues from here. If it lasts, check Mailchimp's status "
        "page, and that this machine can reach the internet.",
        Who.NOBODY,
        Retry.NEXT_RUN,
    ),
    Code.MC_ODD_ANSWER: Entry(
        "Mailchimp's response can't be read.",
        "A proxy or a fault on the way replaced the response or cut it off.",
        "Nothing to do: the next sync continues from here. If it lasts, look for a proxy between this machine and "
        "Mailchimp.",
        Who.IMPLEMENTER,
        Retry.NEXT_RUN,
    ),
    Code.MC_INCOMPLETE: Entry(
        "The audience couldn't be read completely.",
        "It kept changing while it was being read, or Mailchimp left something out. Nothing was changed on either "
        "side.",
        "Sync again at a quieter time.",
        Who.ADMINISTRATOR,
        Retry.NEXT_RUN,
    ),
    Code.MC_REPORT_INCOMPLETE: Entry(
        "A campaign's report at Mailchimp couldn't be read completely.",
        "It changed while it was being read, or Mailchimp left something out.",
        "Nothing to do: the next import tries again.",
        Who.NOBODY,
        Retry.NEXT_RUN,
    ),
    Code.MC_REPORT_GIVEN_UP: Entry(
        "A campaign's report at Mailchimp was never complete, so the campaign is left as it is.",
        "In five imports, the pages of the report didn't match.",
        "Import it again when the report at Mailchimp has settled: `mailchimpsync campaigns pull --since ever`, or "
        "*Import all campaigns* on the page of campaigns.",
        Who.ADMINISTRATOR,
    ),
    Code.MC_AUDIENCE_EMPTY: Entry(
        "Nobody is subscribed in the audience any more.",
        "All members were archived, deleted or unsubscribed at once, on purpose or by mistake, or Mailchimp didn't "
        "show them. Nothing was changed on either side.",
        "Check the audience at Mailchimp. If it was a mistake, undo it there and sync again; everything is read "
        "then. If the audience is meant to be empty, run `mailchimpsync sync --accept-empty`.",
    ),
    Code.MC_MEMBERS_VANISHED: Entry(
        "Most known members are no longer in the audience, not even archived.",
        "They were permanently deleted at Mailchimp, this is a different audience, or Mailchimp didn't show them. "
        "Nothing was changed on either side.",
        "Check the audience at Mailchimp, and that the connection uses the right one. If the members really were "
        "deleted, run `mailchimpsync sync --accept-empty`.",
    ),
}
