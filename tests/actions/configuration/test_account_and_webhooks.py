"""What there is in a Mailchimp account, and webhooks made and deleted by hand."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from actions.conftest import Door, Office
from mailchimpsync.actions.configuration.fetchaccountinfo import fetchaccountinfo
from mailchimpsync.config import CONFIG_FILE, mask
from mailchimpsync.errors import EvidenceError
from support.service import LIST_ID, MAILCHIMP_KEY, OTHER_LIST

FETCH, UPDATE = "Mailchimpsync.fetchaccountinfo", "Mailchimpsync.updatewebhook"
PUBLIC_URL = "https://sync.example.org/base"
OURS = {"url": f"{PUBLIC_URL}/webhook/audience?secret=…", "sources": ["admin", "user"]}


@pytest.fixture(autouse=True)
def reached(office: Office) -> None:
    """The site has a public address, and Mailchimp takes it without asking."""
    move_to(office, PUBLIC_URL)
    office.charity.mailchimp.set_options(validate_webhooks=False)


def move_to(office: Office, url: str | None) -> None:
    file = office.charity.home / CONFIG_FILE
    kept = [line for line in file.read_text(encoding="utf-8").splitlines() if not line.startswith("public_url")]
    file.write_text("\n".join([*kept, *([f'public_url = "{url}"'] if url else []), ""]), encoding="utf-8")
    office.site.settings = office.site.settings.model_copy(update={"public_url": url})


@pytest.fixture
def account(office: Office) -> str:
    [name] = office.site.configuration.accounts
    return name


def by_hand(door: Door, office: Office, account: str, process: str, **given: Any) -> Any:
    return door(office, UPDATE, api_key=account, process=process, **given)


def test_an_account_is_described(office: Office, door: Door, account: str) -> None:
    office.charity.mailchimp.add_audience(MAILCHIMP_KEY, "c0ffee0000", "Walkers", {"1111111111": "Topics: Walks"})
    found = door(office, FETCH, api_key=account).values
    assert (found["account_name"], found["role"]) == ("Green Paths", "owner")
    assert {"email", "first_name", "last_name", "username"} <= found.keys()
    assert found["audiences"].keys() == {LIST_ID, OTHER_LIST, "c0ffee0000"}
    assert found["audiences"]["c0ffee0000"]["interests"] == {"1111111111": "Topics: Walks"}
    assert found["audiences"][LIST_ID]["webhookFound"] is False
    assert (found["batchWebhook"], found["batchWebhookFound"]) == (None, False)
    assert found["webhookUrl"] == OURS["url"]


def test_webhooks_are_found_without_their_secrets(office: Office, door: Door, account: str) -> None:
    by_hand(door, office, account, "add_webhook", list_id=LIST_ID)
    by_hand(door, office, account, "add_batch_webhook")
    found = door(office, FETCH, api_key=account)
    audience = found.values["audiences"][LIST_ID]
    assert audience["webhookFound"] is True
    assert audience["webhooks"] == [audience["webhook"]]
    assert audience["webhook"].items() >= OURS.items()
    assert found.values["batchWebhook"]["url"] == f"{PUBLIC_URL}/webhook/batch?secret=…"
    secret = office.site.configuration.accounts[account].webhook_secret
    assert secret is not None
    assert secret.get_secret_value() not in str(found.envelope)
    assert MAILCHIMP_KEY not in str(found.envelope)


@pytest.mark.parametrize("as_what", ["masked", "plain"])
def test_an_account_is_known_by_its_key(office: Office, door: Door, as_what: str) -> None:
    given = {"masked": mask(MAILCHIMP_KEY), "plain": MAILCHIMP_KEY}[as_what]
    assert door(office, FETCH, api_key=given).values["account_name"] == "Green Paths"


@pytest.mark.parametrize("given", ["…9999-us6", "Blue Rivers"])
def test_what_is_neither_an_account_nor_a_key_is_told(office: Office, door: Door, account: str, given: str) -> None:
    answer = door(office, FETCH, api_key=given)
    assert account in answer.error
    assert answer.exit_code == 2


def test_a_new_key_opens_an_account_that_is_not_configured(office: Office) -> None:
    new = "9" * 32 + "-us6"
    office.charity.mailchimp.add_account(new, account_name="Blue Rivers")
    office.charity.mailchimp.add_audience(new, "b1ee000000", "Rowers")
    to_the_stand_in = office.site.clients.mailchimp
    clients = type(office.site.clients)(
        mailchimp=lambda one, runtime: to_the_stand_in(
            one.model_copy(update={"base_url": office.charity.mailchimp_url}), runtime
        )
    )
    office.site.clients = clients
    found = fetchaccountinfo(office.site, api_key=new)
    assert (found["account_name"], list(found["audiences"])) == ("Blue Rivers", ["b1ee000000"])
    assert (found["webhookUrl"], found["batchWebhookSecret"]) == (None, None)


def test_an_account_with_too_many_audiences_is_not_looked_at(
    office: Office, account: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules[fetchaccountinfo.__module__], "AUDIENCES_MAX", 1)
    with pytest.raises(EvidenceError):
        fetchaccountinfo(office.site, api_key=account)


def test_a_webhook_is_made_and_deleted(office: Office, door: Door, account: str) -> None:
    made = by_hand(door, office, account, "add_webhook", list_id=LIST_ID).values
    [hook] = made["webhooks"]
    assert (made["account"], made["list_id"]) == (account, LIST_ID)
    assert hook["events"] == ["cleaned", "profile", "subscribe", "unsubscribe", "upemail"]
    gone = by_hand(door, office, account, "delete_webhook", list_id=LIST_ID, id=hook["id"]).values
    assert gone["webhooks"] == []


def test_without_list_id_the_audience_is_found(office: Office, door: Door, account: str) -> None:
    [hook] = by_hand(door, office, account, "add_webhook", list_id=OTHER_LIST).values["webhooks"]
    gone = by_hand(door, office, account, "delete_webhook", id=hook["id"]).values
    assert (gone["list_id"], gone["webhooks"]) == (OTHER_LIST, [])

    kept = [one for one in office.site.configuration.connections if one.audience_id == LIST_ID]
    office.site.save(office.site.configuration.having(connections=kept), "ann")
    made = by_hand(door, office, account, "add_webhook").values
    assert (made["list_id"], len(made["webhooks"])) == (LIST_ID, 1)


def test_a_batch_webhook_is_made_and_deleted(office: Office, door: Door, account: str) -> None:
    [hook] = by_hand(door, office, account, "add_batch_webhook").values["webhooks"]
    assert hook["enabled"] is True
    assert by_hand(door, office, account, "delete_batch_webhook", id=hook["id"]).values["webhooks"] == []


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"process": "add_webhook"}, "list_id is missing"),
        ({"process": "delete_webhook", "list_id": LIST_ID}, "id is missing"),
        ({"process": "delete_batch_webhook"}, "id is missing"),
        ({"process": "add_everything"}, "process"),
        ({"process": "add_webhook", "list_id": "0000000000"}, "is not connected"),
        ({"process": "delete_webhook", "list_id": LIST_ID, "id": "nosuchhook"}, "Mailchimp refused"),
        ({"api_key": "Blue Rivers", "process": "add_batch_webhook"}, "No configured account"),
    ],
)
def test_what_can_not_be_done_is_told(
    office: Office, door: Door, account: str, given: dict[str, str], told: str
) -> None:
    answer = door(office, UPDATE, **{"api_key": account, **given})
    assert told in answer.error


def test_without_a_public_address_no_webhook_can_be_made(office: Office, door: Door, account: str) -> None:
    move_to(office, None)
    answer = by_hand(door, office, account, "add_webhook", list_id=LIST_ID)
    assert "public_url" in answer.error
    assert answer.exit_code == 7
