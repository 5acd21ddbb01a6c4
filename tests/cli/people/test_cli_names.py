"""Names stand before numbers, also while the other side is away: they are kept when they are read."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from werkzeug.wrappers import Request, Response

if TYPE_CHECKING:
    from cli.conftest import CommandLine


def away(_request: Request) -> Response:
    return Response("away", status=503)


def test_people_groups_and_interests_are_named_while_both_sides_are_away(connected: CommandLine) -> None:
    assert connected("sync").exit_code == 0
    connected.civicrm.handle = away  # type: ignore[assignment,method-assign]
    connected.mailchimp.handle = away  # type: ignore[assignment,method-assign]

    history = connected("config", "history").stdout
    assert "“Walks”" in history
    assert "Topics: Walks" in history
    told = connected("explain", "bella@example.org").stdout
    assert "Bella" in told.splitlines()
    assert "contact Bella (11) is in the group “News”" in " ".join(told.split())

    lines = list(csv.DictReader(io.StringIO(connected("journal", "export", "-o", "-").stdout)))
    assert {"name", "address"} <= lines[0].keys()
    assert "Emil" in {one["name"] for one in lines}


def test_a_plan_names_people_before_they_have_a_row(connected: CommandLine) -> None:
    shown = connected("plan", "--csv").stdout
    people = {one["name"]: one["address"] for one in csv.DictReader(io.StringIO(shown))}

    assert people.get("Dóra") == "dora@example.org"
    assert all(people)


def test_explain_takes_a_part_of_a_name_and_lists_those_who_have_it(connected: CommandLine) -> None:
    connected("sync")
    bella, several, nobody = (connected("explain", part) for part in ("bell", "example", "zebedee"))

    assert bella.exit_code == 0
    assert bella.stdout == connected("explain", "bella@example.org").stdout
    assert (several.exit_code, several.stdout) == (2, "")
    assert "Bella\tbella@example.org\t11\n" in several.stderr
    assert "Several people match “example”" in several.stderr
    assert nobody.exit_code == 2
    assert "No one's name or address contains “zebedee”" in nobody.stderr
