"""What Mailchimp posts about finished batches is kept only where it is news to us."""

from __future__ import annotations

import pytest

from actions.webhooks.conftest import CLUB, CLUB_SECRET, NEWS, NOON, Mailbox, form
from mailchimpsync.store.changes import batches

FINISHED = (
    b"type=batch_operation_completed&fired_at=2017-02-10 14:59:37&data[id]=8b2428d747&data[status]=finished"
    b"&data[submitted_at]=2017-02-10T14:44:23+00:00&data[completed_at]=2017-02-10T14:44:37+00:00"
    b"&data[total_operations]=10&data[finished_operations]=10&data[errored_operations]=1"
    b"&data[response_body_url]=https://mailchimp-api-batch.s3.amazonaws.com/8b2428d747-response.tar.gz"
    b"&data[_links][0][rel]=parent&data[_links][0][href]=https://us6.api.mailchimp.com/3.0/batches"
    b"&data[_links][0][method]=GET"
)
OURS = "8b2428d747"


def test_a_finished_batch_of_ours_is_kept_once(mailbox: Mailbox) -> None:
    mailbox.add_batch(OURS)
    assert [mailbox.batch(FINISHED), mailbox.batch(FINISHED)] == [200, 200]
    [kept] = mailbox.events()
    assert (kept["kind"], kept["list_id"], kept["data"]) == ("batch", NEWS, {"batch_id": OURS})
    assert (kept["member_key"], kept["received_at"]) == (None, NOON)


def test_a_batch_that_is_not_ours_is_let_pass(mailbox: Mailbox) -> None:
    assert mailbox.batch(FINISHED) == 200
    assert mailbox.events() == []


def test_a_batch_whose_results_have_been_read_is_let_pass(mailbox: Mailbox) -> None:
    mailbox.add_batch(OURS, processed=batches.HANDLED)
    assert mailbox.batch(FINISHED) == 200
    assert mailbox.events() == []


def test_a_batch_of_an_audience_no_longer_connected_is_let_pass(mailbox: Mailbox) -> None:
    mailbox.add_batch(OURS, list_id="0000000000")
    assert mailbox.batch(FINISHED) == 200
    assert mailbox.events() == []


@pytest.mark.parametrize("secret", [None, "", "guess", CLUB_SECRET])
def test_the_secret_must_be_that_of_the_batchs_account(mailbox: Mailbox, secret: str | None) -> None:
    mailbox.add_batch(OURS)
    assert mailbox.batch(FINISHED, secret) == 401
    assert mailbox.events() == []
    mailbox.add_batch("1111111111", list_id=CLUB)
    assert mailbox.batch(form(type="batch_operation_completed", data_id="1111111111"), CLUB_SECRET) == 200


def test_mailchimps_test_of_the_address_needs_no_secret(mailbox: Mailbox) -> None:
    assert mailbox.batch(b"", None) == 200


def test_what_is_not_about_a_finished_batch_does_not_matter(mailbox: Mailbox) -> None:
    assert mailbox.batch(form(type="something_new", data_id="?")) == 200


@pytest.mark.parametrize("batch_id", ["", "../lists", "8b2428d747\n", "é", "x" * 65])
def test_an_id_that_can_be_none_is_refused(mailbox: Mailbox, batch_id: str) -> None:
    assert mailbox.batch(form(type="batch_operation_completed", data_id=batch_id)) == 400


def test_what_is_no_form_is_refused(mailbox: Mailbox) -> None:
    assert mailbox.batch(b"\x00\xff{}") == 400
    assert mailbox.batch(b"type=batch_operation_completed&data[id]=" + OURS.encode() + b"&x=" + b"y" * 300_000) == 400
