"""The stand-in as a separate program."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import httpx2
import pytest

if TYPE_CHECKING:
    from pathlib import Path

KEY = "0123456789abcdef0123456789abcdef-us6"


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_listens_keeps_its_file_and_stops_cleanly(tmp_path: Path, stop: signal.Signals) -> None:
    command = [
        sys.executable,
        "-m",
        "mailchimpsync_sandbox.mailchimp",
        "--port",
        "0",
        "--database",
        str(tmp_path / "mc.db"),
    ]
    for names in ([], ["News"]):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:  # noqa: S603 (our own program)
            assert program.stdout is not None
            url = program.stdout.readline().strip().removeprefix("listening on ")
            httpx2.post(f"{url}/_control/add_account", json={"api_key": KEY}).raise_for_status()
            lists = httpx2.get(f"{url}/3.0/lists", headers={"Authorization": f"Bearer {KEY}"}).json()["lists"]
            assert [one["name"] for one in lists] == names
            audience = {"api_key": KEY, "list_id": "news", "name": "News"}
            if not names:
                httpx2.post(f"{url}/_control/add_audience", json=audience).raise_for_status()
            program.send_signal(stop)
            assert program.wait(timeout=10) == 0
