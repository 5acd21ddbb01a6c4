"""`Mailchimpsync.updateconfig`: checked as a whole, nothing lost unasked, and the PHP extension's form understood."""

from __future__ import annotations

import json
from importlib import import_module
from typing import Any

import pytest
from sqlalchemy import func, select

from actions.conftest import CharitySite, Interface
from mailchimpsync.actions import open_site, updateconfig
from mailchimpsync.config import to_stored
from mailchimpsync.errors import ConfigurationError, ConfirmationError, TransientError
from mailchimpsync.model import Trust
from mailchimpsync.runtime import Runtime
from mailchimpsync.store.privacy import removed_audiences
from mailchimpsync.store.schema import event, journal
from mailchimpsync.sync.lease.lease import acquired_lease
from support.service import CIVICRM_KEY, LIST_ID, MAILCHIMP_KEY, NEWS, OTHER_LIST, OTHERS

UPDATE = "Mailchimpsync.updateconfig"


def present(charity_site: CharitySite) -> dict[str, Any]:
    """The configuration as Ann gets it from the screen or a file, keys masked."""
    return to_stored(charity_site.site.configuration)


def without(document: dict[str, Any], audience: str) -> dict[str, Any]:
    kept = [link for link in document["connections"] if link["audience_id"] != audience]
    return {**document, "connections": kept}


def saved(charity_site: CharitySite) -> dict[str, Any]:
    charity_site.site.refresh()
    return present(charity_site)


def version(charity_site: CharitySite) -> int:
    charity_site.site.refresh()
    return charity_site.site.version


@pytest.mark.parametrize("as_text", [False, True], ids=["object", "text"])
def test_a_change_is_saved_and_comes_back_masked(
    charity_site: CharitySite, interface: Interface, *, as_text: bool
) -> None:
    document = present(charity_site)
    document["connections"][0]["resubscribe"] = "never"
    before = charity_site.site.configuration

    values = interface(charity_site, UPDATE, config=json.dumps(document) if as_text else document).values

    charity_site.site.refresh()
    assert values["config"]["connections"][0]["resubscribe"] == "never"
    assert (values["version"], values["deleted"]) == (charity_site.site.version, [])
    assert MAILCHIMP_KEY not in json.dumps(values)
    assert CIVICRM_KEY not in json.dumps(values)
    assert charity_site.site.configuration.accounts == before.accounts
    assert charity_site.site.configuration.connections[0].resubscribe == "never"


def test_the_same_again_makes_no_new_version(charity_site: CharitySite, interface: Interface) -> None:
    first = interface(charity_site, UPDATE, config=present(charity_site)).values

    second = interface(charity_site, UPDATE, config=first["config"]).values

    assert second["version"] == first["version"] == version(charity_site)


def test_a_removed_audience_is_named_with_what_would_be_deleted_and_nothing_is_saved(
    charity_site: CharitySite, interface: Interface
) -> None:
    before = version(charity_site)

    answer = interface(charity_site, UPDATE, config=without(present(charity_site), LIST_ID))

    assert f"({LIST_ID}): " in answer.error
    assert f"{len([row for row in charity_site.rows() if row['mailchimp_list_id'] == LIST_ID])} rows" in answer.error
    assert "1 update, 1 batch, 0 events" in answer.error
    assert answer.exit_code == 7
    assert version(charity_site) == before
    assert charity_site.row(email="carl@example.org")


def test_confirmed_it_is_deleted_and_told_and_the_story_stays(charity_site: CharitySite, interface: Interface) -> None:
    charity_site.add(
        event, list_id=LIST_ID, kind="profile", fingerprint="x", received_at=Runtime().now(), due_at=Runtime().now()
    )

    values = interface(charity_site, UPDATE, config=without(present(charity_site), LIST_ID), confirm=True).values

    charity_site.site.refresh()
    [deleted] = values["deleted"]
    assert (deleted["list_id"], deleted["updates"], deleted["events"]) == (LIST_ID, 1, 1)
    assert {row["mailchimp_list_id"] for row in charity_site.rows()} == {OTHER_LIST}
    assert [link.audience_id for link in charity_site.site.configuration.connections] == [OTHER_LIST]
    with charity_site.site.store.begin() as tx:
        assert removed_audiences.known_audiences(tx) == {OTHER_LIST}
        assert tx.execute(select(func.count()).where(journal.c.list_id == LIST_ID)).scalar_one() > 0
    charity_site.sync()


def test_nobody_is_touched_on_either_side_by_it(charity_site: CharitySite) -> None:
    members = charity_site.charity.mailchimp.members(LIST_ID)
    contacts = charity_site.charity.civicrm.dump("GroupContact")

    updateconfig(charity_site.site, config=without(present(charity_site), LIST_ID), confirm=True)

    assert charity_site.charity.mailchimp.members(LIST_ID) == members
    assert charity_site.charity.civicrm.dump("GroupContact") == contacts


def test_connected_again_the_audience_is_synced_from_the_beginning(charity_site: CharitySite) -> None:
    document = present(charity_site)
    rows = len(charity_site.rows())
    updateconfig(charity_site.site, config=without(document, LIST_ID), confirm=True)
    updateconfig(charity_site.site, config=document)

    charity_site.sync()

    assert len(charity_site.rows()) == rows


def test_an_audience_that_is_being_synced_is_not_deleted_and_nothing_is_saved(
    charity_site: CharitySite, interface: Interface
) -> None:
    before, rows = version(charity_site), len(charity_site.rows())

    with acquired_lease(charity_site.site.store, LIST_ID):
        answer = interface(charity_site, UPDATE, config=without(present(charity_site), LIST_ID), confirm=True)

    assert answer.exit_code == 3
    assert LIST_ID in answer.error
    assert (version(charity_site), len(charity_site.rows())) == (before, rows)


