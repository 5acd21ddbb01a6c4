"""One run of the engine in a process of its own; prints what it took as JSON."""

from __future__ import annotations

import json
import resource
import sys
import time

from mailchimpsync.civicrm import CivicrmClient
from mailchimpsync.mailchimp import MailchimpClient
from mailchimpsync.model import Connection
from mailchimpsync.runtime import Deadline, NoProgress, Runtime
from mailchimpsync.store import Store
from mailchimpsync.sync import Options, Systems, run_connection


class _Stages(NoProgress):
    """Notes when each stage began."""

    def __init__(self) -> None:
        self.began: list[tuple[str, float]] = []

    def stage(self, stage: str) -> None:
        self.began.append((stage, time.perf_counter()))

    def seconds(self) -> dict[str, float]:
        ends = [at for _, at in self.began[1:]] + [time.perf_counter()]
        return {name: round(end - at, 3) for (name, at), end in zip(self.began, ends, strict=True)}


def main(
    mailchimp: str, mailchimp_key: str, list_id: str, civicrm: str, civicrm_key: str, links: str, url: str
) -> None:
    """Run once: everything if the database is new or `everything` is asked for, else what changed."""
    group, interests, everything = json.loads(links)
    runtime = Runtime()
    store = Store(url)
    store.migrate()
    stages = _Stages()
    started, cpu = time.perf_counter(), time.process_time()
    with (
        MailchimpClient(mailchimp_key, runtime, base_url=mailchimp) as one,
        CivicrmClient(civicrm, civicrm_key, runtime) as other,
    ):
        result = run_connection(
            Systems(store, one, other, runtime),
            Connection(list_id, group, interests),
            Deadline(runtime),
            Options(everything=everything),
            stages,
        )
    print(
        json.dumps(
            {
                "outcome": result.outcome,
                "seconds": round(time.perf_counter() - started, 3),
                "cpu": round(time.process_time() - cpu, 3),
                "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
                "stages": stages.seconds(),
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
