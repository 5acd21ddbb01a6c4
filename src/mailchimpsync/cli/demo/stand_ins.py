"""Starts a simulated Mailchimp and CiviCRM as separate programs, and stops them."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import click
import httpx2

from mailchimpsync.errors import Right, UsageError
from mailchimpsync_sandbox.civicrm.app import DEFAULT_KEY as CIVICRM_KEY
from mailchimpsync_sandbox.world import ControlCall, Side

__all__ = ["CIVICRM_KEY", "KeptDemo", "StandIns", "kept_demo", "stop_kept_demo"]

ANNOUNCEMENT = "listening on "
REQUEST_SECONDS_MAX = 60
STOP_SECONDS_MAX = 10
SECONDS_BETWEEN_LOOKS = 0.05

_GRANT = ControlCall(Side.CIVICRM, "grant", {"key": CIVICRM_KEY, "permissions": [right.value for right in Right]})
"""The key has the permissions that the features need (docs/reference/permissions.md), and no others."""


class StandIns:
    """Both stand-ins, each with a database file in `directory`. A context manager that stops them at the end.

    `detached`: they can outlive the program, see `release`.
    """

    def __init__(self, directory: Path, *, detached: bool = False) -> None:
        self._directory = directory
        self._detached = detached
        self._programs: dict[Side, subprocess.Popen[str]] = {}
        self.urls: dict[Side, str] = {}
        self._http = httpx2.Client(timeout=REQUEST_SECONDS_MAX)

    def __enter__(self) -> Self:
        with ExitStack() as undo:
            undo.callback(self._stop)
            for side in Side:
                self._programs[side] = self._start(side)
            for side, program in self._programs.items():
                self.urls[side] = _announced_url(program)
            self.do(_GRANT)
            undo.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def do(self, call: ControlCall) -> Any:
        """Make a stand-in do something, through its control interface."""
        answer = self._http.post(f"{self.urls[call.side]}/_control/{call.action}", json=call.values)
        if answer.is_error:
            raise RuntimeError(f"the stand-in could not {call.action}: {answer.text[:500]}")
        return answer.json()

    def release(self) -> dict[Side, int]:
        """Leave the programs running, and return their process ids."""
        ids = {side: program.pid for side, program in self._programs.items()}
        for program in self._programs.values():
            program.returncode = (
                0  # keeps subprocess from waiting for, or warning about, a program that is meant to keep running
            )
            if program.stdout is not None:
                program.stdout.close()
        self._programs.clear()
        return ids

    def _start(self, side: Side) -> subprocess.Popen[str]:
        module = f"mailchimpsync_sandbox.{side}"
        database = self._directory / f"{side}.sqlite"
        return subprocess.Popen(  # noqa: S603 (our own program)
            [sys.executable, "-m", module, "--port", "0", "--database", str(database)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL if self._detached else None,
            text=True,
            start_new_session=self._detached,
        )

    def _stop(self) -> None:
        self._http.close()
        for program in self._programs.values():
            program.terminate()
        for program in self._programs.values():
            try:
                program.wait(STOP_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                program.kill()
                program.wait()
            if program.stdout is not None:
                program.stdout.close()


def _announced_url(program: subprocess.Popen[str]) -> str:
    line = program.stdout.readline() if program.stdout is not None else ""
    if not line.startswith(ANNOUNCEMENT):
        raise RuntimeError("a stand-in did not start")
    return line.removeprefix(ANNOUNCEMENT).strip()


@dataclass(frozen=True)
class KeptDemo:
    """A demo that keeps running: its directory, and the stand-ins by side."""

    directory: str
    urls: dict[str, str]
    process_ids: dict[str, int]

    def save(self) -> None:
        """Record it, so that `stop_kept_demo` finds it."""
        file = _note()
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.write_text(json.dumps(asdict(self)), encoding="utf-8")


def _note() -> Path:
    return Path(click.get_app_dir("mailchimpsync")) / "demo.json"


def kept_demo() -> KeptDemo | None:
    """Return the demo that was left running, if any."""
    try:
        return KeptDemo(**json.loads(_note().read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def stop_kept_demo() -> str:
    """Stop the stand-ins that a demo left running, remove its directory, and return the directory.

    Raises:
        UsageError: there is none.
    """
    kept = kept_demo()
    if kept is None:
        raise UsageError("No demo is running.")
    for side, url in kept.urls.items():
        if _is_stand_in(url):  # otherwise another program may have the process id by now
            _stop(kept.process_ids[side], url)
    shutil.rmtree(kept.directory, ignore_errors=True)
    _note().unlink(missing_ok=True)
    return kept.directory


def _is_stand_in(url: str) -> bool:
    try:
        return "now" in httpx2.post(f"{url}/_control/clock", json={}, timeout=REQUEST_SECONDS_MAX).json()
    except (httpx2.HTTPError, ValueError, TypeError):
        return False


def _stop(process_id: int, url: str) -> None:
    """Terminate a program, or kill it if it keeps running; return only when it no longer listens."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.kill(process_id, number)
        except (ProcessLookupError, PermissionError):
            return
        if _is_soon_gone(url):
            return


def _is_soon_gone(url: str) -> bool:
    until = time.monotonic() + STOP_SECONDS_MAX
    while time.monotonic() < until:
        if not _listens(url):
            return True
        time.sleep(SECONDS_BETWEEN_LOOKS)
    return False


def _listens(url: str) -> bool:
    address = urlsplit(url)
    try:
        socket.create_connection((address.hostname or "", address.port or 0), timeout=1).close()
    except ConnectionRefusedError:
        return False
    except OSError:
        return True
    return True
