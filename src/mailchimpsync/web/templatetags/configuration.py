"""Tags of the configuration's templates."""

from __future__ import annotations

from django import template

from mailchimpsync.web.screens.configuration.remedies import WayOut, way_out

register = template.Library()


@register.simple_tag
def way(remedy: str) -> WayOut:
    """Return what to do about something in a browser."""
    return way_out(remedy)
