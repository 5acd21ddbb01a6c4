"""The configuration changed by the screens: nothing is lost unseen, nobody's change is undone, secrets stay secret."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Page, expect

from mailchimpsync.actions import list_webhooks
from mailchimpsync.config import Configuration, Schedule
from mailchimpsync.mailchimp import create_webhook
from mailchimpsync.store.cache.contact_records import Told, keep_records
from mailchimpsync.store.privacy import removed_audiences
from mailchimpsync.store.runs import services
from mailchimpsync.web.models import Role
from mailchimpsync_sandbox.world import API_KEY, AUDIENCE_ID, Side
from support.alert_receivers import served_mail_server, served_webhook_receiver
from support.browser import accessibility_problems
from support.charity import CIVICRM_KEY, Charity, configuration
from support.client import signed_in
from support.form_client import FormClient, form_client

Visit = Callable[..., Page]
Begin = Callable[..., Charity]

CONNECTION = f"/configuration/connections/{AUDIENCE_ID}"
FOR_ALL = (
    "/configuration",
    "/configuration/civicrm/groups",
    "/configuration/civicrm/entries",
    "/configuration/account/Green%20Paths",
    CONNECTION,
    f"{CONNECTION}/first-sync",
    "/configuration/webhooks",
    "/configuration/alerts",
    "/configuration/versions?a=1&b=0",
    "/configuration/file",
    "/configuration/file/toml",
    "/configuration/file/json",
    "/configuration/check",
)
SETTINGS = (
    "/configuration/civicrm",
    "/configuration/alerts/email",
    *(
        f"{CONNECTION}/{part}"
        for part in ("groups", "interests", "rules", "departures", "schedule", "trust", "campaigns/change", "data")
    ),
)
"""What is set there: everybody reads it, and administrators change it."""

FOR_ADMINISTRATORS = (
    "/configuration/accounts/add",
    "/configuration/account/Green%20Paths/key",
    "/configuration/account/Green%20Paths/remove",
    "/configuration/connect",
    f"{CONNECTION}/remove",
)
DEEDS_OF_ADMINISTRATORS = (
    "/configuration/confirm",
    "/configuration/civicrm/entries/install",
    "/configuration/civicrm/entries/remove",
    "/configuration/webhooks/repair",
    "/configuration/webhooks/delete",
    "/configuration/versions/1/restore",
    "/configuration/file/secrets",
    "/configuration/file/import",
    "/configuration/alerts/email/remove",
    f"{CONNECTION}/first-sync/begin",
)


def configuration_of(charity: Charity) -> Configuration:
    charity.site.refresh()
    return charity.site.configuration


def rows_known(charity: Charity) -> int:
    with charity.site.store.reading() as tx:
        return removed_audiences.count_audience_data(tx, AUDIENCE_ID).rows


def test_ada_changes_an_interests_group_and_all_else_stays(visit: Visit, own_charity: Begin) -> None:
    charity = own_charity(people=5, synced=False)
    [before] = configuration_of(charity).connections
    page = visit(charity, CONNECTION)
    page.get_by_role("link", name="Choose groups for interests").click()
    page.get_by_label("Walks").select_option(value=["10"])
    page.get_by_role("button", name="Save").click()
    wrong = page.locator("#id_interest_a100000009_error")
    expect(wrong).to_contain_text("already chosen for another interest")
    assert accessibility_problems(page) == []

    page.get_by_label("Cycling").select_option(value=["9"])
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_text("Topics: Walks ↔ Cycling")).to_be_visible()
    [after] = configuration_of(charity).connections
    assert after.interests == {**before.interests, "a100000009": 10, "a100000010": 9}
    assert after.model_copy(update={"interests": before.interests}) == before


@pytest.mark.thorough
def test_ada_reads_what_goes_with_a_connection_before_it_goes_and_brings_it_back_from_an_older_version(
    visit: Visit, own_charity: Begin
) -> None:
    charity = own_charity(people=20)
    known = rows_known(charity)
    page = visit(charity, CONNECTION, java_script_enabled=False)

    page.get_by_role("link", name="Remove").click()
    expect(page.get_by_text(f"data about {known} people")).to_be_visible()
    assert configuration_of(charity).connections
    page.get_by_role("button", name="Delete and save").click()
    expect(page.get_by_text("is no longer connected")).to_be_visible()
    assert not configuration_of(charity).connections
    assert rows_known(charity) == 0

    page.get_by_role("link", name="This is version 2.").click()
    page.get_by_role("button", name="Restore version 1").click()
    expect(page.get_by_role("main")).to_contain_text("new, with subscription group 8")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Version 1 was restored")).to_be_visible()
    assert configuration_of(charity).connections


def test_another_audience_is_told_as_what_it_is_before_it_is_saved(own_charity: Begin) -> None:
    charity = own_charity(people=5)
    charity.act(Side.MAILCHIMP, "add_audience", {"api_key": API_KEY, "list_id": "b2b2b2b2b2", "name": "Trees"})
    known = rows_known(charity)
    with form_client(charity) as ada:
        asked = ada.fill_in(f"{CONNECTION}/groups", audience="b2b2b2b2b2")
        assert f"data about {known} people" in asked.text
        assert configuration_of(charity).connections[0].audience_id == AUDIENCE_ID

        answer = ada.confirm(asked)

    assert answer.url.path == "/configuration/connections/b2b2b2b2b2"
    [link] = configuration_of(charity).connections
    assert (link.audience_name, link.group_id, link.interests) == ("Trees", 8, {})
    assert not link.schedule.enabled
    assert not link.guard.enabled
    assert rows_known(charity) == 0


def test_of_two_administrators_the_later_one_is_told_what_the_other_has_changed(own_charity: Begin) -> None:
    charity = own_charity(people=1, synced=False)
    wish: dict[str, Any] = {
        "kind": "every",
        "every_minutes": 30,
        "time_zone": "UTC",
        "full_every_days": 7,
        "verify_every_days": 7,
    }
    schedule: dict[str, Any] = {**wish, "jitter_seconds": 60, "enabled": "on"}
    with form_client(charity) as ada, form_client(charity) as ben:
        seen = ada.look(f"{CONNECTION}/schedule").text
        ben.fill_in(f"{CONNECTION}/rules", **{**RULES, "resubscribe": "never"})

        refused = ada.fill_in(f"{CONNECTION}/schedule", page=seen, **schedule)
        assert refused.status_code == 409
        assert "Someone else has changed the configuration" in refused.text
        assert "resubscribe from ask to never" in refused.text
        assert configuration_of(charity).connections[0].schedule.every_minutes == 1

        taken = ada.fill_in(f"{CONNECTION}/schedule", page=refused.text, **schedule)

    assert taken.url.path == CONNECTION
    [link] = configuration_of(charity).connections
    assert (link.schedule.every_minutes, link.resubscribe.value) == (30, "never")


RULES: dict[str, Any] = {
    "resubscribe": "ask",
    "enabled": "on",
    "minimum": 5,
    "hold_hours": 24,
    **{f"{kind}_number": 100 for kind in ("unsubscribe", "remove", "add", "create", "interests", "correct")},
    **{f"{kind}_share": 12.5 for kind in ("unsubscribe", "remove", "add", "create", "interests", "correct")},
}


def test_what_was_confirmed_is_not_done_once_someone_else_has_saved(own_charity: Begin) -> None:
    charity = own_charity(people=1, synced=False)
    with form_client(charity) as ada, form_client(charity) as ben:
        asked = ada.look(f"{CONNECTION}/remove")
        ben.fill_in(f"{CONNECTION}/rules", **RULES)

        answer = ada.confirm(asked)

    assert answer.status_code == 400
    assert "Nothing was saved or deleted" in answer.text
    assert configuration_of(charity).connections


def test_rules_and_limits_are_saved_in_percent_and_a_secret_stays_until_it_is_taken_away(own_charity: Begin) -> None:
    charity = own_charity(people=1, synced=False)
    with form_client(charity) as ada:
        ada.fill_in(f"{CONNECTION}/rules", **RULES, signing_secret="signed-by-mailchimp-1")
        page = ada.fill_in(f"{CONNECTION}/rules", **RULES)
        [link] = configuration_of(charity).connections
        wrong = ada.fill_in(f"{CONNECTION}/rules", **{**RULES, "unsubscribe_share": 120})
        ada.fill_in(f"{CONNECTION}/rules", **RULES, forget_secret="on")

    assert link.guard.unsubscribe_share == 0.125
    assert link.signing_secret is not None
    assert "signed-by-mailchimp-1" not in page.text
    assert wrong.status_code == 400
    assert configuration_of(charity).connections[0].signing_secret is None


def test_a_schedule_is_told_in_words_and_a_wrong_one_beside_its_fields(own_charity: Begin) -> None:
    charity = own_charity(people=1, synced=False)
    wish: dict[str, Any] = {
        "kind": "cron",
        "cron": "0 6 * * 1-5",
        "quiet_begin": "22:00",
        "quiet_end": "05:00",
        "enabled": "on",
    }
    more: dict[str, Any] = {
        "time_zone": "Europe/Paris",
        "full_every_days": 3,
        "verify_every_days": 0,
        "jitter_seconds": 0,
    }
    with form_client(charity) as ada:
        wrong = ada.fill_in(f"{CONNECTION}/schedule", **wish, **{**more, "time_zone": "Mars/Olympus"})
        bad = ada.fill_in(f"{CONNECTION}/schedule", **{**wish, "cron": "every day", "quiet_end": ""}, **more)
        saved = ada.fill_in(f"{CONNECTION}/schedule", **wish, **more)
        with charity.site.store.begin() as tx:
            services.record_heartbeat(tx, "a service", charity.site.runtime.now())
        served = ada.look(CONNECTION)

    assert "Use a name such as Europe/Paris." in wrong.text
    assert "five fields in crontab format" in bad.text
    assert "Enter both times, or neither." in bad.text
    for words in (
        " at 06:00 (Europe/Paris).",
        "Quiet hours from 22:00 to 05:00 (Europe/Paris)",
        "every 3 days",
        "No service is running this schedule at the moment.",
    ):
        assert words in saved.text
    assert "The next sync is due" not in saved.text
    assert "The next sync is due" in served.text
    assert "No service is running this schedule" not in served.text


def test_ada_chooses_a_time_of_day_in_the_zone_of_her_browser_unless_one_is_set(
    visit: Visit, own_charity: Begin
) -> None:
    charity = own_charity(people=1, synced=False)
    before = configuration_of(charity)
    assert before.civicrm is not None
    without_zone = before.civicrm.model_copy(update={"time_zone": None})
    charity.site.save(before.replacing(civicrm=without_zone), "ada")
    page = visit(charity, f"{CONNECTION}/schedule", timezone_id="Europe/Berlin")

    expect(page.get_by_label("Every minute (recommended)")).to_be_checked()
    expect(page.get_by_label("Time of day")).not_to_be_visible()
    page.get_by_label("Monday to Friday at a set time").check()
    page.get_by_label("Time of day").fill("06:30")
    expect(page.get_by_label("Time zone")).to_have_value("Europe/Berlin")
    assert accessibility_problems(page) == []
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("at 06:30 (Europe/Berlin).")).to_be_visible()

    elsewhere = visit(charity, f"{CONNECTION}/schedule", timezone_id="America/New_York")
    expect(elsewhere.get_by_label("Time of day")).to_have_value("06:30")
    expect(elsewhere.get_by_label("Time zone")).to_have_value("Europe/Berlin")
    assert configuration_of(charity).connections[0].schedule.cron == "30 6 * * 1-5"


SCHEDULES: list[dict[str, Any]] = [
    {},
    {"every_minutes": 15},
    {"every_minutes": 60, "jitter_seconds": 5},
    {"every_minutes": 45},
    {"cron": "30 6 * * *", "time_zone": "Europe/Paris", "every_minutes": 45},
    {"cron": "0 22 * * 1-5", "quiet": "22:30-05:00"},
    {"cron": "00 06 * * *"},
    {"cron": "0 6,18 * * MON-FRI"},
]
"""Every choice, and schedules that fit none of them."""


def test_every_schedule_stays_what_it_is_when_its_page_is_saved_again(own_charity: Begin) -> None:
    charity = own_charity(people=1, synced=False)
    with form_client(charity) as ada:
        for wanted in SCHEDULES:
            charity.site.refresh()
            [link] = charity.site.configuration.connections
            link = link.model_copy(update={"schedule": Schedule(**wanted)})
            charity.site.save(charity.site.configuration.replacing_link(link), "ada")

            page = ada.look(f"{CONNECTION}/schedule").text
            saved = ada.fill_in(f"{CONNECTION}/schedule", page=page, **shown_in(page))

            assert "Nothing was changed." in saved.text, wanted
            assert configuration_of(charity).connections == (link,)


def shown_in(page: str) -> dict[str, str]:
    """Return what the fields of a page say, as a browser would send it."""
    fields = [dict(_ATTRIBUTE.findall(one)) for one in _INPUT.findall(page)]
    return {
        one["name"]: one.get("value", "on")
        for one in fields
        if one.get("type") not in (None, "submit") and (one["type"] not in ("radio", "checkbox") or "checked" in one)
    }


_INPUT = re.compile(r"<input ([^>]*)>")
_ATTRIBUTE = re.compile(r'([a-z_-]+)(?:="([^"]*)")?')


def test_vera_sees_all_of_it_without_buttons_and_without_secrets(charity: Charity) -> None:
    secrets = secrets_of(configuration_of(charity))
    with form_client(charity, Role.VIEWER) as vera:
        for path in FOR_ALL:
            answer = vera.look(path)
            assert answer.status_code == 200, path
            assert not [secret for secret in secrets if secret in answer.text], path
            main = answer.text.partition("<main")[2]
            assert "/remove" not in main, path
            assert 'method="post"' not in main or path.endswith("/check"), path
        for path in SETTINGS:
            answer = vera.look(path)
            assert answer.status_code == 200, path
            assert "Only administrators can change them." in answer.text, path
            assert not [secret for secret in secrets if secret in answer.text], path
            main = answer.text.partition("<main")[2]
            if path.endswith("/data"):  # with a form, to preview the data of a contact
                assert 'value="save"' not in main
            else:
                assert '<fieldset class="bare" disabled>' in main, path
                assert 'method="post"' not in main, path
        for path in FOR_ADMINISTRATORS:
            assert vera.look(path).status_code == 403, path


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
def test_only_administrators_change_the_configuration(charity: Charity, role: Role) -> None:
    version = charity.site.version
    with form_client(charity, role) as somebody:
        statuses = {
            path: somebody.fill_in("/configuration", at=path).status_code
            for path in (*SETTINGS, *FOR_ADMINISTRATORS, *DEEDS_OF_ADMINISTRATORS)
        }

    assert set(statuses.values()) == {403}, statuses
    configuration_of(charity)
    assert charity.site.version == version


def secrets_of(configuration: Configuration) -> list[str]:
    accounts = configuration.accounts.values()
    made = [one.webhook_secret.get_secret_value() for one in accounts if one.webhook_secret is not None]
    return [CIVICRM_KEY, API_KEY, *made]


def test_ada_gives_an_account_another_key_and_a_strangers_key_is_refused(own_charity: Begin) -> None:
    charity = own_charity(people=1, synced=False)
    other = "b" * 32 + "-us1"
    charity.act(Side.MAILCHIMP, "add_account", {"api_key": other, "account_name": "Somebody else's"})
    with form_client(charity) as ada:
        refused = ada.fill_in("/configuration/account/Green%20Paths/key", api_key=other)
        taken = ada.fill_in("/configuration/account/Green%20Paths/key", api_key=f" {API_KEY} ")

    assert refused.status_code == 400
    assert "belongs to another account" in refused.text
    assert taken.url.path.startswith("/configuration/account/")
    assert configuration_of(charity).accounts["Green Paths"].api_key.get_secret_value() == API_KEY


def test_an_accounts_name_and_its_connections_are_shown_while_mailchimp_is_away(own_charity: Begin) -> None:
    charity = own_charity(people=1, synced=False)
    with signed_in(charity, Role.VIEWER) as vera:
        there = vera.get("/configuration/account/Green%20Paths").text
        charity.site.save(configuration("http://127.0.0.1:9", charity.civicrm_url), "ada")
        away = vera.get("/configuration/account/Green%20Paths").text

    [name] = re.findall(r"At Mailchimp</dt><dd><bdi>([^<]+)", there)
    assert f"At Mailchimp</dt><dd><bdi>{name}" in away
    assert "read right now" in away
    assert "Green Paths newsletter ↔ Newsletter" in away


def test_an_account_goes_with_its_connections_and_says_so(own_charity: Begin) -> None:
    charity = own_charity(people=5)
    with form_client(charity) as ada:
        asked = ada.look("/configuration/account/Green%20Paths/remove")
        assert "What this will delete" in asked.text
        ada.confirm(asked)

    assert not configuration_of(charity).accounts
    assert not configuration_of(charity).connections


@pytest.mark.thorough
def test_ada_is_told_by_mail_and_the_password_is_never_shown_again(visit: Visit, own_charity: Begin) -> None:
    charity = own_charity(people=1, synced=False)
    with served_mail_server() as mailbox, served_webhook_receiver() as pager, form_client(charity) as ada:
        to: dict[str, Any] = {"to": "ann@example.org\nbob@example.org", "sender": "sync@example.org"}
        at: dict[str, Any] = {"host": "127.0.0.1", "port": mailbox.port, "user": "", "password": ""}
        at["language"] = "de"
        wrong = ada.fill_in("/configuration/alerts/email", **{**to, "to": "Ann"}, **at, security="none")
        ada.fill_in("/configuration/alerts/email", **to, **at, security="none")
        ada.fill_in("/configuration/alerts/slack", webhook_url=f"{pager.url}/services/T0/very-secret")
        page = visit(charity, "/configuration/alerts")
        page.get_by_role("button", name="Send a test").click()

        expect(page.get_by_text("The message was accepted.")).to_have_count(2)

        assert [subject.partition("] ")[2] for subject in mailbox.subjects] == ["Testnachricht"]
        assert pager.paths == ["/services/T0/very-secret"]
        texts = [ada.look(f"/configuration/alerts{part}").text for part in ("", "/slack")]
        assert accessibility_problems(page) == []
    assert "like ann@example.org" in wrong.text
    assert not [text for text in texts if "very-secret" in text]
    assert configuration_of(charity).alerts.channels == ("email", "slack")


def test_a_stored_password_is_not_sent_to_another_mail_server(own_charity: Begin) -> None:
    charity = own_charity(people=1, synced=False)
    mail: dict[str, Any] = {
        "to": "ann@example.org",
        "sender": "sync@example.org",
        "port": 587,
        "security": "starttls",
        "user": "ann",
        "language": "en",
    }
    with form_client(charity) as ada:
        ada.fill_in("/configuration/alerts/email", **mail, host="smtp.example.org", password="my dear secret")
        kept = ada.fill_in("/configuration/alerts/email", **mail, host="smtp.example.org", password="")
        refused = ada.fill_in("/configuration/alerts/email", **mail, host="smtp.example.net", password="")
        email = configuration_of(charity).alerts.email
        ada.fill_in("/configuration/alerts/email", at="/configuration/alerts/email/remove")

    assert kept.url.path == "/configuration/alerts"
    assert "my dear secret" not in kept.text
    assert "password for this server." in refused.text
    assert email is not None
    assert email.password is not None
    assert configuration_of(charity).alerts.channels == ()


@pytest.mark.thorough
def test_the_configuration_goes_out_as_a_file_and_comes_back_once_its_changes_were_read(
    visit: Visit, own_charity: Begin, tmp_path: Path
) -> None:
    charity = own_charity(people=1, synced=False)
    page = visit(charity, "/configuration/file")
    with page.expect_download() as download:
        page.get_by_role("link", name="TOML").click()
    text = Path(download.value.path()).read_text(encoding="utf-8")
    assert CIVICRM_KEY not in text
    file = tmp_path / "edited.toml"
    file.write_text(text.replace('resubscribe = "ask"', 'resubscribe = "never"'), encoding="utf-8")
    page.get_by_label("File", exact=True).set_input_files(file)
    page.get_by_role("button", name="Preview changes").click()
    expect(page.get_by_text("resubscribe from ask to never")).to_be_visible()
    assert accessibility_problems(page) == []
    assert configuration_of(charity).connections[0].resubscribe.value == "ask"

    page.get_by_role("button", name="Save").click()

    expect(page.get_by_text("The configuration was imported.")).to_be_visible()
    assert configuration_of(charity).connections[0].resubscribe.value == "never"
    assert configuration_of(charity).civicrm.api_key.get_secret_value() == CIVICRM_KEY  # type: ignore[union-attr]


def test_a_file_that_is_no_configuration_is_refused_with_every_problem(own_charity: Begin) -> None:
    charity = own_charity(people=1, synced=False)
    with form_client(charity) as ada:
        answers = [take(ada, text) for text in (b"\xff\xfe", b"this is no configuration", b'accounts = "none"')]
        plain = ada.fill_in("/configuration/file", at="/configuration/file/secrets")

    assert [answer.status_code for answer in answers] == [400] * 3
    assert "t a text file." in answers[0].text
    assert "valid TOML" in answers[1].text
    assert "accounts" in answers[2].text
    assert CIVICRM_KEY in plain.text
    assert "attachment" in plain.headers["Content-Disposition"]


def take(ada: FormClient, text: bytes) -> httpx2.Response:
    page = ada.look("/configuration/file").text
    token = page.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    data = {"csrfmiddlewaretoken": token, "version": "1"}
    return ada.client.post("/configuration/file/import", data=data, files={"file": ("file.toml", text)})


@pytest.mark.thorough
def test_webhooks_are_repaired_and_a_strangers_goes_only_if_that_is_confirmed(visit: Visit, own_charity: Begin) -> None:
    charity = own_charity(people=1, synced=False)
    charity.site.settings.public_url = charity.url
    strangers = f"{charity.civicrm_url}/somebody-elses"
    create_webhook(
        charity.site.mailchimp("Green Paths"), AUDIENCE_ID, strangers, frozenset({"subscribe"}), frozenset({"user"})
    )
    page = visit(charity, "/configuration/webhooks")
    expect(page.get_by_text("It is missing.")).to_have_count(2)
    page.get_by_role("button", name="Repair").click()
    expect(page.get_by_text("It was missing and has been created.")).to_have_count(2)
    assert accessibility_problems(page) == []
    assert [hook["ours"] for hook in list_webhooks(charity.site)] == [False, True, True]

    page.get_by_role("button", name="Delete").first.click()
    expect(page.get_by_text("This service didn't create it")).to_be_visible()
    assert len(list_webhooks(charity.site)) == 3
    page.get_by_role("button", name="Delete").click()

    expect(page.get_by_text("The webhook was deleted.")).to_be_visible()
    assert [hook["ours"] for hook in list_webhooks(charity.site)] == [True, True]


def test_entries_are_put_into_civicrm_with_another_key_and_removed_again(own_charity: Begin) -> None:
    charity = own_charity(people=1, synced=False)
    charity.site.settings.public_url = charity.url
    permissions = ["access CiviCRM", "administer CiviCRM", "authenticate with api key"]
    charity.act(Side.CIVICRM, "add_user", {"key": "an-administrators", "permissions": permissions})
    page = "/configuration/civicrm/entries"
    with form_client(charity) as ada:
        refused = ada.fill_in(page, at=f"{page}/install").text
        ada.fill_in(page, at=f"{page}/install", key="an-administrators")
        there = ada.look(page).text
        ada.fill_in(page, at=f"{page}/remove", key="an-administrators")
        gone = ada.look(page).text

    assert "administer CiviCRM" in refused
    assert "The tab is there." in there
    assert "There are none." in gone


def test_contacts_show_what_mailchimp_says_once_it_is_turned_on_and_removing_it_asks_first(own_charity: Begin) -> None:
    charity = own_charity(people=1, synced=False)
    charity.site.settings.public_url = charity.url
    permissions = ["access CiviCRM", "administer CiviCRM", "access all custom data", "authenticate with api key"]
    charity.act(Side.CIVICRM, "add_user", {"key": "an-administrators", "permissions": permissions})
    page, key = "/configuration/civicrm/entries", "an-administrators"
    with form_client(charity) as ada:
        ada.fill_in(f"{CONNECTION}/rules", **RULES, contact_records="on")
        ada.fill_in(page, at=f"{page}/install", key=key)
        with charity.site.store.begin() as tx:
            keep_records(tx, AUDIENCE_ID, "News", [Told(7, "subscribed", None, None)])
        asked = ada.fill_in(page, at=f"{page}/remove", key=key).text
        still_there = ada.look(page).text
        ada.fill_in(page, at=f"{page}/remove", key=key, confirm="on")
        gone = ada.look(page).text
        settings = ada.look(CONNECTION).text

    assert "Contacts in CiviCRM show what Mailchimp says about them." in settings
    assert "records: 1." in asked
    assert "Delete them" in asked
    assert "The tab is there." in still_there
    assert "There are none." in gone


def test_otto_lets_everything_be_checked_and_reads_what_to_do(own_charity: Begin) -> None:
    charity = own_charity(people=1, synced=False)
    with form_client(charity, Role.OPERATOR) as otto:
        otto.fill_in("/configuration/check", at="/configuration/check/begin")
        text = until(lambda: otto.look("/configuration/check").text, "What to do:")

    assert "This service has no public address" in text
    assert "checks passed" in text
    assert "Preview the first sync, then turn it on." in text
    assert "mailchimpsync sync" not in text


def until(look: Callable[[], str], words: str) -> str:
    for _ in range(100):
        if words in (text := look()):
            return text
        time.sleep(0.1)
    pytest.fail(f"never shown: {words}")


@pytest.mark.thorough
def test_a_first_sync_that_the_guard_would_hold_is_explained_and_then_done_as_it_was_shown(own_charity: Begin) -> None:
    charity = own_charity(people=60, synced=False)
    [link] = configuration_of(charity).connections
    tight = link.guard.model_copy(update={"enabled": True, "minimum": 0, "add_number": 1, "create_number": 1})
    off = link.schedule.model_copy(update={"enabled": False})
    waiting = link.model_copy(update={"guard": tight, "schedule": off})
    charity.site.save(charity.site.configuration.replacing_link(waiting), "ada")
    with form_client(charity) as ada:
        ada.fill_in(f"{CONNECTION}/first-sync", at=f"{CONNECTION}/first-sync/preview")
        shown = until(lambda: ada.look(f"{CONNECTION}/first-sync").text, "Summary")
        assert "This sync exceeds your limits" in shown
        assert rows_known(charity) == 0

        ada.fill_in("", page=shown, at=f"{CONNECTION}/first-sync/begin")
        until(lambda: ada.look("/configuration").text, "Last sync</dt><dd><time")

    assert configuration_of(charity).connections[0].schedule.enabled
    assert rows_known(charity) > 30
