"""A charity on both stand-ins, synced, with every kind of row; and the interfaces through which actions are called."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import insert, select
from sqlalchemy import update as sql_update

from mailchimpsync import Site, call, fetchandreconcile, open_site
from mailchimpsync.cli.main import cli
from mailchimpsync.config import Schedule
from mailchimpsync.model import LaneChoice
from mailchimpsync.store.schema import cache
from mailchimpsync_sandbox.civicrm import CivicrmSandbox
from mailchimpsync_sandbox.mailchimp import MailchimpSandbox
from support.forwarding import ForwardingApp, two_forwarding_apps
from support.rights import TRASH
from support.service import CIVICRM_KEY, LIST_ID, LONG_AGO, MAILCHIMP_KEY, NEWS, OTHER_LIST, OTHERS, Charity

BELLA, CARL, EMIL, NOBODY, FAY = 11, 12, 13, 14, 15
LATELY = "2026-11-01T10:00:00Z"

Row = dict[str, Any]


@dataclass
class CharitySite:
    """The charity, and its open site."""

    charity: Charity
    site: Site

    def rows(self) -> list[Row]:
        with self.site.store.begin() as tx:
            return [dict(row) for row in tx.execute(select(cache).order_by(cache.c.id)).mappings()]

    def row(self, *, email: str | None = None, contact: int | None = None) -> Row:
        """Return the only row of an address or a contact in the first audience."""
        [found] = [
            row
            for row in self.rows()
            if row["mailchimp_list_id"] == LIST_ID
            and (email is None or row["mailchimp_email"] == email)
            and (contact is None or row["civicrm_contact_id"] == contact)
        ]
        return found

    def set(self, row_id: int, **values: Any) -> None:
        """Change the values of a row."""
        with self.site.store.begin() as tx:
            tx.execute(sql_update(cache).where(cache.c.id == row_id).values(values))

    def add(self, table: Any, **values: Any) -> int:
        """Put a row into a table."""
        with self.site.store.begin() as tx:
            key = tx.execute(insert(table).values(values)).inserted_primary_key
        assert key is not None
        return int(key[0])

    def sync(self) -> None:
        for report in fetchandreconcile(self.site):
            assert report.error is None


def _furnish(mailchimp: MailchimpSandbox, civicrm: CivicrmSandbox) -> None:
    mailchimp.add_account(MAILCHIMP_KEY, account_name="Green Paths")
    mailchimp.add_audience(MAILCHIMP_KEY, LIST_ID, "Newsletter")
    mailchimp.add_audience(MAILCHIMP_KEY, OTHER_LIST, "Others")
    civicrm.add_group(NEWS, "News")
    civicrm.add_group(OTHERS, "Others")
    mailchimp.load_members(
        LIST_ID,
        [
            {"email_address": "Bella@example.org", "first_name": "Bella", "last_changed": LONG_AGO},
            {"email_address": "carl@example.org", "status": "unsubscribed", "last_changed": LATELY},
            {"email_address": "dora@example.org", "first_name": "Dora", "last_changed": LONG_AGO},
            {"email_address": "fay@example.org", "first_name": "Fay", "last_changed": LONG_AGO},
            {"email_address": "fay.old@example.org", "status": "unsubscribed", "last_changed": LATELY},
        ],
    )
    added = {NEWS: {"status": "Added", "date": LONG_AGO}}
    civicrm.load_contacts(
        [
            {"id": BELLA, "first_name": "Bella", "last_name": "Blum", "emails": ["bella@example.org"], "groups": added},
            {"id": CARL, "first_name": "Carl", "emails": ["carl@example.org"], "groups": added},
            {"id": EMIL, "first_name": "Emil", "emails": ["emil@example.org"], "groups": added},
            {"id": NOBODY, "first_name": "Nobody", "emails": [], "groups": added},
            {
                "id": FAY,
                "first_name": "Fay",
                "emails": ["fay@example.org", "fay.old@example.org"],
                "groups": {**added, OTHERS: {"status": "Added", "date": LONG_AGO}},
            },
        ]
    )


@dataclass(frozen=True)
class Template:
    """A charity, made and synced once, to be copied: the files of both stand-ins, and the site's home."""

    place: Path
    forwarding_apps: tuple[ForwardingApp, ForwardingApp]

    @contextmanager
    def opened(self, place: Path) -> Iterator[Charity]:
        """Open both stand-ins on the files of a place, at the addresses that the site knows."""
        mailchimp = MailchimpSandbox(place / "mailchimp.sqlite")
        civicrm = CivicrmSandbox(place / "civicrm.sqlite", api_key=CIVICRM_KEY, permissions=TRASH)
        mailchimp.set_options(batch_dwell=dict.fromkeys(("pending", "preprocessing", "started", "finalizing"), 0))
        to_mailchimp, to_civicrm = self.forwarding_apps
        to_mailchimp.behind, to_civicrm.behind = mailchimp, civicrm
        yield Charity(place / "site", mailchimp, civicrm, f"{to_mailchimp.url}/3.0", to_civicrm.url)
        mailchimp.close()
        civicrm.close()

    @contextmanager
    def copied(self, place: Path) -> Iterator[CharitySite]:
        """Open a copy of the charity and its site; there is one at a time."""
        shutil.copytree(self.place, place)
        with self.opened(place) as charity, open_site(charity.home) as site:
            yield CharitySite(charity, site)


