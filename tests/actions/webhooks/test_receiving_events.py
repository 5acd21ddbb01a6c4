"""What Mailchimp posts about members is checked, kept once, and answered with the status Mailchimp expects."""

from __future__ import annotations

import os
import random
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actions.webhooks.conftest import (
    CLUB,
    CLUB_SECRET,
    NEWS,
    NOON,
    SECRET,
    SIGNING_SECRET,
    Mailbox,
    form,
    left,
    minutes,
    signed,
)
from mailchimpsync.addresses import member_id_of

EXAMPLES = 300 if os.environ.get("MAILCHIMPSYNC_THOROUGH") == "1" else 100

JOHN_JOINS = (
    "type=subscribe&fired_at=2018-10-25 12:02:47&data[id]=d85679026d&data[email]=john@test.com&data[email_type]=html"
    "&data[ip_opt]=95.155.69.78&data[web_id]=128655773&data[merges][EMAIL]=john@test.com&data[merges][FNAME]=John"
    "&data[merges][LNAME]=Doe&data[merges][ADDRESS][addr1]=L&data[merges][ADDRESS][addr2]=&data[merges][ADDRESS][city]="
    "&data[merges][ADDRESS][state]=&data[merges][ADDRESS][zip]=&data[merges][ADDRESS][country]=US"
    "&data[merges][PHONE]=&data[merges][DATE_ME]=2018-10-12&data[merges][BIRTHDAY1]=12/30&data[merges][INTERESTS]="
    "&data[merges][GROUPINGS][0][id]=20693&data[merges][GROUPINGS][0][unique_id]=95c348da58"
    "&data[merges][GROUPINGS][0][name]=Hull Segments&data[merges][GROUPINGS][0][groups]=&data[list_id]=c85a31383e"
)
JOHN_CHANGES = JOHN_JOINS.replace("type=subscribe", "type=profile")
JOHN_LEAVES = JOHN_JOINS.replace("type=subscribe", "type=unsubscribe") + (
    "&data[action]=unsub&data[reason]=manual&data[campaign_id]=6a5b4c3d2e"
)
JOHN_LEAVES_IN_2021 = (
    "type=unsubscribe&fired_at=2021-03-17 14:16:55&data[action]=unsub&data[reason]=manual&data[id]=d85679026d"
    "&data[email]=john@test.com&data[email_type]=html&data[ip_opt]=95.155.69.78&data[web_id]=128655773"
    "&data[merges][EMAIL]=john@test.com&data[merges][ADDRESS]=&data[list_id]=c85a31383e"
)
JOHN_BOUNCES = (
    "type=cleaned&fired_at=2018-10-25 12:02:47&data[list_id]=c85a31383e&data[campaign_id]=4fjk2ma9xd"
    "&data[reason]=hard&data[email]=john@test.com"
)
JOHN_MOVES = (
    "type=upemail&fired_at=2018-10-25 12:02:47&data[list_id]=c85a31383e&data[new_id]=51da8c3259"
    "&data[new_email]=john@new.test&data[old_email]=John@Test.com"
)
CAMPAIGN = (
    "type=campaign&fired_at=2018-10-25 12:02:47&data[id]=5aa2102003&data[subject]=Hello&data[status]=sent"
    "&data[reason]=&data[list_id]=c85a31383e"
)
VERBATIM = {
    "subscribe": JOHN_JOINS,
    "profile": JOHN_CHANGES,
    "unsubscribe": JOHN_LEAVES,
    "unsubscribe in 2021": JOHN_LEAVES_IN_2021,
    "cleaned": JOHN_BOUNCES,
    "upemail": JOHN_MOVES,
}


def encoded(text: str) -> bytes:
    return urlencode(parse_qsl(text, keep_blank_values=True)).encode()


@pytest.mark.parametrize("name", VERBATIM)
@pytest.mark.parametrize("as_sent", [str.encode, encoded])
def test_every_recorded_payload_is_kept(mailbox: Mailbox, name: str, as_sent: object) -> None:
    assert callable(as_sent)
    assert mailbox.audience(as_sent(VERBATIM[name])) == 200
    [kept] = mailbox.events()
    assert (kept["kind"], kept["list_id"], kept["state"]) == (name.split(maxsplit=1)[0], NEWS, "waiting")
    assert kept["member_key"] == member_id_of("john@test.com")
    assert kept["received_at"] == NOON


