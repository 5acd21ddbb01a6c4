"""While a first sync has all connections for work, people get answers, and other work waits its time."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from actions.conftest import CharitySite
from mailchimpsync.actions.time_limit import within
from mailchimpsync.errors import Code, TransientError
from mailchimpsync.mailchimp import audiences
from mailchimpsync.store.schema import connection_slot
from mailchimpsync.sync.lease.slots import SharedSlots


def test_ada_is_answered_at_once_while_other_work_waits(library: CharitySite) -> None:
    site, link = library.site, library.site.configuration.connections[0]
    first_sync = SharedSlots(site.store, site.mailchimp(link.account).account_digest, site.runtime)
    first_sync.for_person = False
    assert sum(first_sync.acquire(0.0) for _ in range(10)) == 8

    with within(site.mailchimp(link.account), 1) as client:
        assert audiences(client)
    client = site.systems(link).mailchimp
    client.slots.rest()
    with within(client, 1), pytest.raises(TransientError, match="used all of the account's connections") as caught:
        audiences(client)
    first_sync.close()
    assert audiences(client)
    site.close_clients()

    assert (caught.value.code, caught.value.work_may_be_done) == (Code.MC_THROTTLED, False)
    with site.store.reading() as tx:
        assert set(tx.execute(select(connection_slot.c.token)).scalars()) == {None}
