"""`mailchimpsync demo`: the whole thing, on a local Mailchimp and a local CiviCRM."""

from __future__ import annotations

import shutil
import signal
import sys
import tempfile
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import NoReturn

import click

from mailchimpsync.cli.demo.acts import Show
from mailchimpsync.cli.demo.stand_ins import CIVICRM_KEY, Kept, StandIns, kept_demo, stop_kept_demo
from mailchimpsync.cli.output.console import stdout
from mailchimpsync.cli.output.errors import EXIT_INTERRUPTED
from mailchimpsync.errors import UsageError
from mailchimpsync_sandbox.world import API_KEY, Side, begin

PEOPLE_MIN, PEOPLE_MAX = 100, 100_000


@click.command("demo")
@click.option(
    "--people", type=click.IntRange(PEOPLE_MIN, PEOPLE_MAX), default=5_000, show_default=True, help="How many people."
)
@click.option("--keep", is_flag=True, help="Leave both stand-ins running, to try the other commands on.")
@click.option("--unconnected", is_flag=True, help="Only start both stand-ins, and leave them running unconnected.")
@click.option("--stop", is_flag=True, help="Stop what an earlier --keep left running.")
@click.pass_context
def command(ctx: click.Context, people: int, keep: bool, unconnected: bool, stop: bool) -> None:
    """Show what it does, on a local Mailchimp and a local CiviCRM filled with a believable charity.

    Nothing leaves this machine, and nothing is left on it unless you say --keep, or --unconnected: then both stand-ins
    go on without having been connected, for you to do that.
    """
    if stop:
        stop_kept_demo()
        stdout().print("[good]✓[/] The demo is stopped, and its files are gone.")
        return
    if (keep or unconnected) and kept_demo() is not None:
        raise UsageError("A demo is running already; stop it first: `mailchimpsync demo --stop`.")
    signal.signal(signal.SIGTERM, _exit_politely)
    try:
        agreed = _start_only(people) if unconnected else _run(people, keep=keep)
    except KeyboardInterrupt:
        stdout().print("\nStopped; nothing of the demo is left.")
        ctx.exit(EXIT_INTERRUPTED)
    ctx.exit(0 if agreed else 1)


def _exit_politely(_number: int, _frame: FrameType | None) -> NoReturn:
    """A polite end, so that the stand-ins end too."""
    sys.exit(128 + signal.SIGTERM)


def _run(people: int, *, keep: bool) -> bool:
    with ExitStack() as cleaning:
        directory = Path(tempfile.mkdtemp(prefix="mailchimpsync-demo-"))
        cleaning.callback(shutil.rmtree, directory, ignore_errors=True)
        stand_ins = cleaning.enter_context(StandIns(directory, detached=keep))
        show = cleaning.enter_context(Show(stdout(), stand_ins, directory / "home", people))
        agreed = show.play()
        if keep:
            _release(stand_ins, directory)
            show.tell_how_to_go_on()
            show.close()
            cleaning.pop_all()
    return agreed


def _start_only(people: int) -> bool:
    with ExitStack() as cleaning:
        directory = Path(tempfile.mkdtemp(prefix="mailchimpsync-demo-"))
        cleaning.callback(shutil.rmtree, directory, ignore_errors=True)
        stand_ins = cleaning.enter_context(StandIns(directory, detached=True))
        for call in begin(people, datetime.now(UTC)).calls:
            stand_ins.do(call)
        _release(stand_ins, directory)
        cleaning.pop_all()
    urls = stand_ins.urls
    for line in (
        f"CiviCRM    {urls[Side.CIVICRM]}",
        f"  API key  {CIVICRM_KEY}",
        f"Mailchimp  {urls[Side.MAILCHIMP]}/3.0",
        f"  API key  {API_KEY}",
        "Stop them: mailchimpsync demo --stop",
    ):
        stdout().print(line, soft_wrap=True)
    return True


def _release(stand_ins: StandIns, directory: Path) -> None:
    """Let the stand-ins go on by themselves, and note them for `--stop`."""
    urls = {side.value: url for side, url in stand_ins.urls.items()}
    ids = {side.value: number for side, number in stand_ins.release().items()}
    Kept(str(directory), urls, ids).save()
