"""The icons of the screens: Lucide's (https://lucide.dev), copied with their licence to `vendor/lucide/`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

_FOLDER = Path(__file__).parent / "static/mailchimpsync/vendor/lucide"

LUCIDE_NAMES: Mapping[str, str] = {
    "logo": "refresh-cw",
    "overview": "chart-column",
    "person": "user",
    "rows": "rows-3",
    "warning": "triangle-alert",
    "plan": "clipboard-list",
    "gear": "settings",
    "users": "users",
    "check": "check",
    "sync": "refresh-cw",
    "clock": "clock",
    "hand": "hand",
    "out": "log-out",
    "link": "link",
    "menu": "menu",
    "search": "search",
    "down": "download",
    "info": "info",
}
"""What an icon stands for on our screens, and what Lucide calls it."""


def shapes_of(name: str) -> str:
    """Return what is inside the `svg` element of an icon."""
    text = (_FOLDER / f"{LUCIDE_NAMES[name]}.svg").read_text("utf-8")
    return text.partition(">")[2].rpartition("</svg>")[0].strip()
