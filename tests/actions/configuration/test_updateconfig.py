"""`Mailchimpsync.updateconfig`: checked as a whole, nothing lost unasked, and the PHP extension's form understood."""

from __future__ import annotations

import json
from importlib import import_module
from typing import Any

import pytest
from sqlalchemy import func, select

from actions.conftest import Door, Office
from mailchimpsync.actions import open_site, updateconfig
from mailchimpsync.config import to_stored
from mailchimpsync.errors import ConfigurationError, ConfirmationError, TransientError
from mailchimpsync.model import Trust
from mailchimpsync.runtime import Runtime
from mailchimpsync.store.privacy import removed_audiences
from mailchimpsync.store.schema import event, journal
from mailchimpsync.sync.lease.lease import holding_lease
from support.service import CIVICRM_KEY, LIST_ID, MAILCHIMP_KEY, NEWS, OTHER_LIST, OTHERS

UPDATE = "Mailchimpsync.updateconfig"


def present(office: Office) -> dict[str, Any]:
    """The configuration as Ann gets it from the screen or a file, keys masked."""
    return to_stored(office.site.configuration)


def without(document: dict[str, Any], audience: str) -> dict[str, Any]:
    kept = [link for link in document["connections"] if link["audience_id"] != audience]
    return {**document, "connections": kept}


def saved(office: Office) -> dict[str, Any]:
    office.site.refresh()
    return present(office)


def version(office: Office) -> int:
    office.site.refresh()
    return office.site.version


@pytest.mark.parametrize("as_text", [False, True], ids=["object", "text"])
def test_a_change_is_saved_and_comes_back_masked(office: Office, door: Door, *, as_text: bool) -> None:
    document = present(office)
    document["connections"][0]["resubscribe"] = "never"
    before = office.site.configuration

    values = door(office, UPDATE, config=json.dumps(document) if as_text else document).values

    office.site.refresh()
    assert values["config"]["connections"][0]["resubscribe"] == "never"
    assert (values["version"], values["deleted"]) == (office.site.version, [])
    assert MAILCHIMP_KEY not in json.dumps(values)
    assert CIVICRM_KEY not in json.dumps(values)
    assert office.site.configuration.accounts == before.accounts
    assert office.site.configuration.connections[0].resubscribe == "never"


def test_the_same_again_makes_no_new_version(office: Office, door: Door) -> None:
    first = door(office, UPDATE, config=present(office)).values

    second = door(office, UPDATE, config=first["config"]).values

    assert second["version"] == first["version"] == version(office)


def test_a_removed_audience_is_named_with_what_would_be_deleted_and_nothing_is_saved(
    office: Office, door: Door
) -> None:
    before = version(office)

    answer = door(office, UPDATE, config=without(present(office), LIST_ID))

    assert f"({LIST_ID}): " in answer.error
    assert f"{len([row for row in office.rows() if row['mailchimp_list_id'] == LIST_ID])} rows" in answer.error
    assert "1 update, 1 batch, 0 events" in answer.error
    assert answer.exit_code == 7
    assert version(office) == before
    assert office.row(email="carl@example.org")


def test_confirmed_it_is_deleted_and_told_and_the_story_stays(office: Office, door: Door) -> None:
    office.add(
        event, list_id=LIST_ID, kind="profile", fingerprint="x", received_at=Runtime().now(), due_at=Runtime().now()
    )

    values = door(office, UPDATE, config=without(present(office), LIST_ID), confirm=True).values

    office.site.refresh()
    [deleted] = values["deleted"]
    assert (deleted["list_id"], deleted["updates"], deleted["events"]) == (LIST_ID, 1, 1)
    assert {row["mailchimp_list_id"] for row in office.rows()} == {OTHER_LIST}
    assert [link.audience_id for link in office.site.configuration.connections] == [OTHER_LIST]
    with office.site.store.begin() as tx:
        assert removed_audiences.known_audiences(tx) == {OTHER_LIST}
        assert tx.execute(select(func.count()).where(journal.c.list_id == LIST_ID)).scalar_one() > 0
    office.sync()


