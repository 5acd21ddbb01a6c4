"""A fake clock that only sleep moves, scripted responses, and both stand-ins over real HTTP."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from mailchimpsync.civicrm import CivicrmClient
from mailchimpsync.mailchimp import MailchimpClient
from mailchimpsync.runtime import Runtime
from mailchimpsync_sandbox.civicrm import CivicrmSandbox
from mailchimpsync_sandbox.kit.server import Served
from mailchimpsync_sandbox.mailchimp import MailchimpSandbox

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
KEY = "0123456789abcdef0123456789abcdef-us6"
LIST_ID = "a1b2c3d4e5"


@dataclass
class FakeClock:
    """A runtime whose time only moves with sleep."""

    time: datetime = NOON
    slept: list[float] = field(default_factory=list)
    runtime: Runtime = field(init=False)

    def __post_init__(self) -> None:
        self.runtime = Runtime(now=lambda: self.time, sleep=self.sleep, chance=random.Random(7))

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += timedelta(seconds=seconds)


@dataclass
class Script:
    """Responses in order; the last one is repeated, and exceptions are raised."""

    answers: list[httpx2.Response | Exception]
    requests: list[httpx2.Request] = field(default_factory=list)

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        request.read()
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return httpx2.Response(answer.status_code, headers=answer.headers, stream=httpx2.ByteStream(answer.content))

    @property
    def transport(self) -> httpx2.MockTransport:
        return httpx2.MockTransport(self)


MailchimpSays = Callable[..., tuple[MailchimpClient, Script]]
CivicrmSays = Callable[..., tuple[CivicrmClient, Script]]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def mailchimp_says(clock: FakeClock) -> Iterator[MailchimpSays]:
    """Create a client of a Mailchimp that gives these responses."""
    clients = []

    def make(*answers: httpx2.Response | Exception) -> tuple[MailchimpClient, Script]:
        script = Script(list(answers))
        clients.append(MailchimpClient(KEY, clock.runtime, transport=script.transport))
        return clients[-1], script

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def civicrm_says(clock: FakeClock) -> Iterator[CivicrmSays]:
    """Create a client of a CiviCRM with clean URLs that gives these responses."""
    clients = []

    def make(*answers: httpx2.Response | Exception) -> tuple[CivicrmClient, Script]:
        script = Script(list(answers))
        pattern = "/civicrm/ajax/api4/{entity}/{action}"
        clients.append(
            CivicrmClient("https://charity.test", "s3cret", clock.runtime, pattern=pattern, transport=script.transport)
        )
        return clients[-1], script

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def mailchimp(clock: FakeClock) -> Iterator[tuple[MailchimpSandbox, MailchimpClient]]:
    """The stand-in with an audience that has two interests, and its client; tests say when batches run."""
    sandbox = MailchimpSandbox(manual_batches=True)
    sandbox.clock.freeze(NOON)
    sandbox.add_account(KEY, "Stone Age Trust")
    sandbox.add_audience(KEY, LIST_ID, "Newsletter", {"aaaaaaaaaa": "Topics: Walking", "bbbbbbbbbb": "Topics: Cycling"})
    with Served(sandbox) as served, MailchimpClient(KEY, clock.runtime, base_url=f"{served.url}/3.0") as client:
        yield sandbox, client
    sandbox.close()


@pytest.fixture
def civicrm(clock: FakeClock) -> Iterator[tuple[CivicrmSandbox, CivicrmClient]]:
    """The stand-in, an hour ahead of UTC, with the groups 8 Newsletter and 9 Walking, and its administrator's client."""
    sandbox = CivicrmSandbox(api_key="s3cret", utc_offset_minutes=60)
    sandbox.clock.freeze(NOON)
    sandbox.add_group(8, "Newsletter")
    sandbox.add_group(9, "Walking")
    with Served(sandbox) as served, CivicrmClient(served.url, "s3cret", clock.runtime) as client:
        yield sandbox, client
    sandbox.close()
