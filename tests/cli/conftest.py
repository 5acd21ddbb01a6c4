"""A small charity on both stand-ins, over real HTTP, and the command line of Ann, its administrator."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from click.testing import CliRunner, Result
from werkzeug.wrappers import Request, Response

from mailchimpsync.actions import open_site
from mailchimpsync.cli.main import cli
from mailchimpsync.mailchimp import BatchInfo, recent_batches
from mailchimpsync.model import LaneChoice
from mailchimpsync_sandbox.civicrm import CivicrmSandbox
from mailchimpsync_sandbox.mailchimp import MailchimpSandbox
from support.forwarding import ForwardingApp, two_forwarding_apps
from support.processes import Program, command
from support.rights import TRASH

MAILCHIMP_KEY = "fedcba9876543210fedcba9876543210-us6"
CIVICRM_KEY = "ann-keeps-this-civicrm-key"
LIST_ID = "a1b2c3d4e5"
PATIENCE_SECONDS = 60
WALKS, CYCLING = "1111111111", "2222222222"


@dataclass
class CommandLine:
    """Runs commands as Ann types them; `outputs` is all that was ever printed."""

    home: Path
    mailchimp: MailchimpSandbox
    civicrm: CivicrmSandbox
    mailchimp_url: str
    civicrm_url: str
    outputs: list[str] = field(default_factory=list)
    list_id: str = LIST_ID
    mailchimp_key: str = MAILCHIMP_KEY
    civicrm_key: str = CIVICRM_KEY

    def __call__(self, *words: str, typed: str | None = None, **env: str) -> Result:
        result = CliRunner().invoke(cli, ["--home", str(self.home), *words], input=typed, env=env)
        self.outputs.append(result.output)
        return result

    def init(self, key: str = CIVICRM_KEY, **env: str) -> Result:
        return self("init", "--civicrm-url", self.civicrm_url, MAILCHIMPSYNC_CIVICRM_KEY=key, **env)

    def connect(self, *words: str, key: str = MAILCHIMP_KEY) -> Result:
        given = words or (
            "--audience",
            LIST_ID,
            "--group",
            "8",
            "--interest",
            "Walks=Walks",
            "--interest",
            "Cycling=10",
        )
        return self("connect", "--base-url", self.mailchimp_url, *given, MAILCHIMPSYNC_MAILCHIMP_KEY=key)

    def status(self) -> dict[str, Any]:
        found: list[dict[str, Any]] = json.loads(self("status", "--json").stdout)
        return found[0]

    def start(self, *words: str) -> Program:
        """Start a command as a process of its own."""
        return command("--home", str(self.home), *words, place=self.home.parent)

    def use_batches_only(self) -> None:
        """Let all updates be sent in batches."""
        with open_site(self.home) as site:
            links = [one.model_copy(update={"lane": LaneChoice.BATCHES}) for one in site.configuration.connections]
            site.save(site.configuration.model_copy(update={"connections": tuple(links)}), "ann")

    def batches_at_mailchimp(self) -> list[BatchInfo]:
        with open_site(self.home) as site:
            [account] = site.configuration.accounts
            return recent_batches(site.mailchimp(account))

    def sync_until_sent(self) -> Result:
        """Sync until a batch has been sent; on a busy machine that takes more than one call of half a second."""
        for _ in range(120):
            result = self("sync", "--max-time", "0.5")
            assert result.exit_code == 3
            if "Mailchimp is still processing" in result.stdout:
                return result
        raise AssertionError("the batch was never sent")

    @contextmanager
    def sync_kept_waiting(self, *words: str) -> Iterator[Program]:
        """Start a sync, whose first request for members is answered once the block has ended."""
        handle, asked, goes_on = self.mailchimp.handle, Event(), Event()

        def wait(request: Request) -> Response:
            if request.path.endswith("/members") and not asked.is_set():
                asked.set()
                goes_on.wait(PATIENCE_SECONDS)
            return handle(request)

        self.mailchimp.handle = wait  # type: ignore[method-assign]
        process = self.start("sync", *words)
        try:
            assert asked.wait(PATIENCE_SECONDS), process.complaints.read_text()
            yield process
        finally:
            goes_on.set()


def _fill(mailchimp: MailchimpSandbox, civicrm: CivicrmSandbox) -> None:
    mailchimp.add_account(MAILCHIMP_KEY, account_name="Green Paths")
    mailchimp.set_options(batch_dwell=dict.fromkeys(("pending", "preprocessing", "started", "finalizing"), 0))
    interests = {WALKS: "Topics: Walks", CYCLING: "Topics: Cycling"}
    mailchimp.add_audience(MAILCHIMP_KEY, LIST_ID, "Newsletter", interests=interests)
    for group_id, title in ((8, "News"), (9, "Walks"), (10, "Cycling"), (13, "Other")):
        civicrm.add_group(group_id, title)
    civicrm.add_group(11, "Everybody in town", smart=True)
    civicrm.add_group(12, "Old list", active=False)
    long_ago, lately = "2026-01-01T10:00:00Z", "2026-11-01T10:00:00Z"
    mailchimp.load_members(
        LIST_ID,
        [
            {"email_address": "bella@example.org", "first_name": "Bella", "last_changed": long_ago},
            {"email_address": "carl@example.org", "status": "unsubscribed", "last_changed": lately},
            {"email_address": "dora@example.org", "first_name": "Dóra", "last_changed": long_ago},
        ],
    )
    added = {8: {"status": "Added", "date": long_ago}}
    civicrm.load_contacts(
        [
            {"id": 11, "first_name": "Bella", "emails": ["bella@example.org"], "groups": added},
            {"id": 12, "first_name": "Carl", "emails": ["carl@example.org"], "groups": added},
            {"id": 13, "first_name": "Emil", "emails": ["emil@example.org"], "groups": added},
            {"id": 14, "first_name": "Nobody", "emails": [], "groups": added},
        ]
    )


@pytest.fixture(scope="session")
def forwarding_apps() -> Iterator[tuple[ForwardingApp, ForwardingApp]]:
    """Where each test's Mailchimp and CiviCRM answer."""
    with two_forwarding_apps() as found:
        yield found


