"""`doctor --deep` compares a site's behaviour with what we rely on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx2

from mailchimpsync.civicrm import CivicrmClient, observe_behaviour
from mailchimpsync_sandbox.civicrm import CivicrmSandbox

if TYPE_CHECKING:
    from clients.conftest import CivicrmSays


def everything(sandbox: CivicrmSandbox) -> dict[str, Any]:
    return {
        name: sandbox.dump(name) for name in ("Contact", "Email", "GroupContact", "SubscriptionHistory", "Activity")
    }


def test_a_site_like_the_recorded_ones_differs_in_nothing_and_is_not_changed(
    civicrm: tuple[CivicrmSandbox, CivicrmClient],
) -> None:
    sandbox, client = civicrm
    sandbox.load_contacts([{"emails": ["ann@example.org"], "groups": {8: {"status": "Added"}}}])
    before = everything(sandbox)
    found = list(observe_behaviour(client))
    assert [one for one in found if one.differs] == []
    assert everything(sandbox) == before


def test_a_site_that_answers_everything_with_nothing_is_told_where_it_differs(civicrm_says: CivicrmSays) -> None:
    client, script = civicrm_says(httpx2.Response(200, json={"values": [], "countMatched": 3}))
    differing = {one.subject for one in observe_behaviour(client) if one.differs}
    assert {"a page of Email", "checkAccess update of a contact that does not exist", "an unknown entity"} <= differing
    assert not any(request.url.path.endswith(("/save", "/create", "/update", "/delete")) for request in script.requests)


def test_a_look_that_fails_does_not_keep_the_others(civicrm_says: CivicrmSays) -> None:
    client, _ = civicrm_says(httpx2.ConnectError("gone"))
    found = list(observe_behaviour(client))
    assert len(found) > 5
    assert found[0].found == client.pattern