def test_a_deletion_that_was_killed_is_finished_by_the_same_call(
    charity_site: CharitySite, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = without(present(charity_site), LIST_ID)
    monkeypatch.setattr(import_module("mailchimpsync.actions.configuration.change"), "DELETED_PER_STEP", 1)
    monkeypatch.setattr(removed_audiences, "remove_some", _dying_after(3, removed_audiences.remove_some))
    with pytest.raises(KeyboardInterrupt):
        updateconfig(charity_site.site, config=wanted, confirm=True)
    left = len([row for row in charity_site.rows() if row["mailchimp_list_id"] == LIST_ID])
    monkeypatch.undo()

    with open_site(charity_site.charity.home) as site:
        again = updateconfig(site, config=wanted, confirm=True)

    assert left > 0
    assert [one.rows for one in again.deleted] == [left]
    assert {row["mailchimp_list_id"] for row in charity_site.rows()} == {OTHER_LIST}


def _dying_after(calls: int, function: Any) -> Any:
    left = iter(range(calls))

    def dying(*given: Any) -> Any:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return function(*given)

    return dying


def test_everything_that_is_gone_on_either_side_is_named_at_once(
    charity_site: CharitySite, interface: Interface
) -> None:
    document = present(charity_site)
    first, second = document["connections"]
    first |= {"interests": {"9999999999": 77}}
    second |= {"audience_id": "gone123456"}
    before = version(charity_site)

    error = interface(charity_site, UPDATE, config=document, confirm=True).error

    assert f"Audience “{LIST_ID}” doesn't have the interest “9999999999”" in error
    assert "has no audience “gone123456”" in error
    assert "CiviCRM shows no group 77" in error
    assert version(charity_site) == before


def test_a_key_that_mailchimp_does_not_know_is_named(charity_site: CharitySite, interface: Interface) -> None:
    document = present(charity_site)
    for account in document["accounts"].values():
        account["api_key"] = "00000000000000000000000000000000-us6"

    assert "Account “" in interface(charity_site, UPDATE, config=document).error


def test_with_mailchimp_away_it_can_be_saved_unchecked(charity_site: CharitySite, interface: Interface) -> None:
    document = present(charity_site)
    document["connections"][0]["schedule"] = {"every_minutes": 17}
    for account in document["accounts"].values():
        account.update(base_url="http://127.0.0.1:9/3.0", api_key=MAILCHIMP_KEY)

    with open_site(charity_site.charity.home, runtime=Runtime(sleep=lambda _seconds: None)) as site:
        with pytest.raises(TransientError):
            updateconfig(site, config=document)
        assert site.version == charity_site.site.version
    interface(charity_site, UPDATE, config=document, check=False)

    assert saved(charity_site)["connections"][0]["schedule"] == {"every_minutes": 17}


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
        ({"acounts": {}}, "acounts: this name"),
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
def test_what_is_no_configuration_is_refused(charity_site: CharitySite, config: Any, sentence: str) -> None:
    with pytest.raises(ConfigurationError, match=sentence):
        updateconfig(charity_site.site, config=config)


# -- the PHP extension's form ------------------------------------------------------------------------------------------


def extension_form(charity_site: CharitySite, **more: Any) -> dict[str, Any]:
    [name] = charity_site.site.configuration.accounts
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


def test_the_extensions_form_means_the_same_connections_and_loses_nothing(
    charity_site: CharitySite, interface: Interface
) -> None:
    document = present(charity_site)
    document["connections"][0] |= {"resubscribe": "never", "schedule": {"every_minutes": 17}}
    updateconfig(charity_site.site, config=document)
    before = charity_site.site.configuration

    interface(charity_site, UPDATE, config=extension_form(charity_site))

    charity_site.site.refresh()
    assert charity_site.site.configuration == before


def test_a_list_that_the_extensions_form_lacks_needs_confirmation(charity_site: CharitySite) -> None:
    form = extension_form(charity_site)
    del form["lists"][OTHER_LIST]

    with pytest.raises(ConfirmationError, match=OTHER_LIST):
        updateconfig(charity_site.site, config=json.dumps(form))


def test_a_trust_override_is_taken_over_and_an_empty_one_takes_it_back(charity_site: CharitySite) -> None:
    trusting = extension_form(charity_site, trustOverride={"subscription": "Mailchimp"})
    updateconfig(charity_site.site, config=trusting)
    assert {link.trust for link in charity_site.site.configuration.connections} == {Trust.MAILCHIMP, Trust.NONE}

    updateconfig(charity_site.site, config=extension_form(charity_site, trustOverride={"subscription": ""}))

    assert {link.trust for link in charity_site.site.configuration.connections} == {Trust.NONE}


def test_all_that_is_wrong_with_the_extensions_form_is_named_at_once(
    charity_site: CharitySite, interface: Interface
) -> None:
    form = extension_form(charity_site)
    form["accounts"]["second"] = {"apiKey": "second"}
    form["lists"][OTHER_LIST] |= {"apiKey": "nobody's", "trustOverride": {"subscription": "Nobody"}}

    error = interface(charity_site, UPDATE, config=form).error

    for part in ("account_name is missing", "no account has its apiKey", "trustOverride"):
        assert part in error
    assert MAILCHIMP_KEY not in error


def test_a_masked_key_is_not_sent_to_another_address(charity_site: CharitySite) -> None:
    document = present(charity_site)
    for account in document["accounts"].values():
        account["base_url"] = "http://127.0.0.1:9/3.0"
    before = saved(charity_site)

    with pytest.raises(ConfigurationError, match="was stored for a different address"):
        updateconfig(charity_site.site, config=document)

    assert saved(charity_site) == before
