"""The example plugin in the repository, in a whole sync."""

from __future__ import annotations

import tomllib
from importlib import import_module
from pathlib import Path

import pytest

from mailchimpsync.data.manager import BUILT_IN, FoundPlugin
from support.data import DataWorld

ROOT = Path(__file__).parents[2]
ANN, BOB = "ann@example.org", "bob@example.org"


def test_it_is_found_under_the_name_its_package_says_and_tells_who_was_met(
    world: DataWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tomllib.loads((ROOT / "examples/last_meeting/pyproject.toml").read_text(encoding="utf-8"))
    [(name, place)] = package["project"]["entry-points"]["mailchimpsync.plugins"].items()
    module, _, attribute = place.partition(":")
    plugin = getattr(import_module(module), attribute)()
    found = [FoundPlugin(name, plugin), *(FoundPlugin(key, one) for key, one in BUILT_IN.items())]
    monkeypatch.setattr("mailchimpsync.data.runner.find_plugins", lambda: found)
    ann, bob = world.person("Ann"), world.person("Bob")
    for contact, day in ((ann, "2026-11-02 18:00:00"), (ann, "2026-03-01 18:00:00"), (bob, "2024-01-01 10:00:00")):
        kind = {"activity_type_id:name": "Meeting"}
        world.create("Activity", activity_date_time=day, target_contact_id=[contact], source_contact_id=2, **kind)
    world.merge_field("LASTMET", "date")
    world.switch_on(plugins={name: {"merge_field": "LASTMET", "months": 6}})

    world.sync_data()

    assert (world.fields(ANN)["LASTMET"], world.tags(ANN)) == ("2026-11-02", {"Met lately"})
    assert (world.fields(BOB)["LASTMET"], world.tags(BOB)) == ("2024-01-01", set())
