"""Two sites with one Mailchimp account: nobody's batch is taken for the other's, and no answer is believed unproved."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Iterator

import httpx2
import pytest

from mailchimpsync.addresses import member_id_of
from mailchimpsync.mailchimp import recent_batches
from mailchimpsync.sync import Outcome, abort_connection
from mailchimpsync_sandbox.kit.faults import Fault, FaultKind
from support.world import NEWS, World

pytestmark = pytest.mark.batches

OURS = [f"ours{number}@example.org" for number in range(5)]
THEIRS = [f"theirs{number}@example.org" for number in range(5)]
CUT_OFF = r"POST /3.0/batches"


@pytest.fixture
def other(world: World) -> Iterator[World]:
    made = World(seed=2, beside=world)
    yield made
    made.close()


def fill(world: World, addresses: list[str]) -> None:
    for address in addresses:
        world.contact(address, {NEWS: 20})


def assert_all_is_well(world: World, addresses: list[str]) -> None:
    assert {address: world.status(address) for address in addresses} == dict.fromkeys(addresses, "subscribed")
    assert set(world.members()) == set(addresses)
    assert sorted(row["mailchimp_email"] for row in world.rows()) == sorted(addresses)
    assert {row["sync_status"] for row in world.rows()} == {"ok"}
    assert [world.in_group(world.owners(address)[0]) for address in addresses] == ["Added"] * len(addresses)
    assert world.open_updates() == []


@pytest.mark.parametrize("kind", [FaultKind.DROP_BEFORE, FaultKind.DROP_AFTER])
def test_a_batch_of_another_site_that_is_as_large_is_never_taken_for_one_whose_answer_was_lost(
    world: World, other: World, kind: FaultKind
) -> None:
    fill(world, OURS)
    fill(other, THEIRS)
    waiting = [other.sync]

    def before_ours(request: httpx2.Request) -> None:
        if waiting and request.method == "POST" and request.url.path.endswith("/batches"):
            waiting.pop()()
            world.mailchimp.faults.plant(Fault(kind, pattern=CUT_OFF))

    world.to_mailchimp.before = before_ours
    world.sync()
    world.to_mailchimp.before = lambda _request: None
    world.pass_time(86_400)
    world.sync(everything=True)
    other.sync(everything=True)

    assert_all_is_well(world, OURS)
    assert_all_is_well(other, THEIRS)


def cut_off_beside_an_unfinished_one(world: World, other: World) -> None:
    """Our batch never arrives; theirs, as large, is not finished for two hours."""
    fill(world, OURS)
    fill(other, THEIRS)
    world.mailchimp.set_options(batch_dwell={"started": 7_200.0}, parallel_batches=True)
    assert other.sync(seconds=60).outcome is Outcome.WAITING
    world.mailchimp.faults.plant(Fault(FaultKind.DROP_BEFORE, pattern=CUT_OFF))
    assert world.sync(seconds=60).outcome is Outcome.WAITING


def test_while_another_batch_that_may_be_the_lost_one_is_not_finished_it_waits_and_is_sent_once(
    world: World, other: World
) -> None:
    cut_off_beside_an_unfinished_one(world, other)
    assert len(recent_batches(world.systems.mailchimp)) == 1
    world.mailchimp.set_options(batch_dwell={"started": 0.0})
    world.pass_time(8_000)

    world.sync()
    other.sync()

    assert_all_is_well(world, OURS)
    assert_all_is_well(other, THEIRS)
    assert len(recent_batches(world.systems.mailchimp)) == 2


def test_an_abort_never_deletes_a_batch_that_may_be_another_sites(world: World, other: World) -> None:
    cut_off_beside_an_unfinished_one(world, other)

    done = abort_connection(world.new_systems(), world.connection)

    [kept] = done.kept
    assert kept.error is not None
    assert (kept.error.code, done.batches_deleted) == ("BATCH_UNPROVED", 0)
    assert len(recent_batches(world.systems.mailchimp)) == 1


def test_each_batch_has_a_mark_of_its_own_behind_that_of_the_site_so_that_copies_of_a_database_differ_too(
    world: World,
) -> None:
    for number in range(2):
        world.put(world.contact(f"ann{number}@example.org"), "Added")
        world.sync()
        world.pass_time(3_600)
    with world.store.begin() as tx:
        marks = list(tx.exec_driver_sql("SELECT mark FROM civicrm_mailchimpsync_batch").scalars())

    assert len(set(marks)) == len(marks) == 2
    assert len({mark.partition("-")[0] for mark in marks}) == 1


class Answering(httpx2.BaseTransport):
    """Puts other answers into the archives of results, once; also under other names."""

    def __init__(self, inner: httpx2.BaseTransport, body: dict[str, object], mark: str | None = None) -> None:
        self._inner, self._body, self._mark, self.times = inner, body, mark, 1

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        response = self._inner.handle_request(request)
        if not request.url.path.endswith(".tar.gz") or not self.times:
            return response
        self.times -= 1
        names = [one["operation_id"] for one in results(response.read())]
        if self._mark is not None:
            names = [f"{self._mark}-{name.rpartition('-')[2]}" for name in names]
        rows = [{"status_code": 200, "operation_id": name, "response": json.dumps(self._body)} for name in names]
        return httpx2.Response(200, stream=httpx2.ByteStream(archive(rows)))


def results(packed: bytes) -> list[dict[str, str]]:
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(packed))) as tar:
        files = [tar.extractfile(entry) for entry in tar if entry.isreg()]
        texts = [file.read() for file in files if file is not None]
    return [one for text in texts if text.strip() for one in json.loads(text)]


def archive(rows: list[dict[str, object]]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        text = json.dumps(rows).encode()
        entry = tarfile.TarInfo("0.json")
        entry.size = len(text)
        tar.addfile(entry, io.BytesIO(text))
    return gzip.compress(packed.getvalue())


@pytest.mark.parametrize(
    "body",
    [
        {"id": member_id_of("bella@example.org"), "email_address": "bella@example.org", "status": "subscribed"},
        {"list_id": "cccc111122", "id": member_id_of("ann@example.org"), "status": "subscribed"},
        {"email_address": "bella@example.org", "status": "subscribed"},
    ],
    ids=["another member", "another audience", "another address"],
)
def test_an_answer_about_another_member_or_audience_is_not_believed(world: World, body: dict[str, object]) -> None:
    ann = world.contact("ann@example.org", {NEWS: 20})
    world.to_mailchimp._inner = Answering(world.to_mailchimp._inner, body)

    world.sync()

    row = world.row(contact=ann)
    assert (row["mailchimp_email"], row["sync_status"]) == (None, "todo")
    world.sync()
    assert world.sync_result(contact=ann)[0] == "ok"
    assert world.row(contact=ann)["mailchimp_email"] == "ann@example.org"


def test_an_answer_of_another_batch_is_not_believed(world: World) -> None:
    ann = world.contact("ann@example.org", {NEWS: 20})
    world.to_mailchimp._inner = Answering(world.to_mailchimp._inner, {}, "0123456789abcdef-0123456789abcdef")

    world.sync()
    assert world.sync_result(contact=ann) == ("todo", "BATCH_LOST")
    world.sync()

    assert world.sync_result(contact=ann)[0] == "ok"


@pytest.mark.parametrize(
    "body",
    [
        {"type": "about:blank", "title": "Internal Server Error", "status": 500, "detail": "An unexpected error."},
        {},
        {"id": member_id_of("ann@example.org")},
        {"status": "unsubscribed"},
    ],
    ids=["an error", "nothing", "no status", "no member"],
)
def test_a_good_status_without_the_member_proves_nothing_so_that_an_opt_out_is_sent_again(
    world: World, body: dict[str, object]
) -> None:
    world.member("ann@example.org")
    ann = world.contact("ann@example.org", {NEWS: 20})
    world.sync()
    world.pass_time(3_600)
    world.put(ann, "Removed")
    world.mailchimp.set_options(refused_operations=[{"status": 500, "times": 1}])
    world.to_mailchimp._inner = Answering(world.to_mailchimp._inner, body)

    result = world.sync()

    assert (result.outcome, world.sync_result(contact=ann)[0]) == (Outcome.INCOMPLETE, "todo")
    assert world.status("ann@example.org") == "subscribed"
    world.pass_time(3_600)
    world.sync()
    assert world.status("ann@example.org") == "unsubscribed"
    assert world.sync_result(contact=ann) == ("ok", "CIVICRM_REMOVED")
