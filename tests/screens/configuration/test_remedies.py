"""On the screens a remedy that is a command becomes a link: only if it is word for word what the engine advises."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import mailchimpsync
from mailchimpsync.config import Guard, Link, Schedule
from mailchimpsync.errors import REGISTRY
from mailchimpsync.web.screens.configuration.fields import bounds
from mailchimpsync.web.screens.configuration.remedies import _WAYS

ACTIONS = Path(mailchimpsync.__file__).parent / "actions"


def _said_by_the_engine() -> set[str]:
    trees = [ast.parse(file.read_text("utf-8")) for file in ACTIONS.rglob("*.py")]
    constants = [node.value for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    return {one for one in constants if isinstance(one, str)} | {entry.remedy for entry in REGISTRY.values()}


def test_every_command_that_becomes_a_link_is_one_that_the_engine_advises() -> None:
    assert sorted(set(_WAYS) - _said_by_the_engine()) == []


def test_forms_have_the_bounds_of_the_configuration() -> None:
    assert bounds(Schedule, "every_minutes") == {"min_value": 1, "max_value": 10_080}
    assert bounds(Guard, "remove_share") == {"min_value": 0, "max_value": 1}


def test_a_field_without_bounds_is_noticed_before_anyone_meets_it() -> None:
    with pytest.raises(LookupError, match=r"Link\.audience_name has no bounds\."):
        bounds(Link, "audience_name")
