"""When the next sync is: only where a service runs and the connection's own schedule is on, and else why not."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cli.conftest import CommandLine
from mailchimpsync.actions import change_configuration, open_site
from mailchimpsync.store.runs import services


@pytest.mark.parametrize(
    ("runs", "scheduled", "said"),
    [
        (False, True, "neither a service nor a worker is running"),
        (True, False, "this connection's schedule is off"),
        (True, True, ""),
    ],
)
def test_status_says_when_the_next_sync_is_or_which_of_service_and_schedule_is_missing(
    connected: CommandLine, runs: bool, scheduled: bool, said: str
) -> None:
    with open_site(connected.home) as site:
        [link] = site.configuration.connections
        schedule = link.schedule.model_copy(update={"enabled": scheduled})
        wanted = site.configuration.replacing(connections=[link.model_copy(update={"schedule": schedule})])
        change_configuration(site, wanted, by="ann", check=False)
        if runs:
            with site.store.begin() as tx:
                services.record_heartbeat(tx, "one", datetime.now(UTC))

    shown = " ".join(connected("status").stdout.split())

    assert ("not scheduled" in shown) is bool(said)
    assert said in shown
    assert (connected.status()["next_run_at"] is not None) is not bool(said)
