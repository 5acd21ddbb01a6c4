"""Programs in Python import the actions from the package."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import mailchimpsync
from actions.conftest import Office
from mailchimpsync.actions.described import ACTIONS

PAGE = Path(__file__).parents[2] / "docs/how-to/use-from-python.md"
SOURCE = Path(mailchimpsync.__file__).parent / "actions"


@pytest.mark.parametrize("title", sorted(ACTIONS))
def test_every_action_is_a_function_of_the_package(title: str) -> None:
    function = ACTIONS[title].function

    assert getattr(mailchimpsync, function.__name__) is function
    assert function.__name__ in dir(mailchimpsync)


def test_every_module_with_actions_is_loaded_with_the_others() -> None:
    decorated = {
        f"mailchimpsync.actions.{'.'.join(path.relative_to(SOURCE).with_suffix('').parts)}"
        for path in SOURCE.rglob("*.py")
        if re.search(r"^@action\(", path.read_text(encoding="utf-8"), re.MULTILINE)
    }

    assert decorated == {one.function.__module__ for one in ACTIONS.values()}


def test_what_there_is_not_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'dance'"):
        mailchimpsync.dance  # type: ignore[attr-defined]  # noqa: B018 (asking is the test)


def test_the_example_in_the_docs_works(
    office: Office, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = PAGE.read_text(encoding="utf-8")
    [code] = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    [output] = re.findall(r"^```text\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    monkeypatch.setenv("MAILCHIMPSYNC_HOME", str(office.charity.home))

    exec(compile(code, str(PAGE), "exec"), {})  # noqa: S102 (the page's code is the test's subject)

    assert capsys.readouterr().out == output
