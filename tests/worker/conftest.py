"""The charity, and services that serve it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailchimpsync_sandbox.civicrm import CivicrmSandbox
from mailchimpsync_sandbox.kit.server import Served
from mailchimpsync_sandbox.mailchimp import MailchimpSandbox
from support.processes import command
from support.rights import TRASH
from support.service import (
    CIVICRM_KEY,
    LIST_ID,
    MAILCHIMP_KEY,
    NEWS,
    OTHER_LIST,
    OTHERS,
    Charity,
    RunningService,
    Serve,
    free_port,
)


@pytest.fixture
def charity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Charity]:
    """The charity; Bella is on both sides, Emil in CiviCRM only."""
    for name in [name for name in os.environ if name.startswith("MAILCHIMPSYNC_") and "_TEST_" not in name]:
        monkeypatch.delenv(name)
    mailchimp, civicrm = MailchimpSandbox(), CivicrmSandbox(api_key=CIVICRM_KEY, permissions=TRASH)
    mailchimp.add_account(MAILCHIMP_KEY, account_name="Green Paths")
    mailchimp.set_options(batch_dwell=dict.fromkeys(("pending", "preprocessing", "started", "finalizing"), 0))
    for audience, group, name in ((LIST_ID, NEWS, "News"), (OTHER_LIST, OTHERS, "Others")):
        mailchimp.add_audience(MAILCHIMP_KEY, audience, name)
        civicrm.add_group(group, name)
    with Served(mailchimp) as one, Served(civicrm) as other:
        charity = Charity(tmp_path / "site", mailchimp, civicrm, f"{one.url}/3.0", other.url)
        charity.add_member("bella@example.org")
        charity.add_contact("bella@example.org")
        charity.add_contact("emil@example.org")
        yield charity
    mailchimp.close()
    civicrm.close()


@pytest.fixture
def serve(charity: Charity, tmp_path: Path) -> Iterator[Serve]:
    """Starts services; none of them outlives the test."""
    started: list[RunningService] = []

    def start(*words: str, port: int | None = None, wait: bool = True, **env: str) -> RunningService:
        port = port or free_port()
        listen = "serve", "--listen", f"127.0.0.1:{port}", "--json-logs"
        process = command("--home", str(charity.home), *listen, *words, place=tmp_path, **env)
        running = RunningService(process, f"http://127.0.0.1:{port}")
        started.append(running)
        if wait:
            running.wait_for(running.answers)
        return running

    yield start
    for one in started:
        one.http.close()
        if one.process.poll() is None:
            one.process.terminate()
            try:
                one.process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                one.process.kill()
                one.process.wait(timeout=5)
