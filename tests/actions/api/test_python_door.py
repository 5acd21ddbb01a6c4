"""Programs in Python import the actions from the package."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, cast

import pytest

import mailchimpsync
from actions.conftest import CharitySite
from mailchimpsync import fetchandreconcile, open_site
from mailchimpsync.actions.api.description import ACTIONS
from mailchimpsync.actions.entities.derived import ENTITIES
from mailchimpsync.errors import UsageError
from support.service import NEWS

PAGE = Path(__file__).parents[3] / "docs/how-to/use-from-python.md"
SOURCE = Path(mailchimpsync.__file__).parent / "actions"


DERIVED = {f"{entity}.{name}" for entity in ENTITIES for name in ("getcount", "getsingle", "getvalue", "getfields")}


@pytest.mark.parametrize("title", sorted(ACTIONS.keys() - DERIVED))
def test_every_action_is_a_function_of_the_package(title: str) -> None:
    function = ACTIONS[title].function

    assert getattr(mailchimpsync, function.__name__).__wrapped__ is function
    assert function.__name__ in dir(mailchimpsync)


def test_every_module_with_actions_is_loaded_with_the_others() -> None:
    decorated = {
        f"mailchimpsync.actions.{'.'.join(path.relative_to(SOURCE).with_suffix('').parts)}"
        for path in SOURCE.rglob("*.py")
        if re.search(r"^@action\(", path.read_text(encoding="utf-8"), re.MULTILINE)
    }

    assert decorated == {one.function.__module__ for title, one in ACTIONS.items() if title not in DERIVED}


def test_what_there_is_not_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'dance'"):
        mailchimpsync.dance  # type: ignore[attr-defined]  # noqa: B018 (asking is the test)


def test_the_example_in_the_docs_works(
    charity_site: CharitySite, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = PAGE.read_text(encoding="utf-8")
    [code] = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    [output] = re.findall(r"^```text\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    monkeypatch.setenv("MAILCHIMPSYNC_HOME", str(charity_site.charity.home))

    exec(compile(code, str(PAGE), "exec"), {})  # noqa: S102 (the page's code is the test's subject)

    assert capsys.readouterr().out == output


def test_a_site_is_opened_by_its_path_as_text(charity_site: CharitySite) -> None:
    with open_site(str(charity_site.charity.home)) as site:
        assert site.configuration.connections == charity_site.site.configuration.connections


def test_a_number_may_be_text_and_what_is_none_is_refused_with_our_error(charity_site: CharitySite) -> None:
    [report] = fetchandreconcile(charity_site.site, group_id=cast("int", str(NEWS)), max_time=cast("float", "60"))
    assert report.outcome == "done"

    for wrong in ({"group_id": "eight"}, {"max_time": "soon"}, {"since": 5}):
        with pytest.raises(UsageError, match=f"fetchandreconcile: {next(iter(wrong))}"):
            fetchandreconcile(charity_site.site, **cast("dict[str, Any]", wrong))
