"""Batches: mixed and shuffled results, lost ones, slow ones, and answers that never arrived."""

from __future__ import annotations

import gzip
import io
import json
import tarfile

import httpx2
import pytest

from mailchimpsync.sync import Outcome
from mailchimpsync.sync.updates import batches
from mailchimpsync_sandbox.kit.faults import Fault, FaultKind
from support.world import NEWS, World, days_ago

pytestmark = pytest.mark.batches


def contacts(world: World, people: int = 6) -> list[int]:
    return [world.contact(f"p{number}@example.org", {NEWS: 20}) for number in range(people)]


def test_each_result_decides_about_its_own_row(world: World) -> None:
    world.mailchimp.set_options(throttled_addresses=["p2@example.org"], shuffle_batches=True, batch_file_rows=2)
    people = contacts(world)

    world.sync()

    assert world.sync_result(contact=people[2]) == ("fail", "MC_TOO_MANY_SIGNUPS")
    assert [world.sync_result(contact=one)[0] for one in people if one != people[2]] == ["ok"] * 5
    assert "p2@example.org" not in world.members()


def test_a_refusal_that_passes_is_tried_again_after_some_days_and_not_before(world: World) -> None:
    world.mailchimp.set_options(throttled_addresses=["p0@example.org"])
    contacts(world, 1)
    world.sync()
    world.mailchimp.set_options(throttled_addresses=[])
    world.pass_time(86_400)
    world.sync()
    assert world.members() == {}
    world.pass_time(3 * 86_400)

    world.sync()

    assert world.status("p0@example.org") == "subscribed"


def test_many_updates_go_out_in_several_batches(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "OPERATIONS_MAX", 2)
    contacts(world, 5)

    world.sync()

    assert world.writes().count("POST /3.0/batches") == 3
    assert len(world.members()) == 5


def test_a_slow_batch_does_not_hold_up_the_run_and_is_read_by_a_later_one(world: World) -> None:
    world.mailchimp.set_options(batch_dwell={"started": 7_200.0})
    [one] = contacts(world, 1)

    slow = world.sync(seconds=60)
    assert (slow.outcome, slow.updates_outstanding, world.sync_result(contact=one)[0]) == (Outcome.WAITING, 1, "live")
    world.pass_time(8_000)
    later = world.sync(seconds=60)

    assert (later.outcome, world.sync_result(contact=one)[0]) == (Outcome.DONE, "ok")
    assert world.writes().count("POST /3.0/batches") == 1


@pytest.mark.parametrize("kind", [FaultKind.DROP_AFTER, FaultKind.TRUNCATE])
def test_a_batch_whose_answer_was_lost_is_found_and_not_sent_again(world: World, kind: FaultKind) -> None:
    contacts(world)
    world.mailchimp.faults.plant(Fault(kind, pattern="POST /3.0/batches"))

    world.sync()

    assert world.writes().count("POST /3.0/batches") == 1
    assert len(world.members()) == 6
    assert world.open_updates() == []


def test_a_batch_that_never_arrived_is_sent_again(world: World) -> None:
    contacts(world)
    world.mailchimp.faults.plant(Fault(FaultKind.DROP_BEFORE, pattern="POST /3.0/batches"))

    world.sync()

    assert len(world.members()) == 6


def test_results_that_mailchimp_no_longer_has_put_the_rows_back(world: World) -> None:
    world.mailchimp.set_options(batch_dwell={"started": 7_200.0})
    [one] = contacts(world, 1)
    world.sync(seconds=60)
    with world.mailchimp.world.db.transaction():
        world.mailchimp.world.db.run("DELETE FROM batch")
    world.mailchimp.set_options(batch_dwell={"started": 0.0})
    world.pass_time(8 * 86_400)

    world.sync()

    assert world.sync_result(contact=one)[0] == "ok"
    assert world.status("p0@example.org") == "subscribed"


def test_a_batch_that_is_stuck_for_a_week_puts_its_rows_back(world: World) -> None:
    world.mailchimp.set_options(batch_dwell={"started": 30 * 86_400.0})
    [one] = contacts(world, 1)
    world.sync(seconds=60)
    world.pass_time(8 * 86_400)

    world.sync(seconds=60)

    assert world.sync_result(contact=one)[0] == "live"
    assert world.writes().count("POST /3.0/batches") == 2


def archive(*files: str) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for number, text in enumerate(files):
            entry = tarfile.TarInfo(f"{number}.json")
            entry.size = len(text.encode())
            tar.addfile(entry, io.BytesIO(text.encode()))
    return gzip.compress(packed.getvalue())


class Swapped(httpx2.BaseTransport):
    """Gives another archive than the one Mailchimp made, once."""

    def __init__(self, inner: httpx2.BaseTransport, body: bytes) -> None:
        self._inner, self._bodies = inner, [body]

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        response = self._inner.handle_request(request)
        if request.url.path.endswith(".tar.gz") and self._bodies:
            return httpx2.Response(200, stream=httpx2.ByteStream(self._bodies.pop()))
        return response


@pytest.mark.parametrize(
    "body",
    [
        archive(json.dumps([{"status_code": 200, "operation_id": "mailchimpsync_999", "response": "{}"}])),
        archive(json.dumps([{"status_code": 200, "operation_id": "somebody_elses", "response": "{}"}])),
        archive(json.dumps([{"status_code": 200, "operation_id": "mailchimpsync_1", "response": "no JSON"}])),
        archive("[{", json.dumps([{"status_code": 500, "operation_id": "mailchimpsync_1", "response": "{}"}])),
        archive(""),
    ],
    ids=["unknown operation", "foreign operation", "unreadable answer", "broken file", "empty file"],
)
def test_updates_without_a_readable_result_are_tried_again(world: World, body: bytes) -> None:
    [one] = contacts(world, 1)
    world.to_mailchimp._inner = Swapped(world.to_mailchimp._inner, body)
    world.sync()
    assert world.sync_result(contact=one)[0] == "todo"
    world.pass_time(60)

    world.sync()

    assert world.sync_result(contact=one)[0] == "ok"
    assert len(world.members()) == 1


def test_a_damaged_archive_stops_nothing_and_is_read_again_a_minute_later(world: World) -> None:
    [one] = contacts(world, 1)
    world.to_mailchimp._inner = Swapped(world.to_mailchimp._inner, b"no archive at all")

    assert world.sync(wait_for_batches=False).outcome is Outcome.WAITING
    world.pass_time(61)
    world.sync()

    assert world.sync_result(contact=one)[0] == "ok"
    assert world.writes().count("POST /3.0/batches") == 1


def test_a_person_who_has_to_be_asked_is_asked_even_if_every_batch_takes_longer_than_a_run(world: World) -> None:
    """With cron and a slow Mailchimp, each run dropped the confirmation request and got the refusal again."""
    world.member("ann@example.org", "unsubscribed", last_changed=days_ago(50), unsubscribed_by="user")
    world.put(world.contact("ann@example.org"), "Added")
    world.mailchimp.set_options(batch_dwell={"pending": 5_000})
    for _ in range(5):
        world.sync(seconds=1)
        world.pass_time(3_600)
        world.pass_time(3_600)

    assert world.status("ann@example.org") == "pending"
