"""Codes of runs and calls that failed because of this service: its store, configuration, plans and limits."""

from __future__ import annotations

from mailchimpsync.errors.codes import Code, Entry, Retry, Who

SERVICE: dict[Code, Entry] = {
    Code.BUSY: Entry(
        "This connection is already being worked on.",
        "Two runs never work on one connection at the same time.",
        "Wait for the other run to finish, or stop it with `mailchimpsync abort`.",
        Who.NOBODY,
        Retry.NEXT_RUN,
    ),
    Code.LEASE_LOST: Entry(
        "Another run has taken over.",
        "This run stood still for longer than its lease, or someone stopped it with an abort, or by asking for a "
        "restart twice.",
        "Nothing to do: this run has written nothing since. The next call continues.",
        Who.NOBODY,
        Retry.NEXT_RUN,
    ),
    Code.STORE_UNAVAILABLE: Entry(
        "The database can't be used.",
        "It can't be reached, or it returned an error.",
        "Check the database URL, and that the database server is running.",
        Who.IMPLEMENTER,
    ),
    Code.STORE_LOCKED: Entry(
        "The database is locked.",
        "Another program is using it.",
        "Run again. If it lasts, look for a program that keeps the file open.",
        Who.IMPLEMENTER,
        Retry.NEXT_RUN,
    ),
    Code.STORE_FULL: Entry(
        "The disk is full.",
        "The database couldn't be written.",
        "Free up space on the disk with the database and on the one with temporary files, then run again.",
        Who.IMPLEMENTER,
    ),
    Code.TEMPORARY_FILES: Entry(
        "Temporary files can't be written.",
        "The disk with the directory for temporary files (/tmp, or the directory in TMPDIR) is full, or the "
        "directory can't be written to. Plans, comparisons and the results of large batches need space there for a "
        "while.",
        "Free up space there, or set TMPDIR to another directory and restart the service. Then run again. Nothing "
        "that was sent is lost.",
        Who.IMPLEMENTER,
    ),
    Code.STORE_DAMAGED: Entry(
        "The database file is damaged.",
        "The disk is faulty, or another program wrote to the file or replaced part of it.",
        "Stop the service and every sync. Replace the file with the newest backup, then sync: the restored "
        "database is detected, and that sync removes nobody. Check the disk for faults.",
        Who.IMPLEMENTER,
    ),
    Code.STORE_OLD: Entry(
        "The database schema belongs to another version.",
        "Either the program or the database was updated without the other.",
        "Run `mailchimpsync migrate`.",
        Who.IMPLEMENTER,
    ),
    Code.CONFIG: Entry(
        "The configuration can't be used.", "See the message.", "Correct it, then run again.", Who.ADMINISTRATOR
    ),
    Code.SECRET: Entry(
        "A secret can't be read.",
        "The key file is missing, is accessible to others, or isn't the one the secret was encrypted with.",
        "Restore the key file, or enter the API key again.",
        Who.IMPLEMENTER,
    ),
    Code.USAGE: Entry("The command line or API call is invalid.", "See the message.", "See --help.", Who.ADMINISTRATOR),
    Code.HELD: Entry(
        "The sync would change more people than your limits allow without review, so it is held for review.",
        "Either many people really changed, or something is wrong on one side. Nothing was written.",
        "Review the plan with `mailchimpsync plan show`, then `mailchimpsync approve` or `mailchimpsync drop` it.",
        Who.ADMINISTRATOR,
    ),
    Code.PAUSED: Entry(
        "The connection is paused, so nothing was synced.",
        "Someone has paused it. People who unsubscribe at Mailchimp are still taken out of the group.",
        "Resume it with `mailchimpsync resume`, then sync.",
        Who.ADMINISTRATOR,
    ),
    Code.OUT_OF_TIME: Entry(
        "Time ran out.",
        "The call had a time limit, or one of the two sides was slow.",
        "Call again with more time.",
        Who.ADMINISTRATOR,
        Retry.NEVER,
    ),
    Code.CONFIRM: Entry(
        "You have to confirm this first.",
        "The call would delete what is known about some audiences, or do something else that can't be undone.",
        "Read what it would do. If that's what you want, call again and confirm it.",
        Who.ADMINISTRATOR,
    ),
    Code.UNKNOWN: Entry(
        "This doesn't exist.",
        "No row, token, event or action has this name or number.",
        "See the message for what exists.",
        Who.ADMINISTRATOR,
    ),
    Code.TOKEN: Entry(
        "The token is missing or not valid.",
        "It was not sent, is mistyped or expired, or was revoked.",
        "Create one with `mailchimpsync token create`, and send it as `Authorization: Bearer …`.",
        Who.IMPLEMENTER,
    ),
    Code.SCOPE: Entry(
        "The token doesn't allow this.",
        "Its scope is `read` or `run`, and the action needs more.",
        "Use a token with the scope that the message names.",
        Who.IMPLEMENTER,
    ),
    Code.TOO_MANY_CALLS: Entry(
        "Too many calls in a short time.",
        "Calls over HTTP are limited, so that a caller's mistake doesn't stop the sync from working.",
        "Wait for the time given in the response's Retry-After header.",
        Who.IMPLEMENTER,
        Retry.LATER,
    ),
    Code.WEBHOOK_MISSING: Entry(
        "Mailchimp isn't reporting changes: a webhook is missing.",
        "It was never created, was deleted, or was disabled by Mailchimp after many failures.",
        "Run `mailchimpsync webhooks repair`. Until then, changes arrive with the connection's next sync.",
        Who.IMPLEMENTER,
    ),
    Code.WEBHOOK_WRONG: Entry(
        "A webhook at Mailchimp isn't set up correctly.",
        "Its URL, events or sources differ from what this version needs.",
        "Run `mailchimpsync webhooks repair`.",
        Who.IMPLEMENTER,
    ),
    Code.WEBHOOK_UNVERIFIED: Entry(
        "Mailchimp couldn't verify the webhook URL.",
        "Mailchimp sends a GET request to the URL from the internet and expects status 200. It got another "
        "response, or none: the service isn't running, the URL isn't public, or a firewall, proxy or certificate "
        "is in the way.",
        "Open the URL from outside your network, for example with a phone: it must return status 200. Check that "
        "`mailchimpsync serve` is running, that `public_url` is right, and that the certificate is complete.",
        Who.IMPLEMENTER,
    ),
    Code.WEBHOOK_TWICE: Entry(
        "Mailchimp already has a webhook with this URL.",
        "Mailchimp accepts a URL once for each audience, and once for the account's batches.",
        "List the webhooks with `mailchimpsync webhooks list`, and delete or change the existing one.",
        Who.IMPLEMENTER,
    ),
    Code.WEBHOOK_UNREACHABLE: Entry(
        "The public address for Mailchimp's webhooks can't be reached.",
        "The service isn't running, or the address, the proxy in front of it or its certificate is wrong.",
        "Open the address from outside your network. Check that `mailchimpsync serve` is running and `public_url` "
        "is right.",
        Who.IMPLEMENTER,
    ),
    Code.DISK_LOW: Entry(
        "The disk with the database is almost full.",
        "Less than 500 MB is left.",
        "Free up space before syncing stops.",
        Who.IMPLEMENTER,
    ),
    Code.CLOCK: Entry(
        "This machine's clock is wrong.",
        "It differs from Mailchimp's by more than half an hour, so changes would be missed and dates compared "
        "wrongly. Nothing was changed on either side.",
        "Set the clock, and use a time service (NTP) to keep it right.",
        Who.IMPLEMENTER,
    ),
    Code.PLUGIN: Entry(
        "A plugin that provides data for Mailchimp failed.",
        "It raised an error or returned something it may not, or CiviCRM didn't provide the data it needs. Values "
        "it gave earlier stay at Mailchimp; subscriptions and the other plugins continue.",
        "See its message with `mailchimpsync data plugins` and in the sync's log. Fix the plugin, or turn it off.",
        Who.IMPLEMENTER,
        Retry.NEXT_RUN,
    ),
    Code.DATA_UNFIT: Entry(
        "A value from CiviCRM doesn't fit its merge field.",
        "Mailchimp would refuse it, or has refused it: an invalid date, an incomplete address, or a choice the "
        "field doesn't have. It isn't sent; the person's subscription doesn't depend on it.",
        "Correct the value in CiviCRM, or the field at Mailchimp. `mailchimpsync data preview` shows who is affected.",
        Who.DATA_OWNER,
        Retry.NEXT_RUN,
    ),
    Code.INTERNAL: Entry(
        "Something went wrong in the program.",
        "Something happened that the program wasn't written for.",
        "Report it with the log lines around it. Nothing is lost, and the next call continues.",
        Who.IMPLEMENTER,
    ),
    Code.ABORTED: Entry(
        "The update was dropped before it was confirmed.",
        "A run was aborted, or restarted by force.",
        "Nothing to do: the next sync decides again.",
        Who.NOBODY,
        Retry.NEXT_RUN,
    ),
    Code.BATCH_LOST: Entry(
        "Mailchimp no longer has the results of the batch.",
        "Mailchimp keeps results for seven days.",
        "Nothing to do: the next sync decides again.",
        Who.NOBODY,
        Retry.NEXT_RUN,
    ),
    Code.BATCH_UNPROVED: Entry(
        "The response to a batch was lost, so it isn't known yet which of the account's batches it is.",
        "The connection failed while the batch was being sent. Mailchimp's list of batches doesn't show their "
        "contents, so the batch is identified only when its results prove it, once Mailchimp has finished it.",
        "Nothing to do: each sync checks again. The batch's updates wait; other people's updates continue.",
        Who.NOBODY,
        Retry.NEXT_RUN,
    ),
    Code.BATCH_STORAGE: Entry(
        "The results of a batch can't be downloaded from where Mailchimp keeps them.",
        "Mailchimp keeps results on a different host than its API, such as `storage.googleapis.com` or "
        "`mailchimp-api-batch.s3.amazonaws.com`; a firewall or a proxy may be blocking it.",
        "Allow HTTPS to the host named in the detail. The download is retried with growing pauses. After about a "
        "day, the people in the batch are read from Mailchimp and decided again.",
        Who.IMPLEMENTER,
        Retry.NEXT_RUN,
    ),
    Code.BATCH_DAMAGED: Entry(
        "The results of a batch arrived damaged.",
        "The archive was cut off or changed on its way, for example by a proxy, or Mailchimp produced a faulty one.",
        "Nothing to do at first: the download is retried with growing pauses. After about a day, the people in the "
        "batch are read from Mailchimp and decided again. If it happens to every batch, check for proxies between "
        "this machine and Mailchimp.",
        Who.IMPLEMENTER,
        Retry.NEXT_RUN,
    ),
    Code.BATCH_SLOW: Entry(
        "Mailchimp has had a batch for more than an hour and hasn't finished it.",
        "Mailchimp works on batches one after the other, when it has time; some have hung for many hours.",
        "Nothing to do as a rule: the results are read when the batch is done. Removals don't wait for it: each "
        "sync sends separate requests for people who are known to have left since, and for those whose removal is "
        "in the batch itself. Everything else in the batch waits: additions, interests, names. If the batch never "
        "finishes, `mailchimpsync abort` deletes it at Mailchimp, and the next sync decides again.",
        Who.NOBODY,
        Retry.NEXT_RUN,
    ),
}
