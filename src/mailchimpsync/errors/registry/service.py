"""Why a call or run stopped because of this service: its store, configuration, plans and limits."""

from __future__ import annotations

from mailchimpsync.errors.codes import Code, Entry, Retry, Who

OURS: dict[Code, Entry] = {
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