@contextmanager
def a_template(place: Path) -> Iterator[Template]:
    with two_forwarding_apps() as forwarding_apps:
        template = Template(place, forwarding_apps)
        with template.opened(place) as charity:
            _furnish(charity.mailchimp, charity.civicrm)
            charity.make_site(Schedule(), links=2, lane=LaneChoice.BATCHES)
            with open_site(charity.home) as site:
                CharitySite(charity, site).sync()
        yield template


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Template]:
    """What each `charity_site` is a copy of."""
    with a_template(tmp_path_factory.mktemp("template")) as made:
        yield made


@pytest.fixture(scope="session")
def library_template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Template]:
    """What each `library` is a copy of: it has its own addresses, as it is open beside a `charity_site`."""
    with a_template(tmp_path_factory.mktemp("library-template")) as made:
        yield made


@pytest.fixture(scope="module")
def library(library_template: Template, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CharitySite]:
    """A charity and its site that a module's tests only read."""
    with library_template.copied(tmp_path_factory.mktemp("library") / "copy") as charity_site:
        yield charity_site


@pytest.fixture
def charity_site(template: Template, tmp_path: Path) -> Iterator[CharitySite]:
    """A charity and its site, for one test."""
    with template.copied(tmp_path / "charity_site") as charity_site:
        yield charity_site


@dataclass(frozen=True)
class Answer:
    """CiviCRM's envelope, and the exit code the interface has or would have."""

    envelope: dict[str, Any]
    exit_code: int

    @property
    def values(self) -> Any:
        assert self.envelope["is_error"] == 0, self.envelope
        return self.envelope["values"]

    @property
    def error(self) -> str:
        assert self.envelope["is_error"] == 1, self.envelope
        return str(self.envelope["error_message"])


Interface = Callable[..., Answer]


def by_python(charity_site: CharitySite, title: str, **given: Any) -> Answer:
    entity, _, action = title.partition(".")
    outcome = call(charity_site.site, entity, action, given)
    return Answer(json.loads(json.dumps(outcome.envelope)), outcome.error.exit_code if outcome.error else 0)


def by_command(charity_site: CharitySite, title: str, **given: Any) -> Answer:
    words = [
        f"{name}={value}" if isinstance(value, str) else f"{name}:={json.dumps(value)}" for name, value in given.items()
    ]
    return run_command(charity_site, title, *words)


def run_command(charity_site: CharitySite, *words: str, typed: str | None = None) -> Answer:
    result = CliRunner().invoke(cli, ["--home", str(charity_site.charity.home), "api", *words], input=typed)
    return Answer(json.loads(result.stdout), result.exit_code)


@pytest.fixture(
    params=[
        pytest.param(by_python, id="python"),
        pytest.param(by_command, id="command", marks=pytest.mark.thorough),
    ]
)
def interface(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Interface:
    """Both interfaces: their input and output are the same."""
    for name in [name for name in os.environ if name.startswith("MAILCHIMPSYNC_")]:
        monkeypatch.delenv(name)
    found: Interface = request.param
    return found
