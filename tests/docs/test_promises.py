"""Each line of the pages that promise something is tied to tests that exist, in docs/reference/promises.toml."""

from __future__ import annotations

import ast
import re
import tomllib
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROMISES: dict[str, dict[str, list[str]]] = tomllib.loads(
    (ROOT / "docs" / "reference" / "promises.toml").read_text(encoding="utf-8")
)
NOT_NOTICED = 2
"""So many lines say what is not noticed, and promise nothing."""


def as_read(text: str) -> str:
    """Return a line as its reader sees it: without Markdown, on one line."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", " ".join(text.split()))
    return re.sub(r"[*`]", "", text).removeprefix("|").strip()


def lines_of(page: str) -> list[str]:
    """Return the rows of all tables and the items of all lists of a page."""
    text = (ROOT / page).read_text(encoding="utf-8")
    items = re.findall(r"^- (.*(?:\n  .*)*)", text, re.MULTILINE)
    rows = re.findall(r"^(\|.*\|)$(?!\n\|-)", text, re.MULTILINE)
    return [as_read(one) for one in [*items, *rows] if not one.startswith("|-")]


@cache
def functions_in(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("page", PROMISES)
def test_every_line_that_promises_something_is_tied_to_a_test(page: str) -> None:
    for line in lines_of(page):
        found = [beginning for beginning in PROMISES[page] if line.startswith(beginning)]
        assert len(found) == 1, f"one entry in docs/reference/promises.toml should begin as this line does: {line}"


@pytest.mark.parametrize("page", PROMISES)
def test_every_tied_line_is_on_its_page(page: str) -> None:
    lines = lines_of(page)

    assert lines
    assert not [one for one in PROMISES[page] if not any(line.startswith(one) for line in lines)]


def test_every_named_test_exists() -> None:
    named = {test for page in PROMISES.values() for tests in page.values() for test in tests}
    missing = [one for one in sorted(named) if one.partition("::")[2] not in functions_in(one.partition("::")[0])]

    assert not missing


def test_only_what_is_not_noticed_promises_nothing() -> None:
    assert sum(not tests for page in PROMISES.values() for tests in page.values()) == NOT_NOTICED


@pytest.mark.parametrize("page", PROMISES)
def test_readers_do_not_stumble_over_names_of_tests(page: str) -> None:
    assert "tests/" not in (ROOT / page).read_text(encoding="utf-8")
