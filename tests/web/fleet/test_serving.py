"""`mailchimpsync serve` in a fleet's home, as a process of its own."""

from __future__ import annotations

import signal
from pathlib import Path

import httpx2
import pytest

from mailchimpsync.actions import create_fleet
from mailchimpsync.actions.api.description import Scope
from mailchimpsync.actions.configuration.tokens import create_token
from store.databases import own_fleet_database
from support.processes import command, wait_until
from support.service import free_port

pytestmark = pytest.mark.postgres


def answers(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/health").status_code == 200
    except httpx2.TransportError:
        return False


def test_serve_answers_for_all_sites_and_prints_the_link_for_the_first_operator(tmp_path: Path) -> None:
    home, port = tmp_path / "fleet", free_port()
    url = f"http://127.0.0.1:{port}"
    with own_fleet_database() as database, create_fleet(home, database) as fleet:
        fleet.add("green")
        bearer = {"Authorization": f"Bearer {create_token(fleet, name='P', scope=Scope.READ, by='ann')}"}
        service = command("--home", str(home), "serve", "--listen", f"127.0.0.1:{port}", place=tmp_path)
        try:
            wait_until(lambda: answers(url))
            printed = service.complaints.read_text()
            link = next(word for word in printed.split() if "/fleet/welcome/" in word)

            assert link.startswith(url)
            assert httpx2.get(link).status_code == 200
            assert httpx2.get(f"{url}/s/green/sign-in").status_code == 200
            assert httpx2.get(f"{url}/ready").json()["ready"]
            metrics = httpx2.get(f"{url}/metrics", headers=bearer).text
            assert "mailchimpsync_queue_jobs" in metrics
            assert 'mailchimpsync_sites{state="unknown"} 1.0' in metrics
        finally:
            service.send_signal(signal.SIGTERM)
            service.wait(timeout=20)


def test_serve_refuses_a_single_site_of_a_fleet(tmp_path: Path) -> None:
    home = tmp_path / "fleet"
    with own_fleet_database() as database:
        create_fleet(home, database).close()
        service = command("--home", str(home), "--site", "green", "serve", place=tmp_path)

        assert service.wait(timeout=60) == 2
        assert "leave out --site" in service.complaints.read_text()
