"""Links to people's pages in CiviCRM and at Mailchimp."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from django.urls import resolve

from mailchimpsync.actions import Site, create_site
from mailchimpsync.actions.alerts.places import place_of
from mailchimpsync.actions.alerts.problems import Kind
from mailchimpsync.civicrm.http.urls import FORMS
from mailchimpsync.config import Configuration
from mailchimpsync.errors import ConfigurationError
from mailchimpsync.store.site.alerts import StoredAlert
from mailchimpsync.web.links import contact_url, member_url
from mailchimpsync.web.settings import configure

SITE = "https://crm.example.org/members"
CLEAN, *_ = FORMS
NOW = datetime(2026, 11, 30, tzinfo=UTC)


def site_of(home: Path, url: str = SITE, pattern: str | None = None, key: str = "0123456789abcdef-us6") -> Site:
    configuration = Configuration.checked(
        {
            "civicrm": {"url": url, "api_key": "a-key", **({"pattern": pattern} if pattern else {})},
            "accounts": {"News": {"api_key": key}},
            "connections": [{"account": "News", "audience_id": "9a1f5c03be", "group_id": 8}],
        }
    )
    site = create_site(home)
    site.configuration = configuration
    return site


@pytest.mark.parametrize(
    ("form", "page"),
    list(
        zip(
            FORMS,
            (
                "/civicrm/contact/view?reset=1&cid=7",
                "/wp-admin/admin.php?page=CiviCRM&q=civicrm/contact/view&reset=1&cid=7",
                "/wp-admin/admin.php?page=CiviCRM&q=civicrm/contact/view&reset=1&cid=7",
                "/?q=civicrm/contact/view&reset=1&cid=7",
                "/administrator/index.php?option=com_civicrm&task=civicrm/contact/view&reset=1&cid=7",
            ),
            strict=True,
        )
    ),
)
def test_the_page_of_ann_is_where_her_cms_has_it(tmp_path: Path, form: str, page: str) -> None:
    with site_of(tmp_path, pattern=SITE + form) as site:
        assert contact_url(site, 7) == SITE + page


@pytest.mark.parametrize("pattern", [None, "/elsewhere/{entity}/{action}"])
def test_a_site_of_an_unknown_form_is_taken_for_one_with_clean_addresses(tmp_path: Path, pattern: str | None) -> None:
    with site_of(tmp_path, pattern=pattern) as site:
        assert contact_url(site, 7) == f"{SITE}/civicrm/contact/view?reset=1&cid=7"


@pytest.mark.parametrize("kind", Kind)
def test_every_alert_links_to_a_page_that_exists(tmp_path: Path, kind: Kind) -> None:
    data = {"plan": 7, "account": "News / Events"} if kind in (Kind.HELD, Kind.KEY) else {}
    alert = StoredAlert(1, "a problem", kind.value, "a1b2c3d4e5", None, data, NOW, None, 0, None, None, None, None)
    with site_of(tmp_path) as site:
        configure(site.settings, "a secret")
        page = resolve(f"/{unquote(urlsplit(place_of(alert).path).path)}")

    assert page.url_name not in ("overview", "index")


def test_there_is_no_page_without_contact_or_site(tmp_path: Path) -> None:
    with site_of(tmp_path) as site:
        assert contact_url(site, None) is None
        site.configuration = Configuration()
        assert contact_url(site, 7) is None


def test_nobody_is_led_to_an_address_that_is_no_page(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="must start with https:// or http://"):
        site_of(tmp_path, url="javascript:alert(1)//")


def test_the_page_of_ann_at_mailchimp_is_in_the_accounts_data_centre(tmp_path: Path) -> None:
    with site_of(tmp_path) as site:
        link = site.configuration.connections[0]
        page = "https://us6.admin.mailchimp.com/audience/contact-profile?contact_id="

        assert member_url(site, link, "93b835cc104791040b356ff76030415d") == f"{page}93b835cc104791040b356ff76030415d"
        assert member_url(site, link, "x&y=1") == f"{page}x%26y%3D1"
        assert member_url(site, link, None) is None
