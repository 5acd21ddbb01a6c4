"""Tags of the configuration's templates."""

from __future__ import annotations

from django import template

from mailchimpsync.web.screens.configuration.remedies import RemedyLink, remedy_link

register = template.Library()


@register.simple_tag
def way(remedy: str) -> RemedyLink:
    """Return what to do about something in a browser."""
    return remedy_link(remedy)
