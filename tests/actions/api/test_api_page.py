"""What the page on the command line's API shows is what commands print."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from actions.conftest import CharitySite
from mailchimpsync.cli.main import cli

PAGE = Path(__file__).parents[3] / "docs/how-to/call-the-api.md"


def shown(text: str) -> list[str]:
    return re.findall(r"^```console\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def printed(charity_site: CharitySite, block: str) -> str:
    """Return a block as it should be: its commands, each with what it prints."""
    outputs = []
    for line in (line for line in block.splitlines() if line.startswith("$ mailchimpsync ")):
        words = shlex.split(line.removeprefix("$ mailchimpsync "))
        result = CliRunner().invoke(cli, ["--home", str(charity_site.charity.home), *words])
        outputs.append(f"{line}\n{result.output}")
    return "".join(outputs)


@pytest.mark.parametrize("block", shown(PAGE.read_text(encoding="utf-8")))
def test_each_example_prints_what_the_page_says(charity_site: CharitySite, block: str) -> None:
    assert block == printed(charity_site, block)
