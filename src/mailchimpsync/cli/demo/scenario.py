"""The steps of the demo."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic import SecretStr
from rich.console import Console
from rich.padding import Padding
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from mailchimpsync.actions import (
    Site,
    connect_audience,
    create_site,
    fetchandreconcile,
    getchanges,
    getfailures,
    getstatus,
    probe_site,
)
from mailchimpsync.cli.demo.both_sides import CivicrmSide, MailchimpSide, compare, read_civicrm, read_mailchimp
from mailchimpsync.cli.demo.example_table import show_examples
from mailchimpsync.cli.demo.stand_ins import CIVICRM_KEY, StandIns
from mailchimpsync.cli.interrupt import Interruption
from mailchimpsync.cli.output.change_table import show_changes
from mailchimpsync.cli.output.failures import show_failures
from mailchimpsync.cli.output.progress import BarProgress
from mailchimpsync.config import Account, CivicrmSite, Guard, Link
from mailchimpsync_sandbox.world import (
    API_KEY,
    AUDIENCE_ID,
    AUDIENCE_NAME,
    GROUPS,
    INTERESTS,
    NEWS_GROUP,
    ControlCall,
    Side,
    begin,
    changes,
)

UNEXPLAINED_SHOWN_MAX = 20


class Demo:
    """The demo on one console, with one site. Use it as a context manager, or close it."""

    def __init__(self, console: Console, stand_ins: StandIns, home: Path, people: int) -> None:
        self._console = console
        self._stand_ins = stand_ins
        self._home = home
        self._people = people
        self._started = time.perf_counter()
        self._site: Site | None = None
        self._interruption = Interruption()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the site."""
        if self._site is not None:
            self._site.close()
            self._site = None

    def run(self) -> bool:
        """Run all steps, and return whether both sides agree at the end."""
        self._introduce()
        world = begin(self._people, datetime.now(UTC))
        self._do(world.calls)
        self._print_world(len(world.builder.contacts), len(world.builder.members))
        site, link = self._connect()
        self._heading("The first sync", "Everything is read from both sides and brought into agreement.")
        self._sync(site)
        civicrm, mailchimp = self._read_both(link)
        show_examples(
            self._console, world.examples, civicrm, mailchimp, link.group_id, getfailures(site, link.audience_id)
        )
        show_failures(self._console, getstatus(site, group_id=link.group_id)[0].failures)
        self._heading("Changes on both sides", "People and staff change things on both sides.")
        counts, calls = changes(world, self._people)
        self._do(calls)
        self._print_changes(counts)
        self._heading("The next sync", "Only changes since the last sync are read, so it is quick.")
        self._sync(site)
        show_failures(self._console, getstatus(site, group_id=link.group_id)[0].failures)
        return self._check(site, link)

    def _introduce(self) -> None:
        words = Text.assemble(
            ("mailchimpsync demo\n", "bold"),
            "A simulated Mailchimp and CiviCRM stand in for the real ones. They use the same protocols, over HTTP on "
            "this machine. No data leaves it.",
        )
        self._console.print(Panel(words, border_style="cyan", width=min(self._console.width, 100)))

    def _heading(self, title: str, words: str) -> None:
        self._console.print()
        self._console.print(Rule(Text(title, style="head"), align="left", style="cyan"))
        self._console.print(Text(words))
        self._console.print()

    def _do(self, calls: Iterable[ControlCall]) -> None:
        for call in calls:
            self._stand_ins.do(call)

    def _print_world(self, contacts: int, members: int) -> None:
        topics = ", ".join(GROUPS[group] for group, _ in INTERESTS.values())
        words = (
            f"A charity, Green Paths, has {contacts:,} contacts in CiviCRM and {members:,} members in its Mailchimp "
            f"audience “{AUDIENCE_NAME}”. The two have never been synced. The CiviCRM group “{GROUPS[NEWS_GROUP]}” "
            f"should match the audience, and six more groups should match its interests: {topics}."
        )
        self._console.print(Text(words))

    def _connect(self) -> tuple[Site, Link]:
        urls = self._stand_ins.urls
        site = self._site = create_site(self._home)
        found = probe_site(site, CivicrmSite(url=urls[Side.CIVICRM], api_key=SecretStr(CIVICRM_KEY), time_zone="UTC"))
        site.save(site.configuration.with_civicrm(found.civicrm), by="demo")
        account = Account(api_key=SecretStr(API_KEY), base_url=f"{urls[Side.MAILCHIMP]}/3.0")
        interests = {key: group for key, (group, _) in INTERESTS.items()}
        link = Link(
            account="Green Paths",
            audience_id=AUDIENCE_ID,
            group_id=NEWS_GROUP,
            interests=interests,
            guard=Guard(enabled=False),  # two sides that were never synced differ by more than the limits allow
        )
        return site, connect_audience(site, link, account, by="demo")

    def _sync(self, site: Site) -> None:
        started = time.perf_counter()
        with self._interruption.watching(), BarProgress(self._console) as progress:
            report = fetchandreconcile(site, max_time=0, progress=progress, stop=self._interruption.asked)[0]
        if self._interruption.asked():
            raise KeyboardInterrupt
        if report.error is not None:
            raise report.error
        self._console.print(Text(f"Done in {time.perf_counter() - started:.1f} s.\n", style="good"))
        run_ids = [report.result.run_id] if report.result else []
        names = {key: name.rpartition(": ")[2] for key, (_, name) in INTERESTS.items()}
        show_changes(self._console, getchanges(site, run_ids), GROUPS, names)
        self._console.print()

    def _print_changes(self, counts: Sequence[tuple[str, int]]) -> None:
        table = Table.grid(padding=(0, 1))
        table.add_column(justify="right")
        for words, number in counts:
            table.add_row(f"{number:,}", Text(words))
        self._console.print(Padding(table, (0, 0, 0, 2)))

    def _read_both(self, link: Link) -> tuple[CivicrmSide, MailchimpSide]:
        urls = self._stand_ins.urls
        return (
            read_civicrm(urls[Side.CIVICRM], CIVICRM_KEY, link.connection.group_ids),
            read_mailchimp(f"{urls[Side.MAILCHIMP]}/3.0", API_KEY, AUDIENCE_ID),
        )

    def _check(self, site: Site, link: Link) -> bool:
        self._heading(
            "Do both sides agree?",
            "Everyone is read again through both public APIs, independently of the sync's own records, and compared.",
        )
        civicrm, mailchimp = self._read_both(link)
        found = compare(civicrm, mailchimp, link.connection, getfailures(site, AUDIENCE_ID))
        read = (
            f"{found.memberships:,} people in the group and {found.members:,} subscribed members were compared, "
            f"with their interests. {found.agreeing:,} agree"
        )
        listed = f"; {found.explained:,} differ, each for a reason listed above." if found.explained else "."
        took = f"All in {time.perf_counter() - self._started:.0f} s."
        if found.unexplained:
            self._console.print(Text(f"✗ {read}{listed}", style="bad"))
            for line in found.unexplained[:UNEXPLAINED_SHOWN_MAX]:
                self._console.print(Text(f"  • {line}"))
            self._console.print(
                Text(f"✗ There are {len(found.unexplained):,} unexplained differences between the two sides.")
            )
            return False
        verdict = "All differences have a known reason. " if found.explained else "Both sides agree. "
        self._console.print(Text.assemble((f"✓ {verdict}", "bold green"), f"{read}{listed} {took}"))
        return True

    def print_next_steps(self) -> None:
        """Print how to use the other commands with the stand-ins."""
        urls = self._stand_ins.urls
        self._heading("Try it yourself", "Both stand-ins keep running, and a site is ready for the other commands:")
        for line in (
            f"export MAILCHIMPSYNC_HOME={self._home}",
            "mailchimpsync status",
            "mailchimpsync sync",
            "",
            f"# CiviCRM is at {urls[Side.CIVICRM]}, Mailchimp at {urls[Side.MAILCHIMP]}/3.0",
            "# when you are done:",
            "mailchimpsync demo --stop",
        ):
            self._console.print(Text(f"    {line}"), soft_wrap=True)
