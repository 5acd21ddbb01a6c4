"""Work that reads both sides and writes neither."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mailchimpsync.sync.calls import Systems


@contextmanager
def only_reading(systems: Systems) -> Iterator[None]:
    """Whatever a mistake of ours would write is stopped at the door."""
    for client in (systems.mailchimp, systems.civicrm):
        client.may_write = False
    try:
        yield
    finally:
        for client in (systems.mailchimp, systems.civicrm):
            client.may_write = True
