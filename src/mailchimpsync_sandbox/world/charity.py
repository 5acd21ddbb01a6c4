"""The charity: its audience with six interests, and its seven mailing groups."""

from __future__ import annotations

API_KEY = "0123456789abcdef0123456789abcdef-us1"
AUDIENCE_ID = "9a1f5c03be"
AUDIENCE_NAME = "Green Paths newsletter"
NEWS_GROUP = 8

GROUPS = {
    NEWS_GROUP: "Newsletter",
    9: "Walks",
    10: "Cycling",
    11: "Wildlife",
    12: "Volunteers",
    13: "Events",
    14: "Campaigns",
}

INTERESTS = {
    "a100000009": (9, "Topics: Walks"),
    "a100000010": (10, "Topics: Cycling"),
    "a100000011": (11, "Topics: Wildlife"),
    "a100000012": (12, "Taking part: Volunteering"),
    "a100000013": (13, "Taking part: Events"),
    "a100000014": (14, "Taking part: Campaigns"),
}
"""Interest ids, each with the group of the same meaning and with `Category: Interest`."""
