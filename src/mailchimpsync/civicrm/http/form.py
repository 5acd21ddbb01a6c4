"""JSON as a value of an HTML form.

Thousands of addresses in one condition are long; `urllib.parse` encodes them one character at a time, which took a
tenth of a first sync.
"""

from __future__ import annotations

import json
from typing import Any

_KEPT = "-._~"
_ENCODED = [
    (one, f"%{ord(one):02X}") for one in map(chr, range(32, 128)) if not one.isalnum() and one not in _KEPT + "%"
]
"""All other characters of JSON, which are ASCII."""


def form_value(value: Any) -> str:
    """Return a value as JSON, encoded for a form."""
    text = json.dumps(value, separators=(",", ":")).replace("%", "%25")
    for character, encoded in _ENCODED:
        text = text.replace(character, encoded)
    return text
