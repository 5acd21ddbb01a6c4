"""What a process does that makes one run."""

from __future__ import annotations

import sys

from mailchimpsync.civicrm import CivicrmClient
from mailchimpsync.mailchimp import MailchimpClient
from mailchimpsync.model import Connection
from mailchimpsync.runtime import Deadline, Runtime
from mailchimpsync.store import Store
from mailchimpsync.sync import Systems, run_connection
from mailchimpsync.sync.stages import submit
from support.world import CIVICRM_KEY, KEY, LIST, NEWS, RIDE, RIDES, WALK, WALKS


def run_once(mailchimp_url: str, civicrm_url: str, database_url: str) -> None:
    """Run once, to the end."""
    runtime = Runtime()
    submit.POLL_FIRST_SECONDS = 0.02
    systems = Systems(
        Store(database_url),
        MailchimpClient(KEY, runtime, base_url=f"{mailchimp_url}/3.0"),
        CivicrmClient(civicrm_url, CIVICRM_KEY, runtime),
        runtime,
    )
    connection = Connection(LIST, NEWS, {WALK: WALKS, RIDE: RIDES})
    sys.stdout.write(run_connection(systems, connection, Deadline.after(runtime, None)).outcome.value)