def test_of_a_payload_only_what_is_needed_is_kept(mailbox: Mailbox) -> None:
    mailbox.audience(JOHN_LEAVES.encode())
    [kept] = mailbox.events()
    assert kept["data"] == {"email": "john@test.com", "reason": "manual", "action": "unsub"}
    assert kept["fired_at"] == datetime(2018, 10, 25, 12, 2, 47, tzinfo=UTC)


def test_a_changed_address_names_both(mailbox: Mailbox) -> None:
    mailbox.audience(JOHN_MOVES.encode())
    [kept] = mailbox.events()
    assert kept["data"] == {"email": "John@Test.com", "new_email": "john@new.test"}
    assert kept["other_key"] == member_id_of("john@new.test")


def test_a_campaign_and_an_audience_nobody_connected_are_not_for_us(mailbox: Mailbox) -> None:
    assert mailbox.audience(CAMPAIGN.encode()) == 204
    assert mailbox.audience(left(list_id="0000000000")) == 204
    assert mailbox.events() == []


def test_mailchimps_test_of_the_address_is_answered(mailbox: Mailbox) -> None:
    assert mailbox.audience(b"") == 200
    assert mailbox.events() == []


@pytest.mark.parametrize("secret", [None, "", "guess", SECRET[:-1], SECRET + "x", "ünïcode", "\udc80", CLUB_SECRET])
def test_without_the_secret_of_the_audiences_account_nothing_is_kept(mailbox: Mailbox, secret: str | None) -> None:
    assert mailbox.audience(left(), secret) == 401
    assert mailbox.events() == []


@pytest.mark.parametrize(
    "body",
    [
        form(data_email="ann@example.org", data_list_id=NEWS),
        form(type="sneeze", data_email="ann@example.org", data_list_id=NEWS),
        form(type="subscribe", data_email="ann@example.org"),
        form(type="subscribe", data_list_id=NEWS),
        form(type="subscribe", data_email="", data_list_id=NEWS),
        form(type="subscribe", data_email="nobody", data_list_id=NEWS),
        form(type="subscribe", data_email="ann\0@example.org", data_list_id=NEWS),
        form(type="subscribe", data_email=f"{'a' * 300}@example.org", data_list_id=NEWS),
        form(type="profile", data_email="ann@example.org", data_list_id=NEWS),
        form(type="upemail", data_new_email="ann@example.org", data_list_id=NEWS),
        form(type="upemail", data_old_email="ann@example.org", data_list_id=NEWS),
        b'{"type": "subscribe"}',
        b"\xff\xfe\x00t\x00y\x00p\x00e",
        b"%",
        b"&&&===",
        JOHN_JOINS.encode("utf-16"),
        JOHN_JOINS.encode() + b"&data[merges][NOTE]=" + b"x" * 300_000,
        b"&".join([*([b"a=b"] * 5_000), left()]),
    ],
)
def test_what_is_no_event_is_refused(mailbox: Mailbox, body: bytes) -> None:
    assert mailbox.audience(body) == 400
    assert mailbox.events() == []


def test_a_body_may_end_anywhere(mailbox: Mailbox) -> None:
    whole = encoded(JOHN_LEAVES)
    statuses = {mailbox.audience(whole[:end]) for end in range(0, len(whole), 7)}
    assert statuses == {200, 204, 400}
    assert {kept["list_id"] for kept in mailbox.events()} <= {NEWS}


def test_keys_as_deep_as_someone_likes_do_no_harm(mailbox: Mailbox) -> None:
    deep = b"data[merges]" + b"[x]" * 50_000
    assert mailbox.audience(left() + b"&" + deep + b"=1") == 200
    assert mailbox.audience(form(type="cleaned", data_list_id=NEWS) + b"&" + b"[" * 50_000) == 400


@pytest.mark.parametrize("charset", ["utf-8", "latin-1", "cp1252"])
def test_any_charset_is_read(mailbox: Mailbox, charset: str) -> None:
    fields = {"type": "unsubscribe", "data[email]": "dóra@example.org", "data[list_id]": NEWS}
    for body in (urlencode(fields, encoding=charset).encode(), "&".join(f"{k}={v}" for k, v in fields.items())):
        assert mailbox.audience(body if isinstance(body, bytes) else body.encode(charset)) == 200
    assert {kept["data"]["email"] for kept in mailbox.events()} == {"dóra@example.org"}


