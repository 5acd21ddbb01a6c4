"""Plugins of others: what they may, who comes first, and that one which fails keeps nothing from anyone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from mailchimpsync.data import PluginRunner, manager, unknown_source
from mailchimpsync.data.manager import BUILT_IN, FoundPlugin
from mailchimpsync.model import DataOptions, MappedField
from mailchimpsync.plugins import Audience, CannotTellError, Outgoing, Person, Summary, hookimpl
from support.data import DataWorld
from support.world import NEWS

ANN, BOB = "ann@example.org", "bob@example.org"
Install = Callable[..., None]


class Says:
    """A plugin that gives everyone the same."""

    def __init__(self, outgoing: Any) -> None:
        self.outgoing = outgoing
        self.summaries: list[Summary] = []
        self.chunks: list[int] = []

    @hookimpl
    def prepare(self, contact_ids: Sequence[int]) -> None:
        self.chunks.append(len(contact_ids))

    @hookimpl
    def compute(self, person: Person) -> Any:
        if isinstance(self.outgoing, Exception):
            raise self.outgoing
        return self.outgoing(person) if callable(self.outgoing) else self.outgoing

    @hookimpl
    def after_run(self, summary: Summary) -> None:
        self.summaries.append(summary)


class FailsToPrepare(Says):
    @hookimpl
    def prepare(self) -> None:  # type: ignore[override]  # a hook takes those arguments that it needs
        raise CannotTellError("the weather station does not answer")


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Install:
    """Let plugins be installed, by name."""

    def these(**plugins: object) -> None:
        found = [FoundPlugin(name, plugin) for name, plugin in (*BUILT_IN.items(), *plugins.items())]
        monkeypatch.setattr("mailchimpsync.data.runner.find_plugins", lambda: found)

    return these


def switch_on(world: DataWorld, *names: str, **options: Any) -> None:
    world.switch_on(plugins={name: {} for name in names}, **options)


def test_a_plugin_gives_merge_fields_and_tags(world: DataWorld, install: Install) -> None:
    world.person("Ann")
    install(weather=Says(Outgoing({"LNAME": "Sunny"}, tags=["Weather: sun"])))
    switch_on(world, "weather")

    world.sync_data()
    world.sync_data()

    assert world.fields(ANN)["LNAME"] == "Sunny"
    assert world.tags(ANN) == {"Weather: sun"}
    assert [set(one["data"]) & {"merge_fields", "tags"} for one in world.operations()] == [{"merge_fields"}, {"tags"}]


def test_it_looks_up_many_at_once_and_is_told_at_the_end(world: DataWorld, install: Install) -> None:
    world.person("Ann")
    world.person("Bob")
    weather = Says(lambda person: Outgoing({"LNAME": "Sunny"}) if person.address == ANN else None)
    install(weather=weather)
    switch_on(world, "weather")

    world.sync_data()

    assert weather.chunks == [2]
    assert weather.summaries == [Summary(people=2, changed=1)]


@pytest.mark.parametrize(
    ("outgoing", "words"),
    [
        ({"status": "unsubscribed"}, "A member's status can't be set by a plugin"),
        (Outgoing({"EMAIL": "other@example.org"}), "plugin weather wants to set EMAIL"),
        (Outgoing({"status": "unsubscribed"}), "plugin weather wants to set status"),
        ("sun", "plugin weather answered with str instead of Outgoing"),
    ],
)
def test_a_plugin_can_set_no_status_and_no_address(
    world: DataWorld, install: Install, outgoing: Any, words: str
) -> None:
    for number in range(100):
        world.person(f"P{number}")
    install(weather=Says(outgoing))
    switch_on(world, "weather")

    world.sync_data()

    assert {one["status"] for one in world.members().values()} == {"subscribed"}
    assert words in world.log()
    assert world.operations() == []


@pytest.mark.parametrize(
    "broken", [Says(RuntimeError("no")), FailsToPrepare(None), Says({"status": "x"})], ids=["compute", "prepare", "odd"]
)
def test_a_failing_plugin_keeps_neither_subscriptions_nor_other_plugins(
    world: DataWorld, install: Install, broken: object
) -> None:
    ann, bob = world.person("Ann"), world.contact(BOB, first_name="Bob")
    world.tag("Steward", ann)
    world.put(bob, "Added")
    install(broken=broken)
    switch_on(world, "broken", tags=True)

    world.sync_data()

    assert world.status(BOB) == "subscribed"
    assert world.tags(ANN) == {"CiviCRM: Steward"}
    assert "Plugin broken " in world.log()


def test_what_a_failing_plugin_gave_stays_and_comes_right_when_it_works_again(
    world: DataWorld, install: Install
) -> None:
    world.person("Ann")
    install(weather=Says(Outgoing({"LNAME": "Sunny"}, tags=["Sun"])), other=Says(Outgoing({"LNAME": "Other"})))
    switch_on(world, "weather", "other")
    world.sync_data()

    install(weather=Says(RuntimeError("no")), other=Says(Outgoing({"LNAME": "Another"})))
    world.sync_data()
    assert (world.fields(ANN)["LNAME"], world.tags(ANN)) == ("Sunny", {"Sun"})

    install(weather=Says(Outgoing({"LNAME": "Rainy"})), other=Says(Outgoing({"LNAME": "Another"})))
    world.sync_data()
    assert (world.fields(ANN)["LNAME"], world.tags(ANN)) == ("Rainy", set())


def test_an_error_over_one_person_is_about_that_person_alone(world: DataWorld, install: Install) -> None:
    world.person("Ann")
    world.person("Bob")

    def moody(person: Person) -> Outgoing:
        if person.address == BOB:
            raise ValueError(person.address)
        return Outgoing({"LNAME": "Sunny"})

    install(weather=Says(moody))
    switch_on(world, "weather")

    world.sync_data()

    assert world.fields(ANN)["LNAME"] == "Sunny"
    assert "Plugin weather failed for 1 people" in world.log()
    assert BOB not in world.log()


def test_a_plugin_that_is_not_installed_is_told_and_the_rest_goes_on(world: DataWorld, install: Install) -> None:
    ann = world.person("Ann")
    world.tag("Steward", ann)
    install()
    switch_on(world, "weather", tags=True)

    world.sync_data()

    assert world.tags(ANN) == {"CiviCRM: Steward"}
    assert world.findings()["failures"] == {"weather": "it is not installed"}


class TestPrecedence:
    def test_the_sync_s_own_names_of_a_new_member_count_most(self, world: DataWorld, install: Install) -> None:
        world.contact(BOB, {NEWS: 2}, first_name="Bob")
        install(weather=Says(Outgoing({"FNAME": "Sunny", "LNAME": "Day"})))
        switch_on(world, "weather")

        world.sync_data()

        assert (world.fields(BOB)["FNAME"], world.fields(BOB)["LNAME"]) == ("Bob", "Day")

    def test_built_in_plugins_come_before_others(self, world: DataWorld, install: Install) -> None:
        world.edit(world.person("Ann"), job_title="Baker")
        install(weather=Says(Outgoing({"LNAME": "Sunny"})))
        switch_on(world, "weather", fields=(MappedField("LNAME", "job_title"),))

        world.sync_data()

        assert world.fields(ANN)["LNAME"] == "Baker"

    def test_others_come_in_the_order_of_the_configuration(self, world: DataWorld, install: Install) -> None:
        world.person("Ann")
        install(
            first=Says(Outgoing({"LNAME": "First"}, tags_not_to_have=["T"])),
            last=Says(Outgoing({"LNAME": "Last"}, tags=["T"])),
        )
        switch_on(world, "last", "first")

        world.sync_data()

        assert (world.fields(ANN)["LNAME"], world.tags(ANN)) == ("Last", {"T"})


def test_installed_plugins_are_found_by_entry_point_and_a_broken_one_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class EntryPoint:
        dist = None

        def __init__(self, name: str, load: Callable[[], object]) -> None:
            self.name, self.load = name, load

    def missing() -> object:
        raise ImportError("no module named sky")

    class OldHooks:
        @hookimpl
        def compute(self, person: Person, weather: object) -> None: ...

    class NoHooks:
        pass

    points = [
        EntryPoint("weather", lambda: Says(None)),
        EntryPoint("sky", missing),
        EntryPoint("old", OldHooks),
        EntryPoint("none", NoHooks),
        EntryPoint("tags", lambda: Says(None)),
    ]
    monkeypatch.setattr(manager, "entry_points", lambda group: points if group == "mailchimpsync.plugins" else [])

    found = {one.name: one for one in manager.find_plugins() if one.name not in BUILT_IN or one.problem}

    assert found["weather"].plugin is not None
    assert "no module named sky" in found["sky"].problem
    assert "weather" in found["old"].problem
    assert "does not implement `compute`" in found["none"].problem
    assert found["tags"].problem == "a built-in plugin has this name"


def test_validate_names_what_is_wrong(world: DataWorld, install: Install) -> None:
    class Picky(Says):
        @hookimpl
        def validate(self, audience: Audience) -> list[str]:
            return [] if audience.options.get("city") else ['Say for which city: city = "Berlin".']

    world.person("Ann")
    install(weather=Picky(None))
    options: Mapping[str, Any] = {"fields": (MappedField("SKILLS", "No.Such"),), "plugins": {"weather": {}}}
    audience = Audience("aaaa111122", NEWS, world.now, data=DataOptions(**options))

    problems = PluginRunner.of(audience, world.systems.civicrm).validate([])

    assert problems["weather"] == ['Say for which city: city = "Berlin".']
    assert problems["fields"] == [
        "The audience has no merge field SKILLS; `mailchimpsync data create-fields` makes it.",
        unknown_source(MappedField(merge_field="SKILLS", source="No.Such")),
    ]
