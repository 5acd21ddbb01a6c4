"""Every channel gives a message its own form; one that fails is tried again, and keeps nobody else."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import socket
import ssl
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from threading import Event

import pytest
from pydantic import SecretStr

from actions.alerts.conftest import HOOK_PATH, PING_PATH, SIGNING_SECRET, SLACK_PATH, TO, AlertSite
from mailchimpsync.actions import testalerts as try_channels
from mailchimpsync.actions import watch
from mailchimpsync.actions.alerts import channels
from mailchimpsync.actions.alerts.check import check_alerts
from mailchimpsync.actions.alerts.notifications import queue_notifications
from mailchimpsync.actions.finding import Level
from mailchimpsync.config import Email
from mailchimpsync.store.site import outbox
from mailchimpsync.worker.jobs import Work
from mailchimpsync.worker.metrics import Metrics
from mailchimpsync.worker.tasks.alerts import check_webhooks, send_alerts
from support.alert_receivers import PASSWORD, MailServer, html_of, served_mail_server, text_of
from support.certificates import make_certificate
from support.world import NEWS


def told_by_doctor(alert_site: AlertSite) -> list[tuple[str, str, str]]:
    return [(one.level.value, one.subject, one.found) for one in check_alerts(alert_site.site)]


def test_a_mail_is_from_us_to_all_and_says_that_a_program_sent_it(alert_site: AlertSite) -> None:
    alert_site.is_told()
    try_channels(alert_site.site)

    [mail] = alert_site.mailbox.mails
    assert (mail["From"], mail["To"]) == ("sync@site.example", TO[0])
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"].endswith("@site.example>")
    assert mail["Subject"] == "[mailchimpsync cv] Test message"


def test_a_mail_says_the_same_in_text_and_in_html_with_one_button_and_loads_nothing(alert_site: AlertSite) -> None:
    alert_site.link(audience_name="Walks & <img src=http://spy.example/1>")
    settings = alert_site.site.settings
    alert_site.site.settings = settings.model_copy(update={"public_url": "https://sync.example.org/mc"})
    alert_site.disable_the_group()
    alert_site.sync()
    alert_site.look()

    [mail] = alert_site.mailbox.mails
    page = html_of(mail)
    assert mail.get_content_type() == "multipart/alternative"
    assert "https://sync.example.org/mc/connections/" in text_of(mail)
    assert re.findall(r'href="([^"]*)"', page) == [text_of(mail).split()[-1]]
    assert "Walks &amp; &lt;img src=http://spy.example/1&gt;" in page
    assert not re.search(r"<(img|script|link|iframe)|@import|url\(|src=\"", page)
    for line in text_of(mail).splitlines()[:-1]:
        assert line.replace("`", "") in unescape(re.sub("<[^>]*>", "", page))
    assert len(mail.as_bytes()) < 100_000


def test_a_mail_has_no_link_if_nobody_said_where_the_screens_are(alert_site: AlertSite) -> None:
    try_channels(alert_site.site)

    [mail] = alert_site.mailbox.mails
    assert "<a " not in html_of(mail)
    assert "http" not in text_of(mail)


def test_a_mail_is_in_the_language_that_was_chosen(alert_site: AlertSite) -> None:
    email = alert_site.site.configuration.alerts.email
    assert email is not None
    alert_site.is_told(email=email.model_copy(update={"language": "de"}), summary="monday")
    alert_site.disable_the_group()
    alert_site.sync()
    alert_site.look()

    problem, week = alert_site.mailbox.mails
    assert problem["Subject"].endswith(": der Abgleich ist fehlgeschlagen (CV_GROUP_INACTIVE)")
    assert "Was zu tun ist: " in text_of(problem)
    assert '<html lang="de">' in html_of(problem)
    assert "Offene Probleme: 1." in text_of(week)
    assert not re.search(r" (failed|the|was)\b", text_of(problem) + text_of(week))


def test_a_webhook_is_signed_over_the_time_and_the_body(alert_site: AlertSite) -> None:
    alert_site.is_told(email=None, webhook=alert_site.hook)
    alert_site.disable_the_group()
    alert_site.sync()
    alert_site.look()

    [call] = alert_site.pager.calls
    stamp, digest = call.headers["Mailchimpsync-Signature"].removeprefix("t=").split(",v1=")
    wanted = hmac.new(SIGNING_SECRET.encode(), f"{stamp}.".encode() + call.body, hashlib.sha256).hexdigest()
    told = json.loads(call.body)
    assert (call.method, call.path) == ("POST", HOOK_PATH)
    assert hmac.compare_digest(digest, wanted)
    assert int(stamp) == int(alert_site.world.now.timestamp())
    assert told["event"] == "problem"
    assert told["alert"]["code"] == "CV_GROUP_INACTIVE"
    assert told["delivery"] == call.headers["Mailchimpsync-Delivery"]


def test_slack_gets_text_in_which_nothing_is_a_link_or_a_mention(alert_site: AlertSite) -> None:
    alert_site.link(audience_name="Walks & <!channel>")
    alert_site.is_told(email=None, slack=alert_site.slack)
    alert_site.disable_the_group()
    alert_site.sync()
    alert_site.look()

    [call] = alert_site.pager.calls
    text = json.loads(call.body)["text"]
    assert call.path == SLACK_PATH
    assert text.startswith("*[mailchimpsync cv] Walks &amp; &lt;!channel&gt; ↔ group 8: the sync failed")


def test_a_title_with_a_line_break_makes_no_header_of_its_own(alert_site: AlertSite) -> None:
    alert_site.link(audience_name="News\r\nBcc: carl@example.org")
    alert_site.disable_the_group()
    alert_site.sync()
    alert_site.look()

    [mail] = alert_site.mailbox.mails
    assert mail["Bcc"] is None


def test_a_channel_that_fails_keeps_no_other_and_is_tried_again_less_and_less_often(alert_site: AlertSite) -> None:
    alert_site.is_told(webhook=alert_site.hook, email=alert_site.site.configuration.alerts.email)
    alert_site.pager.status = 503
    alert_site.disable_the_group()
    alert_site.sync()
    mails = [len(alert_site.look(hours=minutes / 60)) for minutes in (0, 0.5, 0.6, 1, 1.1, 3)]
    tries = len(alert_site.pager.calls)
    alert_site.pager.status = 204
    alert_site.look(hours=1)

    assert mails == [1, 0, 0, 0, 0, 0]
    assert tries == 3
    assert len(alert_site.pager.calls) == 4
    assert len({call.headers["Mailchimpsync-Delivery"] for call in alert_site.pager.calls}) == 1


def test_a_message_that_nobody_takes_is_given_up(alert_site: AlertSite) -> None:
    alert_site.is_told(reminders=0)
    alert_site.mailbox.broken = True
    alert_site.disable_the_group()
    alert_site.sync()
    for _ in range(30):
        alert_site.look(hours=4)
    alert_site.mailbox.broken = False

    assert alert_site.look(hours=4) == []
    with alert_site.site.store.begin() as tx:
        assert outbox.newest_by_channel(tx)["email"].state == outbox.GIVEN_UP


def test_a_channel_that_fails_shows_in_doctor_without_what_the_server_said(alert_site: AlertSite) -> None:
    alert_site.is_told(email=alert_site.site.configuration.alerts.email, slack=alert_site.slack)
    alert_site.mailbox.broken, alert_site.pager.status = True, 404
    alert_site.disable_the_group()
    alert_site.sync()
    alert_site.look()

    assert told_by_doctor(alert_site) == [
        ("warning", "Alerts", "Open problems: 1."),
        (
            "warning",
            "Alerts: E-mail",
            "The latest message wasn't accepted, or not for every recipient: SMTP 451 (SMTPDataError).",
        ),
        ("warning", "Alerts: Slack", "The latest message wasn't accepted, or not for every recipient: HTTP 404."),
    ]


def test_doctor_says_when_nobody_is_told(alert_site: AlertSite) -> None:
    alert_site.is_told(email=None)

    assert told_by_doctor(alert_site) == [("warning", "Alerts", "No one is alerted when something goes wrong.")]


def test_one_recipient_who_is_refused_does_not_make_the_others_get_it_again(alert_site: AlertSite) -> None:
    email = alert_site.site.configuration.alerts.email
    assert email is not None
    alert_site.is_told(email=email.model_copy(update={"to": ("ann@office.example", "gone@office.example")}))
    alert_site.mailbox.refused = {"gone@office.example"}
    alert_site.disable_the_group()
    alert_site.sync()

    assert sum(len(alert_site.look(hours=1)) for _ in range(5)) == 1
    assert told_by_doctor(alert_site)[-1][2].endswith("1 of 2 recipients refused.")


def test_a_test_says_what_came_of_every_channel_and_shows_no_secret(alert_site: AlertSite) -> None:
    alert_site.is_told(
        email=alert_site.site.configuration.alerts.email,
        webhook=alert_site.hook,
        slack=alert_site.slack,
        ping_url=alert_site.ping_url,
    )
    well = try_channels(alert_site.site)
    alert_site.pager.status, alert_site.mailbox.broken = 500, True
    ill = try_channels(alert_site.site)

    assert [one.subject for one in well] == ["E-mail", "Webhook", "Slack", "Ping"]
    assert {one.level for one in well} == {Level.GOOD}
    assert {one.level for one in ill} == {Level.BAD}
    told = "".join(one.found + one.remedy for one in [*well, *ill])
    for secret in ("a-way-in", "a-check-only-we-know", SIGNING_SECRET, "ann@"):
        assert secret not in told


def test_a_redirect_is_not_followed_and_no_delivery(alert_site: AlertSite) -> None:
    alert_site.is_told(email=None, webhook=alert_site.hook, slack=alert_site.slack, ping_url=alert_site.ping_url)
    alert_site.pager.status, alert_site.pager.location = 302, f"{alert_site.pager.url}/inside"

    found = try_channels(alert_site.site)

    assert [one.found for one in found] == ["The message wasn't accepted: HTTP 302."] * 3
    assert alert_site.pager.paths == [HOOK_PATH, SLACK_PATH, PING_PATH]


def test_a_server_that_is_not_there_is_a_finding(alert_site: AlertSite) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        email = Email(host="127.0.0.1", port=port, security="none", sender="sync@site.example", to=TO)
        alert_site.is_told(email=email)
        [found] = try_channels(alert_site.site)

    assert found.found == "The message wasn't accepted: ConnectionRefusedError."


def test_a_server_that_never_answers_keeps_nobody_for_longer_than_it_may() -> None:
    answered = Event()

    def never_answer() -> None:
        answered.wait(5)

    with pytest.raises(channels.DeliveryError, match="no end after 0 s"):
        channels.send_within(never_answer, seconds=0.01)
    answered.set()


def test_a_channel_that_never_answers_does_not_use_up_the_time_of_the_others(alert_site: AlertSite) -> None:
    alert_site.is_told(email=alert_site.site.configuration.alerts.email, slack=alert_site.slack)
    alert_site.mailbox.broken = True
    alert_site.disable_the_group()
    alert_site.sync()
    queue_notifications(alert_site.site)
    watch(alert_site.site, seconds=60, stop=stop_after(1))  # the time is over after the mail that nobody takes
    assert alert_site.pager.calls == []
    alert_site.world.pass_time(3_600)
    watch(alert_site.site, seconds=60, stop=stop_after(1))

    assert alert_site.pager.paths == [SLACK_PATH]


def stop_after(messages_tried: int) -> Callable[[], bool]:
    """Return who says to stop once so many messages were begun; it is asked before each, and how long it may take."""
    asked = iter([False] * (2 * messages_tried))
    return lambda: next(asked, True)


def test_what_is_no_longer_configured_is_not_sent(alert_site: AlertSite) -> None:
    alert_site.mailbox.broken = True
    alert_site.disable_the_group()
    alert_site.sync()
    alert_site.look()
    alert_site.mailbox.broken = False
    alert_site.is_told(email=None)

    assert alert_site.look(hours=1) == []
    with alert_site.site.store.begin() as tx:
        assert outbox.newest_by_channel(tx)["email"].note == "the channel is no longer configured"


def test_a_ping_follows_every_sync_that_is_done_and_one_that_failed_says_so(alert_site: AlertSite) -> None:
    alert_site.is_told(email=None, ping_url=alert_site.ping_url)
    for _ in range(2):
        alert_site.sync()
        alert_site.look()
        alert_site.look()
    alert_site.disable_the_group()
    for _ in range(2):
        alert_site.sync()
        alert_site.look()
    alert_site.disable_the_group(active=True)
    alert_site.sync()
    alert_site.look()

    assert alert_site.pager.paths == [PING_PATH, PING_PATH, f"{PING_PATH}/fail", PING_PATH]


def test_the_weeks_summary_comes_once_a_week_and_names_nobody(alert_site: AlertSite) -> None:
    alert_site.sync()
    alert_site.is_told(summary="monday", late_after_hours=8_760)
    days = [len(alert_site.look(hours=24)) for _ in range(15)]

    text = text_of(alert_site.mailbox.mails[-1])
    assert days == [1, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0]
    assert "Last complete sync: 20 Nov 2026, 12:00 (UTC)." in text
    assert "People who can't be synced and need attention: 0 of 1." in text
    assert "Open problems: none." in text
    assert "bella" not in text


def test_what_is_wrong_with_the_webhooks_is_found_by_asking_mailchimp_and_told_with_the_next_check(
    alert_site: AlertSite,
) -> None:
    alert_site.site.settings = alert_site.site.settings.model_copy(update={"public_url": alert_site.pager.url})
    world, work = alert_site.world, Work(alert_site.site, lambda: False, Metrics())
    alert_site.sync()
    world.forget_requests()
    send_alerts(work)
    assert world.requests() == []

    for _ in range(2):
        world.pass_time(3_600)
        check_webhooks(work)
        send_alerts(work)

    assert world.requests() != []
    assert any("WEBHOOK_MISSING" in subject for subject in alert_site.mailbox.subjects)


@pytest.fixture
def encrypted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    """A mail server that wants encryption and a login, with a certificate of its own that we trust."""
    file = make_certificate(tmp_path)
    ours = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ours.load_cert_chain(file)
    theirs = ssl.create_default_context(cafile=str(file))
    monkeypatch.setattr(channels, "tls", lambda: theirs)
    with served_mail_server(ours) as mailbox:
        yield mailbox


def to_encrypted(mailbox: MailServer, password: str) -> Email:
    return Email(
        host="127.0.0.1",
        port=mailbox.port,
        user="sync",
        password=SecretStr(password),
        sender="sync@site.example",
        to=TO,
    )


def test_a_mail_goes_encrypted_to_a_server_that_wants_a_login(alert_site: AlertSite, encrypted: MailServer) -> None:
    alert_site.is_told(email=to_encrypted(encrypted, PASSWORD))
    [found] = try_channels(alert_site.site)

    assert found.level is Level.GOOD
    assert encrypted.logins == [("sync", PASSWORD)]
    assert encrypted.subjects == ["[mailchimpsync cv] Test message"]


def test_a_wrong_password_is_told_by_its_number(alert_site: AlertSite, encrypted: MailServer) -> None:
    alert_site.is_told(email=to_encrypted(encrypted, "not-the-password"))
    [found] = try_channels(alert_site.site)

    assert found.found == "The message wasn't accepted: SMTP 535 (SMTPAuthenticationError)."


def test_a_server_whose_certificate_nobody_knows_gets_neither_password_nor_mail(
    alert_site: AlertSite, encrypted: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channels, "tls", ssl.create_default_context)
    alert_site.is_told(email=to_encrypted(encrypted, PASSWORD))
    [found] = try_channels(alert_site.site)

    assert found.found == "The message wasn't accepted: SSLCertVerificationError."
    assert (encrypted.logins, encrypted.mails) == ([], [])


def test_no_message_holds_an_address_of_a_member(alert_site: AlertSite) -> None:
    alert_site.is_told(summary="monday", email=alert_site.site.configuration.alerts.email, webhook=alert_site.hook)
    alert_site.world.contact("carl@example.org", {NEWS: 1}, first_name="Carl")
    alert_site.sync()
    alert_site.disable_the_group()
    alert_site.sync()
    alert_site.look(hours=1)

    told = "".join(mail.as_string() for mail in alert_site.mailbox.mails)
    told += "".join(call.body.decode() for call in alert_site.pager.calls)
    assert told.count("CV_GROUP_INACTIVE") > 2
    assert not [name for name in ("bella", "carl", "Carl", "example.org") if name in told]
