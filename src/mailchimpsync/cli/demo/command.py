"""`mailchimpsync demo`."""

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

from mailchimpsync.cli.demo.scenario import Demo
from mailchimpsync.cli.demo.stand_ins import CIVICRM_KEY, KeptDemo, StandIns, kept_demo, stop_kept_demo
from mailchimpsync.cli.output.console import stdout
from mailchimpsync.cli.output.errors import EXIT_INTERRUPTED
from mailchimpsync.errors import UsageError
from mailchimpsync_sandbox.world import API_KEY, Side, begin


def demo(ctx: click.Context, people: int, keep: bool, unconnected: bool, stop: bool) -> None:
    if stop:
        stop_kept_demo()
        stdout().print("[good]✓[/] The demo was stopped, and its files were deleted.")
        return
    if (keep or unconnected) and kept_demo() is not None:
        raise UsageError("A demo is already running. Stop it first: `mailchimpsync demo --stop`.")
    signal.signal(signal.SIGTERM, _exit_on_signal)
    try:
        agreed = _start_only(people) if unconnected else _run(people, keep=keep)
    except KeyboardInterrupt:
        stdout().print("\nStopped. Nothing of the demo is left.")
        ctx.exit(EXIT_INTERRUPTED)
    ctx.exit(0 if agreed else 1)


def _exit_on_signal(_number: int, _frame: FrameType | None) -> NoReturn:
    """Exit normally, so that the stand-ins are stopped too."""
    sys.exit(128 + signal.SIGTERM)


def _run(people: int, *, keep: bool) -> bool:
    with ExitStack() as cleaning:
        directory = Path(tempfile.mkdtemp(prefix="mailchimpsync-demo-"))
        cleaning.callback(shutil.rmtree, directory, ignore_errors=True)
        stand_ins = cleaning.enter_context(StandIns(directory, detached=keep))
        scenario = cleaning.enter_context(Demo(stdout(), stand_ins, directory / "home", people))
        agreed = scenario.run()
        if keep:
            _release(stand_ins, directory)
            scenario.print_next_steps()
            scenario.close()
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
    """Leave the stand-ins running, and record them for `--stop`."""
    urls = {side.value: url for side, url in stand_ins.urls.items()}
    ids = {side.value: number for side, number in stand_ins.release().items()}
    KeptDemo(str(directory), urls, ids).save()