def test_nobody_is_touched_on_either_side_by_it(office: Office) -> None:
    members = office.charity.mailchimp.members(LIST_ID)
    contacts = office.charity.civicrm.dump("GroupContact")

    updateconfig(office.site, config=without(present(office), LIST_ID), confirm=True)

    assert office.charity.mailchimp.members(LIST_ID) == members
    assert office.charity.civicrm.dump("GroupContact") == contacts


def test_connected_again_the_audience_is_synced_from_the_beginning(office: Office) -> None:
    document = present(office)
    rows = len(office.rows())
    updateconfig(office.site, config=without(document, LIST_ID), confirm=True)
    updateconfig(office.site, config=document)

    office.sync()

    assert len(office.rows()) == rows


def test_an_audience_that_is_being_synced_is_not_deleted_and_nothing_is_saved(office: Office, door: Door) -> None:
    before, rows = version(office), len(office.rows())

    with holding_lease(office.site.store, LIST_ID):
        answer = door(office, UPDATE, config=without(present(office), LIST_ID), confirm=True)

    assert answer.exit_code == 3
    assert LIST_ID in answer.error
    assert (version(office), len(office.rows())) == (before, rows)


def test_a_deletion_that_was_killed_is_finished_by_the_same_call(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = without(present(office), LIST_ID)
    monkeypatch.setattr(import_module("mailchimpsync.actions.configuration.change"), "DELETED_PER_STEP", 1)
    monkeypatch.setattr(removed_audiences, "remove_some", _dying_after(3, removed_audiences.remove_some))
    with pytest.raises(KeyboardInterrupt):
        updateconfig(office.site, config=wanted, confirm=True)
    left = len([row for row in office.rows() if row["mailchimp_list_id"] == LIST_ID])
    monkeypatch.undo()

    with open_site(office.charity.home) as site:
        again = updateconfig(site, config=wanted, confirm=True)

    assert left > 0
    assert [one.rows for one in again.deleted] == [left]
    assert {row["mailchimp_list_id"] for row in office.rows()} == {OTHER_LIST}


def _dying_after(calls: int, function: Any) -> Any:
    left = iter(range(calls))

    def dying(*given: Any) -> Any:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return function(*given)

    return dying


def test_everything_that_is_gone_on_either_side_is_named_at_once(office: Office, door: Door) -> None:
    document = present(office)
    first, second = document["connections"]
    first |= {"interests": {"9999999999": 77}}
    second |= {"audience_id": "gone123456"}
    before = version(office)

    error = door(office, UPDATE, config=document, confirm=True).error

    assert f"Audience “{LIST_ID}” doesn't have the interest “9999999999”" in error
    assert "has no audience “gone123456”" in error
    assert "CiviCRM shows no group 77" in error
    assert version(office) == before


def test_a_key_that_mailchimp_does_not_know_is_named(office: Office, door: Door) -> None:
    document = present(office)
    for account in document["accounts"].values():
        account["api_key"] = "00000000000000000000000000000000-us6"

    assert "Account “" in door(office, UPDATE, config=document).error


def test_with_mailchimp_away_it_can_be_saved_unchecked(office: Office, door: Door) -> None:
    document = present(office)
    document["connections"][0]["schedule"] = {"every_minutes": 17}
    for account in document["accounts"].values():
        account.update(base_url="http://127.0.0.1:9/3.0", api_key=MAILCHIMP_KEY)

    with open_site(office.charity.home, runtime=Runtime(sleep=lambda _seconds: None)) as site:
        with pytest.raises(TransientError):
            updateconfig(site, config=document)
        assert site.version == office.site.version
    door(office, UPDATE, config=document, check=False)

    assert saved(office)["connections"][0]["schedule"] == {"every_minutes": 17}


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ({}, "is empty"),
        ("", "is empty"),
        ("{broken", "valid JSON"),
        ("[1", "valid JSON"),
        ("[1]", "isn't an object"),
        ("accounts = 1", "valid JSON"),
        ({"connections": "all"}, "connections: "),
        ({"accounts": {"main": {"api_key": "…"}}}, "no stored one matches it"),
        ({"acounts": {}}, "acounts: Extra inputs"),
    ],
    ids=[
        "nothing",
        "no text",
        "broken JSON",
        "half a list",
        "a list",
        "TOML",
        "no list",
        "a mask of nothing",
        "misspelt",
    ],
)
def test_what_is_no_configuration_is_refused(office: Office, config: Any, sentence: str) -> None:
    with pytest.raises(ConfigurationError, match=sentence):
        updateconfig(office.site, config=config)