def test_a_time_nobody_can_read_does_no_harm(mailbox: Mailbox) -> None:
    for moment in ("yesterday", "0001-01-01 00:00:00", "9999-12-31 23:59:59", "2026-02-30 00:00:00", "x" * 9_000):
        mailbox.audience(form(type="cleaned", data_email="ann@example.org", data_list_id=NEWS, fired_at=moment))
    assert [kept["fired_at"] for kept in mailbox.events()] == [None] * 5


def test_the_same_call_twice_is_one_event_however_it_is_encoded(mailbox: Mailbox) -> None:
    assert [mailbox.audience(body) for body in (JOHN_LEAVES.encode(), encoded(JOHN_LEAVES))] == [200, 200]
    shuffled = parse_qsl(JOHN_LEAVES, keep_blank_values=True)
    random.Random(5).shuffle(shuffled)
    assert mailbox.audience(urlencode(shuffled).encode()) == 200
    assert len(mailbox.events()) == 1


def test_a_second_later_it_is_another_event(mailbox: Mailbox) -> None:
    mailbox.audience(JOHN_LEAVES.encode())
    mailbox.audience(JOHN_LEAVES.replace("12:02:47", "12:02:48").encode())
    assert len(mailbox.events()) == 2


def test_a_signed_call_is_kept(mailbox: Mailbox) -> None:
    body = left(list_id=CLUB)
    assert mailbox.audience(body, CLUB_SECRET, signed(body)) == 200
    assert len(mailbox.events()) == 1


def test_without_a_valid_signature_a_call_for_a_signed_audience_is_forged(mailbox: Mailbox) -> None:
    body = left(list_id=CLUB)
    stamp, _, digest = signed(body).partition(",")
    for signature in (
        None,
        "",
        "t=,v1=",
        stamp,
        digest,
        f"{stamp},v1=00",
        f"{stamp},v1=é",
        f"t=٣,{digest}",
        f"t={'9' * 5_000},{digest}",
        f"{stamp},{stamp},{digest}",
        signed(left("bella@example.org", CLUB)),
        signed(body, secret="another"),
        signed(body, NOON - minutes(5.1)),
        signed(body, NOON + minutes(5.1)),
    ):
        assert mailbox.audience(body, CLUB_SECRET, signature) == 401, signature
    assert mailbox.events() == []


def test_a_signed_call_can_be_replayed_neither_at_once_nor_later(mailbox: Mailbox) -> None:
    body = left(list_id=CLUB)
    signature = signed(body)
    assert mailbox.audience(body, CLUB_SECRET, signature) == 200
    mailbox.time = NOON + minutes(4)
    assert mailbox.audience(body, CLUB_SECRET, signature) == 200
    mailbox.time = NOON + minutes(6)
    assert mailbox.audience(body, CLUB_SECRET, signature) == 401
    assert len(mailbox.events()) == 1


def test_any_of_several_signatures_will_do_while_a_secret_is_replaced(mailbox: Mailbox) -> None:
    body = left(list_id=CLUB)
    old, new = signed(body, secret="the old one"), signed(body, secret=SIGNING_SECRET).partition(",")[2]
    assert mailbox.audience(body, CLUB_SECRET, f"{old},{new}") == 200


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.binary(max_size=300) | st.sampled_from(sorted(VERBATIM.values())).map(str.encode),
    junk=st.binary(max_size=30),
    place=st.integers(0, 200),
    secret=st.sampled_from([SECRET, CLUB_SECRET]) | st.none() | st.text(max_size=20),
    signature=st.none() | st.text(max_size=60),
)
def test_nothing_anyone_sends_surprises_us(
    mailbox: Mailbox, body: bytes, junk: bytes, place: int, secret: str | None, signature: str | None
) -> None:
    spoilt = body[:place] + junk + body[place:]
    assert mailbox.audience(spoilt, secret, signature) in {200, 204, 400, 401}
    assert mailbox.batch(spoilt, secret) in {200, 400, 401}
