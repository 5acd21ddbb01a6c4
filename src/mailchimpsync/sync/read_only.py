"""Work that reads both sides and writes to neither."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mailchimpsync.sync.options import Systems


@contextmanager
def read_only(systems: Systems) -> Iterator[None]:
    """Make both clients refuse any write, even one made by a bug."""
    for client in (systems.mailchimp, systems.civicrm):
        client.may_write = False
    try:
        yield
    finally:
        for client in (systems.mailchimp, systems.civicrm):
            client.may_write = True
