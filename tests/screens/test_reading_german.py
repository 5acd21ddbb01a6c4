"""The screens in German."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import httpx2
import pytest
from django import forms
from django.utils import timezone
from django.utils.translation import override
from playwright.sync_api import Page, expect
from sqlalchemy import insert

from mailchimpsync.actions import getplans
from mailchimpsync.config import Configuration, Schedule, changes
from mailchimpsync.decide import Excess
from mailchimpsync.errors import BusyError, Code, ConfigurationError, MailchimpsyncError
from mailchimpsync.messages import say
from mailchimpsync.model import ChangeKind, Limit
from mailchimpsync.store.schema import kept_plan
from mailchimpsync.web.models import Role, User
from mailchimpsync.web.screens.configuration.change_list import group_by_part
from mailchimpsync.web.screens.configuration.connection.schedule_words import schedule_lines
from mailchimpsync.web.screens.configuration.field_errors import add_error_beside_field
from mailchimpsync.web.screens.configuration.saving import add_error
from mailchimpsync.web.templatetags.screens import translated
from mailchimpsync_sandbox.world import AUDIENCE_ID
from support.charity import Charity
from support.client import signed_in

Visit = Callable[..., Page]


def test_ada_chooses_german_and_reads_it_on_this_page_and_the_next(
    visit: Visit, own_charity: Callable[..., Charity]
) -> None:
    charity = own_charity(people=1, connected=False)
    User.objects.filter(name="vera").update(created_at=timezone.now() - timedelta(days=3, hours=1))
    page = visit(charity, "/users")

    page.get_by_role("button", name="Deutsch").click()

    expect(page.get_by_role("heading", name="Benutzer und Zugangstoken")).to_be_visible()
    expect(page.get_by_role("row", name="vera")).to_contain_text("vor 3\N{NO-BREAK SPACE}Tagen")
    page.get_by_role("link", name="Passwort ändern").click()
    expect(page.get_by_role("heading", name="Passwort ändern")).to_be_visible()
    assert page.locator("html").get_attribute("lang") == "de"


def test_a_reader_of_a_missing_page_gets_german_and_a_program_gets_english(charity: Charity) -> None:
    german = {"Accept-Language": "de"}

    page = httpx2.get(f"{charity.url}/nowhere", headers=german)
    answer = httpx2.get(f"{charity.url}/api/nowhere", headers=german)

    assert "Unter dieser Adresse gibt es keine Seite." in page.text
    assert "There is no page at this address." in answer.text


EXCESS = [
    Excess(ChangeKind.UNSUBSCRIBE, None, 9, 40, Limit(number=None, share=0.1)).sentence,
    Excess(ChangeKind.REMOVE, 8, 1_200, 0, Limit(number=500, share=None)).sentence,
]
IN_GERMAN = [
    "9 von 40 Personen würden bei Mailchimp abgemeldet oder archiviert (22%; die Grenze ist 10%)",
    "1.200 Personen würden in CiviCRM aus der Gruppe 8 entfernt (die Grenze ist 500)",
]


def test_why_a_plan_is_held_is_stored_with_its_values_and_told_in_german(
    own_charity: Callable[..., Charity],
) -> None:
    charity = own_charity(people=1, synced=False)
    now = charity.site.runtime.now()
    values = {"made_at": now, "made_by": "the guard", "expires_at": now + timedelta(days=1), "counts": {}, "links": {}}
    older = "9 people would be removed, said an older version"
    with charity.site.store.begin() as tx:
        excess = [*EXCESS, older]
        tx.execute(insert(kept_plan).values(list_id=AUDIENCE_ID, kind="plan", state="open", excess=excess, **values))
    [plan] = getplans(charity.site)
    with signed_in(charity, Role.VIEWER) as vera:
        german, english = (
            vera.get(f"/plans/{plan.id}", headers={"Accept-Language": language}).text for language in ("de", "en")
        )

    assert [line for line in IN_GERMAN if line in german] == IN_GERMAN
    assert older in german
    assert [line for line in EXCESS if line in english] == EXCESS


def test_what_is_wrong_with_a_value_is_told_in_german() -> None:
    link = {"account": "A", "audience_id": "a1", "group_id": 0, "resubscribe": "perhaps", "schedule": {"quiet": "x"}}
    with override("de"), pytest.raises(ConfigurationError) as caught:
        Configuration.checked({"civicrm": {"url": 5, "api_key": "k", "time_zone": "Mars"}, "connections": [link]})
    with override("de"):
        told = [translated(one) for one in caught.value.problems]

    assert told == [
        "civicrm.url: muss Text sein.",
        "civicrm.time_zone: diese Zeitzone gibt es nicht; ein Name ist zum Beispiel America/New_York.",
        "connections.1.group_id: muss größer als 0 sein.",
        "connections.1.resubscribe: muss eines hiervon sein: 'ask', 'never'.",
        "connections.1.schedule.quiet: hat nicht die verlangte Form.",
    ]


@pytest.mark.parametrize(
    ("cron", "words"),
    [
        ("15 3 * * *", "Jeden Tag um 03:15 (UTC)."),
        ("0 6,18 * * MON-FRI", "Montag\N{EN DASH}Freitag um 06:00, 18:00 (UTC)."),
        ("30 4 * * 0,7", "Sonntag, Sonntag um 04:30 (UTC)."),
        ("*/20 8-17 * * 1", "Zu den Zeiten „*/20 8-17 * * 1“ einer Crontab (UTC)."),
    ],
)
def test_times_of_a_crontab_are_told_in_german(cron: str, words: str) -> None:
    with override("de"):
        assert words in list(schedule_lines(Schedule(cron=cron)))


def test_what_is_wrong_is_told_in_german(charity: Charity) -> None:
    with signed_in(charity, Role.VIEWER) as vera:
        missing = vera.get("/connections/nowhere", headers={"Accept-Language": "de"}).text

    assert "Die Zielgruppe nowhere ist nicht verbunden." in missing


def test_what_changed_in_the_configuration_is_told_in_german() -> None:
    account = {"api_key": "0123456789abcdef0123456789abcdef-us1"}
    link = {"account": "main", "audience_id": "a1", "audience_name": "News", "group_id": 8, "group_title": "Friends"}
    before, after = (
        Configuration.checked({"accounts": {"main": account}, "connections": [{**link, **more}]})
        for more in ({"resubscribe": "ask"}, {"resubscribe": "never", "guard": {"enabled": False}})
    )
    with override("de"):
        told = group_by_part(changes(before, after))

    [(part, lines)] = told
    assert part == "Verknüpfung der Zielgruppe „a1“ (News ↔ Friends)"
    assert lines == ["resubscribe von ask zu never.", "guard.enabled von ja zu nein."]


def test_errors_above_a_form_are_told_in_german_a_line_for_each_problem() -> None:
    busy = BusyError(Code.BUSY, say("Another run is in progress on audience %(id)s.", id="a1"))
    with pytest.raises(ConfigurationError) as unusable:
        Configuration.checked({"accounts": {"main": {"api_key": " "}}})
    with override("de"):
        lines = [_told_above_a_form(error) for error in (busy, unusable.value)]

    assert lines == [
        ["Für die Zielgruppe a1 läuft bereits ein anderer Abgleich."],
        ["Konto „main“: Der API-Schlüssel ist leer."],
    ]


def test_a_problem_with_a_key_is_told_beside_its_field_without_its_place() -> None:
    form = _Form({})
    with pytest.raises(ConfigurationError) as unusable:
        Configuration.checked({"accounts": {"main": {"api_key": " "}}})

    add_error_beside_field(form, unusable.value, key="key", address="address")

    assert dict(form.errors) == {"key": ["The API key is empty."]}


class _Form(forms.Form):
    key = forms.CharField(required=False)
    address = forms.CharField(required=False)


def _told_above_a_form(error: MailchimpsyncError) -> list[str]:
    form = _Form({})
    add_error(form, error)
    return [str(line) for line in form.non_field_errors()]
