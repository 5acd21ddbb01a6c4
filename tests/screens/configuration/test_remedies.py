"""On the screens a remedy that is a command becomes a link: by the step that a check advises, or by its code."""

from __future__ import annotations

import pytest

from mailchimpsync.actions.finding import Finding, Level, Step, trouble
from mailchimpsync.config import Guard, Link, Schedule
from mailchimpsync.errors import Code
from mailchimpsync.web.screens.configuration.fields import bounds
from mailchimpsync.web.screens.configuration.remedies import RemedyLink, remedy_link


@pytest.mark.parametrize("step", Step)
def test_every_step_that_a_check_advises_has_a_page_and_its_command_is_not_shown(step: Step) -> None:
    link = remedy_link(Finding(Level.WARNING, "Sync", "It has never been synced.", step))

    assert link.page
    assert "mailchimpsync" not in str(link.text)


def test_the_remedy_of_a_code_becomes_a_link_but_a_better_one_is_shown_as_it_is() -> None:
    usual = trouble("Webhooks", "One is missing.", Code.WEBHOOK_MISSING)
    better = trouble("Webhooks", "None can be made.", Code.WEBHOOK_MISSING, remedy="Set public_url.")

    assert remedy_link(usual).page == "configuration-webhooks"
    assert remedy_link(better) == RemedyLink("Set public_url.")


def test_forms_have_the_bounds_of_the_configuration() -> None:
    assert bounds(Schedule, "every_minutes") == {"min_value": 1, "max_value": 10_080}
    assert bounds(Guard, "remove_share") == {"min_value": 0, "max_value": 1}


def test_a_field_without_bounds_is_noticed_before_anyone_meets_it() -> None:
    with pytest.raises(LookupError, match=r"Link\.audience_name has no bounds\."):
        bounds(Link, "audience_name")