@pytest.fixture
def command_line(
    forwarding_apps: tuple[ForwardingApp, ForwardingApp], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[CommandLine]:
    """Ann's command line, which must never show one of her keys."""
    for name in [name for name in os.environ if name.startswith("MAILCHIMPSYNC_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "ann"))
    mailchimp, civicrm = MailchimpSandbox(), CivicrmSandbox(api_key=CIVICRM_KEY, permissions=TRASH)
    _fill(mailchimp, civicrm)
    to_mailchimp, to_civicrm = forwarding_apps
    to_mailchimp.behind, to_civicrm.behind = mailchimp, civicrm
    command_line = CommandLine(tmp_path / "site", mailchimp, civicrm, f"{to_mailchimp.url}/3.0", to_civicrm.url)
    yield command_line
    mailchimp.close()
    civicrm.close()
    printed = "".join(command_line.outputs)
    assert MAILCHIMP_KEY not in printed
    assert CIVICRM_KEY not in printed


@pytest.fixture(scope="session")
def connected_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a copy of the first connected site is kept."""
    return tmp_path_factory.mktemp("connected") / "site"


@pytest.fixture
def connected(command_line: CommandLine, connected_home: Path) -> CommandLine:
    """Ann's command line, with her audience connected: by commands the first time, later by a copy of the site."""
    if connected_home.exists():
        shutil.copytree(connected_home, command_line.home)
        return command_line
    assert command_line.init().exit_code == 0
    assert command_line.connect().exit_code == 0
    shutil.copytree(command_line.home, connected_home)
    return command_line
