"""Tags of the configuration's templates."""

from __future__ import annotations

from django import template

from mailchimpsync.actions.finding import Finding
from mailchimpsync.web.screens.configuration.remedies import RemedyLink, remedy_link

register = template.Library()


@register.simple_tag
def way(finding: Finding) -> RemedyLink:
    """Return what to do about a finding in a browser."""
    return remedy_link(finding)
