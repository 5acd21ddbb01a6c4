"""Processes that start at once: each is a fork of one that has loaded the program already.

Starting Python and loading everything takes a second, and dozens of tests need a process only to kill it, interrupt it
or have it hold a lock. Tests of `demo` and help check that the program also starts normally.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Lock

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(
    [
        *(
            "mailchimpsync.cli.output.errors",
            "mailchimpsync.cli.commands.sync.sync",
            "mailchimpsync.cli.commands.service.serve",
        ),
        *("mailchimpsync.web.wsgi", "mailchimpsync.worker.logs", "mailchimpsync.worker.server"),
        *("support.processes", "support.world"),
    ]
)


class Program:
    """A process like one of `subprocess.Popen`, with its output in two files."""

    def __init__(self, target: Callable[..., object], *given: object, place: Path, **env: str) -> None:
        """Call a function of a module in a new process, with its output in a directory."""
        number = len(list(place.glob("said*")))
        self.said, self.complaints = place / f"said{number}", place / f"complaints{number}"
        for file in (self.said, self.complaints):
            file.touch()
        surroundings = {**os.environ, "NO_COLOR": "1", **env}
        self._process = _FORKS.Process(
            target=_begin, args=(target, given, self.said, self.complaints, surroundings, Path.cwd()), daemon=True
        )
        self._process.start()
        self._one_asks = Lock()  # how it ended can be read once only

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        return self.poll()

    def poll(self) -> int | None:
        with self._one_asks:
            return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        with self._one_asks:
            self._process.join(timeout)
        if (found := self.poll()) is None:
            raise subprocess.TimeoutExpired(self.said.name, timeout or 0)
        return found

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        self.wait(timeout)
        return self.said.read_text(), self.complaints.read_text()

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def wait_until(happened: Callable[[], object], seconds: int = 60) -> None:
    """Wait until another process has done something."""
    for _ in range(seconds * 20):
        if happened():
            return
        time.sleep(0.05)
    raise AssertionError("it never happened")


def command(*words: str, place: Path, **env: str) -> Program:
    """Start a command of ours."""
    return Program(_command, *words, place=place, **env)


def _command(*words: str) -> None:
    from mailchimpsync.cli.main import main  # noqa: PLC0415 (it is loaded in the process that is forked)

    sys.argv = ["mailchimpsync", *words]
    main()


def _begin(
    target: Callable[..., object],
    given: tuple[object, ...],
    said: Path,
    complaints: Path,
    surroundings: Mapping[str, str],
    here: Path,
) -> None:
    for number, file in ((1, said), (2, complaints)):
        with file.open("wb") as opened:
            os.dup2(opened.fileno(), number)
    os.environ.clear()
    os.environ.update(surroundings)
    os.chdir(here)
    target(*given)
