"""Tags of the configuration's templates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template

from mailchimpsync.actions.api.description import Scope
from mailchimpsync.actions.finding import Finding
from mailchimpsync.web.screens.configuration.overview import Step, next_step
from mailchimpsync.web.screens.configuration.remedies import RemedyLink, remedy_link

register = template.Library()


@register.simple_tag(takes_context=True)
def step_after(context: Mapping[str, Any]) -> Step | None:
    """Return the next step of the set-up; None on its own page, once all is set up, or if the reader may not do it."""
    visit = context["visit"]
    step = next_step(visit) if visit.may(Scope.CONFIGURE) else None
    return step if step is not None and step.url != context["request"].path else None


@register.simple_tag
def way(finding: Finding) -> RemedyLink:
    """Return what to do about a finding in a browser."""
    return remedy_link(finding)