# -- the PHP extension's form ------------------------------------------------------------------------------------------


def extension_form(office: Office, **more: Any) -> dict[str, Any]:
    [name] = office.site.configuration.accounts
    account = {
        "apiKey": MAILCHIMP_KEY,
        "account_name": name,
        "email": "ann@example.org",
        "batchWebhookSecret": "",
        "audiences": {LIST_ID: {"name": "Newsletter", "interests": {}}, OTHER_LIST: {"name": "Others"}},
    }
    lists = {
        LIST_ID: {"apiKey": MAILCHIMP_KEY, "subscriptionGroup": str(NEWS), "interests": [], **more},
        OTHER_LIST: {"apiKey": MAILCHIMP_KEY, "subscriptionGroup": OTHERS},
    }
    return {"lists": lists, "accounts": {MAILCHIMP_KEY: account}}


def test_the_extensions_form_means_the_same_connections_and_loses_nothing(office: Office, door: Door) -> None:
    document = present(office)
    document["connections"][0] |= {"resubscribe": "never", "schedule": {"every_minutes": 17}}
    updateconfig(office.site, config=document)
    before = office.site.configuration

    door(office, UPDATE, config=extension_form(office))

    office.site.refresh()
    assert office.site.configuration == before


def test_a_list_that_the_extensions_form_lacks_needs_confirmation(office: Office) -> None:
    form = extension_form(office)
    del form["lists"][OTHER_LIST]

    with pytest.raises(ConfirmationError, match=OTHER_LIST):
        updateconfig(office.site, config=json.dumps(form))


def test_a_trust_override_is_taken_over_and_an_empty_one_takes_it_back(office: Office) -> None:
    trusting = extension_form(office, trustOverride={"subscription": "Mailchimp"})
    updateconfig(office.site, config=trusting)
    assert {link.trust for link in office.site.configuration.connections} == {Trust.MAILCHIMP, Trust.NONE}

    updateconfig(office.site, config=extension_form(office, trustOverride={"subscription": ""}))

    assert {link.trust for link in office.site.configuration.connections} == {Trust.NONE}


def test_all_that_is_wrong_with_the_extensions_form_is_named_at_once(office: Office, door: Door) -> None:
    form = extension_form(office)
    form["accounts"]["second"] = {"apiKey": "second"}
    form["lists"][OTHER_LIST] |= {"apiKey": "nobody's", "trustOverride": {"subscription": "Nobody"}}

    error = door(office, UPDATE, config=form).error

    for part in ("account_name is missing", "no account has its apiKey", "trustOverride"):
        assert part in error
    assert MAILCHIMP_KEY not in error


def test_a_masked_key_is_not_sent_to_another_address(office: Office) -> None:
    document = present(office)
    for account in document["accounts"].values():
        account["base_url"] = "http://127.0.0.1:9/3.0"
    before = saved(office)

    with pytest.raises(ConfigurationError, match="was stored for a different address"):
        updateconfig(office.site, config=document)

    assert saved(office) == before
