"""What there is in a Mailchimp account, and webhooks made and deleted by hand."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from actions.conftest import CharitySite, Interface
from mailchimpsync.actions.configuration.fetchaccountinfo import fetchaccountinfo
from mailchimpsync.config import CONFIG_FILE, mask
from mailchimpsync.errors import EvidenceError
from support.service import LIST_ID, MAILCHIMP_KEY, OTHER_LIST

FETCH, UPDATE = "Mailchimpsync.fetchaccountinfo", "Mailchimpsync.updatewebhook"
PUBLIC_URL = "https://sync.example.org/base"
OURS = {"url": f"{PUBLIC_URL}/webhook/audience?secret=…", "sources": ["admin", "user"]}


@pytest.fixture(autouse=True)
def reached(charity_site: CharitySite) -> None:
    """The site has a public address, and Mailchimp takes it without asking."""
    move_to(charity_site, PUBLIC_URL)
    charity_site.charity.mailchimp.set_options(validate_webhooks=False)


def move_to(charity_site: CharitySite, url: str | None) -> None:
    file = charity_site.charity.home / CONFIG_FILE
    kept = [line for line in file.read_text(encoding="utf-8").splitlines() if not line.startswith("public_url")]
    file.write_text("\n".join([*kept, *([f'public_url = "{url}"'] if url else []), ""]), encoding="utf-8")
    charity_site.site.settings = charity_site.site.settings.model_copy(update={"public_url": url})


@pytest.fixture
def account(charity_site: CharitySite) -> str:
    [name] = charity_site.site.configuration.accounts
    return name


def by_hand(interface: Interface, charity_site: CharitySite, account: str, process: str, **given: Any) -> Any:
    return interface(charity_site, UPDATE, api_key=account, process=process, **given)


def test_an_account_is_described(charity_site: CharitySite, interface: Interface, account: str) -> None:
    charity_site.charity.mailchimp.add_audience(MAILCHIMP_KEY, "c0ffee0000", "Walkers", {"1111111111": "Topics: Walks"})
    found = interface(charity_site, FETCH, api_key=account).values
    assert (found["account_name"], found["role"]) == ("Green Paths", "owner")
    assert {"email", "first_name", "last_name", "username"} <= found.keys()
    assert found["audiences"].keys() == {LIST_ID, OTHER_LIST, "c0ffee0000"}
    assert found["audiences"]["c0ffee0000"]["interests"] == {"1111111111": "Topics: Walks"}
    assert found["audiences"][LIST_ID]["webhookFound"] is False
    assert (found["batchWebhook"], found["batchWebhookFound"]) == (None, False)
    assert found["webhookUrl"] == OURS["url"]


def test_webhooks_are_found_without_their_secrets(
    charity_site: CharitySite, interface: Interface, account: str
) -> None:
    by_hand(interface, charity_site, account, "add_webhook", list_id=LIST_ID)
    by_hand(interface, charity_site, account, "add_batch_webhook")
    found = interface(charity_site, FETCH, api_key=account)
    audience = found.values["audiences"][LIST_ID]
    assert audience["webhookFound"] is True
    assert audience["webhooks"] == [audience["webhook"]]
    assert audience["webhook"].items() >= OURS.items()
    assert found.values["batchWebhook"]["url"] == f"{PUBLIC_URL}/webhook/batch?secret=…"
    secret = charity_site.site.configuration.accounts[account].webhook_secret
    assert secret is not None
    assert secret.get_secret_value() not in str(found.envelope)
    assert MAILCHIMP_KEY not in str(found.envelope)


@pytest.mark.parametrize("as_what", ["masked", "plain"])
def test_an_account_is_known_by_its_key(charity_site: CharitySite, interface: Interface, as_what: str) -> None:
    given = {"masked": mask(MAILCHIMP_KEY), "plain": MAILCHIMP_KEY}[as_what]
    assert interface(charity_site, FETCH, api_key=given).values["account_name"] == "Green Paths"


@pytest.mark.parametrize("given", ["…9999-us6", "Blue Rivers"])
def test_what_is_neither_an_account_nor_a_key_is_told(
    charity_site: CharitySite, interface: Interface, account: str, given: str
) -> None:
    answer = interface(charity_site, FETCH, api_key=given)
    assert account in answer.error
    assert answer.exit_code == 2


def test_a_new_key_opens_an_account_that_is_not_configured(charity_site: CharitySite) -> None:
    new = "9" * 32 + "-us6"
    charity_site.charity.mailchimp.add_account(new, account_name="Blue Rivers")
    charity_site.charity.mailchimp.add_audience(new, "b1ee000000", "Rowers")
    to_the_stand_in = charity_site.site.clients.mailchimp
    clients = type(charity_site.site.clients)(
        mailchimp=lambda one, runtime: to_the_stand_in(
            one.model_copy(update={"base_url": charity_site.charity.mailchimp_url}), runtime
        )
    )
    charity_site.site.clients = clients
    found = fetchaccountinfo(charity_site.site, api_key=new)
    assert (found["account_name"], list(found["audiences"])) == ("Blue Rivers", ["b1ee000000"])
    assert (found["webhookUrl"], found["batchWebhookSecret"]) == (None, None)


def test_an_account_with_too_many_audiences_is_not_looked_at(
    charity_site: CharitySite, account: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules[fetchaccountinfo.__module__], "AUDIENCES_MAX", 1)
    with pytest.raises(EvidenceError):
        fetchaccountinfo(charity_site.site, api_key=account)


def test_a_webhook_is_made_and_deleted(charity_site: CharitySite, interface: Interface, account: str) -> None:
    made = by_hand(interface, charity_site, account, "add_webhook", list_id=LIST_ID).values
    [hook] = made["webhooks"]
    assert (made["account"], made["list_id"]) == (account, LIST_ID)
    assert hook["events"] == ["cleaned", "profile", "subscribe", "unsubscribe", "upemail"]
    gone = by_hand(interface, charity_site, account, "delete_webhook", list_id=LIST_ID, id=hook["id"]).values
    assert gone["webhooks"] == []


def test_without_list_id_the_audience_is_found(charity_site: CharitySite, interface: Interface, account: str) -> None:
    [hook] = by_hand(interface, charity_site, account, "add_webhook", list_id=OTHER_LIST).values["webhooks"]
    gone = by_hand(interface, charity_site, account, "delete_webhook", id=hook["id"]).values
    assert (gone["list_id"], gone["webhooks"]) == (OTHER_LIST, [])

    kept = [one for one in charity_site.site.configuration.connections if one.audience_id == LIST_ID]
    charity_site.site.save(charity_site.site.configuration.replacing(connections=kept), "ann")
    made = by_hand(interface, charity_site, account, "add_webhook").values
    assert (made["list_id"], len(made["webhooks"])) == (LIST_ID, 1)


def test_a_batch_webhook_is_made_and_deleted(charity_site: CharitySite, interface: Interface, account: str) -> None:
    [hook] = by_hand(interface, charity_site, account, "add_batch_webhook").values["webhooks"]
    assert hook["enabled"] is True
    assert by_hand(interface, charity_site, account, "delete_batch_webhook", id=hook["id"]).values["webhooks"] == []


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
    charity_site: CharitySite, interface: Interface, account: str, given: dict[str, str], told: str
) -> None:
    answer = interface(charity_site, UPDATE, **{"api_key": account, **given})
    assert told in answer.error


def test_without_a_public_address_no_webhook_can_be_made(
    charity_site: CharitySite, interface: Interface, account: str
) -> None:
    move_to(charity_site, None)
    answer = by_hand(interface, charity_site, account, "add_webhook", list_id=LIST_ID)
    assert "public_url" in answer.error
    assert answer.exit_code == 7
