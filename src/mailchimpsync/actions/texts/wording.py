"""What screens and e-mails say where the engine speaks of a command.

The engine's texts are for every interface, and often name a command. On a screen there is a button for it, or someone
else has to do it; a test finds new ones.
"""

from __future__ import annotations

from collections.abc import Mapping

from mailchimpsync.messages import say

_SYNC = say("Press “Sync now” on the connection's page.")
_CONNECT = say("Connect an audience under Configuration.")
_CIVICRM = say("Set up CiviCRM under Configuration.")
_REPAIR = say("Press “Repair” on the webhooks page, under Configuration.")
_SERVICE = say("Ask the person who runs the server to check that the service is running.")

ON_SCREENS: Mapping[str, str] = {
    # what to do about codes
    "Check the audience at Mailchimp, and that the connection uses the right one. If the members really were deleted, "
    "run `mailchimpsync sync --accept-empty`.": say(
        "Check the audience at Mailchimp, and that the connection uses the right one. If the members really were "
        "deleted, press “It's true: sync anyway” on the connection's page."
    ),
    "Check the audience at Mailchimp. If it was a mistake, undo it there and sync again; everything is read then. If "
    "the audience is meant to be empty, run `mailchimpsync sync --accept-empty`.": say(
        "Check the audience at Mailchimp. If it was a mistake, undo it there and sync again; everything is read then. "
        "If the audience is meant to be empty, press “It's true: sync anyway” on the connection's page."
    ),
    "Check the group in CiviCRM, and that the connection uses the right one. If all is as it should be, run "
    "`mailchimpsync sync --accept-empty`.": say(
        "Check the group in CiviCRM, and that the connection uses the right one. If all is as it should be, press "
        "“It's true: sync anyway” on the connection's page."
    ),
    "Check the group in CiviCRM. If it was a mistake, undo it there and sync again; everything is read then. If the "
    "group is meant to be empty, run `mailchimpsync sync --accept-empty`.": say(
        "Check the group in CiviCRM. If it was a mistake, undo it there and sync again; everything is read then. If "
        "the group is meant to be empty, press “It's true: sync anyway” on the connection's page."
    ),
    "Give the API key's user the permissions “view all contacts” and “access deleted contacts”. If the contacts really "
    "were deleted for good, run `mailchimpsync sync --accept-empty`.": say(
        "Give the API key's user the permissions “view all contacts” and “access deleted contacts”. If the contacts "
        "really were deleted for good, press “It's true: sync anyway” on the connection's page."
    ),
    "If CiviCRM was restored, run `mailchimpsync sync --accept-restored`: it forgets what both sides agreed on and "
    "which contact belongs to which member, reads everything again, and the later date decides. Otherwise, fix the "
    "cause and sync again.": say(
        "If CiviCRM was restored, press “It was restored: start over” on the connection's page: what both sides agreed "
        "on is forgotten, and which contact belongs to which member. Everything is read again, and the later date "
        "decides. Otherwise, fix the cause and sync again."
    ),
    "Run `mailchimpsync sync --accept-restored`: it forgets what both sides agreed on, reads everything, and the later "
    "date decides, as in a first sync. Then erase again the people you erased after the backup. If another program "
    "works on the same group, stop it first.": say(
        "Press “It was restored: start over” on the connection's page: what both sides agreed on is forgotten, "
        "everything is read, and the later date decides, as in a first sync. Then erase again the people you erased "
        "after the backup. If another program works on the same group, stop it first."
    ),
    "Choose the audience again with `mailchimpsync connect`.": say(
        "Remove the connection under Settings, and connect the right audience."
    ),
    "Correct the value in CiviCRM, or the field at Mailchimp. `mailchimpsync data preview` shows who is affected.": say(
        "Correct the value in CiviCRM, or the field at Mailchimp. The preview under Settings, Data for Mailchimp shows "
        "who is affected."
    ),
    "Create a new key at Mailchimp (Account, Extras, API keys) and run `mailchimpsync connect` with it.": say(
        "Create a new key at Mailchimp (Account, Extras, API keys), then change it on the account's page."
    ),
    "Create one with `mailchimpsync token create`, and send it as `Authorization: Bearer …`.": say(
        "Create one under “Users and tokens”."
    ),
    "Enable the group and show it, or choose another one with `mailchimpsync connect`.": say(
        "Enable the group and show it in CiviCRM, or choose another one under Settings."
    ),
    "Restore the group, or choose another one with `mailchimpsync connect`.": say(
        "Restore the group in CiviCRM, or choose another one under Settings."
    ),
    "Enter the web server's user name and password in addition to the API key: `mailchimpsync init --web-server-user "
    "NAME`.": say("Enter the web server's user name and password in addition to the API key, under Configuration."),
    "Import it again when the report at Mailchimp has settled: `mailchimpsync campaigns pull --since ever`, or *Import "
    "all campaigns* on the page of campaigns.": say(
        "Import it again when the report at Mailchimp has settled: press “Import all campaigns” on the page of "
        "campaigns."
    ),
    "List the webhooks with `mailchimpsync webhooks list`, and delete or change the existing one.": say(
        "Delete the existing one on the webhooks page, under Configuration."
    ),
    "Nothing is lost: the next sync reads the member again. Check with `mailchimpsync status` that syncs succeed.": say(
        "Nothing is lost: the next sync reads the member again. Check under History that syncs succeed."
    ),
    "Nothing to do as a rule: the results are read when the batch is done. Removals don't wait for it: each sync sends "
    "separate requests for people who are known to have left since, and for those whose removal is in the batch "
    "itself. Everything else in the batch waits: additions, interests, names. If the batch never finishes, "
    "`mailchimpsync abort` deletes it at Mailchimp, and the next sync decides again.": say(
        "Nothing to do as a rule: the results are read when the batch is done. Removals don't wait for it: each sync "
        "sends separate requests for people who are known to have left since, and for those whose removal is in the "
        "batch itself. Everything else in the batch waits: additions, interests, names. If the batch never finishes, "
        "“Abort” deletes it at Mailchimp, and the next sync decides again."
    ),
    "Open the URL from outside your network, for example with a phone: it must return status 200. Check that "
    "`mailchimpsync serve` is running, that `public_url` is right, and that the certificate is complete.": say(
        "Open the URL from outside your network, for example with a phone: it must return status 200. Ask the person "
        "who runs the server to check that the service is running, that its public address is right, and that the "
        "certificate is complete."
    ),
    "Open the address from outside your network. Check that `mailchimpsync serve` is running and `public_url` is "
    "right.": say(
        "Open the address from outside your network. Ask the person who runs the server to check that the service is "
        "running and its public address is right."
    ),
    "Remove the webhook at Mailchimp: run `mailchimpsync webhooks repair`.": _REPAIR,
    "Run `mailchimpsync webhooks repair`.": _REPAIR,
    "Run `mailchimpsync webhooks repair`. Until then, changes arrive with the connection's next sync.": say(
        "Press “Repair” on the webhooks page, under Configuration. Until then, changes arrive with the connection's "
        "next sync."
    ),
    "Resume it with `mailchimpsync resume`, then sync.": say("Press “Resume” on the connection's page, then sync."),
    "Review the plan with `mailchimpsync plan show`, then `mailchimpsync approve` or `mailchimpsync drop` it.": say(
        "Review the plan, then approve it or drop it."
    ),
    "Run `mailchimpsync init --time-zone` with the site's time zone, such as `America/New_York`, or set "
    "`civicrm.time_zone` in the configuration.": say("Set the site's time zone under Configuration, CiviCRM."),
    "Run `mailchimpsync migrate`.": say("Ask the person who runs the server to update the database of this service."),
    "See --help.": say("Go back, correct it and try again."),
    "See its message with `mailchimpsync data plugins` and in the sync's log. Fix the plugin, or turn it off.": say(
        "See its message in the sync's log. Fix the plugin, or turn it off under Settings, Data for Mailchimp."
    ),
    "Wait for the other run to finish, or stop it with `mailchimpsync abort`.": say(
        "Wait for the other sync to finish, or press “Abort” on the connection's page."
    ),
    # what checks find
    "Add a channel to the part `alerts` of the configuration with `mailchimpsync config edit`.": say(
        "Add a channel under Configuration, Alerts."
    ),
    "Make sure that CiviCRM has each person's consent, or let Mailchimp ask: `mailchimpsync connect --new-members "
    "confirm`.": say(
        "Make sure that CiviCRM has each person's consent, or let Mailchimp ask: see Settings, Rules and limits."
    ),
    "Make sure that `mailchimpsync serve` is running, and check `mailchimpsync webhooks events`.": _SERVICE,
    "Make sure that `mailchimpsync serve` is running, or import by hand with `mailchimpsync campaigns pull`.": say(
        "Ask the person who runs the server to check that the service is running, or import by hand on the page of "
        "campaigns."
    ),
    "Make sure that `mailchimpsync serve` is running, or that a schedule calls `mailchimpsync sync`.": _SERVICE,
    "No CiviCRM site is configured. Run `mailchimpsync init`.": _CIVICRM,
    "No CiviCRM site is configured; run `mailchimpsync init`.": _CIVICRM,
    "No audience is connected yet. Run `mailchimpsync connect`.": _CONNECT,
    "No public_url is set, so Mailchimp can't report changes at once. They arrive with the next sync.": say(
        "This service has no public address, so Mailchimp can't report changes at once. They arrive with the next sync."
    ),
    "Nothing has been sent yet. Send a test with `mailchimpsync alerts test`.": say(
        "Nothing has been sent yet. Send a test under Configuration, Alerts."
    ),
    "Put a proxy with a certificate in front of `serve`, and write https:// in `public_url`.": say(
        "Ask the person who runs the server to put a proxy with a certificate in front of the service, and to use "
        "https:// in its public address."
    ),
    "Run `mailchimpsync civicrm install`.": say("Put the entries into CiviCRM again under Configuration, CiviCRM."),
    "Run `mailchimpsync connect`.": _CONNECT,
    "Run `mailchimpsync doctor --deep --json`, and send us the output. It contains no names and no addresses.": say(
        "Ask the person who runs the server for a deep check of CiviCRM, and send us its output. It contains no names "
        "and no addresses."
    ),
    "Run `mailchimpsync init`, or restore a backup.": say("Ask the person who runs the server to restore a backup."),
    "Run `mailchimpsync init`.": _CIVICRM,
    "Run `mailchimpsync sync` to continue from there.": _SYNC,
    "Run `mailchimpsync sync`, and check its output.": say(
        "Press “Sync now” on the connection's page, and see its log."
    ),
    "Run `mailchimpsync sync`.": _SYNC,
    "See `mailchimpsync alerts list`.": say("See the overview."),
    "See that the server is right, then `mailchimpsync alerts test`.": say(
        "See that the mail server is right, then send a test under Configuration, Alerts."
    ),
    "Set `public_url` in mailchimpsync.toml, or MAILCHIMPSYNC_PUBLIC_URL, to the address at which `serve` can be "
    "reached.": say(
        "Ask the person who runs the server to set its public address; the webhooks page has what to copy."
    ),
    "This service has no public address for Mailchimp: public_url is not set. %(remedy)s": say(
        "This service has no public address for Mailchimp. %(remedy)s"
    ),
    # what errors and people's pages say
    "An erasure can't be undone. To go ahead, confirm it with `--yes`, or confirm=1.": say(
        "An erasure can't be undone. Confirm it to go ahead."
    ),
    "Someone else has saved the configuration meanwhile, so nothing was saved. See what they changed with "
    "`mailchimpsync config diff`, then do it again.": say(
        "Someone else has saved the configuration meanwhile, so nothing was saved. See what they changed under "
        "Configuration, Versions, then do it again."
    ),
    "The audience has no merge field %(field)s; `mailchimpsync data create-fields` makes it.": say(
        "The audience has no merge field %(field)s; create it under Settings, Data for Mailchimp."
    ),
    "The configuration is empty. Get the current one with `mailchimpsync config export`.": say(
        "The configuration is empty. Export the current one first."
    ),
    "There is no alert %(id)s; `mailchimpsync alerts list` shows them.": say("There is no alert %(id)s."),
    "There is no token %(id)s; `mailchimpsync token list` shows them.": say("There is no token %(id)s."),
    "There is no version %(number)s of the configuration; the newest %(kept)s are kept. See `mailchimpsync config "
    "history`.": say("There is no version %(number)s of the configuration; the newest %(kept)s are kept."),
    "What to do: nothing. For a decision now, run `mailchimpsync sync`.": say(
        "What to do: nothing. For a decision now, press “Sync now”."
    ),
    "What to do: run `mailchimpsync sync`, which checks again.": say(
        "What to do: press “Sync now”, which checks again."
    ),
    "What to do: run `mailchimpsync sync --since ever`, which reads both sides again.": say(
        "What to do: press “Sync everything”, which reads both sides again."
    ),
    # alerts, beside a button that leads to the page
    "`mailchimpsync status` shows the cause and what to do.": say("The page shows the cause and what to do."),
    "`mailchimpsync status` shows the reasons and who can fix them.": say(
        "The page shows the reasons and who can fix them."
    ),
    "`mailchimpsync data findings` shows them.": say("The page shows them."),
    "Check that `mailchimpsync serve` is running or cron calls `mailchimpsync sync`, and check its output.": say(
        "Press “Sync now” on the connection's page. If syncs don't start on schedule, ask the person who runs the "
        "server to check that the service is running."
    ),
    "Review it with `mailchimpsync plan show %(plan)s`, then run `mailchimpsync approve %(plan)s` or `mailchimpsync "
    "drop %(plan)s`.": say("Review the plan, then approve or drop it."),
    "Run `mailchimpsync sync --since ever`, then verify again. Only a full sync finds data that was loaded into "
    "CiviCRM with old dates.": say(
        "Press “Sync everything” on the connection's page, then compare both sides again. Only a full sync finds data "
        "that was loaded into CiviCRM with old dates."
    ),
    "To stop the reminders, run `mailchimpsync alerts ack %(id)s`.": say(
        "To stop the reminders, press “Acknowledge” beside the problem."
    ),
}
"""What is said to people who have the screens, by the engine's texts."""
