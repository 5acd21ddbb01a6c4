"""A believable charity, as data for the two stand-ins: how it starts, and what happens in it later."""

from mailchimpsync_sandbox.world.builders import ControlCall, Side
from mailchimpsync_sandbox.world.charity import API_KEY, AUDIENCE_ID, AUDIENCE_NAME, GROUPS, INTERESTS, NEWS_GROUP
from mailchimpsync_sandbox.world.initial import Example, World, begin
from mailchimpsync_sandbox.world.later import changes

__all__ = [
    "API_KEY",
    "AUDIENCE_ID",
    "AUDIENCE_NAME",
    "GROUPS",
    "INTERESTS",
    "NEWS_GROUP",
    "ControlCall",
    "Example",
    "Side",
    "World",
    "begin",
    "changes",
]
